"""Repairs: start, end, list."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.assets.records import repairs
from schoten_ict.commands.assets.common import Policies, Tag, cents, office_of, own_words
from schoten_ict.commands.completers import asset_tags
from schoten_ict.commands.papers import path_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.money import euros
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted

if TYPE_CHECKING:
    from schoten_ict.assets.records.repairs import Repair

app = new_app()


@dataclass(frozen=True, slots=True)
class RepairRow:
    """One repair; `days` is its turnaround, or how long it takes so far. Costs are in euros."""

    tag: str = column("Tag")
    supplier: str | None = column("Supplier")
    rma: str | None = column("RMA")
    complaint: str | None = column("Complaint")
    loaner: str | None = column("Loaner", show=Show.IF_ANY)
    started_at: datetime = column("Started")
    ended_at: datetime | None = column("Ended", show=Show.IF_ANY)
    days: int = column("Days", right=True)
    outcome: str | None = column("Outcome", show=Show.IF_ANY)
    cost: Decimal | None = column("Cost (EUR)", show=Show.IF_ANY, right=True)


@app.command("start")
def start(
    ctx: typer.Context,
    tag: Tag,
    supplier: Annotated[str | None, typer.Option("--supplier", help="Who repairs it.")] = None,
    rma: Annotated[str | None, typer.Option("--rma", help="The supplier's number for it.")] = None,
    complaint: Annotated[
        str | None, typer.Option("--complaint", help="What is wrong.", callback=own_words)
    ] = None,
    loaner: Annotated[
        str | None, typer.Option("--loaner", help="Tag of its stand-in.", autocompletion=asset_tags)
    ] = None,
    policy: Policies = None,
) -> Result[RepairRow]:
    """Send an asset to repair, with a loaner if need be.

    Its holder keeps it on their name; the loaner gets an agreement of its own.

    ict assets repair start LT-0001 --supplier Dell --rma 4711 --loaner LT-0200
    """
    from schoten_ict.assets.acts import incidents

    workspace = workspace_of(ctx)
    wrong = incidents.Complaint(tag, supplier, rma, complaint, loaner)
    repair, loaned = incidents.start_repair(office_of(workspace), wrong, tuple(policy or ()))
    notes = []
    if loaned:
        path = path_of(workspace, loaned.document.path)
        notes = [
            f"Loaner: print {path} and let {loaned.person.name} sign it, then:",
            f"  ict assets accept {loaned.handover.number} --how paper --scan FILE",
        ]
    row = _row(repair, workspace.now)
    return Result("assets.repair.start", RepairRow, [row], detail=True, notes=notes)


@app.command("end")
def end(
    ctx: typer.Context,
    tag: Tag,
    outcome: Annotated[str, typer.Option("--outcome", help="repaired, replaced ...")] = "repaired",
    cost: Annotated[str | None, typer.Option("--cost", help="Euros, as 12,50.", metavar="EUR")] = None,
) -> Result[RepairRow]:
    """Record that an asset is back from repair.

    ict assets repair end LT-0001 --outcome repaired --cost 129,95
    """
    from schoten_ict.assets.acts import incidents
    from schoten_ict.store import custody

    workspace = workspace_of(ctx)
    repair = incidents.end_repair(workspace.store, tag, outcome=outcome, cost_cents=cents("--cost", cost))
    out = repair.loaner and custody.current(workspace.store.reader, repair.loaner)
    notes = [f"The loaner is still out: ict assets return {repair.loaner}"] if out else []
    row = _row(repair, workspace.now)
    return Result("assets.repair.end", RepairRow, [row], detail=True, notes=notes)


@app.command("list")
def list_(
    ctx: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help="Only what is out now.")] = False,
) -> Result[RepairRow]:
    """List repairs with their turnaround in days.

    ict assets repair list --open
    """
    workspace = workspace_of(ctx)
    rows = [_row(each, workspace.now) for each in repairs.every(workspace.store.reader, only_open=only_open)]
    return Result("assets.repair.list", RepairRow, rows, notes=[counted(len(rows), "repair")])


def _row(repair: "Repair", now: datetime) -> RepairRow:
    return RepairRow(
        tag=repair.asset,
        supplier=repair.supplier,
        rma=repair.rma,
        complaint=repair.complaint,
        loaner=repair.loaner,
        started_at=repair.started_at,
        ended_at=repair.ended_at,
        days=repair.days(now),
        outcome=repair.outcome,
        cost=euros(repair.cost_cents),
    )
