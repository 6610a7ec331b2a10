"""Backup jobs and what is seen of them, made up for tests of rules."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from schoten_ict.backup.facts import BackupFacts, Point
from schoten_ict.backup.judge import judge
from schoten_ict.backup.judge.case import Case, History, Known, Proof
from schoten_ict.core.finding import Finding
from schoten_ict.core.times import Duration
from schoten_ict.inventory.fields import decode
from schoten_ict.inventory.sections.backups import BackupJob

NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Brussels")


def job(**declared: Any) -> BackupJob:
    """A job as the inventory would declare it."""
    plain = {
        "name": "nacht",
        "engine": "files",
        "repository": {"url": "/backup"},
        "source": {"hosts": ["srv-a"], "paths": ["/srv/data"]},
        "rpo": "26h",
    }
    return msgspec.convert(plain | declared, BackupJob, dec_hook=decode)


def point(hours: float, **more: Any) -> Point:
    """A backup of so many hours ago."""
    plain: dict[str, Any] = {"host": "srv-a", "paths": ("/srv/data",), "files": 100, "size": 1000}
    plain |= more
    identity = plain.pop("id", f"p{hours:g}")
    return Point(identity, NOW - timedelta(hours=hours), **plain)


def nightly(count: int, **more: Any) -> tuple[Point, ...]:
    """So many backups, one a day, the newest of six hours ago."""
    return tuple(point(6 + 24 * number, **more) for number in range(count))


def known(points: tuple[Point, ...]) -> tuple[Known, ...]:
    """Points as the store remembers them from yesterday."""
    return tuple(Known(each, NOW - timedelta(days=1)) for each in points)


def case(
    declared: BackupJob,
    facts: BackupFacts,
    *,
    since_days: float = 200,
    before: tuple[Point, ...] | None = None,
    proofs: dict[tuple[str, str], Proof] | None = None,
    rto: Duration | None = None,
) -> Case:
    """A job as the judge sees it; `before` are the points that were known (default: those of now)."""
    remembered = facts.points or () if before is None else before
    history = History(NOW - timedelta(days=since_days), known(remembered), proofs or {})
    return Case(declared, facts, history, NOW, ZONE, declared.rpo or Duration.parse("26h"), rto)


def judged(declared: BackupJob, facts: BackupFacts, **more: Any) -> dict[str, Finding]:
    """The findings by check, and key where there is one: `freshness`, `copies.depot`."""
    found = judge(case(declared, facts, **more))
    return {
        ".".join(part for part in (each.check.removeprefix("backup."), each.key) if part): each
        for each in found
    }


def seen(points: tuple[Point, ...] | None, **more: Any) -> BackupFacts:
    """What an engine saw."""
    return BackupFacts("files", NOW, points=points, **more)
