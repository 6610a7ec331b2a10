"""`ict inventory diff`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.inventory.selection import Since, moment_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.finding import subject
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted

app = new_app()


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One thing that came, went or changed on a machine."""

    part: str = column("Part")
    what: str = column("What")
    action: str = column("Change")
    before: str | None = column("Before", show=Show.IF_ANY)
    after: str | None = column("After", show=Show.IF_ANY)


@app.command("diff")
def diff(
    context: typer.Context,
    host: Annotated[str, typer.Argument(metavar="HOST", help="Its name.", autocompletion=host_names)],
    since: Since = "7d",
) -> Result[ChangeRow]:
    """What changed on a machine since a day.

    ict inventory diff srv-web01 --since 2026-11-01
    ict inventory diff srv-web01 --since 30d
    """
    from schoten_ict.fleet.judge.changes import changes
    from schoten_ict.fleet.records import known

    workspace = workspace_of(context)
    moment = moment_of(since, workspace.now, workspace.zone)
    reader = workspace.store.reader
    now = {name: part.payload for name, part in known.parts_of(reader, host, workspace.now).items()}
    then = {name: part.payload for name, part in known.parts_as_of(reader, host, moment).items()}
    if not now:
        raise NotFoundError(
            f"{host} was never collected",
            subject=subject("host", host),
            remedy=f"ict inventory collect {host}",
        )
    if not then:
        raise NotFoundError(
            f"nothing was known of {host} on {moment:%Y-%m-%d}",
            subject=subject("host", host),
            remedy="name a later day",
        )
    rows = [
        ChangeRow(each.part, each.what, each.action, each.before, each.after) for each in changes(then, now)
    ]
    return Result(
        "inventory.diff", ChangeRow, rows, notes=[f"{counted(len(rows), 'change')} since {moment:%Y-%m-%d}"]
    )
