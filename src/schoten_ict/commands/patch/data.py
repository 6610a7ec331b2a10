"""`ict patch data`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "data",
    "The dated data on which verdicts rest.",
    {
        "status": (
            "schoten_ict.commands.patch.data_status",
            "How old the data is on which verdicts rest.",
        ),
        "update": (
            "schoten_ict.commands.patch.data_update",
            "Renew the data from downloaded files; nothing is fetched.",
        ),
    },
)
