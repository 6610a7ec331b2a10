"""`ict inventory`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "inventory",
    "What should be: hosts, services, policies, exceptions.",
    {
        "list": ("schoten_ict.commands.inventory.list", "Hosts: all, or those that are named."),
        "show": ("schoten_ict.commands.inventory.show", "One host, and what is known of it."),
        "validate": (
            "schoten_ict.commands.inventory.validate",
            "Is the inventory valid? Every problem with its line.",
        ),
        "schema": ("schoten_ict.commands.inventory.schema", "The JSON Schema that editors use."),
    },
)
