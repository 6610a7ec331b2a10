"""`ict licenses idle`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from schoten_ict.commands.licenses.common import gathering_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, column

app = new_app()


@dataclass(frozen=True, slots=True)
class IdleRow:
    """One unit that could go to somebody else, where it is, and why."""

    product: str = column("Product")
    subject: str = column("Where")
    why: str = column("Why")


@app.command("idle")
def idle(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="Part of the product's id.")] = None,
) -> Result[IdleRow]:
    """Licences that lie idle: give them to others before buying.

    Of people who left, of blocked accounts, of accounts and machines that nobody saw for 60 days.

    ict licenses idle
    """
    from schoten_ict.licenses.auditing import idle_units
    from schoten_ict.licenses.normalising import normalise

    gathering = gathering_of(workspace_of(context))
    normalise(gathering.store, gathering.catalogue.digest, gathering.catalogue.titles)
    rows = [
        IdleRow(each.product, each.subject, each.why)
        for each in idle_units(gathering)
        if text is None or text.casefold() in each.product
    ]
    return Result("licenses.idle", IdleRow, sorted(rows, key=lambda row: (row.product, row.subject)))
