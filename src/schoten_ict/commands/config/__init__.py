"""`ict config`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "config",
    "Settings and where each comes from.",
    {
        "show": ("schoten_ict.commands.config.show", "Every setting, its value and who decided it."),
    },
)
