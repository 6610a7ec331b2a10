"""`ict journal`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "journal",
    "Who changed what, when; and the proof that it is whole.",
    {
        "show": ("schoten_ict.commands.journal.show", "The entries, newest first."),
        "verify": (
            "schoten_ict.commands.journal.verify",
            "Prove that no entry was changed, removed or cut off.",
        ),
        "export": ("schoten_ict.commands.journal.export", "All entries with their hashes, as JSON Lines."),
        "prune": ("schoten_ict.commands.journal.prune", "Forget the values of old entries; the chain holds."),
    },
)
