"""The rows that commands about backup jobs share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.backup.judge.case import PREFIX
from schoten_ict.backup.judge.score import Score, scores
from schoten_ict.commands.shell import workspace_of
from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Show, Table, column
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import BACKUPS, BackupJob

if TYPE_CHECKING:
    from schoten_ict.workspace import Workspace


def job_names(context: typer.Context, incomplete: str) -> list[str]:
    """The declared jobs that begin so, for the shell's completion; nothing where they cannot be read."""
    from schoten_ict.core.errors import IctError

    try:
        jobs = workspace_of(context).inventory.get(BACKUPS)
    except IctError:
        return []
    return [job.name for job in jobs if job.name.startswith(incomplete)]


Jobs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[JOB]...", help="Backup jobs; all of them when none is named.", autocompletion=job_names
    ),
]


@dataclass(frozen=True, slots=True)
class Check:
    """How one check of a job turned out."""

    check: str
    verdict: Verdict
    summary: str


@dataclass(frozen=True, slots=True)
class NotProven:
    """One check that an engine cannot prove or that is switched off, and why."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job. `checks` are all its checks, `not_proven` those that prove nothing."""

    job: str = column("Job")
    engine: str = column("Engine")
    verdict: Verdict = column("Verdict")
    last_backup_at: datetime | None = column("Last backup")
    verified_at: datetime | None = column("Verified", show=Show.IF_ROOM)
    seconds: float | None = column("Seconds", right=True, show=Show.IF_ROOM)
    told: str = column("Says")
    checks: tuple[Check, ...] = column("Checks", show=Show.NEVER)
    not_proven: tuple[NotProven, ...] = column("Not proven", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service against the 3-2-1-1-0 rule."""

    service: str = column("Service")
    score: str = column("3-2-1-1-0")
    met: bool = column("Met")
    jobs: tuple[str, ...] = column("Jobs")


def checks_of(findings: Iterable[Finding]) -> tuple[Check, ...]:
    """The checks behind findings, by their short names."""
    return tuple(
        Check(
            ".".join(part for part in (each.check.removeprefix(PREFIX), each.key) if part),
            each.verdict,
            each.summary,
        )
        for each in findings
    )


def headline(findings: Sequence[Finding]) -> str:
    """Which checks are not in order, the worst first, or how many are.

    Where the repository could not be opened, how many could not be looked at for that is enough.
    """
    wrong = sorted(
        (each for each in findings if each.counted is not Verdict.OK), key=lambda each: -each.counted.rank
    )
    if not wrong:
        learning = sum(each.learning and not each.accepted for each in findings)
        told = f"{counted(len(findings) - learning, 'check')} in order"
        return f"{told}, {learning} learning" if learning else told
    shut = any(each.check == _REACHABLE for each in wrong)
    rest = [each for each in wrong if shut and _follows(each)]
    named = dict.fromkeys(
        f"{each.check.removeprefix(PREFIX)} {each.counted}" for each in wrong if each not in rest
    )
    return ", ".join([*named, f"{counted(len(rest), 'other')} unknown"] if rest else named)


_REACHABLE = f"{PREFIX}reachable"


def _follows(finding: Finding) -> bool:
    return finding.check != _REACHABLE and finding.counted is Verdict.UNKNOWN


def notes_on(workspace: "Workspace", rows: Sequence[JobRow]) -> list[str]:
    """What a person should know beside the rows: that there is no job; with -v what is not proven."""
    if not workspace.inventory.get(BACKUPS):
        return ["no backup job is declared: add backups: to inventory.yaml"]
    if not workspace.options.verbose:
        return []
    return [
        f"job:{row.job}: {each.check} is not proven: {each.reason}" for row in rows for each in row.not_proven
    ]


def limits_of(cannot: Mapping[str, str]) -> tuple[NotProven, ...]:
    """What is not proven, by check."""
    return tuple(NotProven(check, reason) for check, reason in sorted(cannot.items()))


def services_table(jobs: Sequence[BackupJob], findings: Mapping[str, Sequence[Finding]]) -> Table[ServiceRow]:
    """The services of these jobs against the rule."""
    rows = [_service(score) for score in scores(jobs, findings)]
    return Table(ServiceRow, sorted(rows, key=lambda row: row.service))


def _service(score: Score) -> ServiceRow:
    return ServiceRow(score.service, score.text, score.met, score.jobs)
