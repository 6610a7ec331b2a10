"""`ict store backup`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.result import Result, column

app = new_app()


@dataclass(frozen=True, slots=True)
class BackupRow:
    """The copy that was made."""

    file: str = column("File")
    bytes: int = column("Bytes", right=True)


@app.command("backup")
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; must not exist yet.")],
) -> Result[BackupRow]:
    """A consistent copy of the database, checked.

      ict store backup /backup/ict-2026-11-26.db

    Others may go on working meanwhile. The copy holds the records, not the documents: back up data/documents
    as files. To go back, put the copy in the place of data/ict.db while nobody uses ict.
    """
    from schoten_ict.store.upkeep import back_up

    store = workspace_of(context).store
    if not store.exists:
        raise NotFoundError(f"there is no store yet: {store.path}", remedy="the first change makes it")
    if not file.parent.is_dir():
        raise NotFoundError(f"there is no folder {file.parent}", remedy="make it, or name another file")
    return Result("store.backup", BackupRow, [BackupRow(str(file), back_up(store, file))])
