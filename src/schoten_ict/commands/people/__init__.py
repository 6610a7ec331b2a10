"""`ict people`."""

from schoten_ict.commands.shell import LazyGroup

_HERE = "schoten_ict.commands.people"

app = LazyGroup(
    "people",
    "Colleagues: import, add, list, show.",
    {
        "import": (f"{_HERE}.exchange", "Import an HR export: plan first, then apply."),
        "add": (f"{_HERE}.records", "Add a colleague by hand."),
        "edit": (f"{_HERE}.records", "Change fields of a colleague."),
        "leave": (f"{_HERE}.records", "Record somebody's last day; nothing is deleted."),
        "list": (f"{_HERE}.look", "List colleagues, or those in whom words occur."),
        "show": (f"{_HERE}.look", "Show one colleague, what they hold and what waits for a signature."),
    },
)
