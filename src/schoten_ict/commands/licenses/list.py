"""`ict licenses list`."""

from typing import Annotated

import typer

from schoten_ict.commands.importing import one_of
from schoten_ict.commands.licenses.common import EntitlementRow, row_of, state_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result

app = new_app()
_STATES = ("valid", "future", "expired", "ended")


@app.command("list")
def list_(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="Part of product, supplier, order or contract.")
    ] = None,
    state: Annotated[str | None, typer.Option(help="valid, future, expired or ended.")] = None,
) -> Result[EntitlementRow]:
    """List entitlements: what was bought, and what still counts.

    ict licenses list
    ict licenses list adobe --state expired
    """
    from schoten_ict.licenses.records import entitlements

    workspace = workspace_of(context)
    one_of("--state", state, _STATES)
    reader, today = workspace.store.reader, workspace.today
    units = entitlements.in_use(reader)
    rows = [
        row_of(each, units.get(each.number, 0), today)
        for each in entitlements.every(reader)
        if state is None or state_of(each, today) == state
    ]
    return Result("licenses.list", EntitlementRow, [row for row in rows if _has(row, text)])


def _has(row: EntitlementRow, text: str | None) -> bool:
    told = (row.number, row.product, row.supplier, row.order_number, row.contract, row.version, row.notes)
    return text is None or text.casefold() in " ".join(each for each in told if each).casefold()
