"""`ict assets repair`."""

from schoten_ict.commands.shell import LazyGroup

_LEAVES = "schoten_ict.commands.assets.repair.leaves"

app = LazyGroup(
    "repair",
    "Repairs: start, end, list with turnaround.",
    {
        "start": (_LEAVES, "Send an asset to repair, with a loaner if need be."),
        "end": (_LEAVES, "Record that an asset is back from repair."),
        "list": (_LEAVES, "List repairs with their turnaround in days."),
    },
)
