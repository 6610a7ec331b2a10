"""Taking a backup now, for the engines that ict can start itself."""

from dataclasses import dataclass
from time import monotonic

from schoten_ict.backup.acts.desk import Desk
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.engines import ENGINES
from schoten_ict.backup.facts import Taken
from schoten_ict.backup.judge.proofs import worst_of
from schoten_ict.backup.order import Deadline, Order
from schoten_ict.backup.records import points, runs
from schoten_ict.core.errors import IctError, UsageError
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import BackupJob


@dataclass(frozen=True, slots=True)
class TakenBackup:
    """A backup that was taken, or what kept it from being taken whole."""

    job: BackupJob
    taken: Taken
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Ok when all of the source is in it; what could not be tried at all is unknown."""
        if self.taken.complete and not self.taken.faults:
            return Verdict.OK
        ignorant = all(fault.kind.is_ignorance for fault in self.taken.faults) and not self.taken.point_id
        return Verdict.UNKNOWN if ignorant and self.taken.faults else Verdict.FAIL

    @property
    def summary(self) -> str:
        """What it holds, or what is wrong with it."""
        if self.taken.faults:
            return worst_of(self.taken.faults)
        name = self.taken.point_id[:_SHORT]
        return f"backup {name} is {'complete' if self.taken.complete else 'incomplete'}"


_SHORT = 12


def can_take(job: BackupJob) -> bool:
    """Whether the job's engine is one that ict starts itself."""
    return ENGINES[job.engine].function("take") is not None


def require_takers(jobs: "list[BackupJob]") -> None:
    """Raise `UsageError` for a job that its own product takes."""
    for job in jobs:
        if not can_take(job):
            raise UsageError(
                f"{job.name}: backups of engine {job.engine} are taken by the product itself",
                remedy="start it there; ict backup verify looks at what it made",
            )


def take(desk: Desk, job: BackupJob) -> TakenBackup:
    """Take one backup and keep that it was taken: whole, partial, or not at all."""
    began = monotonic()
    try:
        taken = _taken(desk, job)
    except IctError as error:
        taken = Taken("", complete=False, faults=(fault_of(error),))
    done = TakenBackup(job, taken, monotonic() - began)
    _keep(desk, done)
    return done


def _taken(desk: Desk, job: BackupJob) -> Taken:
    way, host = desk.way(job)
    order = Order(
        job=job,
        now=desk.now,
        deadline=Deadline(job.verify.deadline.seconds),
        secrets=desk.secrets(job),
        deep=False,
        owner=desk.owner(job),
        state=desk.state(job),
    )
    with desk.session(way, host, order.deadline) as session:
        taken: Taken = ENGINES[job.engine].function("take")(session, order)
    return taken


def _keep(desk: Desk, done: TakenBackup) -> None:
    job = done.job
    with desk.store.transaction() as transaction:
        if done.taken.point_id and not done.taken.complete:
            points.mark_partial(transaction, job.name, desk.place(job), done.taken.point_id)
        run = runs.Run(
            job=job.name,
            act="take",
            began_at=transaction.now,
            seconds=done.seconds,
            verdict=done.verdict,
            summary=done.summary,
            repository=desk.place(job),
            told=dict(done.taken.told),
        )
        runs.keep(transaction, run, point=done.taken.point_id, summary=done.summary)
