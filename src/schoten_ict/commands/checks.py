"""The ids of all checks there are, for whoever declares an exception to one. A new room is one line here."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

_ALONE = (
    "assets.leaver", "assets.overdue", "assets.unaccepted", "assets.count.*", "backup.coverage", "backup.run",
    "inventory.answers", "inventory.collected", "inventory.drift", "journal.chain", "patch.data",
    "patch.firmware", "run", "doctor.*", "store.*",
)  # fmt: skip


def known() -> Iterator[str]:
    """Every id; the last part of some is a star, where it is named by what was found."""
    from schoten_ict.backup.judge import RULES
    from schoten_ict.licenses.judge import audit as licenses
    from schoten_ict.patch.judge import CHECKS

    yield from _ALONE
    yield from CHECKS
    yield from licenses.CHECKS
    yield from (f"backup.{rule.__name__}" for rule in RULES)
    yield "backup.rto"


def is_known(pattern: str) -> bool:
    """Whether the `check` of an exception can fit any finding."""
    return any(fnmatchcase(each, pattern) or fnmatchcase(pattern, each) for each in known())
