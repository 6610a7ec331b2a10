"""What a host lacks against its deadlines, what is held back, and what did not install."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from schoten_ict.core.finding import Finding
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict
from schoten_ict.patch.facts import INCOMPLETE, Hold
from schoten_ict.patch.judge.builds import State
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.deadlines import Grade, grade_of
from schoten_ict.patch.judge.joining import WSUS
from schoten_ict.patch.known import Missing, Scan, Tally, WsusReport

FAILURES_WITHIN = timedelta(days=40)
_REMEDIES = {
    "host-key": "compare its key on the machine itself, then add it to known_hosts",
    "authentication": "see the account in credentials:, and its keys on the machine",
    "unreachable": "see whether it is on and may be reached, then ict patch scan again",
}
"""By the code of a failure; the scan itself tells more."""


def scanned(case: Case) -> Iterator[Finding]:
    """Whether the host was asked lately, and answered."""
    scan = case.scan
    if scan is None or (scan.scanned_at is None and scan.failed is None):
        yield case.found("scanned", Verdict.UNKNOWN, "never scanned", remedy=case.renewal)
        return
    if scan.wsus is not None and scan.source == WSUS:
        yield _reported(case, scan, scan.wsus)
        return
    last = f"; last answer {scan.scanned_at:%Y-%m-%d}" if scan.scanned_at else "; it never answered"
    if scan.failed is not None:
        words = f"the last try gave no answer: {scan.failed.message}{last}"
        remedy = _REMEDIES.get(scan.failed.code, case.renewal)
        yield case.found(
            "scanned", Verdict.UNKNOWN, words, remedy=remedy, evidence={"code": scan.failed.code}
        )
    elif scan.is_ahead(case.now):
        words = f"the last answer is of {scan.scanned_at:%Y-%m-%d}, which is yet to come: the clock was wrong"
        yield case.found("scanned", Verdict.UNKNOWN, words, remedy=case.renewal)
    elif not case.is_fresh:
        words = f"not scanned within {case.limits.scanned_within}{last}"
        yield case.found("scanned", Verdict.UNKNOWN, words, remedy=case.renewal)
    else:
        yield case.found("scanned", Verdict.OK, f"answered on {scan.scanned_at:%Y-%m-%d} over {scan.source}")


def _reported(case: Case, scan: Scan, report: WsusReport) -> Finding:
    """The host gave no answer itself since it reported to WSUS, and that counts for as long as an answer."""
    itself = f"; itself it gave no answer: {scan.silent.message}" if scan.silent else ""
    day = f"{report.reported_at:%Y-%m-%d}"
    if case.is_fresh:
        return case.found("scanned", Verdict.OK, f"reported to WSUS ({report.server}) on {day}{itself}")
    within = case.limits.scanned_within
    words = f"neither scanned nor reported to WSUS ({report.server}) within {within}; last report {day}"
    return case.found("scanned", Verdict.UNKNOWN, f"{words}{itself}", remedy="see why it does not report")


def lists(case: Case) -> Iterator[Finding]:
    """Whether what the host compares itself with is of late: old lists know no new updates.

    A Windows whose build is known compares itself with nothing where it made no search.
    """
    facts = case.facts
    if facts is None or (facts.updates is None and facts.lists_at is None and _is_told_by_its_build(case)):
        return
    if facts.lists_at is None:
        why = case.untold("lists_at")
        words = f"how old its lists of updates are is not known{f': {why.message}' if why else ''}"
        yield case.found("lists", Verdict.UNKNOWN, words, remedy=why.remedy if why else "")
    elif facts.lists_at < case.limits.lists_within.before(case.now):
        words = (
            f"its lists of updates are of {facts.lists_at:%Y-%m-%d}, more than {case.limits.lists_within} ago"
        )
        yield case.found("lists", Verdict.UNKNOWN, words, remedy="see why it does not refresh them")
    else:
        yield case.found("lists", Verdict.OK, f"its lists of updates are of {facts.lists_at:%Y-%m-%d}")


def updates(case: Case) -> Iterator[Finding]:
    """Whether everything that lacks is within its deadline.

    What is late stays so when the newest answer does not tell of it; what was in time is unknown then.
    """
    facts = case.facts
    if facts is None:
        return
    late, near = (sum(getattr(each, name) for each in case.tallies.values()) for name in ("late", "near"))
    evidence = {kind.value: _evidence(each) for kind, each in _in_order(case)}
    if late:
        words = f"{counted(late, 'update')} over the deadline: {_told(case, 'late')}"
        yield case.found("updates", Verdict.FAIL, words, evidence=evidence, of="updates")
    elif near:
        words = f"{counted(near, 'update')} nearly due: {_told(case, 'near')}"
        yield case.found("updates", Verdict.WARN, words, until=case.today, evidence=evidence, of="updates")
    elif (gap := _counted_only(case) or _gap(case)) is not None:
        words, remedy = gap
        yield case.found("updates", Verdict.UNKNOWN, words, remedy=remedy, evidence=evidence)
    elif facts.updates is None and not case.tallies:
        words = f"{_monthly(case)}; what else may lack was not asked"
        yield case.found("updates", Verdict.OK, words, of="system")
    else:
        yield case.found(
            "updates", Verdict.OK, _in_time(case), until=_next(case), evidence=evidence, of="updates"
        )


def _monthly(case: Case) -> str:
    """What the build says of the monthly security update, where nothing that lacks counts."""
    if case.build is None or case.build.state is not State.BELOW:
        return "the monthly security update is there"
    return f"the monthly security update lacks and is {'accepted' if case.accepted else 'held back'}"


def _is_told_by_its_build(case: Case) -> bool:
    """Whether build and UBR of a Windows tell of the security updates, whatever else was told."""
    return case.build is not None and case.build.state is not State.UNKNOWN


def _counted_only(case: Case) -> tuple[str, str] | None:
    """How many lack where WSUS counts them and lists none; None where it lists them, or counts none."""
    facts = case.facts
    if facts is None or facts.updates is not None or not facts.lacking:
        return None
    why = case.untold("updates")
    words = f"WSUS counts {counted(facts.lacking, 'update')} that it lacks, and not which"
    return f"{words}{f': {why.message}' if why else ''}", why.remedy if why else ""


def _gap(case: Case) -> tuple[str, str] | None:
    """Why it is not known that nothing more lacks, and what to do; None where the newest answer tells all.

    So does a Windows whose build is known, and that was not asked for more: a search that fails says nothing.
    """
    facts, why = case.facts, case.untold("updates")
    if facts is None or facts.updates is None:
        by_build = _is_told_by_its_build(case)
        if by_build and why is None:
            return None
        before = f"; by its build and older answers: {_in_time(case)}" if case.tallies else ""
        if not by_build and before:
            before = f"; an older answer: {_in_time(case)}"
        words = f"what it lacks was not told{f': {why.message}' if why else ''}{before}"
        return words, why.remedy if why else ""
    more = next(
        (each for each in facts.missing if (each.subject, each.code) == ("updates", INCOMPLETE)), None
    )
    return (f"{_in_time(case)}; there may be more: {more.message}", more.remedy) if more else None


def _evidence(each: Tally) -> dict[str, object]:
    return {"count": each.count, "late": each.late, "near": each.near, "oldest": each.oldest.isoformat()}


def _in_order(case: Case) -> Iterator[tuple[Grade, Tally]]:
    return ((kind, case.tallies[kind]) for kind in Grade if kind in case.tallies)


def _told(case: Case, what: str) -> str:
    """`2 critical since 2026-11-01, 1 other since 2026-08-03`."""
    found = ((getattr(each, what), kind, each) for kind, each in _in_order(case))
    return ", ".join(f"{number} {kind} since {each.oldest}" for number, kind, each in found if number)


def _in_time(case: Case) -> str:
    accepted = f"{case.accepted} lack{'s and is' if case.accepted == 1 else ' and are'} accepted"
    if not case.tallies:
        by_wsus = case.scan is not None and case.scan.lists_of_wsus
        nothing = (
            f"nothing {'else ' if case.accepted else ''}lacks{' that is approved in WSUS' if by_wsus else ''}"
        )
        held = " but what is held back" if any(each.hold is Hold.HELD for each in case.missing) else ""
        return f"{accepted}, {nothing}{held}" if case.accepted else f"{nothing}{held}"
    told = ", ".join(f"{each.count} {kind}" for kind, each in _in_order(case))
    within = f"{told} lack, all within their deadlines"
    return f"{within}; {accepted}" if case.accepted else within


def _next(case: Case) -> date | None:
    """The last day on which nothing is due or nearly so."""
    days = [
        case.policy.due(each.next, kind) - timedelta(seconds=case.policy.warn_before.seconds)
        for kind, each in _in_order(case)
        if each.next is not None
    ]
    return min(days) - timedelta(days=1) if days else None


def each_update(case: Case) -> Iterator[Finding]:
    """One finding for each update that is over its deadline, or nearly so."""
    for missing in case.missing:
        if missing.hold is None:
            kind = grade_of(missing)
            edges = case.policy.edges(kind, case.today)
            if missing.clock < edges.near_before:
                verdict = Verdict.FAIL if missing.clock < edges.late_before else Verdict.WARN
                yield _due(case, missing, kind, verdict)


def _due(case: Case, missing: Missing, kind: Grade, verdict: Verdict) -> Finding:
    due = case.policy.due(missing.clock, kind)
    days, over = (case.today - missing.clock).days, (case.today - due).days
    when = f"{counted(over, 'day')} over its deadline" if over > 0 else f"due {due}"
    exploited = ", exploited in the wild" if missing.exploited else ""
    return case.found(
        "update",
        verdict,
        f"{missing.key} ({kind}{exploited}) lacks for {counted(days, 'day')}, {when}",
        key=missing.key,
        until=due if over <= 0 else None,
        evidence={"grade": kind, "since": missing.clock.isoformat(), "due": due.isoformat()},
    )


def held(case: Case) -> Iterator[Finding]:
    """Each security update that somebody holds back, or that a subscription would bring."""
    for hold, words, remedy in (
        (Hold.HELD, "is held back on the machine", "let it go, or declare an exception with the reason"),
        (Hold.SUBSCRIPTION, "is for subscribers only", "subscribe, or declare an exception with the reason"),
    ):
        keys = sorted(each.key for each in case.missing if each.hold is hold and each.security is not False)
        for key in keys:
            yield case.found(hold, Verdict.WARN, f"{key} {words}", key=key, remedy=remedy)


def failures(case: Case) -> Iterator[Finding]:
    """Updates that did not install lately, but for those that its build proves to be there by now."""
    facts = case.facts
    if facts is None or not facts.failures:
        return
    since = case.now - FAILURES_WITHIN
    lately = [each for each in facts.failures if each.at >= since and each.update not in case.there]
    by_update: Counter[str] = Counter(each.update for each in lately)
    for update, times in sorted(by_update.items()):
        last = max((each for each in lately if each.update == update), key=lambda each: each.at)
        code = f" ({last.code})" if last.code else ""
        summary = f"{update} did not install{code}: {counted(times, 'time')}, last on {last.at:%Y-%m-%d}"
        yield case.found("failures", Verdict.WARN, summary, key=update)
