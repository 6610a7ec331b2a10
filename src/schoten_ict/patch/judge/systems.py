"""What a host runs: its build against the newest that is known, and until when it is supported."""

from collections.abc import Iterator
from datetime import date

from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict
from schoten_ict.patch.judge.builds import State
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.lifecycle import Lifecycle, Support

_OF_MONTHS = "ict patch data update --from the documents of these months"


def build(case: Case) -> Iterator[Finding]:
    """What build and UBR prove. A build that is below is an update that lacks, with its own deadline."""
    found = case.build
    if found is not None and found.state is State.BELOW and found.since_when:
        words = f"since when build {found.build} is behind is not known: {found.since_when}"
        yield case.found("build", Verdict.UNKNOWN, words, remedy=_OF_MONTHS, of="system")
    if found is None or found.state is State.BELOW:
        return
    verdict = Verdict.UNKNOWN if found.state is State.UNKNOWN else Verdict.OK
    remedy = "ict patch data status" if verdict is Verdict.UNKNOWN else ""
    why, words = case.untold("system"), found.summary
    if verdict is Verdict.UNKNOWN and why is not None:
        words, remedy = why.message, why.remedy
    yield case.found("build", verdict, words, remedy=remedy, of="system")


def support(case: Case) -> Iterator[Finding]:
    """Until when the system gets security updates."""
    facts = case.facts
    if facts is None:
        return
    if facts.system is None:
        why = case.untold("system")
        words = "which system it runs was not told"
        yield case.found("support", Verdict.UNKNOWN, words, remedy=why.remedy if why else "")
        return
    if case.scan is not None and case.scan.itself_at is None and case.scan.wsus is not None:
        return  # WSUS tells no build, which is told as such, and support follows from it
    found, name = case.lifecycle, f"{facts.system.name} {facts.system.version or ''}".strip()
    if found is None:
        yield case.found("support", Verdict.UNKNOWN, f"how long {name} is supported is not known")
        return
    verdict, words = _said(case, found)
    evidence = {"product": found.product, "cycle": found.cycle, "source": found.source}
    yield case.found("support", verdict, words, until=_holds(case, found), evidence=evidence, of="system")


def _said(case: Case, found: Lifecycle) -> tuple[Verdict, str]:
    what, state, until = f"{found.product} {found.cycle}", found.support(case.today), found.until
    if state is Support.UNKNOWN:
        return Verdict.UNKNOWN, f"until when {what} is supported is not known (data of {found.as_of})"
    if state is Support.ENDED:
        return Verdict.FAIL, f"support of {what} ended{f' on {until}' if until else ''}"
    if until is None:
        return Verdict.OK, f"{what} is supported; no end is announced"
    how = " (extended)" if state is Support.EXTENDED else ""
    if case.limits.support_warning.after(case.today) >= until:
        return Verdict.WARN, f"support of {what} ends on {until}{how}"
    return Verdict.OK, f"{what} is supported until {until}{how}"


def _holds(case: Case, found: Lifecycle) -> date | None:
    until = found.until
    return until if until is not None and until >= case.today else None
