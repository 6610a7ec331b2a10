"""Evidence of a period: every look, drill and backup as a chain of hashes, and what was wrong when.

A chain shows that no line was changed or left out between two others. It cannot show that its end was cut
off: whoever must rely on it keeps the last hash elsewhere (it stands on the signed page).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from schoten_ict.backup.acts.desk import Desk
from schoten_ict.backup.acts.former import left_open
from schoten_ict.backup.judge.case import PREFIX
from schoten_ict.backup.judge.score import Score, scores
from schoten_ict.backup.judge.slices import share_read
from schoten_ict.backup.records import proofs, runs
from schoten_ict.backup.records.runs import Run
from schoten_ict.core.finding import Finding, apply_exceptions, subject
from schoten_ict.core.times import length_text
from schoten_ict.core.verdict import Verdict, worst
from schoten_ict.inventory.letterhead import letterhead
from schoten_ict.inventory.sections.backups import BackupJob
from schoten_ict.store import findings, journal

START = "0" * 64
"""What the first line is chained to."""


@dataclass(frozen=True, slots=True)
class Line:
    """One run of the period; `sha256` covers it and the line before it."""

    run: Run
    sha256: str


@dataclass(frozen=True, slots=True)
class FormerJob:
    """A job that is no longer declared: its last look, what that left open, and the jobs in its place now."""

    look: Run
    left: tuple[Finding, ...]
    now: tuple[str, ...]

    @property
    def became(self) -> str:
        """What became of it."""
        if self.now:
            return f"{self.look.job} is called {', '.join(self.now)} now"
        return f"{self.look.job} is no longer declared"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a period, from `since` (a day in the workspace's zone) until now.

    `standing` are the findings of each job that are open now, `not_proven` what could not be proven, by
    check with the reason, as its last look told. `former` are jobs of the period that are no longer declared.
    """

    since: date
    lines: tuple[Line, ...]
    jobs: tuple[BackupJob, ...]
    standing: dict[str, list[Finding]]
    not_proven: dict[str, dict[str, str]]
    faults: tuple[Finding, ...]
    former: tuple[FormerJob, ...]
    journal_head: str

    @property
    def head(self) -> str:
        """The hash of the last line."""
        return self.lines[-1].sha256 if self.lines else START


def collect(desk: Desk, since: date) -> Evidence:
    """Everything that was recorded about backups since a day; reads the store only."""
    reader = desk.store.reader
    begin = datetime.combine(since, time(), desk.zone)
    jobs = tuple(desk.jobs())
    names = {job.name for job in jobs}
    standing: dict[str, list[Finding]] = {job.name: [] for job in jobs}
    today = desk.now.astimezone(desk.zone).date()
    open_now = findings.open_findings(reader, desk.now, scope=f"{PREFIX}*")
    for finding in apply_exceptions(open_now, desk.inventory.exceptions, today):
        name = finding.subject.partition(":")[2]
        if name in names and finding.subject.startswith("job:"):
            standing[name].append(finding)
    head = journal.head(reader)
    lines = tuple(chained(runs.since(reader, begin)))
    looks = runs.last_looks(reader)
    found = findings.problems_since(reader, begin, f"{PREFIX}*")
    told = {subject("job", line.run.job) for line in lines} | {each.subject for each in found}
    gone = [look for name, look in looks.items() if name not in names and subject("job", name) in told]
    former = tuple(_former(desk, jobs, look) for look in gone)
    faults = apply_exceptions(_as_left(found, former), desk.inventory.exceptions, today)
    not_proven = {name: look.not_proven for name, look in looks.items() if name in names and look.not_proven}
    return Evidence(
        since, lines, jobs, standing, not_proven, tuple(faults), former, f"{head.seq}:{head.hash}"
    )


def _former(desk: Desk, jobs: Sequence[BackupJob], look: Run) -> FormerJob:
    now = tuple(job.name for job in jobs if desk.place(job) == look.repository)
    return FormerJob(look, tuple(left_open(desk.store.reader, look)), now)


def _as_left(faults: Sequence[Finding], former: Sequence[FormerJob]) -> list[Finding]:
    """The faults, of which those that no look settled say so."""
    became = {(each.identity, each.first_seen): job.became for job in former for each in job.left}
    return [
        replace(each, summary=f"{each.summary} (not settled by a look: {told})")
        if (told := became.get((each.identity, each.first_seen)))
        else each
        for each in faults
    ]


def chained(found: Sequence[Run]) -> Iterator[Line]:
    """Each run with a hash over itself and the hash before: SHA-256 of `previous + canonical JSON`."""
    previous = START
    for run in found:
        previous = hashlib.sha256((previous + runs.text_of(run)).encode()).hexdigest()
        yield Line(run, previous)


def page(desk: Desk, evidence: Evidence, number: str, maker: str, today: date) -> dict[str, Any]:
    """The evidence as the template takes it."""
    return {
        "number": number,
        "date": today.isoformat(),
        "organisation": letterhead(desk.inventory.organisation),
        "since": f"{evidence.since:%d/%m/%Y}",
        "until": f"{today:%d/%m/%Y}",
        "maker": maker,
        "looks": sum(line.run.act == "verify" for line in evidence.lines),
        "jobs": [_job(desk, evidence, job) for job in evidence.jobs],
        "services": [_service(each) for each in scores(evidence.jobs, evidence.standing)],
        "not_proven": [
            {"job": job, "check": check, "reason": why}
            for job, reasons in sorted(evidence.not_proven.items())
            for check, why in reasons.items()
        ],
        "faults": [_fault(desk, finding) for finding in evidence.faults],
        "drills": [_drill(desk, line.run) for line in evidence.lines if line.run.act == "drill"],
        "chain": evidence.head,
        "journal": evidence.journal_head,
    }


def _job(desk: Desk, evidence: Evidence, job: BackupJob) -> dict[str, Any]:
    looks = [line.run for line in evidence.lines if line.run.job == job.name and line.run.act == "verify"]
    last = next((run.last_at for run in reversed(looks) if run.last_at), None)
    kept = proofs.every(desk.store.reader, job.name, desk.place(job))
    read = share_read(kept, job.verify.full_read_within.before(desk.now))
    sample, drill = (kept.get((check, "")) for check in ("sample", "drill"))
    names = [job.name, *(f"ex {each.look.job}" for each in evidence.former if job.name in each.now)]
    return {
        "job": names[0] + (f" ({', '.join(names[1:])})" if names[1:] else ""),
        "engine": job.engine,
        "services": list(job.services),
        "verdict": worst(finding.counted for finding in evidence.standing[job.name]).value,
        "rpo": str(desk.rpo(job)),
        "last_backup": _moment(desk, last),
        "looks": len(looks),
        "restored": _day(desk, sample.proven_at if sample else None),
        "read": f"{read:.0%}" if read is not None else None,
        "drilled": _day(desk, drill.proven_at if drill else None),
    }


def _service(score: Score) -> dict[str, Any]:
    return {"service": score.service, "score": score.text, "met": score.met, "jobs": list(score.jobs)}


def _fault(desk: Desk, finding: Finding) -> dict[str, Any]:
    return {
        "subject": finding.subject,
        "check": finding.check.removeprefix(PREFIX),
        "summary": finding.summary,
        "since": _day(desk, finding.first_seen or finding.observed_at),
        "until": _day(desk, finding.resolved_at),
        "accepted": finding.accepted.reason if finding.accepted else None,
    }


def _drill(desk: Desk, run: Run) -> dict[str, Any]:
    return {
        "number": run.document,
        "day": _day(desk, run.began_at),
        "job": run.job,
        "result": run.verdict.value,
        "took": length_text(run.seconds) if run.took and run.verdict is Verdict.OK else None,
    }


def _day(desk: Desk, moment: datetime | None) -> str | None:
    return f"{moment.astimezone(desk.zone):%d/%m/%Y}" if moment else None


def _moment(desk: Desk, moment: datetime | None) -> str | None:
    return f"{moment.astimezone(desk.zone):%d/%m/%Y %H:%M}" if moment else None
