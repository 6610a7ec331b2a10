"""`ict licenses history`."""

import typer

from schoten_ict.commands.journal.show import EntryRow, row_of
from schoten_ict.commands.licenses.common import Number
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result

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
    return Result("licenses.history", EntryRow, [row_of(each) for each in reversed(entries)])
