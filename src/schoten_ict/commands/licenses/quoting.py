"""A quote beside what is to be bought: the tables that `ict licenses audit --quote` adds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schoten_ict.core.money import euros
from schoten_ict.core.result import Show, Table, column

if TYPE_CHECKING:
    from schoten_ict.licenses.auditing import Audit
    from schoten_ict.licenses.gathering import Gathering
    from schoten_ict.licenses.judge.positions import Position
    from schoten_ict.licenses.judge.quote import Compared, Holding
    from schoten_ict.licenses.model import Entitlement, Need
    from schoten_ict.licenses.offers import Quote
    from schoten_ict.workspace import Workspace


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One product of a quote against what is to be bought; `offered` counts what is in packs."""

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
    """What a quote costs, in euros; None where a line has no price.

    `at_least` is the part without VAT that is known. `limits` are those it reaches. `remarks` say what is
    missing, and which of its own sums do not agree.
    """

    excl_vat: Decimal | None = column("Excl. VAT", right=True)
    vat: Decimal | None = column("VAT", right=True)
    incl_vat: Decimal | None = column("Incl. VAT", right=True)
    limits: tuple[str, ...] = column("Limits reached")
    at_least: Decimal | None = column("At least", show=Show.NEVER)
    remarks: tuple[str, ...] = column("Remarks", show=Show.IF_ANY)


def quoted(
    workspace: "Workspace",
    gathering: "Gathering",
    found: "Audit",
    planned: "Sequence[Need]",
    names: Collection[str] | None,
    path: Path,
) -> dict[str, Table[Any]]:
    """The tables of a quote: its products beside what lacks of them (of `names` only), and what it costs."""
    from schoten_ict.commands.importing import content_of
    from schoten_ict.licenses.judge import costs
    from schoten_ict.licenses.judge import quote as rules

    quote = _read(content_of(path), path.name)
    compared = rules.compare(
        quote.lines,
        rules.to_buy(found.audited),
        gathering.products,
        gathering.product_of,
        holding(gathering, found, planned),
        names,
    )
    vat = Decimal(gathering.policy.vat.removesuffix("%"))
    total = costs.total(quote, vat, gathering.catalogue.thresholds, workspace.today)
    sums = TotalRow(
        euros(total.without_vat), euros(total.vat), euros(total.with_vat), total.limits, euros(total.known),
        total.remarks,
    )  # fmt: skip
    return {"quote": Table(QuoteRow, [_row(each) for each in compared]), "total": Table(TotalRow, [sums])}


def holding(gathering: "Gathering", found: "Audit", planned: "Sequence[Need]") -> "Holding":
    """The positions with rights on top of those that there are, once what lies idle went to others."""
    from schoten_ict.licenses.judge.positions import positions

    rest = gathering.gathered({(each.product, each.subject) for each in found.idle})
    needs = (*rest.needs, *planned)

    def stand(rights: "Sequence[Entitlement]") -> "list[Position]":
        owned = (*rest.entitlements, *rights)
        return positions(rest.products, owned, needs, rest.doubts, gathering.today, gathering.host_of_asset)

    return stand


def _row(each: "Compared") -> QuoteRow:
    return QuoteRow(
        each.product, each.text, each.line, each.offered, each.needed, each.offer.value,
        euros(each.unit_cents), euros(each.whole_cents), each.remark,
    )  # fmt: skip


def _read(content: bytes, name: str) -> "Quote":
    from schoten_ict.formats.tables import read_table
    from schoten_ict.licenses.ask import invoices, quotes

    if invoices.looks_like_one(content):
        return quotes.of_invoice(invoices.read(content, name), content)
    return quotes.of_table(read_table(content, name), (), None)
