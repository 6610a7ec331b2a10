"""Rules from facts, declaration, history and time to findings: one judge for all engines."""

from collections.abc import Callable, Iterable, Iterator

from schoten_ict.backup.judge import copies, keeping, points, proofs, signs
from schoten_ict.backup.judge.carrying import not_looked_at
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
    survives it. Why it could not be opened, only `reachable` says.
    """
    findings = [finding for rule in RULES for finding in rule(case)]
    if case.facts.access.proven:
        return findings
    return [
        not_looked_at(finding)
        if finding.verdict is Verdict.OK and finding.check not in _STANDING
        else finding
        for finding in findings
    ]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one job in the order of the rules that give them: first whether it could be opened."""
    return sorted(findings, key=lambda each: _PLACES.get(each.check, len(_PLACES)))


_PLACES = {f"{PREFIX}{rule.__name__}": place for place, rule in enumerate(RULES)}
_PLACES[f"{PREFIX}rto"] = _PLACES[f"{PREFIX}drill"]


_STANDING = frozenset({f"{PREFIX}copies", f"{PREFIX}key", f"{PREFIX}immutable"})
"""What is looked at elsewhere than in the repository."""
