"""The commands that are meant to run by themselves. A new one is one line here."""

from dataclasses import dataclass

from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.text import nearest


@dataclass(frozen=True, slots=True)
class Recurring:
    """A command line and when it usually runs: `at` in local time, `days` as `daily` or `mon,thu`.

    `of_jobs` says that names of backup jobs follow the words.
    """

    name: str
    words: tuple[str, ...]
    at: str
    days: str
    why: str
    of_jobs: bool = False


_WEEKDAYS = "mon,tue,wed,thu,fri"
_ALL = (
    Recurring("backup.run", ("backup", "run", "-q", "--yes"), "22:00", "daily", "Back up.", of_jobs=True),
    Recurring("backup.verify", ("backup", "verify", "-q", "--notify"), "06:00", "daily", "Prove backups."),
    Recurring("backup.coverage", ("backup", "coverage", "-q"), "07:00", "mon", "Find what no job backs up."),
    Recurring("patch.scan", ("patch", "scan", "-q", "--notify"), "10:30", _WEEKDAYS, "Find what lacks."),
    Recurring("patch.data.status", ("patch", "data", "status", "-q"), "10:15", "mon", "Find old data."),
    Recurring("inventory.collect", ("inventory", "collect", "-q"), "21:00", "daily", "Ask every machine."),
    Recurring("inventory.drift", ("inventory", "drift", "-q"), "07:15", "daily", "Find what drifted."),
    Recurring("assets.check", ("assets", "check", "-q"), "07:30", _WEEKDAYS, "Find what is wrong."),
    Recurring("licenses.audit", ("licenses", "audit", "-q", "--notify"), "08:15", "mon", "Audit licences."),
    Recurring("journal.verify", ("journal", "verify", "-q"), "12:30", "daily", "Prove the journal."),
    Recurring("store.check", ("store", "check", "-q"), "12:45", "daily", "Check the store."),
)  # fmt: skip
RECURRING = {each.name: each for each in _ALL}


def recurring(name: str) -> Recurring:
    """The command of that dotted name; raises `NotFoundError` with the nearest one."""
    if name not in RECURRING:
        raise NotFoundError(
            f"no scheduled command {name!r}{nearest(name, list(RECURRING))}", remedy="ict schedule list"
        )
    return RECURRING[name]
