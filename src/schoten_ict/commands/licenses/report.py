"""`ict licenses report`."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schoten_ict.commands.licenses.audit import Planned, needs_of
from schoten_ict.commands.licenses.common import gathering_of
from schoten_ict.commands.papers import Language, issuer_of, language_of, require_folder, write_page
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.money import euros
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.times import Duration

if TYPE_CHECKING:
    from schoten_ict.licenses.gathering import Gathering
    from schoten_ict.licenses.judge.expiry import Ending
    from schoten_ict.licenses.judge.report import Accepted, ProductLine
    from schoten_ict.licenses.reporting import OnMachines, Report, Subscription
    from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product in one metric, the worst first.

    `standing` is short, undetermined, forbidden or in_order. A number is None where nobody can tell.
    `accepted_until` is set where an exception covers it, `unclear` says why it is undetermined.
    """

    product: str = column("Product", show=Show.NEVER)
    name: str = column("Product")
    metric: str = column("Metric")
    owned: int | None = column("Owned", right=True)
    required: int | None = column("Required", right=True)
    at_most: int | None = column("At most", right=True, show=Show.IF_ROOM)
    delta: int | None = column("Delta", right=True)
    idle: int = column("Idle", right=True)
    standing: str = column("Stands")
    to_buy: int | None = column("To buy", right=True)
    cost: Decimal | None = column("Cost", right=True, show=Show.IF_ROOM)
    accepted_until: date | None = column("Accepted until", show=Show.IF_ANY)
    unlimited: bool = column("Site right", show=Show.NEVER)
    forbidden: bool = column("Forbidden", show=Show.NEVER)
    unclear: tuple[str, ...] = column("Unclear", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of the summary; None where it is not known. Amounts are in euros."""

    figure: str = column("Figure")
    value: str | int | Decimal | date | None = column("Value", right=True)


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """What an exception accepts: of which product or entitlement, how many or on which day, and why."""

    about: str | None = column("About")
    what: str = column("What")
    count: int | None = column("Number", right=True, show=Show.IF_ANY)
    on: date | None = column("On", show=Show.IF_ANY)
    reason: str = column("Reason")
    until: date = column("Until")


@dataclass(frozen=True, slots=True)
class SoftwareRow:
    """Forbidden or unknown software, and the machines that it is on."""

    name: str = column("Software")
    count: int = column("Machines", right=True)
    machines: tuple[str, ...] = column("Which", show=Show.IF_ROOM)
    reason: str | None = column("Reason", show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription as its tenant told it; units in grace, suspended or locked out stand apart."""

    name: str = column("Subscription")
    tenant: str = column("Tenant", show=Show.NEVER)
    taken_on: date = column("Told on")
    enabled: int = column("Enabled", right=True)
    consumed: int = column("Assigned", right=True)
    free: int = column("Free", right=True)
    in_grace: int = column("In grace", right=True)
    suspended: int = column("Suspended", right=True)
    locked_out: int = column("Locked out", right=True, show=Show.IF_ROOM)


@dataclass(frozen=True, slots=True)
class EndingRow:
    """A right or its maintenance that ends. `notice_by` is the last day to cancel."""

    number: str = column("Number")
    name: str = column("Product")
    what: str = column("What")
    quantity: int | None = column("Owned", right=True)
    on: date = column("Ends on")
    notice_by: date | None = column("Notice by", show=Show.IF_ANY)
    supplier: str | None = column("Supplier", show=Show.IF_ROOM)
    cost: Decimal | None = column("Cost excl. VAT", right=True, show=Show.IF_ROOM)


@dataclass(frozen=True, slots=True)
class SilentRow:
    """A machine whose software is not known lately; `last` is the day of its last list."""

    name: str = column("Machine")
    last: date | None = column("Last list")


@app.command("report")
def report(
    context: typer.Context,
    planned: Planned = None,
    within: Annotated[
        str | None,
        typer.Option("--within", help="How far ahead, such as 90d or 12m; default: the policy's."),
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Also write the PDF/A for signing.")
    ] = None,
    language: Language = None,
) -> Result[ProductRow]:
    """The report for the head of department and the board.

    What is owned, used, missing and idle, with what it costs; what was accepted, what ends, and how old the
    data is. No user is named. It judges and keeps nothing: ict licenses audit does.

    ict licenses report --pdf licentieverslag.pdf
    ict licenses report --within 12m --planned "20 users Adobe Acrobat Pro"
    """
    from schoten_ict.licenses import auditing, reporting

    workspace = workspace_of(context)
    length = _length(within)
    spoken = language_of(workspace, language)
    if pdf is not None:
        require_folder(pdf)
    gathering = gathering_of(workspace)
    found = auditing.audit(gathering, needs_of(gathering, planned or ()))
    made = reporting.report(gathering, found, planned or (), length)
    notes = []
    if pdf is not None:
        _write(workspace, gathering, made, pdf, spoken)
        notes.append(f"Print {pdf} and let it be signed.")
    rows = [_product(each) for each in made.products]
    return Result("licenses.report", ProductRow, rows, tables=_tables(made), notes=notes)


def _length(within: str | None) -> Duration | None:
    try:
        return None if within is None else Duration.parse(within)
    except ValueError as error:
        raise UsageError(f"--within: {error}") from None


def _write(workspace: "Workspace", gathering: "Gathering", made: "Report", path: Path, language: str) -> None:
    from schoten_ict.core.actor import actor
    from schoten_ict.licenses.reporting import page

    data = page(gathering, made, f"LV-{made.day}", issuer_of(workspace, actor()))
    write_page(path, workspace.documents.pdf("licenses", data, language))


def _tables(made: "Report") -> dict[str, Table[Any]]:
    return {
        "summary": Table(FigureRow, _figures(made)),
        "accepted": Table(AcceptedRow, [_accepted(each) for each in made.accepted]),
        "forbidden": Table(SoftwareRow, [_software(each) for each in made.forbidden]),
        "unknown": Table(SoftwareRow, [_software(each) for each in made.unknown]),
        "subscriptions": Table(SubscriptionRow, [_subscription(each) for each in made.subscriptions]),
        "expiring": Table(EndingRow, [_ending(made, each) for each in made.endings]),
        "not_looked_at": Table(SilentRow, [SilentRow(each.name, each.last) for each in made.silent]),
    }


def _figures(made: "Report") -> list[FigureRow]:
    from schoten_ict.licenses.judge.report import Standing

    sums, ages = made.sums, made.ages
    figures: dict[str, str | int | Decimal | date | None] = {
        **{f"products {each.value}": made.standings.get(each, 0) for each in Standing},
        "forbidden software": len(made.forbidden),
        "unknown titles": made.unknown_titles,
        "machines with unknown titles": made.unknown_machines,
        "products to buy": sums.to_buy,
        "products to buy without a price": sums.unpriced,
        "cost excl. VAT": euros(sums.cost_cents),
        "cost incl. VAT": euros(sums.cost_cents + sums.vat_cents),
        "idle": sums.idle,
        "idle without a price": sums.idle_unpriced,
        "worth of what is idle": euros(sums.idle_cents),
        "told as ending through": made.limits.ending,
        "next notice by": made.first_notice,
        "machines with a list of software": ages.machines,
        "oldest list of software": ages.oldest,
        "machines not looked at": len(made.silent),
        "subscriptions told on": ages.subscriptions,
        "seats told on": ages.seats,
        "rights without a proof on file": made.unproven,
    }
    return [FigureRow(figure, value) for figure, value in figures.items()]


def _product(line: "ProductLine") -> ProductRow:
    each, position = line.audited, line.audited.position
    return ProductRow(
        product=position.product,
        name=each.name,
        metric=position.metric.value,
        owned=position.owned,
        required=position.required,
        at_most=position.at_most,
        delta=line.delta,
        idle=each.idle,
        standing=line.standing.value,
        to_buy=each.to_buy,
        cost=euros(each.cost_cents),
        accepted_until=line.accepted.until if line.accepted else None,
        unlimited=position.unlimited,
        forbidden=line.forbidden,
        unclear=tuple(why.value for why in line.unclear),
    )


def _accepted(each: "Accepted") -> AcceptedRow:
    return AcceptedRow(each.about, each.what.value, each.count, each.on, each.reason, each.until)


def _software(each: "OnMachines") -> SoftwareRow:
    return SoftwareRow(each.name, len(each.machines), each.machines, each.reason)


def _subscription(each: "Subscription") -> SubscriptionRow:
    sku = each.sku
    return SubscriptionRow(
        each.name, sku.tenant, sku.taken_on, sku.enabled, sku.consumed, each.free, sku.warning,
        sku.suspended, sku.locked_out,
    )  # fmt: skip


def _ending(made: "Report", each: "Ending") -> EndingRow:
    right = each.entitlement
    return EndingRow(
        right.number, made.names.get(right.product, right.product), each.what, right.quantity, each.on,
        each.notice_by, right.supplier, euros(right.cost_cents),
    )  # fmt: skip
