"""`ict licenses show`."""

from dataclasses import asdict, dataclass
from datetime import date

import typer

from schoten_ict.commands.licenses.common import EntitlementRow, Number, row_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, Table, column

app = new_app()


@dataclass(frozen=True, slots=True)
class EntitlementDetail(EntitlementRow):
    """One entitlement with everything that is known of it."""

    contract: str | None = column("Contract", show=Show.IF_ANY)
    base: str | None = column("Base", show=Show.IF_ANY)
    asset: str | None = column("Asset", show=Show.IF_ANY)
    starts: date | None = column("Starts", show=Show.IF_ANY)
    notice: str | None = column("Notice", show=Show.IF_ANY)
    key_reference: str | None = column("Key is in", show=Show.IF_ANY)
    ended_because: str | None = column("Ended because", show=Show.IF_ANY)
    notes: str | None = column("Notes", show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class HolderRow:
    """Who has or had units. `because` is why it ended: left, failure or moved."""

    holder: str = column("Holder")
    quantity: int = column("Units", right=True)
    since: date = column("Since")
    until: date | None = column("Until", show=Show.IF_ANY)
    because: str | None = column("Because", show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class ProofRow:
    """The filed proof of a purchase; `path` counts from the data folder."""

    number: str = column("Document")
    path: str = column("File")
    sha256: str = column("SHA-256")


@app.command("show")
def show(context: typer.Context, number: Number) -> Result[EntitlementDetail]:
    """One entitlement whole, and who has it.

    ict licenses show LIC-0001
    """
    from schoten_ict.licenses.records import entitlements
    from schoten_ict.store import documents

    workspace = workspace_of(context)
    reader = workspace.store.reader
    found = entitlements.get(reader, number)
    held = entitlements.holders(reader, found.number)
    rows = [HolderRow(each.subject, each.quantity, each.since, each.until, each.because) for each in held]
    proofs = [documents.find(reader, found.proof)] if found.proof else []
    assigned = sum(each.quantity for each in held if each.until is None)
    return Result(
        "licenses.show",
        EntitlementDetail,
        [EntitlementDetail(**asdict(row_of(found, assigned, workspace.today)))],
        tables={
            "holders": Table(HolderRow, rows),
            "proof": Table(ProofRow, [ProofRow(each.number, each.path, each.sha256) for each in proofs]),
        },
        detail=True,
    )
