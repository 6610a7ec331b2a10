"""`ict doctor`: is this workspace in order? `facts` looks, `checks` judges; `windows` visits one host."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.doctor import checks, facts
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.verdict import Verdict
from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check."""

    check: str = column("Check")
    verdict: Verdict = column("Verdict")
    summary: str = column("Summary")
    remedy: str = column("Remedy", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step to a Windows machine."""

    step: str = column("Step")
    verdict: Verdict = column("Verdict")
    seen: str = column("Seen")
    duration_ms: int | None = column("ms", right=True, show=Show.IF_ROOM)
    remedy: str = column("Remedy", show=Show.NEVER)


@app.command("doctor")
def doctor(
    context: typer.Context,
    winrm: Annotated[
        str | None,
        typer.Option(
            "--winrm",
            help="Look at the way to this Windows host instead.",
            metavar="HOST",
            autocompletion=host_names,
        ),
    ] = None,
) -> Result[CheckRow] | Result[StepRow]:
    """Is this workspace in order? Each line with a remedy.

      ict doctor
      ict doctor -o json
      ict -w /srv/ict doctor -o nagios
      ict doctor --winrm srv-file01

    Looks at this machine and the workspace only; asks no network, resolves no secret, changes nothing. With
    --winrm it goes to that one host step by step: port, certificate, log-in, PowerShell, what the account
    may read, and both collections. It logs in once, only reads there, and keeps nothing of the answers.
    """
    if winrm is not None:
        return _visited(workspace_of(context), winrm)
    findings = list(_findings(workspace_of(context)))
    rows = [CheckRow(each.check, each.verdict, each.summary, each.remedy) for each in findings]
    return Result("doctor", CheckRow, rows, findings, judged=True)


def _findings(workspace: Workspace) -> Iterator[Finding]:
    now = workspace.now
    yield checks.python(facts.python_version(), now)
    yield checks.libraries(facts.libraries(), now)
    yield checks.documents(facts.document_engine(), now)
    yield checks.synchronised(facts.clock_synchronised(), now)
    yield checks.completion(facts.completion_scripts(workspace.streams.environ), now)
    found = facts.workspace(workspace)
    yield checks.workspace(found, now)
    if found.root is None:
        return
    declared = facts.inventory(workspace)
    yield checks.inventory(declared, now)
    if declared.secrets is not None:
        yield checks.secrets(declared.secrets, now)
        yield checks.exceptions(facts.exceptions(workspace), now)
    yield checks.ownership(facts.open_to_all(found.root), now)
    yield checks.file_system(facts.file_system(found.root), now)
    yield checks.disk(facts.free_bytes(found.root), now)
    yield checks.data_folder(facts.folder(workspace.data), now)
    stored = facts.store(workspace)
    yield checks.store(stored, now)
    yield checks.clock(stored.last_entry, facts.zone_known(), now)


def _visited(workspace: Workspace, host: str) -> Result[StepRow]:
    """The way to one Windows machine; what was seen until a person breaks it off is told."""
    from contextlib import ExitStack

    from schoten_ict.commands.doctor.windows import visit
    from schoten_ict.commands.watching import terminable
    from schoten_ict.core.finding import apply_exceptions

    interrupted, found = False, list[Finding]()
    progress = workspace.progress(len(visit.STAGES))
    with terminable(), ExitStack() as stack:
        stack.callback(progress.close)
        try:
            trip = visit.begin(workspace, host, stack)
            for finding in visit.steps(trip, progress):
                found.append(finding)
        except KeyboardInterrupt:
            interrupted = True
    findings = apply_exceptions(found, workspace.inventory.exceptions, workspace.today)
    rows = [_step(each) for each in findings]
    return Result("doctor.winrm", StepRow, rows, findings, judged=True, interrupted=interrupted)


def _step(finding: Finding) -> StepRow:
    from schoten_ict.commands.doctor.windows.about import PREFIX

    took = finding.evidence.get("duration_ms")
    step = finding.check.removeprefix(PREFIX)
    return StepRow(step, finding.verdict, finding.summary, took, finding.remedy)
