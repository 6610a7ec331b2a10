"""`ict schedule`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "schedule",
    "What should run by itself, and how to make it so.",
    {
        "list": ("schoten_ict.commands.schedule.list", "Commands that are meant to run by themselves."),
        "show": (
            "schoten_ict.commands.schedule.show",
            "A systemd timer, a cron line or a Windows task for one.",
        ),
    },
)
