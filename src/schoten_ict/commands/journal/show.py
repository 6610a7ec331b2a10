"""`ict journal show`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schoten_ict.commands.journal.days import start_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column

if TYPE_CHECKING:
    from schoten_ict.store.journal import Change, Entry

app = new_app()
_PRUNED = "(pruned)"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry. `changes` holds, per subject, each key with its value before and after; None when pruned."""

    seq: int = column("No", right=True)
    at: datetime = column("When")
    who: str = column("Who")
    action: str = column("Action")
    subject: str = column("Subject")
    what: str = column("What")
    changes: tuple[dict[str, Any], ...] | None = column("Changes", show=Show.NEVER)
    hash: str = column("Hash", show=Show.NEVER)


@app.command("show")
def show(
    context: typer.Context,
    subject: Annotated[
        str | None, typer.Argument(metavar="[SUBJECT]", help="asset:TAG, person:KEY ...")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="From this day on.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="At most so many; 0 for all.")] = 50,
) -> Result[EntryRow]:
    """The entries, newest first.

    ict journal show
    ict journal show asset:LT-0042
    ict journal show --since 2026-11-01 --limit 0 -o jsonl
    """
    from schoten_ict.store import journal

    workspace = workspace_of(context)
    moment = start_of(since, workspace.zone) if since else None
    found = journal.entries(workspace.store.reader, subject=subject, since=moment, limit=limit or -1)
    return Result("journal.show", EntryRow, [row_of(entry) for entry in found])


def row_of(entry: "Entry") -> EntryRow:
    """One entry as a row."""
    changes = None if entry.changes is None else tuple(_change(each) for each in entry.changes)
    what = _PRUNED if entry.changes is None else "; ".join(_words(entry.changes, entry.subject))
    return EntryRow(entry.seq, entry.at, entry.who, entry.action, entry.subject, what, changes, entry.hash)


def _change(change: "Change") -> dict[str, Any]:
    values = {key: {"before": old, "after": new} for key, old, new in _differences(change)}
    return {"subject": change.subject, "values": values}


def _words(changes: Sequence["Change"], about: str) -> Iterator[str]:
    for change in changes:
        values = ", ".join(f"{key} {_value(old)} -> {_value(new)}" for key, old, new in _differences(change))
        if values:
            yield values if change.subject == about else f"{change.subject}: {values}"


def _value(value: Any) -> str:
    return "-" if value in (None, "") else str(value)


def _differences(change: "Change") -> Iterator[tuple[str, Any, Any]]:
    before, after = change.before or {}, change.after or {}
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)
