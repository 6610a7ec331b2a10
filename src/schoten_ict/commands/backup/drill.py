"""`ict backup drill`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.assets.common import own_words
from schoten_ict.commands.backup.desks import desk_of
from schoten_ict.commands.backup.rows import job_names
from schoten_ict.commands.backup.verify import locked
from schoten_ict.commands.inventory.selection import seconds
from schoten_ict.commands.papers import Language, issuer_of, language_of, path_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.commands.watching import terminable
from schoten_ict.core.errors import UsageError
from schoten_ict.core.finding import apply_exceptions
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.backup.acts.drilling import ByHand

app = new_app()


@dataclass(frozen=True, slots=True)
class DrillRow:
    """One drill and its report."""

    drill: str = column("Drill")
    job: str = column("Job")
    verdict: Verdict = column("Verdict")
    seconds: float | None = column("Seconds", right=True)
    files: int | None = column("Files", right=True)
    compared: int | None = column("Compared", right=True)
    told: str = column("Says")
    document: str = column("Report")
    document_sha256: str = column("SHA-256", show=Show.NEVER)
    evidence: str = column("Evidence", show=Show.NEVER)


@app.command("drill")
def drill(
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A backup job.", autocompletion=job_names)],
    by_hand: Annotated[
        str | None,
        typer.Option("--by-hand", metavar="OUTCOME", help="You restored it yourself: worked or failed."),
    ] = None,
    took: Annotated[
        str | None, typer.Option("--took", metavar="DURATION", help="How long, as 90min.")
    ] = None,
    remarks: Annotated[
        str, typer.Option("--remarks", help="A line for the report.", callback=own_words)
    ] = "",
    language: Language = None,
) -> Result[DrillRow]:
    """Restore a job's newest backup whole, and make the report to be signed.

    Restores into a scratch folder of mode 700, compares, and removes it afterwards. What ict cannot restore
    (Windows, Veeam, SQL Server) you restore by hand and record here.

    ict backup drill intranet-nacht
    ict backup drill domeincontrollers --by-hand worked --took 90min
    """
    from schoten_ict.backup.acts import drilling
    from schoten_ict.core.actor import actor

    workspace = workspace_of(context)
    desk = desk_of(workspace)
    [declared] = desk.jobs([job])
    report = drilling.Report(
        writer=workspace.documents,
        tester=issuer_of(workspace, actor()),
        language=language_of(workspace, language),
        today=workspace.today,
        remarks=remarks,
    )
    word = _word(by_hand, took, remarks)
    with terminable(), locked(workspace, [declared]):
        done = drilling.drill(desk, declared, report, word)
    told, document = done.probe.told, path_of(workspace, done.document.path)
    row = DrillRow(
        drill=done.document.number,
        job=declared.name,
        verdict=done.verdict,
        seconds=round(float(told["seconds"]), 1) if "seconds" in told else None,
        files=int(told["files"]) if "files" in told else None,
        compared=int(told["compared"]) if "compared" in told else None,
        told=done.summary,
        document=document,
        document_sha256=done.document.sha256,
        evidence=done.evidence,
    )
    return Result(
        "backup.drill",
        DrillRow,
        [row],
        findings=apply_exceptions(done.findings, workspace.inventory.exceptions, workspace.today),
        judged=True,
        detail=True,
        notes=[f"Print {document} and let it be signed."],
    )


def _word(by_hand: str | None, took: str | None, remarks: str) -> "ByHand | None":
    from schoten_ict.backup.acts.drilling import ByHand

    if by_hand is None:
        if took is not None:
            raise UsageError("--took goes with --by-hand", remedy="leave it out: ict measures it")
        return None
    if by_hand not in {"worked", "failed"}:
        raise UsageError(f"--by-hand {by_hand!r} is no outcome", remedy="give worked or failed")
    return ByHand(by_hand == "worked", seconds("--took", took) if took else None, remarks)
