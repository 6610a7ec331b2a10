"""Hosts and what they lack, made up for tests of the patch room."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from schoten_ict.core.finding import Finding
from schoten_ict.inventory.fields import decode
from schoten_ict.inventory.sections.patch import PatchPolicy
from schoten_ict.patch.facts import PatchFacts, Reboot, Severity, System
from schoten_ict.patch.judge import judge
from schoten_ict.patch.judge.builds import standing
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.deadlines import policy_for
from schoten_ict.patch.judge.lifecycle import of_system
from schoten_ict.patch.judge.tallying import tally
from schoten_ict.patch.knowledge import Knowledge
from schoten_ict.patch.known import Missing, Scan

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
TODAY = date(2026, 11, 26)
ZONE = ZoneInfo("Europe/Brussels")
DATA = Knowledge()
"""What the package knows."""
WELL = PatchFacts(
    "apt",
    System("debian", "Debian GNU/Linux", "12", architecture="amd64"),
    updates=(),
    reboot=Reboot(needed=False),
    lists_at=NOW,
    failures=(),
)
"""A host that lacks nothing and waits for nothing."""


def policy(**declared: Any) -> PatchPolicy:
    """The policy as the inventory would declare it."""
    return msgspec.convert(declared, PatchPolicy, dec_hook=decode)


def lacks(key: str = "KB1", clock: date = TODAY, **more: Any) -> Missing:
    """An update that lacks since a day: critical and of security, unless told otherwise."""
    plain: dict[str, Any] = {
        "host": "srv-a",
        "severity": Severity.CRITICAL,
        "security": True,
        "exploited": False,
        "hold": None,
    }
    return Missing(key=key, clock=clock, **(plain | more))


def scan(facts: PatchFacts | None = WELL, **more: Any) -> Scan:
    """An answer of now."""
    plain: dict[str, Any] = {
        "source": "ssh", "tried_at": NOW, "failed": None, "scanned_at": NOW if facts else None,
        "reboot_since": None,
    }  # fmt: skip
    return Scan(host="srv-a", facts=facts, **(plain | more))


def case(
    known: Scan | None,
    missing: Sequence[Missing] = (),
    *,
    limits: PatchPolicy | None = None,
    groups: Sequence[str] = (),
    now: datetime = NOW,
) -> Case:
    """A host as the rules take it."""
    limits = limits or policy()
    own, today = policy_for(limits, groups), now.astimezone(ZONE).date()
    system = known.facts.system if known and known.facts else None
    return Case(
        "srv-a", known, tally(missing, own, today), missing, own, limits, now, ZONE,
        build=standing(system, DATA.builds, today) if system else None,
        lifecycle=of_system(system, DATA.cycles, DATA.source) if system else None,
    )  # fmt: skip


def judged(*arguments: Any, **more: Any) -> dict[tuple[str, str], Finding]:
    """The findings by check and key."""
    return {(each.check.removeprefix("patch."), each.key): each for each in judge(case(*arguments, **more))}


def verdicts(*arguments: Any, **more: Any) -> dict[str, str]:
    """The worst verdict of each check."""
    found: dict[str, Finding] = {}
    for (check, _key), each in judged(*arguments, **more).items():
        if check not in found or each.verdict.rank > found[check].verdict.rank:
            found[check] = each
    return {check: each.verdict.value for check, each in found.items()}
