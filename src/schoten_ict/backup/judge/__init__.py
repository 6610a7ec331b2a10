"""Rules from facts, declaration, history and time to findings: one judge for all engines."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from schoten_ict.backup.judge import copies, keeping, points, proofs, signs
from schoten_ict.backup.judge.case import PREFIX, Case
from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict

Rule = Callable[[Case], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    points.reachable, points.moved, points.freshness, points.sources, points.size, proofs.runs,
    proofs.structure, proofs.read, proofs.sample, proofs.source, proofs.database, proofs.drill,
    keeping.retention, keeping.rollback, signs.ransomware, copies.copies, copies.immutable, proofs.key,
    proofs.lock,
)  # fmt: skip
"""Every rule, in the order in which its findings are shown. A new check is one more."""


def judge(case: Case) -> list[Finding]:
    """All findings about one job.

    Where the repository could not be opened, what was never looked at this time is unknown: no earlier *ok*
    survives it.
    """
    findings = [finding for rule in RULES for finding in rule(case)]
    if case.facts.access.proven:
        return findings
    told = findings[0].summary
    return [
        replace(finding, verdict=Verdict.UNKNOWN, summary=f"not looked at ({told}); was {finding.summary}")
        if finding.verdict is Verdict.OK and finding.check not in _STANDING
        else finding
        for finding in findings
    ]


_STANDING = frozenset({f"{PREFIX}copies", f"{PREFIX}key", f"{PREFIX}immutable"})
"""What is looked at elsewhere than in the repository."""
