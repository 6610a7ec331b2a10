"""`ict patch data update`."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, column

app = new_app()


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What became of one kind of data."""

    kind: str = column("Data")
    before: date = column("Was of")
    as_of: date = column("Is of")
    added: int = column("Added", right=True)
    changed: int = column("Changed", right=True)
    rows: int = column("Rows", right=True)
    newest: str = column("Newest")


@app.command("update")
def update(
    context: typer.Context,
    source: Annotated[
        Path, typer.Option("--from", metavar="FILE|DIR", help="Downloaded files.", show_default=False)
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Also take what is older than what is there.")
    ] = False,
) -> Result[ChangeRow]:
    """Renew the data from downloaded files; nothing is fetched.

    Takes MSRC's CVRF documents (https://api.msrc.microsoft.com/cvrf/v3.0/cvrf/2026-Nov), products of
    endoflife.date (https://endoflife.date/api/v1/products/windows-server) and CISA's catalogue of known
    exploited vulnerabilities (CSV or JSON). What a file is, its content says. The workspace keeps them in
    data/patch: whole, or as they were.

    ict patch data update --from ~/Downloads/2026-Nov.json
    ict patch data update --from ~/Downloads/patchdata
    """
    from schoten_ict.core.actor import actor
    from schoten_ict.core.files import shared_folder
    from schoten_ict.patch import refreshing
    from schoten_ict.patch.desk import FOLDER
    from schoten_ict.patch.knowledge import Knowledge
    from schoten_ict.patch.records import updates
    from schoten_ict.store.runlock import run_lock

    workspace = workspace_of(context)
    incoming, folder = refreshing.read_source(source, desk_of(workspace).today), workspace.data / FOLDER
    with run_lock(workspace.data, "patch-data", actor(), workspace.now):
        changes = refreshing.refresh(shared_folder(folder), incoming, force=force)
        if incoming.exploited is not None:
            with workspace.store.transaction() as transaction:
                updates.rate(transaction, Knowledge(folder).exploited)
    rows = [
        ChangeRow(each.kind.value, each.before, each.as_of, each.added, each.changed, each.rows, each.newest)
        for each in changes
    ]
    notes = [f"{name}: nothing that is known here" for name in incoming.skipped]
    return Result("patch.data.update", ChangeRow, rows, notes=notes)
