"""What a host lacks against its deadlines, what is held back, and what did not install."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from schoten_ict.core.finding import Finding
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict
from schoten_ict.patch.facts import Hold
from schoten_ict.patch.judge.case import Case, Late
from schoten_ict.patch.judge.deadlines import Grade

FAILURES_WITHIN = timedelta(days=40)
_SHOWN = 3


def scanned(case: Case) -> Iterator[Finding]:
    """Whether the host was asked lately, and answered."""
    scan = case.scan
    if scan is None or (scan.scanned_at is None and scan.failed is None):
        yield case.found("scanned", Verdict.UNKNOWN, "never scanned", remedy=f"ict patch scan {case.host}")
        return
    last = f"; last answer {scan.scanned_at:%Y-%m-%d}" if scan.scanned_at else "; it never answered"
    if scan.failed is not None:
        words = f"the last try gave no answer: {scan.failed.message}{last}"
        yield case.found("scanned", Verdict.UNKNOWN, words, evidence={"code": scan.failed.code})
    elif not case.is_fresh:
        words = f"not scanned within {case.limits.scanned_within}{last}"
        yield case.found("scanned", Verdict.UNKNOWN, words, remedy=f"ict patch scan {case.host}")
    else:
        yield case.found("scanned", Verdict.OK, f"answered on {scan.scanned_at:%Y-%m-%d} over {scan.source}")


def lists(case: Case) -> Iterator[Finding]:
    """Whether what the host compares itself with is of late: old lists know no new updates."""
    facts = case.facts
    if facts is None or facts.updates is None:
        return
    if facts.lists_at is None:
        yield case.found("lists", Verdict.UNKNOWN, "how old its lists of updates are is not known")
    elif facts.lists_at < case.limits.lists_within.before(case.now):
        words = (
            f"its lists of updates are of {facts.lists_at:%Y-%m-%d}, more than {case.limits.lists_within} ago"
        )
        yield case.found("lists", Verdict.UNKNOWN, words, remedy="see why it does not refresh them")
    else:
        yield case.found("lists", Verdict.OK, f"its lists of updates are of {facts.lists_at:%Y-%m-%d}")


def updates(case: Case) -> Iterator[Finding]:
    """One finding for the host, and one for each update that is due or nearly so."""
    facts = case.facts
    if facts is None:
        return
    late = [each for each in case.ticking if each.due < case.today]
    near = [each for each in case.ticking if each.due >= case.today]
    near = [each for each in near if case.policy.is_near(each.due, case.today)]
    yield from (_due(case, each, Verdict.FAIL) for each in late)
    yield from (_due(case, each, Verdict.WARN) for each in near)
    if facts.updates is None and not case.ticking:
        why = next((each for each in facts.missing if each.subject == "updates"), None)
        words = f"what it lacks was not told{f': {why.message}' if why else ''}"
        yield case.found("updates", Verdict.UNKNOWN, words, remedy=why.remedy if why else "")
    elif not late and not near:
        yield case.found("updates", Verdict.OK, _in_time(case), until=_next(case), evidence=_counts(case))


def _due(case: Case, late: Late, verdict: Verdict) -> Finding:
    missing, days = late.missing, (case.today - late.missing.clock).days
    over = (case.today - late.due).days
    when = f"{counted(over, 'day')} over its deadline" if over > 0 else f"due {late.due}"
    exploited = ", exploited in the wild" if missing.exploited else ""
    return case.found(
        "update",
        verdict,
        f"{missing.key} ({late.grade}{exploited}) lacks for {counted(days, 'day')}, {when}",
        key=missing.key,
        until=late.due if over <= 0 else None,
        evidence={"grade": late.grade, "since": missing.clock.isoformat(), "due": late.due.isoformat()},
    )


def _in_time(case: Case) -> str:
    if not case.ticking:
        return "nothing lacks"
    counts = Counter(late.grade for late in case.ticking)
    told = ", ".join(f"{counts[each]} {each}" for each in Grade if counts[each])
    return f"{told} lack, all within their deadlines; the next is due {case.ticking[0].due}"


def _next(case: Case) -> date | None:
    """Until when nothing is due or nearly so."""
    return case.ticking[0].due - timedelta(seconds=case.policy.warn_before.seconds) if case.ticking else None


def _counts(case: Case) -> dict[str, int]:
    return dict(Counter(late.grade.value for late in case.ticking))


def held(case: Case) -> Iterator[Finding]:
    """Security updates that somebody holds back, or that a subscription would bring."""
    for hold, words, remedy in (
        (Hold.HELD, "held back on the machine", "let them go, or declare an exception with the reason"),
        (Hold.SUBSCRIPTION, "for subscribers only", "subscribe, or declare an exception with the reason"),
    ):
        keys = sorted(each.key for each in case.missing if each.hold is hold and each.security is not False)
        if keys:
            told = f"{', '.join(keys[:_SHOWN])}{' ...' if len(keys) > _SHOWN else ''}"
            summary = f"{counted(len(keys), 'security update')} {words}: {told}"
            yield case.found(hold, Verdict.WARN, summary, remedy=remedy, evidence={"updates": keys})


def failures(case: Case) -> Iterator[Finding]:
    """Updates that did not install lately and that it still lacks, or of which that is not known."""
    facts = case.facts
    if facts is None or not facts.failures:
        return
    lately = [each for each in facts.failures if each.at >= case.now - FAILURES_WITHIN]
    by_update: Counter[str] = Counter(each.update for each in lately)
    for update, times in sorted(by_update.items()):
        last = max((each for each in lately if each.update == update), key=lambda each: each.at)
        code = f" ({last.code})" if last.code else ""
        summary = f"{update} did not install{code}: {counted(times, 'time')}, last on {last.at:%Y-%m-%d}"
        yield case.found("failures", Verdict.WARN, summary, key=update)
