"""`ict licenses history`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.journal.show import EntryRow, row_of
from schoten_ict.commands.licenses.common import Number
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result

if TYPE_CHECKING:
    from schoten_ict.store.journal import Entry

app = new_app()


@app.command("history")
def history(context: typer.Context, number: Number) -> Result[EntryRow]:
    """What happened to an entitlement.

    ict licenses history LIC-0001
    """
    from schoten_ict.licenses.records import entitlements
    from schoten_ict.store import journal

    reader = workspace_of(context).store.reader
    found = entitlements.get(reader, number)
    entries = journal.entries(reader, subject=entitlements.about(found.number), limit=-1)
    about = entitlements.about(found.number)
    return Result("licenses.history", EntryRow, [row_of(_own(each, about)) for each in reversed(entries)])


def _own(entry: "Entry", about: str) -> "Entry":
    """An entry with what it changed of this entitlement alone: an import changes many."""
    if entry.changes is None:
        return entry
    return replace(entry, changes=tuple(each for each in entry.changes if each.subject == about))
