"""`ict licenses trend`."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from schoten_ict.commands.completers import product_ids
from schoten_ict.commands.licenses.common import gathering_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.text import nearest, printable
from schoten_ict.core.times import Duration
from schoten_ict.core.verdict import Verdict

app = new_app()


@dataclass(frozen=True, slots=True)
class StoodRow:
    """How a product stood in the audit of a day."""

    day: date = column("Day")
    product: str = column("Product")
    metric: str = column("Metric")
    owned: int | None = column("Owned", right=True)
    required: int | None = column("Required", right=True)
    verdict: Verdict = column("Verdict")


@dataclass(frozen=True, slots=True)
class SkuRow:
    """A subscription on a day. `free` are enabled units that nobody has; units in grace stand apart."""

    day: date = column("Day")
    subscription: str = column("Subscription")
    product: str = column("Product", show=Show.IF_ROOM)
    enabled: int = column("Enabled", right=True)
    consumed: int = column("Assigned", right=True)
    free: int = column("Free", right=True)
    in_grace: int = column("In grace", right=True)
    suspended: int = column("Suspended", right=True)
    status: str = column("Status", show=Show.IF_ROOM)


@app.command("trend")
def trend(
    context: typer.Context,
    product: Annotated[
        str | None,
        typer.Argument(metavar="[PRODUCT]", help="Product, by id or name.", autocompletion=product_ids),
    ] = None,
    since: Annotated[str, typer.Option("--since", help="How far back, such as 90d or 12m.")] = "12m",
) -> Result[StoodRow]:
    """How products and subscriptions stood over time.

    ict licenses trend
    ict licenses trend microsoft-365-e3 --since 6m
    """
    from schoten_ict.licenses.judge.reconcile import named
    from schoten_ict.licenses.records import positions, subscriptions

    workspace = workspace_of(context)
    try:
        start = Duration.parse(since).before(workspace.now).astimezone(workspace.zone).date()
    except ValueError as error:
        raise UsageError(f"--since: {error}") from None
    gathering = gathering_of(workspace)
    product_of = gathering.product_of
    wanted = None if product is None else product_of(product) or product
    rows = [
        StoodRow(each.taken_on, each.product, each.metric, each.owned, each.required, each.verdict)
        for each in positions.since(workspace.store.reader, start, wanted)
    ]
    skus = []
    for each in subscriptions.over_time(workspace.store.reader, start):
        name = product_of(each.sku) or product_of(each.part_number) or named(each.part_number)
        if wanted in {None, name}:
            skus.append(
                SkuRow(
                    each.taken_on, each.part_number, name, each.enabled, each.consumed,
                    max(0, each.enabled - each.consumed), each.warning, each.suspended, each.status,
                )
            )  # fmt: skip
    if wanted is not None and not rows and not skus and wanted not in gathering.products:
        raise NotFoundError(
            f"no product {printable(wanted)!r}{nearest(wanted, sorted(gathering.products))}",
            remedy="ict licenses products shows them",
        )
    return Result("licenses.trend", StoodRow, rows, tables={"subscriptions": Table(SkuRow, skus)})
