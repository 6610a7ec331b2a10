"""What commands about licences share: the desk, the number of an entitlement, and its row."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import entitlement_numbers
from schoten_ict.core.money import euros
from schoten_ict.core.result import Show, column

if TYPE_CHECKING:
    from schoten_ict.licenses.acts.desk import Desk
    from schoten_ict.licenses.catalogue import Catalogue
    from schoten_ict.licenses.gathering import Gathering
    from schoten_ict.licenses.model import Entitlement
    from schoten_ict.workspace import Workspace

Number = Annotated[
    str,
    typer.Argument(help="Entitlement, as LIC-0001.", metavar="NUMBER", autocompletion=entitlement_numbers),
]


@dataclass(frozen=True, slots=True)
class EntitlementRow:
    """One entitlement. `state` is valid, future, expired or ended; `assigned` are units with a holder."""

    number: str = column("Number")
    product: str = column("Product")
    metric: str | None = column("Metric")
    quantity: int | None = column("Owned", right=True)
    assigned: int = column("Assigned", right=True)
    version: str | None = column("Version", show=Show.IF_ANY)
    kind: str = column("Kind", show=Show.IF_ROOM)
    state: str = column("State")
    expires: date | None = column("Expires", show=Show.IF_ANY)
    maintenance_until: date | None = column("Maintenance until", show=Show.IF_ROOM)
    supplier: str | None = column("Supplier", show=Show.IF_ROOM)
    order_number: str | None = column("Order", show=Show.IF_ROOM)
    contract: str | None = column("Contract", show=Show.NEVER)
    cost: Decimal | None = column("Cost excl. VAT", right=True, show=Show.IF_ROOM)
    base: str | None = column("Base", show=Show.NEVER)
    asset: str | None = column("Asset", show=Show.NEVER)
    starts: date | None = column("Starts", show=Show.NEVER)
    notice: str | None = column("Notice", show=Show.NEVER)
    key_reference: str | None = column("Key is in", show=Show.NEVER)
    proof: str | None = column("Proof", show=Show.NEVER)
    ended_because: str | None = column("Ended because", show=Show.NEVER)
    notes: str | None = column("Notes", show=Show.NEVER)


def catalogue_of(workspace: "Workspace") -> "Catalogue":
    """The products of the package and of the workspace."""
    from schoten_ict.inventory.sections.licenses import LICENSES
    from schoten_ict.licenses.catalogue import load

    return load(workspace.inventory.get(LICENSES))


def desk_of(workspace: "Workspace") -> "Desk":
    """What acts on licences work with."""
    from schoten_ict.licenses.acts.desk import Desk

    return Desk(workspace.store, catalogue_of(workspace).products, workspace.today)


def row_of(entitlement: "Entitlement", assigned: int, today: date) -> EntitlementRow:
    """An entitlement as a row."""
    metric = entitlement.metric
    return EntitlementRow(
        number=entitlement.number,
        product=entitlement.product,
        metric=metric.value if metric else None,
        quantity=entitlement.quantity,
        assigned=assigned,
        version=entitlement.version,
        kind=entitlement.kind.value,
        state=state_of(entitlement, today),
        expires=entitlement.expires,
        maintenance_until=entitlement.maintenance_until,
        supplier=entitlement.supplier,
        order_number=entitlement.order_number,
        contract=entitlement.contract,
        cost=euros(entitlement.cost_cents),
        base=entitlement.base,
        asset=entitlement.asset,
        starts=entitlement.starts,
        notice=str(entitlement.notice) if entitlement.notice else None,
        key_reference=entitlement.key_reference,
        proof=entitlement.proof,
        ended_because=entitlement.ended_because,
        notes=entitlement.notes,
    )


def state_of(entitlement: "Entitlement", today: date) -> str:
    """Whether it counts, in one word: valid, future, expired or ended."""
    if entitlement.counts(today):
        return "valid"
    if entitlement.ended_on is not None and entitlement.ended_on <= today:
        return "ended"
    return "expired" if entitlement.expires is not None and entitlement.expires < today else "future"


def gathering_of(workspace: "Workspace") -> "Gathering":
    """What an audit works with."""
    from schoten_ict.licenses.gathering import Gathering

    return Gathering(
        workspace.inventory, workspace.store, catalogue_of(workspace), workspace.now, workspace.zone
    )
