"""`ict assets count`."""

from schoten_ict.commands.shell import LazyGroup

_HERE = "schoten_ict.commands.assets.count"

app = LazyGroup(
    "count",
    "Count what is really there, with a barcode scanner.",
    {
        "start": (f"{_HERE}.leaves", "Begin a count and fix what it looks for."),
        "scan": (f"{_HERE}.scan", "Read codes from a barcode scanner, one per line."),
        "status": (f"{_HERE}.leaves", "Show how a count stands, or turned out."),
        "finish": (f"{_HERE}.leaves", "Close a count and judge it: missing, misplaced, unexpected, unknown."),
        "list": (f"{_HERE}.leaves", "List counts with their totals."),
    },
)
