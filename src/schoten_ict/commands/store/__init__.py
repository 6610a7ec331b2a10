"""`ict store`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "store",
    "Back up and check the store.",
    {
        "backup": ("schoten_ict.commands.store.backup", "A consistent copy of the database, checked."),
        "check": (
            "schoten_ict.commands.store.check",
            "Is the store whole? File, references, journal, documents.",
        ),
    },
)
