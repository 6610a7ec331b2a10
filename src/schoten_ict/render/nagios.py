"""The plug-in contract of Nagios and its kin (Monitoring Plugins guidelines, sections 2 and 3)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.core.exits import NagiosCode
from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Result
from schoten_ict.core.text import printable
from schoten_ict.core.verdict import Verdict

_CODES = {
    Verdict.OK: NagiosCode.OK,
    Verdict.WARN: NagiosCode.WARNING,
    Verdict.FAIL: NagiosCode.CRITICAL,
    Verdict.UNKNOWN: NagiosCode.UNKNOWN,
}


def status_line(result: Result[Any]) -> tuple[str, NagiosCode]:
    """One line with performance data, and the exit code that says the same.

    A warning outweighs an unknown, as in the order of verdicts; counts are of unaccepted findings.
    """
    code = _CODES[result.status]
    counts = Counter(
        finding.counted for finding in result.findings if finding.accepted or not finding.learning
    )
    learning = len(result.findings) - counts.total()
    counts[Verdict.UNKNOWN] += len(result.problems)
    order = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK)
    told = [f"{counts[verdict]} {verdict}" for verdict in order if counts[verdict]]
    head = ", ".join([*told, f"{learning} learning"] if learning else told)
    worst = _worst(result.findings) or _first(result.problems)
    text = f"{result.kind} {code.name}: {head or 'nothing was looked at'}"
    if worst and code is not NagiosCode.OK:
        text += f" - {worst}"
    perfdata = " ".join(f"{verdict}={counts[verdict]};;;0" for verdict in order)
    return f"{_clean(text)} | {perfdata}", code


def failure_line(kind: str, problems: Sequence[Problem]) -> tuple[str, NagiosCode]:
    """A failure from before there was a verdict: always unknown."""
    return _clean(f"{kind} UNKNOWN: {_first(problems)}"), NagiosCode.UNKNOWN


def _worst(findings: Sequence[Finding]) -> str:
    counted = [finding for finding in findings if finding.counted is not Verdict.OK]
    if not counted:
        return ""
    worst = max(counted, key=lambda finding: finding.counted.rank)
    return f"{worst.subject}: {worst.summary}"


def _first(problems: Sequence[Problem]) -> str:
    return problems[0].line() if problems else ""


def _clean(text: str) -> str:
    """A status line may hold no bar: it starts the performance data."""
    return printable(text).replace("|", "/")
