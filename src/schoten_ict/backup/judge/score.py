"""The 3-2-1-1-0 rule per service: copies, media, offsite, immutable or offline, and errors in the proof.

Three copies of the data (the original counts), on two different media, one of them elsewhere, one that cannot
be changed or reached, and no error when a restore is tried. From the findings alone: what is not known to be
in order does not count.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schoten_ict.backup.judge.case import PREFIX
from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import BackupJob

_WANTED = (3, 2, 1, 1)
_PLACE = re.compile(r"^(?:[a-z0-9+]+:)?(?://)?(?:[^@/]*@)?([^:/]*)")
_HERE = frozenset({"reachable", "freshness", "sources"})


@dataclass(frozen=True, slots=True)
class Score:
    """How far a service is from the rule; `jobs` are those that back it up."""

    service: str
    jobs: tuple[str, ...]
    copies: int
    media: int
    offsite: int
    immutable: int
    errors: int

    @property
    def text(self) -> str:
        """`3-2-1-1-0` when the rule is met."""
        return "-".join(map(str, (self.copies, self.media, self.offsite, self.immutable, self.errors)))

    @property
    def met(self) -> bool:
        """Whether all five numbers are good enough."""
        have = (self.copies, self.media, self.offsite, self.immutable)
        return not self.errors and all(number >= wanted for number, wanted in zip(have, _WANTED, strict=True))


def scores(jobs: Sequence[BackupJob], findings: Mapping[str, Sequence[Finding]]) -> list[Score]:
    """One score per service that a job names: that of its worst job. `findings` are by job."""
    by_service: dict[str, list[Score]] = {}
    for job in jobs:
        for service in job.services:
            by_service.setdefault(service, []).append(_score(service, job, findings.get(job.name, ())))
    return [_worst(of_service) for of_service in by_service.values()]


def _worst(of_service: Sequence[Score]) -> Score:
    names = tuple(name for each in of_service for name in each.jobs)
    least = {
        field: min(getattr(each, field) for each in of_service)
        for field in ("copies", "media", "offsite", "immutable")
    }
    return Score(of_service[0].service, names, **least, errors=sum(each.errors for each in of_service))


def _score(service: str, job: BackupJob, findings: Sequence[Finding]) -> Score:
    good = {(each.check.removeprefix(PREFIX), each.key) for each in findings if each.verdict is Verdict.OK}
    bad = {each.check.removeprefix(PREFIX) for each in findings if each.verdict is not Verdict.OK}
    here = {check for check, _ in good} >= _HERE and not _HERE & bad
    kept = [copy for copy in job.copies if ("copies", copy.name) in good]
    looked = job.verify.from_ or "here"
    places = {job.source.hosts[0] if job.source.hosts else "here"}
    places |= {_place(job.repository.url, looked)} if here else set()
    places |= {_place(each.url, each.from_ or looked) for each in kept}
    away = [copy for copy in kept if copy.kind in {"offsite", "offline"}]
    safe = [copy for copy in kept if copy.kind == "offline" or ("immutable", copy.name) in good]
    errors = sum(each.counted in {Verdict.FAIL, Verdict.UNKNOWN} for each in findings)
    return Score(
        service,
        (job.name,),
        copies=1 + here + len(kept),
        media=len(places),
        offsite=len(away),
        immutable=len(safe) + (("immutable", "") in good),
        errors=errors if findings else 1,
    )


def _place(url: str, looked: str) -> str:
    """The machine or service that a repository lies on; a folder lies on the machine that looks at it."""
    match = _PLACE.match(url)
    return (match[1] if match and (":" in url or "@" in url) else "") or looked
