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
        "run": (
            "schoten_ict.commands.backup.run",
            "Take backups now: restic, borg, files, replica, sqlite, postgresql.",
        ),
        "drill": (
            "schoten_ict.commands.backup.drill",
            "Restore a job's newest backup whole, and make the report to be signed.",
        ),
        "coverage": (
            "schoten_ict.commands.backup.coverage",
            "Hosts, services and databases that no backup job covers.",
        ),
        "history": (
            "schoten_ict.commands.backup.history",
            "Every look at a job, drill and backup, newest first.",
        ),
        "evidence": (
            "schoten_ict.commands.backup.evidence",
            "What was proven about the backups in a period, as a chain of hashes.",
        ),
    },
)
