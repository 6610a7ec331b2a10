"""`ict patch status`."""

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.rows import HostRow, desk_of, host_row, unasked
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import apply_exceptions
from schoten_ict.core.result import Result
from schoten_ict.core.text import counted
from schoten_ict.patch.judge.tallying import UPDATE

app = new_app()


@app.command("status")
def status(context: typer.Context, words: Words = None) -> Result[HostRow]:
    """How hosts stand against the policy, from the store, at once.

    Asks no machine. A host that was not scanned lately, that gave no answer, or whose own lists are old, is
    unknown; so is a computer that declares no way to be asked and of which nobody brought a report.

    ict patch status
    ict patch status windows-servers -o csv
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.overview import judged_hosts

    workspace = workspace_of(context)
    hosts = select(workspace.inventory, words or ())
    known = judged_hosts(desk_of(workspace), hosts, words or ())
    shown = {
        each.host.name: apply_exceptions(each.findings, workspace.inventory.exceptions, workspace.today)
        for each in known
    }
    rows = [host_row(each.case, shown[each.host.name]) for each in known]
    return Result(
        "patch.status",
        HostRow,
        sorted(rows, key=lambda row: (-row.verdict.rank, row.host)),
        findings=[finding for of_host in shown.values() for finding in of_host],
        problems=list(unasked(each.case for each in known)),
        judged=True,
        counted_elsewhere=frozenset({UPDATE}),
        notes=_notes(len(hosts) - len(rows)),
    )


def _notes(silent: int) -> list[str]:
    if not silent:
        return []
    devices = counted(silent, "device declares", "devices declare")
    return [f"{devices} no ssh, winrm or local, and nobody brought a report (ict patch import)"]
