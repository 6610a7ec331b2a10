"""`ict licenses`."""

from schoten_ict.commands.shell import LazyGroup

_HERE = "schoten_ict.commands.licenses"

app = LazyGroup(
    "licenses",
    "What is owned, used, missing or idle; and what to buy.",
    {
        "audit": (f"{_HERE}.audit", "What is owned, used and needed; what to buy."),
        "explain": (f"{_HERE}.explain", "The sum of one product, line by line."),
        "idle": (f"{_HERE}.idle", "Licences that lie idle: give them to others before buying."),
        "expiring": (f"{_HERE}.expiring", "What ends soon, and by when notice must be given."),
        "titles": (f"{_HERE}.titles", "Titles of installed software: a product, ignored or unknown."),
        "trend": (f"{_HERE}.trend", "How products and subscriptions stood over time."),
        "report": (f"{_HERE}.report", "The report for the head of department and the board."),
        "list": (f"{_HERE}.list", "List entitlements: what was bought, and what still counts."),
        "show": (f"{_HERE}.show", "One entitlement whole, and who has it."),
        "add": (f"{_HERE}.records", "Record a right that was bought, with its proof."),
        "edit": (f"{_HERE}.records", "Change fields of an entitlement."),
        "end": (f"{_HERE}.records", "Record that an entitlement counts no more."),
        "import": (f"{_HERE}.import_", "Import what was bought, assigned or installed."),
        "assign": (f"{_HERE}.hold", "Give a licence to a person or a machine."),
        "release": (f"{_HERE}.hold", "Take a licence back."),
        "history": (f"{_HERE}.history", "What happened to an entitlement."),
        "products": (f"{_HERE}.products", "The catalogue: what is recognised, and how it is counted."),
    },
)
