"""`ict licenses audit`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schoten_ict.commands.announcing import Announcer, Notify
from schoten_ict.commands.completers import product_ids
from schoten_ict.commands.licenses.common import gathering_of
from schoten_ict.commands.licenses.quoting import quoted
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.finding import Finding, apply_exceptions, subject
from schoten_ict.core.money import euros
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.text import counted, nearest, printable
from schoten_ict.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from schoten_ict.licenses.auditing import Audit
    from schoten_ict.licenses.gathering import Gathering
    from schoten_ict.licenses.judge.audit import Audited
    from schoten_ict.workspace import Workspace

app = new_app()
Planned = Annotated[
    list[str] | None,
    typer.Option("--planned", help='What comes on top, as "20 users Adobe Acrobat Pro".', metavar="TEXT"),
]
Quote = Annotated[
    Path | None, typer.Option("--quote", help="A quote to compare: CSV, XLSX or UBL.", metavar="FILE")
]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One product in one metric.

    `required` is what is surely needed and `at_most` what could be; `delta` is what is left, or minus what
    lacks; each is None where nobody can tell. `reharvest` of the `idle` units meet a shortfall, `to_buy`
    lack then. `cost` is at the quoted price, else at the last known one, without VAT.
    """

    product: str = column("Product")
    name: str = column("Name", show=Show.NEVER)
    metric: str = column("Metric", show=Show.IF_ROOM)
    owned: int | None = column("Owned", right=True)
    required: int | None = column("Required", right=True)
    at_most: int | None = column("At most", right=True, show=Show.IF_ROOM)
    delta: int | None = column("Delta", right=True)
    idle: int = column("Idle", right=True)
    verdict: Verdict = column("Verdict")
    reharvest: int = column("Reharvest", right=True, show=Show.IF_ROOM)
    to_buy: int | None = column("To buy", right=True)
    cost: Decimal | None = column("Cost", right=True, show=Show.IF_ROOM)
    unlimited: bool = column("Site right", show=Show.NEVER)
    why: str = column("Why", show=Show.NEVER)


@app.command("audit")
def audit(
    context: typer.Context,
    product: Annotated[
        list[str] | None,
        typer.Option("--product", help="Only this product.", metavar="P", autocompletion=product_ids),
    ] = None,
    planned: Planned = None,
    quote: Quote = None,
    notify: Notify = False,
) -> Result[AuditRow]:
    """What is owned, used and needed; what to buy.

    Per product and metric: owned, required, what is left or lacks, what lies idle, what to buy. What cannot
    be determined is unknown, never 0. A quote is compared with what is to be bought, with its total and the
    limits of public procurement that it reaches: they warn, they decide nothing.

    ict licenses audit
    ict licenses audit --planned "20 users Adobe Acrobat Pro" --quote q.xlsx
    ict licenses explain adobe-acrobat-pro
    """
    from schoten_ict.licenses.auditing import audit as made
    from schoten_ict.licenses.auditing import keep

    if planned and notify:
        raise UsageError("--notify tells of what is, not of what is planned", remedy="leave one of them out")
    workspace = workspace_of(context)
    announcer = Announcer(workspace, "licenses.audit", asked=notify, whole=not product)
    with announcer as announce:
        gathering = gathering_of(workspace)
        needs = needs_of(gathering, planned or ())
        announce.start()
        found = made(gathering, needs)
        if not needs:  # what is only planned is no state of ours
            found = keep(gathering, found)
        names = names_of(found, gathering, product) if product else None
        tables = quoted(workspace, gathering, found, needs, names, quote) if quote else {}
        return announce(_result(workspace, found, names, tables))


def needs_of(gathering: "Gathering", planned: Sequence[str]) -> list[Any]:
    """The needs that are planned."""
    if not planned:
        return []
    from schoten_ict.licenses.judge.plan import planned as read

    return [read(each, gathering.products, gathering.product_of) for each in planned]


def names_of(found: "Audit", gathering: "Gathering", words: Sequence[str]) -> set[str]:
    """The ids of the products of these names; raises `NotFoundError` for one neither owned nor used."""
    there = {each.position.product for each in found.audited} | {each.product for each in gathering.installs}
    names = set()
    for word in words:
        name = gathering.product_of(word) or (word if word in there else None)
        if name is None or name not in there:
            known = "is neither owned nor used" if name else "is unknown"
            raise NotFoundError(
                f"product {printable(word)!r} {known}{'' if name else nearest(word, sorted(there))}",
                subject=subject("product", printable(word)),
                remedy="ict licenses audit shows what is",
            )
        names.add(name)
    return names


def _result(
    workspace: "Workspace", found: "Audit", names: set[str] | None, tables: dict[str, Table[Any]]
) -> Result[AuditRow]:
    """The answer about the products of these names, or about everything."""
    told = apply_exceptions(found.findings, workspace.inventory.exceptions, workspace.today)
    if names is not None:
        told = [each for each in told if each.subject.removeprefix("product:") in names]
    quoted = _quoted_prices(tables)
    rows = [
        _priced(row_of(each, told), quoted)
        for each in found.audited
        if names is None or each.position.product in names
    ]
    return Result(
        "licenses.audit",
        AuditRow,
        sorted(rows, key=lambda row: (-row.verdict.rank, row.product)),
        findings=told,
        tables=tables,
        judged=True,
        notes=_notes(rows),
    )


def _quoted_prices(tables: dict[str, Table[Any]]) -> dict[str, Decimal]:
    """What one unit of a product costs by the quote, where it tells."""
    rows = tables["quote"].rows if "quote" in tables else ()
    return {
        each.product: each.price / each.offered
        for each in rows
        if each.product and each.price and each.offered
    }


def _priced(row: AuditRow, quoted: dict[str, Decimal]) -> AuditRow:
    """The row with the cost at the quoted price, where there is one."""
    if not row.to_buy or row.product not in quoted:
        return row
    return replace(row, cost=(row.to_buy * quoted[row.product]).quantize(Decimal("0.01")))


def row_of(each: "Audited", told: Sequence[Finding]) -> AuditRow:
    """An audited product as a row; its verdict is the worst of its position and of whether it is allowed."""
    from schoten_ict.licenses.judge.audit import FORBIDDEN, POSITION

    position = each.position
    about = subject("product", position.product)
    mine = [
        found
        for found in told
        if found.subject == about
        and (found.check == FORBIDDEN or (found.check == POSITION and found.key == position.metric.value))
    ]
    return AuditRow(
        product=position.product,
        name=each.name,
        metric=position.metric.value,
        owned=position.owned,
        required=position.required,
        at_most=position.at_most,
        delta=position.delta,
        idle=each.idle,
        verdict=worst(found.counted for found in mine),
        reharvest=each.reharvest,
        to_buy=each.to_buy,
        cost=euros(each.cost_cents),
        unlimited=position.unlimited,
        why="; ".join(found.summary for found in mine if found.verdict is not Verdict.OK),
    )


def _notes(rows: Sequence[AuditRow]) -> list[str]:
    buy = sum(bool(row.to_buy) for row in rows)
    priced = sum(row.cost or 0 for row in rows)
    unpriced = sum(bool(row.to_buy) and row.cost is None for row in rows)
    if not buy:
        return []
    more = f", and {counted(unpriced, 'product')} of which no price is known" if unpriced else ""
    return [f"To buy: {counted(buy, 'product')}, {priced:.2f} euro excl. VAT at known prices{more}"]
