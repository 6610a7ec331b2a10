"""`ict backup`."""

from schoten_ict.commands.shell import LazyGroup

app = LazyGroup(
    "backup",
    "Proof that the backups would come back.",
    {
        "verify": ("schoten_ict.commands.backup.verify", "Look at backup jobs, restore a sample, and judge."),
        "status": (
            "schoten_ict.commands.backup.status",
            "What is known of the jobs, from the store, at once.",
        ),
        "run": ("schoten_ict.commands.backup.run", "Take backups now, with the engines that ict can start."),
        "drill": (
            "schoten_ict.commands.backup.drill",
            "Restore a job's newest backup whole, and make the report for signing.",
        ),
        "coverage": (
            "schoten_ict.commands.backup.coverage",
            "Hosts, services and databases that no backup job covers.",
        ),
        "history": (
            "schoten_ict.commands.backup.history",
            "Every look at a job, drill and backup, with the trend.",
        ),
        "evidence": (
            "schoten_ict.commands.backup.evidence",
            "What was proven in a period, as a chain of hashes; Markdown, JSON and PDF.",
        ),
    },
)
