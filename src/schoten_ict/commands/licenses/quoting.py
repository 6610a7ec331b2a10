"""A quote beside what is to be bought: the tables that `ict licenses audit --quote` adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schoten_ict.core.money import euros
from schoten_ict.core.result import Show, Table, column

if TYPE_CHECKING:
    from schoten_ict.licenses.gathering import Gathering
    from schoten_ict.licenses.judge.audit import Audited
    from schoten_ict.workspace import Workspace


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One product of a quote against what is to be bought."""

    product: str = column("Product")
    text: str = column("Quoted as")
    line: int | None = column("Line", right=True, show=Show.IF_ROOM)
    offered: Decimal | None = column("Offered", right=True)
    needed: int | None = column("To buy", right=True)
    offer: str = column("Offer")
    unit_price: Decimal | None = column("Unit", right=True, show=Show.IF_ANY)
    price: Decimal | None = column("Price excl. VAT", right=True, show=Show.IF_ANY)
    remark: str = column("Remark", show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class TotalRow:
    """What a quote costs, in euros; None where a line has no price. `limits` are those it reaches."""

    excl_vat: Decimal | None = column("Excl. VAT", right=True)
    vat: Decimal | None = column("VAT", right=True)
    incl_vat: Decimal | None = column("Incl. VAT", right=True)
    limits: tuple[str, ...] = column("Limits reached")


def quoted(
    workspace: "Workspace", gathering: "Gathering", chosen: "Sequence[Audited]", path: Path
) -> dict[str, Table[Any]]:
    """The tables of a quote: its products and what it costs."""
    from schoten_ict.commands.importing import content_of
    from schoten_ict.licenses.judge import quote as rules
    from schoten_ict.licenses.judge.naming import product_by_name

    lines = _lines(content_of(path), path.name)
    to_buy = {each.position.product: each.to_buy for each in chosen}
    found = rules.compare(lines, to_buy, gathering.products, product_by_name(gathering.products))
    vat = Decimal(gathering.policy.vat.removesuffix("%"))
    total = rules.total(lines, vat, gathering.catalogue.thresholds, workspace.today)
    rows = [
        QuoteRow(
            each.product, each.text, each.line, each.offered, each.needed, each.offer.value,
            euros(each.unit_cents), euros(each.whole_cents), each.remark,
        )
        for each in found
    ]  # fmt: skip
    sums = TotalRow(euros(total.without_vat), euros(total.vat), euros(total.with_vat), total.limits)
    return {"quote": Table(QuoteRow, rows), "total": Table(TotalRow, [sums])}


def _lines(content: bytes, name: str) -> Any:
    from schoten_ict.formats.tables import read_table
    from schoten_ict.licenses.ask import invoices, quotes

    if invoices.looks_like_one(content):
        return quotes.of_invoice(invoices.read(content, name))
    return quotes.of_table(read_table(content, name), (), None)
