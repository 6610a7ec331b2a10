"""`ict patch diff`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.inventory.selection import Since, Words, moment_of
from schoten_ict.commands.patch.gaps import unanswered
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted
from schoten_ict.patch.judge.deadlines import Grade, grade_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schoten_ict.patch.known import Episode

app = new_app()


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One update that a host began to lack (`new`), or that is there now (`gone`)."""

    host: str = column("Host")
    change: str = column("Change")
    update: str = column("Update")
    grade: Grade = column("Grade")
    at: datetime = column("Seen")
    title: str = column("Title", show=Show.IF_ROOM)


@app.command("diff")
def diff(context: typer.Context, words: Words = None, since: Since = "7d") -> Result[ChangeRow]:
    """What hosts lack since a day, and what they lack no more.

    ict patch diff
    ict patch diff srv-web01 --since 2026-11-01
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.lacking import changes

    workspace = workspace_of(context)
    hosts = select(workspace.inventory, words or ())
    names = {host.name for host in hosts}
    moment = moment_of(since, workspace.now, workspace.zone)
    rows = [row for each in changes(desk_of(workspace), names, moment) for row in _rows(each, moment)]
    rows.sort(key=lambda row: (row.host, row.change, list(Grade).index(row.grade), row.update))
    new = sum(row.change == "new" for row in rows)
    return Result(
        "patch.diff",
        ChangeRow,
        rows,
        problems=unanswered(desk_of(workspace), hosts, words or ()),
        notes=[f"{counted(new, 'update')} new and {len(rows) - new} gone since {moment:%Y-%m-%d}"],
    )


def _rows(episode: "Episode", since: datetime) -> "Iterator[ChangeRow]":
    if episode.first_seen >= since and episode.resolved_at is None:
        yield _row(episode, "new", episode.first_seen)
    elif episode.first_seen < since and episode.resolved_at is not None:
        yield _row(episode, "gone", episode.resolved_at)


def _row(episode: "Episode", change: str, at: datetime) -> ChangeRow:
    missing = episode.missing
    return ChangeRow(missing.host, change, missing.key, grade_of(missing), at, episode.update.title)
