"""`ict patch diff`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.inventory.selection import Since, Words, moment_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted
from schoten_ict.core.times import utc_text
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
    grade: Grade = column("Class")
    at: datetime = column("Seen")
    title: str = column("Title", show=Show.IF_ROOM)


@app.command("diff")
def diff(context: typer.Context, words: Words = None, since: Since = "7d") -> Result[ChangeRow]:
    """What hosts lack since a day, and what they lack no more.

    ict patch diff
    ict patch diff srv-web01 --since 2026-11-01
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.records import updates

    workspace = workspace_of(context)
    names = {host.name for host in select(workspace.inventory, words or ())}
    moment = moment_of(since, workspace.now, workspace.zone)
    text = utc_text(moment)
    found = updates.episodes(workspace.store.reader, "first_seen >= ? OR resolved_at >= ?", text, text)
    rows = [row for each in found if each.missing.host in names for row in _rows(each, moment)]
    rows.sort(key=lambda row: (row.host, row.change, list(Grade).index(row.grade), row.update))
    new = sum(row.change == "new" for row in rows)
    return Result(
        "patch.diff",
        ChangeRow,
        rows,
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
