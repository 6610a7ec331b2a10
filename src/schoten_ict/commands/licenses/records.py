"""Adding, changing and ending entitlements: `ict licenses add|edit|end`."""

from pathlib import Path
from typing import Annotated

import typer

from schoten_ict.commands.completers import product_ids
from schoten_ict.commands.licenses.common import EntitlementRow, Number, desk_of, row_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Result
from schoten_ict.core.times import parse_day

app = new_app()
_SET = "Field, as version=2021 or expires=2027-12-31; an empty value empties it."
Values = Annotated[list[str] | None, typer.Option("--set", help=_SET, metavar="NAME=VALUE")]
Proof = Annotated[
    Path | None, typer.Option("--proof", help="Invoice or certificate; a copy is filed.", metavar="FILE")
]


@app.command("add")
def add(
    context: typer.Context,
    product: Annotated[
        str, typer.Argument(help="Product, by id or name.", metavar="PRODUCT", autocompletion=product_ids)
    ],
    quantity: Annotated[
        int | None,
        typer.Argument(help="How many; only a site licence has none.", metavar="[QUANTITY]", min=0),
    ] = None,
    values: Values = None,
    proof: Proof = None,
) -> Result[EntitlementRow]:
    """Record a right that was bought, with its proof.

    Fields: metric, version, kind (full, upgrade, oem), base, asset, starts, expires, maintenance_until,
    notice, supplier, order_number, contract, cost (whole, excl. VAT), key_reference, notes.

    ict licenses add adobe-acrobat-pro 20 --set cost=5640 --proof invoice.pdf
    ict licenses add adobe-acrobat-pro 1 --set kind=oem --set asset=LT-0042
    """
    from schoten_ict.licenses.acts import keeping
    from schoten_ict.licenses.judge.versions import is_versioned

    workspace = workspace_of(context)
    parsed = keeping.parsed(values or [])
    if quantity is not None:
        parsed = {**parsed, "quantity": quantity}
    desk = desk_of(workspace)
    new = keeping.add(desk, product, parsed, proof)
    bought = desk.products[new.product]
    open_ = new.version is None and is_versioned(bought) and not bought.latest
    note = f"which version it covers cannot be told: ict licenses edit {new.number} --set version=..."
    rows = [row_of(new, 0, workspace.today)]
    return Result("licenses.add", EntitlementRow, rows, notes=(note,) if open_ else ())


@app.command("edit")
def edit(
    context: typer.Context, number: Number, values: Values = None, proof: Proof = None
) -> Result[EntitlementRow]:
    """Change fields of an entitlement.

    ict licenses edit LIC-0001 --set expires=2028-06-30 --set notes=
    """
    from schoten_ict.licenses.acts import keeping
    from schoten_ict.licenses.records import entitlements

    workspace = workspace_of(context)
    if not values and proof is None:
        raise UsageError("nothing to change", remedy="give --set NAME=VALUE or --proof FILE")
    after = keeping.edit(desk_of(workspace), number, keeping.parsed(values or []), proof)
    assigned = entitlements.in_use(workspace.store.reader).get(after.number, 0)
    return Result("licenses.edit", EntitlementRow, [row_of(after, assigned, workspace.today)])


@app.command("end")
def end(
    context: typer.Context,
    number: Number,
    because: Annotated[str, typer.Option("--because", help="Why: cancelled, sold, replaced ...")],
    on: Annotated[
        str | None, typer.Option("--on", help="From which day it counts no more; today.", metavar="DATE")
    ] = None,
) -> Result[EntitlementRow]:
    """Record that an entitlement counts no more.

    Nothing is deleted: it stays in the list as ended.

    ict licenses end LIC-0001 --because opgezegd --on 2026-12-31
    """
    from schoten_ict.licenses.acts import keeping
    from schoten_ict.licenses.fields import refuse_secrets
    from schoten_ict.licenses.records import entitlements

    workspace = workspace_of(context)
    refuse_secrets("--because", because)
    try:
        day = parse_day(on) if on else workspace.today
    except ValueError as error:
        raise UsageError(f"--on: {error}") from None
    after = keeping.end(desk_of(workspace), number, day, because)
    assigned = entitlements.in_use(workspace.store.reader).get(after.number, 0)
    return Result("licenses.end", EntitlementRow, [row_of(after, assigned, workspace.today)])
