"""restic 0.12 and newer: snapshots, structure, shares of the data, files that come back, and taking a backup.

Nothing is taken for proven because restic ended with 0: `check` must have closed with its words and counted
what it read, and files count as restored when they are there. Looking takes no lock, so that it neither waits
for a backup nor keeps one out. While something prunes, files are missing that are not lost: nothing is looked
at then, and what was only missing is looked at once more. restic records nowhere that a backup was partial
(exit code 3): `complete` stays unknown, but for those that `take` took.
"""

from schoten_ict.backup.ask.restic.looking import observe
from schoten_ict.backup.ask.restic.taking import take

__all__ = ["observe", "take"]
