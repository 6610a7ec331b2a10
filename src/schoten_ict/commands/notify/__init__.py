"""`ict notify`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "notify",
    "Who hears of the verdicts of scheduled runs.",
    {"test": ("schoten_ict.commands.notify.test", "Send a test to the receivers that are declared.")},
)
