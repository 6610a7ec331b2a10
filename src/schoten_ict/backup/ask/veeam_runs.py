"""What Veeam tells of the runs of its jobs: sessions, and in each a task per machine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.core.text import printable
from schoten_ict.core.times import parse_utc
from schoten_ict.formats.answers import Row, text

_EARLIEST = 1980
_NOBODY = "00000000-0000-0000-0000-000000000000"
_SHOWN = 5
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Run:
    """One finished session of a job."""

    id: str
    start: datetime
    result: str
    message: str


@dataclass(frozen=True, slots=True)
class Task:
    """One machine in one run; `point` is the restore point that it made."""

    machine: str
    start: datetime
    result: str
    message: str
    point: str


@dataclass(frozen=True, slots=True)
class Job:
    """One job of Veeam with its finished runs and their tasks, both newest first."""

    id: str
    name: str
    disabled: bool
    ran: bool
    runs: tuple[Run, ...]
    tasks: tuple[Task, ...]

    @property
    def last(self) -> Run | None:
        """The newest finished run."""
        return self.runs[0] if self.runs else None

    @property
    def latest(self) -> dict[str, Task]:
        """The newest task of each machine: a retry in a later run replaces what failed before."""
        return {task.machine: task for task in reversed(self.tasks)}


def jobs_of(jobs: Sequence[Row], sessions: Sequence[Row], tasks: Sequence[Row] | None) -> dict[str, Job]:
    """The jobs by id."""
    found = {}
    for row in jobs:
        identity = text(row, "id") or ""
        runs = sorted(_runs(sessions, identity), key=lambda run: run.start, reverse=True)
        ids = {run.id for run in runs}
        found[identity] = Job(
            id=identity,
            name=text(row, "name") or identity,
            disabled=(text(row, "status") or "").lower() == "disabled",
            ran=bool(runs)
            or when(row, "lastRun") is not None
            or text(row, "lastResult") not in {None, "None"},
            runs=tuple(runs),
            tasks=tuple(sorted(_tasks(tasks or (), ids), key=lambda task: task.start, reverse=True)),
        )
    return found


def _runs(sessions: Sequence[Row], job: str) -> Iterator[Run]:
    for row in sessions:
        start, identity = when(row, "creationTime"), text(row, "id")
        if text(row, "jobId") == job and start is not None and identity and is_over(row):
            yield Run(identity, start, *_ended(row))


def _tasks(tasks: Sequence[Row], runs: set[str]) -> Iterator[Task]:
    for row in tasks:
        start, machine = when(row, "creationTime"), text(row, "name")
        if text(row, "sessionId") in runs and start is not None and machine and is_over(row):
            point = text(row, "restorePointId") or ""
            yield Task(printable(machine), start, *_ended(row), "" if point == _NOBODY else point)


def is_over(row: Row) -> bool:
    """Whether a session or task is no longer at work."""
    return (text(row, "state") or "Stopped") == "Stopped"


def _ended(row: Row) -> tuple[str, str]:
    """How it ended: `Success`, `Warning`, `Failed` or nothing, and why. Any other word is a failure."""
    result = row.get("result")
    words: Row = result if isinstance(result, Mapping) else {"result": result}
    known = text(words, "result") or ""
    message = printable(" ".join((text(words, "message") or "").split()))[:_LONGEST]
    if known in {"Success", "Warning", "Failed"}:
        return known, message
    return ("", message) if known in {"", "None"} else ("Failed", f"{known} {message}".strip())


def when(row: Row, name: str) -> datetime | None:
    """A time of Veeam in UTC; None for *never*, and for one without a zone, which could be any."""
    try:
        moment = parse_utc(text(row, name) or "")
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= _EARLIEST else None


def faults_of(job: Job, kept: set[str]) -> Iterator[Fault]:
    """What went wrong with a job; `kept` are the restore points that are still there."""
    if not job.ran:
        yield Fault(Kind.EMPTY, f"the job {job.name} never ran", job.name)
    latest = job.latest
    for machine, task in latest.items():
        if task.result == "Failed":
            why = f": {task.message}" if task.message else ""
            words = f"{machine} failed in the run of {task.start:%Y-%m-%d %H:%M} UTC{why}"
            yield Fault(Kind.FAILED, words, f"{job.name}/{machine}")
        elif task.point and task.point not in kept:
            words = f"the restore point that the last run of {job.name} made of {machine} is gone"
            yield Fault(Kind.MISSING_DATA, words, f"{job.name}/{machine}")
    failed = job.last is not None and job.last.result == "Failed"
    if failed and not any(task.result == "Failed" for task in latest.values()):
        assert job.last is not None
        why = f": {job.last.message}" if job.last.message else ""
        words = f"the run of {job.name} of {job.last.start:%Y-%m-%d %H:%M} UTC failed{why}"
        yield Fault(Kind.FAILED, words, job.name)


def weak_of(jobs: Iterable[Job]) -> Iterator[str]:
    """What is no failure and worth a word."""
    for job in jobs:
        if job.disabled:
            yield f"{job.name} is disabled"
        warned = [task for task in job.latest.values() if task.result == "Warning"]
        if warned:
            shown = ", ".join(_warning(task) for task in warned[:_SHOWN])
            yield f"warnings in {job.name}: {shown}{', ...' if len(warned) > _SHOWN else ''}"
        silent = sorted(task.machine for task in job.latest.values() if not task.result)
        if silent:
            yield f"no result of {', '.join(silent[:_SHOWN])} in {job.name}"


def _warning(task: Task) -> str:
    return f"{task.machine} ({task.message})" if task.message else task.machine
