"""An asset's life outside people's hands: receive, lost, stolen, found, retire, reinstate, dispose."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.assets.common import Tag, Tags, office_of, own_words
from schoten_ict.commands.papers import Language, path_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schoten_ict.assets.model import Asset, Status
    from schoten_ict.workspace import Workspace

app = new_app()
Reason = Annotated[str | None, typer.Option("--reason", help="Why, for the record.", callback=own_words)]
Note = Annotated[str | None, typer.Option("--note", help="What is known about it.", callback=own_words)]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """An asset that moved to another status."""

    tag: str = column("Tag")
    make: str = column("Make and model")
    serial: str | None = column("Serial")
    status: str = column("Status")


@dataclass(frozen=True, slots=True)
class WipedRow:
    """An asset that was wiped after it came back with an intake."""

    tag: str = column("Tag")
    intake: str = column("Intake")
    wiped: str = column("Wiped")


@dataclass(frozen=True, slots=True)
class LossRow:
    """A loss: who held it, and until when a data leak must be reported."""

    tag: str = column("Tag")
    make: str = column("Make and model")
    serial: str | None = column("Serial")
    status: str = column("Status")
    holder: str | None = column("Held by", show=Show.NEVER)
    holder_name: str | None = column("Held by")
    handover: str | None = column("Handover")
    report_before: datetime = column("Report a leak before")


@dataclass(frozen=True, slots=True)
class DisposalRow:
    """One item that is disposed of. `disposal` and `document` are empty in a plan."""

    tag: str = column("Tag")
    make: str = column("Make and model")
    serial: str | None = column("Serial")
    wiped: str = column("Wiped")
    certificate: str | None = column("Certificate", show=Show.IF_ANY)
    disposal: str | None = column("Disposal", show=Show.IF_ANY)
    document: str | None = column("Document", show=Show.IF_ANY)
    document_sha256: str | None = column("SHA-256", show=Show.NEVER)


@app.command("receive")
def receive(ctx: typer.Context, tags: Tags) -> Result[StatusRow]:
    """Record that ordered assets have arrived.

    ict assets receive LT-0601 LT-0602
    """
    from schoten_ict.assets.acts import ending

    return _moved("receive", ending.move(workspace_of(ctx).store, tags, "receive", None))


@app.command("lost")
def lost(ctx: typer.Context, tag: Tag, note: Note = None) -> Result[LossRow]:
    """Record that an asset is lost.

    ict assets lost GS-0012 --note "trein Antwerpen, 23 november"
    """
    from schoten_ict.assets.model import Status

    return _lose(ctx, tag, Status.LOST, None, note)


@app.command("stolen")
def stolen(
    ctx: typer.Context,
    tag: Tag,
    police_report: Annotated[
        str | None, typer.Option("--police-report", help="Number of the report.")
    ] = None,
    note: Note = None,
) -> Result[LossRow]:
    """Record that an asset was stolen.

    ict assets stolen LT-0001 --police-report AN.11.L1.012345/2026
    """
    from schoten_ict.assets.model import Status

    return _lose(ctx, tag, Status.STOLEN, police_report, note)


@app.command("found")
def found(ctx: typer.Context, tag: Tag, note: Note = None) -> Result[StatusRow]:
    """Record that a lost or stolen asset is back.

    ict assets found GS-0012
    """
    from schoten_ict.assets.acts import incidents

    return _moved("found", [incidents.find(workspace_of(ctx).store, tag, note)])


@app.command("wiped")
def wiped(
    ctx: typer.Context,
    tag: Tag,
    method: Annotated[str, typer.Argument(help="How, as BitLocker-sleutel vernietigd.", metavar="METHOD")],
) -> Result[WipedRow]:
    """Record that an asset was wiped after it came back.

    ict assets wiped LT-0001 "opnieuw geïnstalleerd"
    """
    from schoten_ict.assets.acts import wiping

    workspace = workspace_of(ctx)
    done = wiping.record(workspace.store, tag, method)
    return Result("assets.wiped", WipedRow, [WipedRow(done.tag, done.intake, done.method)])


@app.command("retire")
def retire(ctx: typer.Context, tags: Tags, reason: Reason = None) -> Result[StatusRow]:
    """Take assets out of service.

    ict assets retire LT-0001 --reason "ouder dan zes jaar"
    """
    from schoten_ict.assets.acts import ending

    return _moved("retire", ending.move(workspace_of(ctx).store, tags, "retire", reason))


@app.command("reinstate")
def reinstate(ctx: typer.Context, tags: Tags, reason: Reason = None) -> Result[StatusRow]:
    """Put retired assets back in stock.

    ict assets reinstate LT-0001
    """
    from schoten_ict.assets.acts import ending

    return _moved("reinstate", ending.move(workspace_of(ctx).store, tags, "reinstate", reason))


@app.command("dispose")
def dispose(
    ctx: typer.Context,
    tags: Tags,
    processor: Annotated[str, typer.Option("--processor", help="Who takes it.")],
    wiped: Annotated[
        list[str] | None,
        typer.Option("--wiped", help="How data was wiped, none if there is none.", metavar="[TAG=]METHOD"),
    ] = None,
    method: Annotated[str, typer.Option("--method", help="recycler, sold, donated or other.")] = "recycler",
    certificate: Annotated[
        list[str] | None, typer.Option("--certificate", help="Certificate of wiping.", metavar="[TAG=]NUMBER")
    ] = None,
    reason: Reason = None,
    lang: Language = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> Result[DisposalRow]:
    """Dispose of retired assets for good, with proof of wiping.

    This cannot be undone: it shows the plan and asks.

    ict assets dispose LT-0001 --processor "Recupel vzw" --wiped "NIST purge"
    """
    from schoten_ict.assets.acts import ending

    workspace = workspace_of(ctx)
    farewell = ending.Farewell(tags, method, processor, wiped or (), certificate or (), reason)
    planned = ending.check_disposal(workspace.store.reader, farewell)
    plan = [
        DisposalRow(each.tag, each.make, each.serial, how, paper, None, None, None)
        for each, how, paper in planned
    ]
    answer = Result("assets.dispose", DisposalRow, plan)
    if dry_run or not workspace.confirmed(
        answer, f"Dispose of {', '.join(each.tag for each in plan)} for good?", yes=yes
    ):
        return answer
    done = ending.dispose(office_of(workspace, lang), farewell)
    path = path_of(workspace, done.document.path)
    rows = [
        DisposalRow(each.tag, each.make, each.serial, how, paper, done.number, path, done.document.sha256)
        for each, how, paper in planned
    ]
    return Result("assets.dispose", DisposalRow, rows)


def _moved(act: str, assets: "Sequence[Asset]") -> Result[StatusRow]:
    rows = [StatusRow(each.tag, each.make, each.serial, each.status) for each in assets]
    return Result(f"assets.{act}", StatusRow, rows)


def _name_of(workspace: "Workspace", holder: str | None) -> str | None:
    """A holder as people say it: `An Janssens (1140)`."""
    from schoten_ict.store import people

    kind, _, key = (holder or "").partition(":")
    person = people.get(workspace.store.reader, key) if kind == "person" else None
    return f"{person.name} ({person.key})" if person else holder


def _lose(
    ctx: typer.Context, tag: str, kind: "Status", police_report: str | None, note: str | None
) -> Result[LossRow]:
    from schoten_ict.assets.acts import incidents

    workspace = workspace_of(ctx)
    loss = incidents.lose(workspace.store, tag, kind, police_report=police_report, note=note)
    row = LossRow(
        tag=loss.asset.tag,
        make=loss.asset.make,
        serial=loss.asset.serial,
        status=loss.asset.status,
        holder=loss.holder,
        holder_name=_name_of(workspace, loss.holder),
        handover=loss.handover,
        report_before=loss.report_before,
    )
    before = loss.report_before.astimezone(workspace.zone)
    notes = [
        "Could personal data have been on it? Call the data protection officer now.",
        f"A data leak goes to the Vlaamse Toezichtcommissie within 72 hours: before {before:%Y-%m-%d %H:%M}.",
        "Block the account, the SIM and the device; procedure: procedures/verlies-of-diefstal.md",
    ]
    if loss.holds:
        tags = " ".join(loss.holds)
        notes.append(f"It held {tags}: record that as {kind} too, or ict assets return {tags}")
    return Result(f"assets.{kind}", LossRow, [row], detail=True, notes=notes)
