"""Looking at assets: list, show, find, history, holder, leavers, check."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.assets.model import STATES
from schoten_ict.assets.records import assets, stories, views
from schoten_ict.assets.records.views import AssetDetail, AssetRow, Filter
from schoten_ict.commands.assets.common import Tag, day
from schoten_ict.commands.completers import people_keys
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConfigurationError, NotFoundError, UsageError
from schoten_ict.core.facts import Holder, HolderKind
from schoten_ict.core.finding import Finding, apply_exceptions
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.text import counted, nearest
from schoten_ict.core.verdict import Verdict, worst

if TYPE_CHECKING:
    import sqlite3

    from schoten_ict.assets.judge.checks import Limits
    from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class Paper:
    """A document in which an asset appears; `path` counts from the data folder."""

    number: str = column("Document")
    kind: str = column("Kind")
    path: str = column("File")
    sha256: str = column("SHA-256", show=Show.NEVER)
    created_at: str = column("Made at", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who left and still holds something."""

    person: str = column("Person")
    name: str = column("Name")
    left_on: date = column("Left on")
    days: int = column("Days ago", right=True)
    tags: tuple[str, ...] = column("Still holds")


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: its worst verdict and how many findings it has."""

    check: str = column("Check")
    verdict: Verdict = column("Verdict")
    findings: int = column("Findings", right=True)


_HOLDER = "Person (number, user name, name), department:NAME, room:NAME or asset:TAG."


@app.command("list")
def list_(
    ctx: typer.Context,
    holder: Annotated[str | None, typer.Option(help=_HOLDER, autocompletion=people_keys)] = None,
    category: Annotated[str | None, typer.Option(help="Category, as laptop.")] = None,
    status: Annotated[str | None, typer.Option(help="assigned, in-stock, in-repair, lost ...")] = None,
    site: Annotated[str | None, typer.Option(help="Site.")] = None,
    location: Annotated[str | None, typer.Option(help="Room or place.")] = None,
    cost_centre: Annotated[str | None, typer.Option(help="Cost centre.")] = None,
    supplier: Annotated[str | None, typer.Option(help="Supplier.")] = None,
    manufacturer: Annotated[str | None, typer.Option(help="Make, as Dell.")] = None,
    model: Annotated[str | None, typer.Option(help="Part of the model's name.")] = None,
    warranty_before: Annotated[str | None, typer.Option(help="Warranty ends before.", metavar="DATE")] = None,
    end_of_life_before: Annotated[
        str | None, typer.Option(help="End of life before.", metavar="DATE")
    ] = None,
    bought_before: Annotated[str | None, typer.Option(help="Bought before.", metavar="DATE")] = None,
    bought_after: Annotated[str | None, typer.Option(help="Bought after.", metavar="DATE")] = None,
    unaccepted: Annotated[bool, typer.Option("--unaccepted", help="Handed over, not signed.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Due back before today.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many; -1 for all.")] = -1,
) -> Result[AssetRow]:
    """List assets, with filters that read like the question.

    ict assets list --holder 1042 --category laptop --warranty-before 2027-01-01
    """
    workspace = workspace_of(ctx)
    wanted = Filter(
        category=category,
        state=_state(status),
        site=site,
        location=location,
        cost_centre=cost_centre,
        supplier=supplier,
        manufacturer=manufacturer,
        model=model,
        warranty_before=day("--warranty-before", warranty_before),
        end_of_life_before=day("--end-of-life-before", end_of_life_before),
        bought_before=day("--bought-before", bought_before),
        bought_after=day("--bought-after", bought_after),
        unaccepted=unaccepted,
        overdue=overdue,
        limit=limit,
    )
    reader = workspace.store.reader
    rows = views.listed(
        reader, wanted, workspace.today if overdue else workspace.now.date(), holder_of(workspace, holder)
    )
    return Result("assets.list", AssetRow, rows, notes=[counted(len(rows), "asset")])


@app.command("show")
def show(ctx: typer.Context, tag: Tag) -> Result[AssetDetail]:
    """Show one asset whole.

    ict assets show LT-0001
    """
    reader = workspace_of(ctx).store.reader
    detail = views.detail(reader, assets.get(reader, tag).tag)
    return Result("assets.show", AssetDetail, [detail], detail=True)


@app.command("find")
def find(
    ctx: typer.Context,
    text: Annotated[list[str], typer.Argument(help="Words, or beginnings of words.")],
    limit: Annotated[int, typer.Option(help="At most so many; -1 for all.")] = 200,
) -> Result[AssetRow]:
    """Find assets by any word in any field.

    ict assets find latitude 5540
    """
    rows = views.found(workspace_of(ctx).store.reader, " ".join(text), limit)
    return Result("assets.find", AssetRow, rows, notes=[counted(len(rows), "asset")])


@app.command("history")
def history(ctx: typer.Context, tag: Tag) -> Result[stories.Event]:
    """Tell what happened to an asset.

    ict assets history LT-0001
    """
    reader = workspace_of(ctx).store.reader
    asset = assets.get(reader, tag)
    papers = [
        Paper(each.number, each.kind, each.path, each.sha256, each.created_at)
        for each in stories.documents_of(reader, asset.tag)
    ]
    tables = {"documents": Table(Paper, papers)}
    return Result("assets.history", stories.Event, stories.history(reader, asset.tag), tables=tables)


@app.command("holder")
def holder_(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help=_HOLDER, metavar="HOLDER", autocompletion=people_keys)],
) -> Result[AssetRow]:
    """List what a person, department, room or asset holds.

    ict assets holder 1042
    """
    workspace = workspace_of(ctx)
    holder = holder_of(workspace, who)
    rows = views.listed(workspace.store.reader, Filter(), workspace.now.date(), holder)
    return Result("assets.holder", AssetRow, rows, notes=[f"{holder} holds {len(rows)} assets"])


@app.command("leavers")
def leavers(ctx: typer.Context) -> Result[Leaver]:
    """List people who left and still hold something.

    ict assets leavers -o csv
    """
    from schoten_ict.assets.records.held import held_items

    workspace = workspace_of(ctx)
    held: dict[tuple[str, str, date], list[str]] = {}
    for item in held_items(workspace.store.reader, workspace.zone):
        if item.leaves is not None and item.leaves < workspace.today:
            held.setdefault((item.holder_key.partition(":")[2], item.holder, item.leaves), []).append(
                item.tag
            )
    rows = [
        Leaver(key, name, left, (workspace.today - left).days, tuple(tags))
        for (key, name, left), tags in held.items()
    ]
    rows.sort(key=lambda row: (row.left_on, row.person))
    return Result("assets.leavers", Leaver, rows, notes=[counted(len(rows), "person", "people")])


@app.command("check")
def check(ctx: typer.Context) -> Result[Checked]:
    """Judge the records: leavers, overdue, unsigned.

    Exit 0 when all is well, 4 when something is not. The findings are kept, with since when.

    ict assets check -o nagios
    """
    from schoten_ict.assets.judge.checks import CHECKS, judge
    from schoten_ict.assets.records.held import held_items
    from schoten_ict.store import findings

    workspace = workspace_of(ctx)
    items = held_items(workspace.store.reader, workspace.zone)
    found = judge(items, _limits(workspace), workspace.today, workspace.now)
    notes = []
    try:
        with workspace.store.transaction() as transaction:
            kept = findings.record(transaction, CHECKS, found)
    except ConfigurationError as error:
        if error.problems[0].code != "read-only":
            raise
        kept, notes = found, ["The store cannot be written: these findings were not kept"]
    judged = apply_exceptions(kept, workspace.inventory.exceptions, workspace.today)
    rows = [_checked(check_id, judged) for check_id in dict.fromkeys(each.check for each in judged)]
    return Result("assets.check", Checked, rows, findings=judged, judged=True, notes=notes)


def _limits(workspace: "Workspace") -> "Limits":
    """The days of grace, where `thresholds:` says otherwise."""
    from schoten_ict.assets.judge.checks import Limits
    from schoten_ict.inventory.sections.thresholds import THRESHOLDS, days

    declared = workspace.inventory.get(THRESHOLDS)
    usual = Limits()
    return Limits(
        unaccepted_days=days(declared, "assets.unaccepted", "after", usual.unaccepted_days),
        overdue_days=days(declared, "assets.overdue", "after", usual.overdue_days),
        leaver_days=days(declared, "assets.leaver", "after", usual.leaver_days),
    )


def _checked(check_id: str, findings: list[Finding]) -> Checked:
    own = [finding for finding in findings if finding.check == check_id]
    wrong = sum(finding.verdict is not Verdict.OK for finding in own)
    return Checked(check_id, worst(finding.counted for finding in own), wrong)


def _require_known(reader: "sqlite3.Connection", field: str, wanted: str | None) -> None:
    """Raise `NotFoundError` for a word that no asset has, so that a slip does not read as nothing there."""
    known = views.words_of(reader, field) if wanted is not None else []
    if wanted is not None and known and wanted.lower() not in {word.lower() for word in known}:
        raise NotFoundError(
            f"no asset has {field} {wanted!r}{nearest(wanted, known)}",
            remedy=f"there are {', '.join(known[:12])}",
        )


def _state(text: str | None) -> str | None:
    if text is not None and text not in STATES:
        raise UsageError(
            f"--status {text!r} is no status{nearest(text, list(STATES))}", remedy=", ".join(STATES)
        )
    return text


def holder_of(workspace: "Workspace", text: str | None) -> Holder | None:
    """The holder that was named."""
    if text is None:
        return None
    kind, colon, name = text.partition(":")
    if colon and kind in {"department", "room"}:
        return Holder(HolderKind(kind), name)
    reader = workspace.store.reader
    if colon and kind == "asset":
        return Holder(HolderKind.ASSET, assets.get(reader, name).tag)
    from schoten_ict.store import people

    return Holder(
        HolderKind.PERSON, people.identify(reader, name if colon and kind == "person" else text).key
    )
