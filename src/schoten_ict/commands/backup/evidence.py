"""`ict backup evidence`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.assets.common import day
from schoten_ict.commands.backup.desks import desk_of
from schoten_ict.commands.backup.rows import services_table
from schoten_ict.commands.papers import Language, issuer_of, language_of, require_folder, write_page
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.times import add_months
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.backup.acts.evidence import Evidence, FormerJob, Line
    from schoten_ict.workspace import Workspace

app = new_app()
_MONTHS = 3


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One look, drill or backup. `sha256` is over this row's content and the hash of the row before it."""

    began_at: datetime = column("When")
    job: str = column("Job")
    act: str = column("Act")
    verdict: Verdict = column("Verdict")
    seconds: float | None = column("Seconds", right=True)
    summary: str = column("Says")
    document: str | None = column("Report", show=Show.IF_ANY)
    sha256: str = column("SHA-256", show=Show.NEVER)
    content: dict[str, object] = column("Content", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One thing that was wrong in the period, with a job, a host or a service (`job:app`)."""

    subject: str = column("Subject")
    check: str = column("Check")
    since: datetime | None = column("Since")
    until: datetime | None = column("Until", show=Show.IF_ANY)
    summary: str = column("Finding")
    accepted: str | None = column("Accepted", show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class NotProvenRow:
    """One thing that the engine of a job cannot prove, or that its declaration switched off."""

    job: str = column("Job")
    check: str = column("Not proven")
    reason: str = column("Why")


@dataclass(frozen=True, slots=True)
class FormerRow:
    """One job of the period that is no longer declared, and the jobs that look at the same place now."""

    job: str = column("Job")
    now: tuple[str, ...] = column("Now called")
    last_look: datetime = column("Last look")
    verdict: Verdict = column("Verdict")
    left_open: tuple[str, ...] = column("Left open")


@dataclass(frozen=True, slots=True)
class ChainRow:
    """Where the chain ends, and how far the journal was."""

    last: str = column("Last hash")
    journal: str = column("Journal")


@app.command("evidence")
def evidence(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="First day; default three months ago.")
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Also write the PDF/A for signing.")
    ] = None,
    language: Language = None,
) -> Result[EvidenceRow]:
    """What was proven about the backups in a period, as a chain of hashes.

    Every look, drill and backup, and what was wrong from when to when. Reads the store only. Keep the last
    hash outside this system: a chain cannot show that its end was cut off.

    ict backup evidence --since 2026-10-01 -o markdown > bewijs.md
    ict backup evidence --since 2026-10-01 --pdf bewijs.pdf
    """
    from schoten_ict.backup.acts import evidence as acts

    workspace = workspace_of(context)
    first = day("--since", since) or add_months(workspace.today, -_MONTHS)
    if first > workspace.today:
        raise UsageError(f"--since {first} is yet to come", remedy="name a day up to today")
    if pdf is not None:
        require_folder(pdf)
    found = acts.collect(desk_of(workspace), first)
    notes = [f"last hash {found.head}"]
    if pdf is not None:
        _write(workspace, found, pdf, language_of(workspace, language))
        notes.append(f"Print {pdf} and let it be signed.")
    return Result(
        "backup.evidence",
        EvidenceRow,
        [_row(line) for line in found.lines],
        tables={
            "services": services_table(found.jobs, found.standing),
            "not_proven": Table(NotProvenRow, _not_proven(found)),
            "faults": Table(FaultRow, [_fault(each) for each in found.faults]),
            "former": Table(FormerRow, [_former(each) for each in found.former]),
            "chain": Table(ChainRow, [ChainRow(found.head, found.journal_head)]),
        },
        notes=notes,
    )


def _write(workspace: "Workspace", found: "Evidence", path: Path, language: str) -> None:
    from schoten_ict.backup.acts.evidence import page
    from schoten_ict.core.actor import actor

    maker = issuer_of(workspace, actor())
    data = page(desk_of(workspace), found, f"BH-{workspace.today:%Y-%m-%d}", maker, workspace.today)
    write_page(path, workspace.documents.pdf("evidence", data, language))


def _row(line: "Line") -> EvidenceRow:
    from schoten_ict.backup.records.runs import content_of

    run = line.run
    took = round(run.took, 1) if run.took else None
    return EvidenceRow(
        run.began_at, run.job, run.act, run.verdict, took, run.summary, run.document,
        line.sha256, content_of(run),
    )  # fmt: skip


def _not_proven(found: "Evidence") -> list[NotProvenRow]:
    return [
        NotProvenRow(job, check, why)
        for job, reasons in sorted(found.not_proven.items())
        for check, why in reasons.items()
    ]


def _former(job: "FormerJob") -> FormerRow:
    left = tuple(each.summary for each in job.left)
    return FormerRow(job.look.job, job.now, job.look.began_at, job.look.verdict, left)


def _fault(finding: Finding) -> FaultRow:
    return FaultRow(
        finding.subject,
        finding.check,
        finding.first_seen,
        finding.resolved_at,
        finding.summary,
        finding.accepted.reason if finding.accepted else None,
    )
