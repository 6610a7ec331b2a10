"""`ict journal export`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConflictError, NotFoundError
from schoten_ict.core.files import write_whole
from schoten_ict.core.result import Document, Result, column
from schoten_ict.core.times import utc_text
from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class ExportRow:
    """What was written: how many entries, and the head that `ict journal verify --head` reads."""

    file: str = column("File")
    entries: int = column("Entries", right=True)
    head: int = column("Head", right=True)
    hash: str = column("Hash")


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to; - for the screen or a pipe.")],
    head_only: Annotated[bool, typer.Option("--head-only", help="Only the end of the chain.")] = False,
) -> Result[ExportRow] | Document:
    """All entries with their hashes, as JSON Lines.

      ict journal export /mnt/safe/journal-2026-11.jsonl
      ict journal export --head-only - | ssh safe "cat > journal-head.json"

    The last line is the head: kept where this machine cannot write, it proves later that nothing was cut off.
    """
    workspace = workspace_of(context)
    lines = _lines(workspace, head_only=head_only)
    content = "".join(f"{line}\n" for line in lines)
    if file == "-":
        return Document("application/jsonl", content)
    _write_new(Path(file), content)
    return Result("journal.export", ExportRow, [_row(workspace, file, len(lines) - 1)])


def _lines(workspace: Workspace, *, head_only: bool) -> list[str]:
    from schoten_ict.store import journal

    reader = workspace.store.reader
    with journal.snapshot(reader):
        entries = [] if head_only else list(journal.exported(reader))
        last = journal.head(reader)
    head = {"head": {"seq": last.seq, "hash": last.hash, "at": utc_text(workspace.now)}}
    return [journal.canonical(each) for each in (*entries, head)]


def _write_new(path: Path, content: str) -> None:
    if path.exists():
        raise ConflictError(f"{path} exists already", remedy="name another file; exports are kept apart")
    if not path.parent.is_dir():
        raise NotFoundError(f"there is no folder {path.parent}", remedy="make it, or name another file")
    write_whole(path, content.encode())


def _row(workspace: Workspace, file: str, entries: int) -> ExportRow:
    from schoten_ict.store import journal

    last = journal.head(workspace.store.reader)
    return ExportRow(file, entries, last.seq, last.hash)
