"""What is wrong with the records of equipment: pure rules from facts to findings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.verdict import Verdict

LEAVER, OVERDUE, UNACCEPTED = CHECKS = ("assets.leaver", "assets.overdue", "assets.unaccepted")
VALID_FOR = timedelta(days=2)
"""These checks read the store and are cheap: a verdict older than two days is not one."""


@dataclass(frozen=True, slots=True)
class HeldItem:
    """One asset that somebody holds. `leaves` is the holder's last day, None for rooms and stayers.

    `known` is False for a person of whom nothing is recorded: whether they left cannot be told.
    """

    tag: str
    holder: str
    holder_key: str
    leaves: date | None
    due_back: date | None
    handover: str | None
    handed_over_on: date | None
    answered: bool
    known: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """Days of grace: for a handover to be signed, for a loan past its day, and for somebody who left.

    The first two warn after it; a leaver warns from the first day and fails after it.
    """

    unaccepted_days: int = 14
    overdue_days: int = 0
    leaver_days: int = 2


def judge(items: Sequence[HeldItem], limits: Limits, today: date, now: datetime) -> list[Finding]:
    """Overdue items, handovers nobody accepted, leavers who still hold something.

    Where nothing is wrong, each check says so with the number it looked at; where nothing is held, nothing
    is known.
    """
    looked_at = (
        (LEAVER, list(_leavers(items, limits, today, now)), "leaver holds anything"),
        (OVERDUE, list(_overdue(items, limits, today, now)), "item is overdue"),
        (UNACCEPTED, list(_unaccepted(items, limits, today, now)), "handover waits too long"),
    )
    findings: list[Finding] = []
    for check, found, words in looked_at:
        findings += found or [_none(check, len(items), words, now)]
    return findings


def _leavers(items: Iterable[HeldItem], limits: Limits, today: date, now: datetime) -> Iterator[Finding]:
    gone: dict[str, list[HeldItem]] = {}
    strangers: dict[str, list[str]] = {}
    for item in items:
        if not item.known:
            strangers.setdefault(item.holder_key, []).append(item.tag)
        if item.leaves is not None and item.leaves < today:
            gone.setdefault(item.holder_key, []).append(item)
    for key, held in gone.items():
        left = held[0].leaves or today
        days = (today - left).days
        tags = sorted(item.tag for item in held)
        yield _finding(
            LEAVER,
            key,
            Verdict.FAIL if days > limits.leaver_days else Verdict.WARN,
            f"{held[0].holder} left on {left} ({_days(days)} ago) and still holds {', '.join(tags)}",
            now,
            evidence={"left_on": left.isoformat(), "days": days, "tags": tags},
            remedy=f"ict assets return {' '.join(tags)}",
        )
    for key, tags in strangers.items():
        yield _finding(
            LEAVER,
            key,
            Verdict.UNKNOWN,
            f"{key} holds {', '.join(tags)}, but nothing is known of them",
            now,
            evidence={"tags": tags},
            remedy="ict people import",
        )


def _overdue(items: Iterable[HeldItem], limits: Limits, today: date, now: datetime) -> Iterator[Finding]:
    for item in items:
        days = (today - item.due_back).days if item.due_back is not None else 0
        if item.due_back is not None and days > limits.overdue_days:
            yield _finding(
                OVERDUE,
                subject("asset", item.tag),
                Verdict.WARN,
                f"{item.tag} was due back on {item.due_back} ({_days(days)} ago) from {item.holder}",
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
            UNACCEPTED,
            subject("handover", number),
            Verdict.WARN,
            f"{held[0].holder} has not signed {number} for {_days(days)} ({_counted(len(held), 'item')})",
            now,
            evidence={"days": days, "tags": sorted(item.tag for item in held), "holder": held[0].holder_key},
            remedy=f"ict assets accept {number} --how paper --scan FILE",
        )


def _none(check: str, held: int, words: str, now: datetime) -> Finding:
    verdict = Verdict.OK if held else Verdict.UNKNOWN
    summary = f"no {words} ({_counted(held, 'held item')})" if held else "nothing is held by anyone"
    remedy = "" if held else "ict assets import, or ict assets assign"
    about = subject("workspace", "assets")
    return _finding(check, about, verdict, summary, now, evidence={"held": held}, remedy=remedy)


def _days(number: int) -> str:
    return _counted(number, "day")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


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
