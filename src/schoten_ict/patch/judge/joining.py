"""What a host tells itself and what a WSUS server tells of it, made one: the newer counts, field by field."""

from dataclasses import replace
from datetime import datetime

from schoten_ict.core.errors import Problem
from schoten_ict.patch.facts import PatchFacts
from schoten_ict.patch.known import Scan, WsusReport

WSUS = "wsus"
_OWN = ("system", "reboot", "failures")


def joined(own: Scan | None, report: WsusReport | None) -> Scan | None:
    """What is known of a host. None where neither told anything.

    What the host told later than its report counts; WSUS fills the list of updates where the host told none.
    Where it told earlier, or gives no answer any more, WSUS counts, and what only the host can tell (its
    build, a restart) stays as old as it is.
    """
    if report is None:
        return own
    if own is None or own.facts is None or own.scanned_at is None:
        return _alone(own, report)
    if not _is_windows(own.facts):
        return own
    if own.scanned_at >= report.reported_at:
        return _filled(own, own.facts, own.scanned_at, report)
    return _renewed(own, own.facts, own.scanned_at, report)


def counts(own: Scan | None, report: WsusReport) -> bool:
    """Whether the list of WSUS says what a host lacks: not where the host said so itself later.

    Nor where something was installed on it since it reported.
    """
    if own is None or own.facts is None or own.scanned_at is None or own.scanned_at < report.reported_at:
        return own is None or own.facts is None or _is_windows(own.facts)
    return _is_windows(own.facts) and own.facts.updates is None and not _installed_since(own.facts, report)


def _is_windows(facts: PatchFacts) -> bool:
    return facts.system is None or facts.system.family == "windows"


def _installed_since(facts: PatchFacts, report: WsusReport) -> bool:
    return facts.patched_at is not None and facts.patched_at > report.reported_at


def _alone(own: Scan | None, report: WsusReport) -> Scan:
    """The host itself never told anything."""
    at = report.reported_at
    return Scan(
        report.host, WSUS, max(report.asked_at, own.tried_at) if own else report.asked_at, None, at,
        report.facts, report.reboot_since, wsus=report, silent=own.failed if own else None,
        dates={"updates": at, **dict.fromkeys(_OWN, at)}, lists_of_wsus=True,
    )  # fmt: skip


def _filled(own: Scan, facts: PatchFacts, at: datetime, report: WsusReport) -> Scan:
    """The host told something later than it reported; after a try that failed its report is what holds."""
    dates, filled = _dates(own, at), counts(own, report)
    if filled:
        facts, dates["updates"] = _with_list(facts, report), report.reported_at
    found = replace(own, facts=facts, wsus=report, itself_at=at, dates=dates, lists_of_wsus=filled)
    if own.failed is None:
        return found
    return replace(found, source=WSUS, scanned_at=report.reported_at, failed=None, silent=own.failed)


def _renewed(own: Scan, facts: PatchFacts, at: datetime, report: WsusReport) -> Scan:
    """The host reported later than it told anything itself."""
    told = report.facts
    system, reboot = facts.system or told.system, told.reboot or facts.reboot
    dates = _dates(own, at) | {"updates": report.reported_at}
    if told.reboot is not None:
        dates["reboot"] = report.reported_at
    days = [day for day in (report.reboot_since, own.reboot_since) if day is not None]
    since = min(days, default=None) if reboot is not None and reboot.needed else None
    newer = replace(
        _with_list(facts, report),
        manager=told.manager,
        system=system,
        reboot=reboot,
        feed=facts.feed or told.feed,
    )
    return replace(
        own, source=WSUS, failed=None, silent=own.failed, scanned_at=report.reported_at, facts=newer,
        reboot_since=since, wsus=report, itself_at=at, dates=dates, lists_of_wsus=True,
    )  # fmt: skip


def _dates(own: Scan, at: datetime) -> dict[str, datetime]:
    """When each field was told: some may be of a report that is older than the answer of the time `at`."""
    return {name: own.dates.get(name, at) for name in ("updates", *_OWN)}


def _with_list(facts: PatchFacts, report: WsusReport) -> PatchFacts:
    """The facts of a host with what it lacks as WSUS tells it."""
    told = report.facts
    about: set[str] = {"updates", "lists_at"}
    kept: list[Problem] = [each for each in facts.missing if each.subject not in about]
    kept += [each for each in told.missing if each.subject in about]
    return replace(
        facts, updates=told.updates, lists_at=told.lists_at, lacking=told.lacking, missing=tuple(kept)
    )
