"""`ict patch import`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.inventory.selection import moment_of
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConflictError, IctError, NotFoundError, Problem, UsageError
from schoten_ict.core.result import Result, Show, column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schoten_ict.patch.facts import PatchFacts
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
    replacing: Annotated[
        bool,
        typer.Option("--replace", help="What is known of the host is wrong: it goes, and what it lacked."),
    ] = False,
) -> Result[ImportRow]:
    """Read reports of machines that cannot be reached.

    Takes systeminfo (any language), lists of hotfixes and of updates, and what apt, dnf and zypper print.
    What a file is, its content says. Several of one host complete each other: of each part the newest counts.
    A report holds as long as an answer of the host itself. A copied file is as young as the copy: say with
    --at of when it is. A report of another machine or system than is known is refused; the right one with
    --replace takes a wrong one back.

    ict patch import kassa1-systeminfo.txt
    ict patch import systeminfo.txt updates.txt --host kassa2
    ict patch import upgradable.txt --host srv-dmz01 --at 2026-11-20
    """
    workspace = workspace_of(context)
    done = _imported(workspace, files, host, _moment(workspace, at), replacing=replacing)
    rows = [_row(each, each.facts) for each in done if each.facts is not None]
    problems = [_problem(each) for each in done if each.problem]
    if not rows:
        _fail(problems)
    return Result("patch.import", ImportRow, rows, problems=problems, notes=list(_notes(done)))


def _moment(workspace: "Workspace", at: str | None) -> "datetime | None":
    """The moment that `--at` means; of today it is now. Raises `UsageError` for a day to come."""
    if at is None:
        return None
    moment = moment_of(at, workspace.now, workspace.zone, option="--at")
    if moment.astimezone(workspace.zone).date() > workspace.today:
        raise UsageError(f"--at {at!r} lies ahead", remedy="give the day on which the report was made")
    return min(moment, workspace.now)


def _imported(
    workspace: "Workspace", files: "Sequence[Path]", host: str | None, at: datetime | None, *, replacing: bool
) -> "list[Imported]":
    from schoten_ict.patch import importing

    desk = desk_of(workspace)
    done: list[Imported] = []
    replaced: set[str] = set()
    for each in importing.read(desk, files, host, at, replacing=replacing):
        if isinstance(each, importing.Imported):
            done.append(each)
            continue
        with workspace.store.transaction() as transaction:
            first = replacing and each.host not in replaced
            done.append(importing.keep(desk, transaction, each, replacing=first))
        replaced.add(each.host)
    return done


_ERRORS: "Mapping[str, type[IctError]]" = {"not-found": NotFoundError, "conflict": ConflictError}


def _fail(problems: "Sequence[Problem]") -> None:
    """End with the exit code of what is wrong, where all of it is the same and nothing was done."""
    codes = {each.code for each in problems}
    kind = _ERRORS.get(codes.pop()) if len(codes) == 1 else None
    if kind is not None:
        error = kind(problems[0].message)
        error.problems = tuple(problems)
        raise error


def _notes(done: "Sequence[Imported]") -> "Iterator[str]":
    for each in done:
        system = each.facts.system if each.facts else None
        if system is not None and each.before and each.before != system.name:
            yield f"{each.host} was {each.before}, and is {system.name}"


def _problem(imported: "Imported") -> Problem:
    problem = imported.problem
    assert problem is not None
    return Problem(
        problem.code, f"{imported.file}: {problem.message}", f"file:{imported.file}", problem.remedy
    )


def _row(imported: "Imported", facts: "PatchFacts") -> ImportRow:
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
        at=imported.at,
        kind=facts.manager,
        file=str(imported.file),
    )
