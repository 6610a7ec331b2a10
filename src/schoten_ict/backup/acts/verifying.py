"""Looking at jobs: each engine gives facts, the judge gives findings, and the store keeps both at once."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from msgspec import structs

from schoten_ict.backup.acts.desk import Desk, plan
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.engines import ENGINES
from schoten_ict.backup.facts import BackupFacts, CopyFacts, Fault, Kind, Point, Probe
from schoten_ict.backup.judge import in_order, judge, signs
from schoten_ict.backup.judge.carrying import carried
from schoten_ict.backup.judge.case import PREFIX, Case, History
from schoten_ict.backup.judge.limits import not_proven
from schoten_ict.backup.order import Order
from schoten_ict.backup.records import points, proofs, runs
from schoten_ict.collect import INTERRUPTED, Answer, FanOut, Limits, Request
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.files import shared_folder
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.remote import RemoteError, Via
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
    def not_proven(self) -> dict[str, str]:
        """What this look could not prove, whatever it found, by check, and why."""
        return not_proven(self.job, self.case.facts)

    @property
    def last_backup_at(self) -> datetime | None:
        """When the newest complete backup was taken, of whatever lags most."""
        return self.case.last_backup_at


def fan_out(desk: Desk, jobs: Sequence[BackupJob], *, full: bool, seconds: float) -> FanOut[BackupFacts]:
    """Looks at all jobs: repositories side by side, the jobs of one repository one after the other."""
    gates = {place: threading.Lock() for job in jobs for place in desk.places(job)}
    requests = []
    for job in jobs:
        history = desk.history(job)
        order = plan(desk, job, history, full=full)
        look = partial(_look, desk, order, gates, escrow=escrow_is_due(job, history, desk.now))
        requests.append(Request(job.name, Via.LOCAL, ask=look, kind="job"))
    longest = max((job.verify.deadline.seconds for job in jobs), default=0)
    limits = Limits(
        {Via.LOCAL: AT_ONCE},
        machine_seconds=min(seconds, longest),
        run_seconds=seconds,
        ending_seconds=_CLOSING,
        jitter=0,
    )
    return FanOut(requests, limits)


_CLOSING = 60
"""Seconds for ending what runs, removing a scratch folder and closing sessions once the time is over."""


def verified(
    desk: Desk, jobs: Sequence[BackupJob], fan: FanOut[BackupFacts], broken_off: list[Problem]
) -> Iterator[Verified]:
    """Judge and keep the answers of `fan` as they arrive. Leaving the loop keeps what came in.

    A look that a person broke off says nothing about its job: nothing is kept of it but a problem, which is
    added to `broken_off`.
    """
    by_name = {job.name: job for job in jobs}
    for answer in fan:
        if answer.problem is not None and answer.problem.code == INTERRUPTED:
            broken_off.append(answer.problem)
        else:
            yield keep(desk, by_name[answer.subject], answer)


def keep(desk: Desk, job: BackupJob, answer: Answer[BackupFacts]) -> Verified:
    """One transaction: points, proofs, findings and the run, or nothing of them."""
    facts = _spoken(answer.value or _nothing(desk, job, answer.problem))
    seconds = answer.duration_ms / 1000
    history = desk.history(job)
    case = desk.case(job, facts, history)
    place, about = desk.place(job), subject("job", job.name)
    with desk.store.transaction() as transaction:
        before = findings.open_findings(transaction.connection, desk.now, scope=f"{PREFIX}*", subject=about)
        found = judge(case)
        found = in_order([*found, *carried(before, found, facts)])
        if facts.points is not None:
            points.keep(transaction, job.name, place, facts.points)
        for copy in facts.copies:
            if copy.points is not None:
                there = desk.place_of(job, _url_of(job, copy.name))
                points.keep(transaction, job.name, there, copy.points)
        proofs.keep(transaction, job.name, place, proofs.probes_of(facts) | _signs(found, desk.now))
        kept = findings.record(transaction, [f"{PREFIX}*"], found, subject=about)
        runs.keep(transaction, _run(transaction, desk, case, kept, seconds))
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


def _signs(found: Sequence[Finding], now: datetime) -> dict[proofs.Unit, Probe]:
    """Signs of encryption that were seen just now: they are remembered, because they do not show twice."""
    for each in found:
        seen_now = each.verdict in {Verdict.FAIL, Verdict.WARN} and "signs" in each.evidence
        if each.check == PREFIX + signs.CHECK and seen_now and each.observed_at == now:
            return {(signs.CHECK, ""): Probe(faults=(Fault(Kind.ENCRYPTION, each.summary),))}
    return {}


def _run(
    transaction: Transaction, desk: Desk, case: Case, found: Sequence[Finding], seconds: float
) -> runs.Run:
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
        repository=desk.place(case.job),
        last_at=case.last_backup_at,
        size=newest.size if newest else None,
        files=newest.files if newest else None,
        told=_told(case),
    )


def _told(case: Case) -> dict[str, object]:
    """What a look proved, for the record: each proof with its outcome and numbers."""
    facts = case.facts
    return {
        "version": facts.version,
        "points": len(facts.points) if facts.points is not None else None,
        "cannot": not_proven(case.job, facts),
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
    job = order.job
    with _turn(gates[desk.place(job)], allowed):
        order = desk.timed(order, allowed)
        facts = observed(desk, order)
        second = _escrow(desk, order) if escrow else None
    copies = []
    for copy in job.copies:
        with _turn(gates[desk.place_of(job, copy.url)], allowed):
            copies.append(_copy(desk, order, copy))
    _go_on(allowed)
    return replace(facts, copies=tuple(copies), escrow=second)


@contextmanager
def _turn(gate: threading.Lock, allowed: Deadline) -> Iterator[None]:
    """One look at a time in one place; waiting for it costs a job none of its time."""
    with allowed.standing_still():
        gate.acquire()
    try:
        _go_on(allowed)
        with allowed.acting():
            yield
    finally:
        gate.release()


def _go_on(allowed: Deadline) -> None:
    """Raise `RemoteError` when the look was broken off: what it says from then on says nothing."""
    if allowed.broken_off:
        raise RemoteError("the look was broken off", code="timeout")


def observed(desk: Desk, order: Order) -> BackupFacts:
    """What the engine of a job sees; what kept it from looking at all is a fault of access."""
    job = order.job
    try:
        way, host = desk.way(job)
        complete = replace(order, secrets=desk.secrets(job))
        with desk.session(way, host, order.deadline) as session:
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
    return CopyFacts(copy.name, facts.points, fault, facts.immutable, facts.damaged)


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


def forget_undeclared(desk: Desk) -> None:
    """Settle what is open about jobs that are no longer declared."""
    declared = {subject("job", job.name) for job in desk.jobs()}
    open_now = findings.open_findings(desk.store.reader, desk.now, scope=f"{PREFIX}*")
    gone = {each.subject for each in open_now if each.subject.startswith("job:")} - declared
    if gone:
        with desk.store.transaction() as transaction:
            for about in sorted(gone):
                findings.record(transaction, [f"{PREFIX}*"], [], subject=about)


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
        owner=f"{order.owner}:{name}", state=shared_folder(order.state / name),
    )  # fmt: skip
