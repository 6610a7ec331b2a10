"""Whether a host waits for a restart, and for how long already."""

from collections.abc import Iterator

from schoten_ict.core.finding import Finding
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict
from schoten_ict.patch.judge.case import Case

KIND = "reboot"


def reboot(case: Case) -> Iterator[Finding]:
    """Ok when it waits for none; a deadline runs from the day on which it was first seen to wait."""
    facts = case.facts
    if facts is None:
        return
    told = facts.reboot
    if told is None or told.needed is None:
        why = case.untold("reboot")
        words = f"whether it waits for a restart was not told{f': {why.message}' if why else ''}"
        yield case.found(KIND, Verdict.UNKNOWN, words, remedy=why.remedy if why else "")
        return
    evidence = {"reasons": list(told.reasons), "services": list(told.services), "shown": list(told.shown)}
    if not told.needed:
        yield case.found(KIND, Verdict.OK, "waits for no restart", evidence=evidence, of=KIND)
        return
    since = (case.scan.reboot_since if case.scan else None) or case.today
    due = case.policy.due(since, KIND)
    over = (case.today - due).days
    verdict = (
        Verdict.FAIL if over > 0 else Verdict.WARN if case.policy.is_near(due, case.today) else Verdict.OK
    )
    when = f"{counted(over, 'day')} over its deadline" if over > 0 else f"due {due}"
    summary = f"waits for a restart since {since}, {when}: {', '.join(told.reasons) or 'no reason told'}"
    yield case.found(KIND, verdict, summary, until=due if over <= 0 else None, evidence=evidence, of=KIND)
