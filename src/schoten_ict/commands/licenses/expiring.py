"""`ict licenses expiring`."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.money import euros
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.times import Duration

app = new_app()


@dataclass(frozen=True, slots=True)
class ExpiringRow:
    """What ends: the right itself or its maintenance. `notice_by` is the last day to cancel."""

    number: str = column("Number")
    product: str = column("Product")
    what: str = column("What")
    quantity: int | None = column("Owned", right=True)
    on: date = column("Ends on")
    days: int = column("Days left", right=True)
    notice_by: date | None = column("Notice by", show=Show.IF_ANY)
    notice_days: int | None = column("Days to notice", right=True, show=Show.IF_ANY)
    supplier: str | None = column("Supplier", show=Show.IF_ROOM)
    contract: str | None = column("Contract", show=Show.IF_ROOM)
    cost: Decimal | None = column("Cost excl. VAT", right=True, show=Show.IF_ROOM)


@app.command("expiring")
def expiring(
    context: typer.Context,
    within: Annotated[
        str | None, typer.Option("--within", help="Such as 90d or 6m; default: the policy's.")
    ] = None,
) -> Result[ExpiringRow]:
    """What ends soon, and by when notice must be given.

    ict licenses expiring --within 6m
    """
    from schoten_ict.inventory.sections.licenses import LICENSES
    from schoten_ict.licenses.judge.expiry import endings
    from schoten_ict.licenses.records import entitlements

    workspace = workspace_of(context)
    length = workspace.inventory.get(LICENSES).expiring_within
    if within is not None:
        try:
            length = Duration.parse(within)
        except ValueError as error:
            raise UsageError(f"--within: {error}") from None
    today = workspace.today
    rows = [
        ExpiringRow(
            number=each.entitlement.number,
            product=each.entitlement.product,
            what=each.what,
            quantity=each.entitlement.quantity,
            on=each.on,
            days=each.days,
            notice_by=each.notice_by,
            notice_days=each.notice_days(today),
            supplier=each.entitlement.supplier,
            contract=each.entitlement.contract,
            cost=euros(each.entitlement.cost_cents),
        )
        for each in endings(entitlements.every(workspace.store.reader), today, length)
    ]
    return Result("licenses.expiring", ExpiringRow, rows)
