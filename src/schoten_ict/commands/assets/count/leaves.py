"""Counts: start, status, finish, list."""

from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.assets.judge.counting import Counted, Outcome
from schoten_ict.assets.records import counts
from schoten_ict.commands.assets.count.common import CountRow, Name, count_row, totals_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConfirmationNeededError, UsageError
from schoten_ict.core.finding import apply_exceptions
from schoten_ict.core.result import Result
from schoten_ict.core.text import counted, nearest

if TYPE_CHECKING:
    from schoten_ict.assets.acts.counting import Closed
    from schoten_ict.workspace import Workspace

app = new_app()


@app.command("start")
def start(
    ctx: typer.Context,
    name: Name,
    site: Annotated[str | None, typer.Option("--site", help="Only this site.")] = None,
    location: Annotated[str | None, typer.Option("--location", help="Only this room.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only this category.")] = None,
) -> Result[CountRow]:
    """Begin a count and fix what it looks for.

      ict assets count start voorjaar-2026 --site gemeentehuis

    It looks for what is in stock or assigned now, at that site, in that room, of that category.
    """
    from schoten_ict.assets.acts import counting
    from schoten_ict.assets.judge.counting import Scope

    workspace = workspace_of(ctx)
    count = counting.start(workspace.store, workspace.inventory, name, Scope(site, location, category))
    row = _row(workspace, count.name)
    notes = [f"Next: ict assets count scan {name}"]
    return Result("assets.count.start", CountRow, [row], notes=notes)


@app.command("status")
def status(
    ctx: typer.Context,
    name: Name,
    outcome: Annotated[
        list[str] | None,
        typer.Option("--outcome", help="Only found, misplaced, unexpected, unknown or missing."),
    ] = None,
) -> Result[Counted]:
    """Show how a count stands, or turned out.

    ict assets count status voorjaar-2026 --outcome missing
    """
    wanted = [_outcome(text) for text in outcome or ()] or list(Outcome)
    workspace = workspace_of(ctx)
    rows = _tally(workspace, name)
    shown = [row for row in rows if row.outcome in wanted]
    return Result("assets.count.status", Counted, shown, tables={"totals": totals_of(rows)})


@app.command("finish")
def finish(
    ctx: typer.Context,
    name: Name,
    update_locations: Annotated[
        bool, typer.Option("--update-locations", help="Write the room in which misplaced assets were seen.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it would say; close nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write the rooms without asking.")] = False,
) -> Result[Counted]:
    """Close a count and judge it: missing, misplaced, unexpected, unknown.

      ict assets count finish voorjaar-2026 --dry-run
      ict assets count finish voorjaar-2026 --update-locations

    Exit 0 when everything was where it should be, 4 when something was not. The findings are kept.
    """
    from schoten_ict.assets.acts import counting

    workspace = workspace_of(ctx)
    counts.running(workspace.store.reader, name)
    moves = counting.moves(_tally(workspace, name)) if update_locations else {}
    reader, inventory = workspace.store.reader, workspace.inventory
    if dry_run:
        return _closed(workspace, counting.preview(reader, inventory, name, moves, workspace.now))
    if moves:
        planned = [row for row in _tally(workspace, name) if row.tag in moves]
        plan = Result("assets.count.finish", Counted, planned)
        if not workspace.confirmed(plan, f"Write the room of {len(moves)} assets?", yes=yes):
            raise ConfirmationNeededError(
                "not confirmed; nothing was changed", remedy="leave --update-locations out to close it as is"
            )
    return _closed(workspace, counting.finish(workspace.store, inventory, name, moves))


@app.command("list")
def list_(ctx: typer.Context) -> Result[CountRow]:
    """List counts with their totals.

    ict assets count list
    """
    workspace = workspace_of(ctx)
    rows = [_row(workspace, count.name) for count in counts.every(workspace.store.reader)]
    return Result("assets.count.list", CountRow, rows, notes=[counted(len(rows), "count")])


def _tally(workspace: "Workspace", name: str) -> list[Counted]:
    from schoten_ict.assets.acts import counting

    reader = workspace.store.reader
    count = counts.get(reader, name)
    return counting.tally(reader, counting.places(reader, workspace.inventory), count)


def _row(workspace: "Workspace", name: str) -> CountRow:
    reader = workspace.store.reader
    return count_row(reader, counts.get(reader, name), _tally(workspace, name))


def _closed(workspace: "Workspace", closed: "Closed") -> Result[Counted]:
    judged = apply_exceptions(closed.findings, workspace.inventory.exceptions, workspace.today)
    notes = [f"Written: the room of {len(closed.corrected)} assets"] if closed.corrected else []
    if closed.count.finished_at is None:
        notes = ["Nothing was closed or changed: --dry-run"]
    return Result(
        "assets.count.finish",
        Counted,
        closed.rows,
        findings=judged,
        tables={"totals": totals_of(closed.rows)},
        judged=True,
        notes=notes,
    )


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError:
        known = [each.value for each in Outcome]
        raise UsageError(
            f"--outcome {text!r} is no outcome{nearest(text, known)}", remedy=", ".join(known)
        ) from None
