"""Looking at jobs: each engine gives facts, the judge gives findings, and the store keeps both at once."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from msgspec import structs

from schoten_ict.backup.acts.desk import Desk, plan
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.engines import ENGINES
from schoten_ict.backup.facts import BackupFacts, CopyFacts, Fault, Kind, Point, Probe
from schoten_ict.backup.judge import judge
from schoten_ict.backup.judge.case import PREFIX, Case, History
from schoten_ict.backup.order import Order
from schoten_ict.backup.records import points, proofs, runs
from schoten_ict.collect import Answer, FanOut, Limits, Request
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.remote import Via
from schoten_ict.core.text import spoken
from schoten_ict.core.verdict import Verdict, worst
from schoten_ict.inventory.sections.backups import BackupJob, Copy, Repository
from schoten_ict.store import Transaction, findings

AT_ONCE = 2
"""Repositories that are looked at together: more would compete for the same disks and processors."""


@dataclass(frozen=True, slots=True)
class Verified:
    """One job after a look. `problem` is why nothing could be asked at all."""

    job: BackupJob
    case: Case
    findings: tuple[Finding, ...]
    seconds: float
    problem: Problem | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of its findings, accepted ones apart once exceptions were applied."""
        return worst(finding.counted for finding in self.findings)

    @property
    def obstacle(self) -> Problem | None:
        """What kept the job from being looked at."""
        blocked = self.case.facts.access.blocked
        if self.problem is not None or blocked is None:
            return self.problem
        code = blocked.kind.name.lower().replace("_", "-")
        return Problem(code, f"{blocked.kind}: {blocked.message}", subject("job", self.job.name))

    @property
    def last_backup_at(self) -> datetime | None:
        """When the newest complete backup was taken."""
        complete = self.case.complete
        return complete[0].at if complete else None


def fan_out(desk: Desk, jobs: Sequence[BackupJob], *, full: bool, seconds: float) -> FanOut[BackupFacts]:
    """Looks at all jobs: repositories side by side, the jobs of one repository one after the other."""
    gates = {job.repository.url: threading.Lock() for job in jobs}
    requests = []
    for job in jobs:
        history = desk.history(job)
        order = plan(desk, job, history, full=full)
        look = partial(_look, desk, order, gates, escrow=escrow_is_due(job, history, desk.now))
        requests.append(Request(job.name, Via.LOCAL, ask=look, kind="job"))
    longest = max((job.verify.deadline.seconds for job in jobs), default=0) + _CLOSING
    limits = Limits({Via.LOCAL: AT_ONCE}, machine_seconds=min(seconds, longest), run_seconds=seconds)
    return FanOut(requests, limits)


_CLOSING = 60
"""Time for removing a scratch folder and closing sessions after a job's own deadline."""


def verified(desk: Desk, jobs: Sequence[BackupJob], fan: FanOut[BackupFacts]) -> Iterator[Verified]:
    """Judge and keep the answers of `fan` as they arrive. Leaving the loop keeps what came in."""
    by_name = {job.name: job for job in jobs}
    for answer in fan:
        yield keep(desk, by_name[answer.subject], answer)


def keep(desk: Desk, job: BackupJob, answer: Answer[BackupFacts]) -> Verified:
    """One transaction: points, proofs, findings and the run, or nothing of them."""
    facts = _spoken(answer.value or _nothing(desk, job, answer.problem))
    seconds = answer.duration_ms / 1000
    history = desk.history(job)
    case = desk.case(job, facts, history)
    found = judge(case)
    url = job.repository.url
    with desk.store.transaction() as transaction:
        if facts.points is not None:
            points.keep(transaction, job.name, url, facts.points)
        for copy in facts.copies:
            if copy.points is not None:
                points.keep(transaction, job.name, _url_of(job, copy.name), copy.points)
        proofs.keep(transaction, job.name, url, proofs.probes_of(facts))
        kept = findings.record(transaction, [f"{PREFIX}*"], found, subject=subject("job", job.name))
        runs.keep(transaction, _run(transaction, case, kept, seconds))
    return Verified(job, case, tuple(kept), seconds, answer.problem)


def _spoken(facts: BackupFacts) -> BackupFacts:
    """The facts with names that the store can hold: tomorrow the same names must be known again."""
    copies = tuple(replace(each, points=_named(each.points)) for each in facts.copies)
    damaged = {spoken(name): spoken(why) for name, why in facts.damaged.items()}
    return replace(facts, points=_named(facts.points), copies=copies, damaged=damaged)


def _named(points: tuple[Point, ...] | None) -> tuple[Point, ...] | None:
    return points and tuple(
        replace(
            each,
            id=spoken(each.id),
            host=spoken(each.host),
            paths=tuple(map(spoken, each.paths)),
            target=spoken(each.target),
        )
        for each in points
    )


def _run(transaction: Transaction, case: Case, found: Sequence[Finding], seconds: float) -> runs.Run:
    newest = case.complete[0] if case.complete else None
    wrong = [finding for finding in found if finding.counted is not Verdict.OK]
    bad = max(wrong, key=lambda finding: finding.counted.rank, default=None)
    return runs.Run(
        job=case.job.name,
        act="verify",
        began_at=transaction.now,
        seconds=seconds,
        verdict=worst(finding.counted for finding in found),
        summary=bad.summary if bad else "everything that was looked at is in order",
        repository=case.job.repository.url,
        last_at=newest.at if newest else None,
        size=newest.size if newest else None,
        files=newest.files if newest else None,
        told=_told(case.facts),
    )


def _told(facts: BackupFacts) -> dict[str, object]:
    """What a look proved, for the record: each proof with its outcome and numbers."""
    return {
        "version": facts.version,
        "points": len(facts.points) if facts.points is not None else None,
        "proofs": {
            " ".join(part for part in unit if part): _told_of(probe)
            for unit, probe in proofs.probes_of(facts).items()
        },
    }


def _told_of(probe: Probe) -> dict[str, object]:
    return {"proven": probe.proven, "took": round(probe.seconds, 1), **probe.told}


def _look(
    desk: Desk, order: Order, gates: dict[str, threading.Lock], allowed: Deadline, *, escrow: bool
) -> BackupFacts:
    """Everything about one job: its repository, its copies, its second key. One at a time per repository."""
    gate = gates[order.job.repository.url]
    with allowed.standing_still():
        gate.acquire()
    try:
        order = desk.timed(order, allowed)
        facts = observed(desk, order)
        copies = tuple(_copy(desk, order, copy) for copy in order.job.copies)
        return replace(facts, copies=copies, escrow=_escrow(desk, order) if escrow else None)
    finally:
        gate.release()


def observed(desk: Desk, order: Order) -> BackupFacts:
    """What the engine of a job sees; what kept it from looking at all is a fault of access."""
    job = order.job
    try:
        way, host = desk.way(job)
        complete = replace(order, secrets=desk.secrets(job))
        with desk.session(way, host, order.deadline.left()) as session:
            facts: BackupFacts = ENGINES[job.engine].function("observe")(session, complete)
            return facts
    except IctError as error:
        return BackupFacts(job.engine, order.now, access=Probe(blocked=fault_of(error)))


def _copy(desk: Desk, order: Order, copy: Copy) -> CopyFacts:
    """The points of another copy: the same engine, another place, only the list."""
    job = order.job
    repository = structs.replace(
        job.repository,
        url=copy.url,
        password=copy.password or job.repository.password,
        environment=copy.environment or job.repository.environment,
    )
    facts = observed(desk, _elsewhere(order, repository, copy.from_ or job.verify.from_, copy.name))
    access = facts.access
    fault = access.faults[0] if access.faults else access.blocked
    return CopyFacts(copy.name, facts.points, fault, facts.immutable)


def escrow_is_due(job: BackupJob, history: History, now: datetime) -> bool:
    """Whether it is time to try the second copy of the key again."""
    if job.escrow is None:
        return False
    last = history.proofs.get(("key", ""))
    return last is None or last.proven_at is None or last.proven_at < job.escrow.every.before(now)


def _escrow(desk: Desk, order: Order) -> Probe | None:
    """Whether the second copy of the key opens the repository, from where it is kept."""
    job = order.job
    if job.escrow is None:
        return None
    repository = structs.replace(job.repository, password=job.escrow.password)
    return observed(desk, _elsewhere(order, repository, job.escrow.from_, "escrow")).access


def _nothing(desk: Desk, job: BackupJob, problem: Problem | None) -> BackupFacts:
    """The facts of a job that gave no answer in time."""
    message = problem.message if problem else "gave no answer"
    kind = Kind.TIMEOUT if problem is None or problem.code == "timeout" else Kind.PROTOCOL
    return BackupFacts(job.engine, desk.now, access=Probe(blocked=Fault(kind, message)))


def _url_of(job: BackupJob, name: str) -> str:
    return next(copy.url for copy in job.copies if copy.name == name)


def _elsewhere(order: Order, repository: Repository, host: str | None, name: str) -> Order:
    verify = structs.replace(order.job.verify, from_=host)
    job = structs.replace(order.job, repository=repository, verify=verify, immutable=None)
    return replace(
        order, job=job, deep=False, read=None, sample=0, drill=False, again=(), source=None,
        owner=f"{order.owner}:{name}", state=order.state / name,
    )  # fmt: skip
