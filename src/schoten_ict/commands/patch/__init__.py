"""`ict patch`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "patch",
    "What is missing where, since when, and does it matter.",
    {
        "scan": ("schoten_ict.commands.patch.scan", "Ask hosts what they lack, and judge."),
        "status": (
            "schoten_ict.commands.patch.status",
            "How hosts stand against the policy, from the store, at once.",
        ),
        "host": (
            "schoten_ict.commands.patch.host",
            "Everything about one host: what it lacks, what is held back, restarts.",
        ),
        "missing": (
            "schoten_ict.commands.patch.missing",
            "Which updates lack, and on which hosts: the worst first.",
        ),
        "reboot": (
            "schoten_ict.commands.patch.reboot",
            "Which hosts wait for a restart, since when and why.",
        ),
        "sla": ("schoten_ict.commands.patch.sla", "Were deadlines met? Month by month, by grade."),
        "diff": (
            "schoten_ict.commands.patch.diff",
            "What hosts lack since a day, and what they lack no more.",
        ),
        "firmware": (
            "schoten_ict.commands.patch.firmware",
            "Firmware of devices against the version that is approved for their model.",
        ),
        "eol": (
            "schoten_ict.commands.patch.eol",
            "What is out of support, or will be: systems and installed software.",
        ),
        "import": (
            "schoten_ict.commands.patch.import_",
            "Read reports of machines that cannot be reached.",
        ),
        "data": (
            "schoten_ict.commands.patch.data",
            "The dated data on which verdicts rest.",
        ),
        "export": ("schoten_ict.commands.patch.export", "Everything that every host lacks, row by row."),
    },
)
