"""`ict doctor`: is this workspace in order? `facts` looks, `checks` judges."""

from collections.abc import Iterator
from dataclasses import dataclass

import typer

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


@app.command("doctor")
def doctor(context: typer.Context) -> Result[CheckRow]:
    """Is this workspace in order? Each line with a remedy.

      ict doctor
      ict doctor -o json
      ict -w /srv/ict doctor -o nagios

    Looks at this machine and the workspace only; asks no network, resolves no secret, changes nothing.
    """
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
