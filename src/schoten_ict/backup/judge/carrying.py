"""What was wrong before and could not be looked at this time: it is unknown, and no less wrong."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from schoten_ict.backup.facts import BackupFacts
from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict

_MARK = "not looked at this time; was: "


def carried(before: Iterable[Finding], found: Sequence[Finding], facts: BackupFacts) -> Iterator[Finding]:
    """The open findings of a job that this look neither renewed nor settled.

    A look that was held up somewhere settles nothing that it does not mention.
    """
    if not held_up(facts):
        return
    given = {each.identity for each in found}
    for each in before:
        if each.identity not in given:
            yield not_looked_at(each)


def not_looked_at(finding: Finding) -> Finding:
    """The finding after a look that did not get to it; what it was is told once."""
    told = finding.summary.startswith(_MARK)
    return replace(
        finding,
        verdict=Verdict.UNKNOWN,
        summary=finding.summary if told else f"{_MARK}{finding.summary}",
        resolved_at=None,
        accepted=None,
        learning=False,
    )


def held_up(facts: BackupFacts) -> bool:
    """Whether something kept a part of the look from being done."""
    probes = [
        facts.access, facts.structure, facts.sample, facts.source, facts.drill, facts.database, facts.runs,
        *(each.probe for each in facts.reads),
    ]  # fmt: skip
    return facts.points is None or any(probe is not None and probe.blocked is not None for probe in probes)
