"""`ict patch import`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.inventory.selection import moment_of
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConflictError, Problem
from schoten_ict.core.result import Result, Show, column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schoten_ict.patch.importing import Imported
    from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One report. `packages` counts the updates that it says lack; None where it does not say."""

    host: str = column("Host")
    product: str | None = column("Product")
    edition: str | None = column("Edition", show=Show.IF_ANY)
    build: int | None = column("Build", show=Show.IF_ANY)
    ubr: int | None = column("UBR", show=Show.IF_ANY)
    kbs: tuple[str, ...] = column("Installed KBs", show=Show.IF_ROOM)
    packages: int | None = column("Lacking", right=True)
    at: datetime | None = column("Of")
    kind: str | None = column("Kind")
    file: str = column("File")


@app.command("import")
def import_(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Reports, one host each.")],
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="NAME", help="Whose they are.", autocompletion=host_names),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="DATE", help="Of when they are; default: when the file was written."),
    ] = None,
) -> Result[ImportRow]:
    """Read reports of machines that cannot be reached.

    Takes systeminfo (any language), lists of hotfixes and of updates, and what apt, dnf and zypper print.
    What a file is, its content says. A report holds as long as an answer of the host itself.

    ict patch import kassa1-systeminfo.txt
    ict patch import upgradable.txt --host srv-dmz01 --at 2026-11-20
    """
    workspace = workspace_of(context)
    if host is not None and len(files) > 1:
        raise ConflictError(
            "--host names one host, and there are several files", remedy="give them one by one"
        )
    moment = moment_of(at, workspace.now, workspace.zone) if at else None
    done = _imported(workspace, files, host, moment)
    rows = [_row(each, found_at) for each, found_at in done if each.facts is not None]
    return Result(
        "patch.import", ImportRow, rows, problems=[_problem(each) for each, _ in done if each.problem]
    )


def _imported(
    workspace: "Workspace", files: "Sequence[Path]", host: str | None, moment: datetime | None
) -> "list[tuple[Imported, datetime | None]]":
    from schoten_ict.patch import importing

    desk = desk_of(workspace)
    done: list[tuple[Imported, datetime | None]] = []
    for each in importing.read(files, host, desk):
        if isinstance(each, importing.Imported):
            done.append((each, None))
            continue
        file, owner, report = each
        when = min(moment or report.made_at or _written(file), workspace.now)
        with workspace.store.transaction() as transaction:
            done.append((importing.keep(desk, transaction, file, owner, report, when), when))
    return done


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(microsecond=0)


def _problem(imported: "Imported") -> Problem:
    problem = imported.problem
    assert problem is not None
    return Problem(
        problem.code, f"{imported.file}: {problem.message}", f"file:{imported.file}", problem.remedy
    )


def _row(imported: "Imported", at: datetime | None) -> ImportRow:
    facts = imported.facts
    assert facts is not None
    system = facts.system
    lacking = None if facts.updates is None else sum(each.hold is None for each in facts.updates)
    return ImportRow(
        host=imported.host,
        product=system.name if system else None,
        edition=system.edition if system else None,
        build=system.build if system else None,
        ubr=system.ubr if system else None,
        kbs=facts.installed or (),
        packages=lacking,
        at=at,
        kind=facts.manager,
        file=str(imported.file),
    )
