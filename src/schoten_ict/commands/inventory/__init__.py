"""`ict inventory`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "inventory",
    "What should be: hosts, services, policies, exceptions.",
    {
        "list": ("schoten_ict.commands.inventory.list", "Hosts: all, or those that are named."),
        "show": ("schoten_ict.commands.inventory.show", "One host, and what is known of it."),
        "scan": (
            "schoten_ict.commands.inventory.scan",
            "Who is on a network: known, unknown, or declared and silent.",
        ),
        "ping": (
            "schoten_ict.commands.inventory.ping",
            "Who answers now, over ICMP, TCP or SNMP.",
        ),
        "trust": (
            "schoten_ict.commands.inventory.trust",
            "Trust SSH host keys of machines, after comparing them.",
        ),
        "forgive": (
            "schoten_ict.commands.inventory.forgive",
            "Accounts that are held back after a refusal; try one again.",
        ),
        "collect": (
            "schoten_ict.commands.inventory.collect",
            "Ask hosts what is on them, and keep the answers.",
        ),
        "drift": (
            "schoten_ict.commands.inventory.drift",
            "Where declaration, collection and the books disagree.",
        ),
        "diff": ("schoten_ict.commands.inventory.diff", "What changed on a machine since a day."),
        "software": (
            "schoten_ict.commands.inventory.software",
            "Installed titles with versions and how many machines have them.",
        ),
        "graph": (
            "schoten_ict.commands.inventory.graph",
            "Who depends on whom, or which cable goes where, as a graph.",
        ),
        "validate": (
            "schoten_ict.commands.inventory.validate",
            "Is the inventory valid? Every problem with its line.",
        ),
        "schema": ("schoten_ict.commands.inventory.schema", "The JSON Schema that editors use."),
    },
)
