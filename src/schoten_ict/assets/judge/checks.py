"""What is wrong with the records of equipment: pure rules from facts to findings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.verdict import Verdict

VALID_FOR = timedelta(days=2)
"""These checks read the store and are cheap: a verdict older than two days is not one."""


@dataclass(frozen=True, slots=True)
class HeldItem:
    """One asset that somebody holds. `leaves` is the holder's last day, None for rooms and stayers."""

    tag: str
    holder: str
    holder_key: str
    leaves: date | None
    due_back: date | None
    handover: str | None
    handed_over_on: date | None
    answered: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """Days of grace: before an unsigned handover warns, and after somebody left before it fails."""

    unaccepted_days: int = 14
    leaver_days: int = 2


def judge(items: Sequence[HeldItem], limits: Limits, today: date, now: datetime) -> list[Finding]:
    """Overdue items, handovers nobody accepted, leavers who still hold something.

    Where nothing is wrong, each check says so with the number it looked at.
    """
    checks = (
        ("assets.leaver", list(_leavers(items, limits, today, now)), "leaver holds anything"),
        ("assets.overdue", list(_overdue(items, today, now)), "item is overdue"),
        ("assets.unaccepted", list(_unaccepted(items, limits, today, now)), "handover waits too long"),
    )
    findings: list[Finding] = []
    for check, found, words in checks:
        findings += found or [_well(check, f"no {words} ({len(items)} held items)", now)]
    return findings


def _leavers(items: Iterable[HeldItem], limits: Limits, today: date, now: datetime) -> Iterator[Finding]:
    gone: dict[str, list[HeldItem]] = {}
    for item in items:
        if item.leaves is not None and item.leaves < today:
            gone.setdefault(item.holder_key, []).append(item)
    for key, held in gone.items():
        left = held[0].leaves or today
        days = (today - left).days
        tags = sorted(item.tag for item in held)
        yield _finding(
            "assets.leaver",
            key,
            Verdict.FAIL if days > limits.leaver_days else Verdict.WARN,
            f"{held[0].holder} left on {left} ({days} days ago) and still holds {', '.join(tags)}",
            now,
            evidence={"left_on": left.isoformat(), "days": days, "tags": tags},
            remedy=f"ict assets return {' '.join(tags)}",
        )


def _overdue(items: Iterable[HeldItem], today: date, now: datetime) -> Iterator[Finding]:
    for item in items:
        if item.due_back is not None and item.due_back < today:
            days = (today - item.due_back).days
            yield _finding(
                "assets.overdue",
                subject("asset", item.tag),
                Verdict.WARN,
                f"{item.tag} was due back on {item.due_back} ({days} days ago) from {item.holder}",
                now,
                evidence={"due_back": item.due_back.isoformat(), "days": days, "holder": item.holder_key},
                remedy=f"ict assets return {item.tag}",
            )


def _unaccepted(items: Iterable[HeldItem], limits: Limits, today: date, now: datetime) -> Iterator[Finding]:
    waiting: dict[str, list[HeldItem]] = {}
    for item in items:
        if item.handover is not None and not item.answered:
            waiting.setdefault(item.handover, []).append(item)
    for number, held in waiting.items():
        days = (today - held[0].handed_over_on).days if held[0].handed_over_on else 0
        if days <= limits.unaccepted_days:
            continue
        yield _finding(
            "assets.unaccepted",
            subject("handover", number),
            Verdict.WARN,
            f"{held[0].holder} has not signed {number} for {days} days ({len(held)} items)",
            now,
            evidence={"days": days, "tags": sorted(item.tag for item in held), "holder": held[0].holder_key},
            remedy=f"ict assets accept {number} --how paper --scan FILE",
        )


def _well(check: str, summary: str, now: datetime) -> Finding:
    return _finding(check, subject("workspace", "assets"), Verdict.OK, summary, now, evidence={}, remedy="")


def _finding(
    check: str,
    about: str,
    verdict: Verdict,
    summary: str,
    now: datetime,
    *,
    evidence: dict[str, object],
    remedy: str,
) -> Finding:
    return Finding(
        check=check,
        subject=about,
        verdict=verdict,
        summary=summary,
        observed_at=now,
        valid_until=now + VALID_FOR,
        evidence=evidence,
        remedy=remedy,
    )
