"""`ict journal prune`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from schoten_ict.commands.journal.days import start_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConfirmationNeededError, UsageError
from schoten_ict.core.result import Result, column
from schoten_ict.core.times import utc_text
from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class PruneRow:
    """How many entries from before a day lose their values. `action` is `planned`, `pruned` or `nothing`."""

    action: str = column("Action")
    entries: int = column("Entries", right=True)
    before: datetime = column("Before")


@app.command("prune")
def prune(
    context: typer.Context,
    before: Annotated[str, typer.Option(metavar="DATE", help="Entries from before this day.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
) -> Result[PruneRow]:
    """Forget the values of old entries; the chain holds.

      ict journal prune --before 2021-01-01 --dry-run
      ict journal prune --before 2021-01-01 --yes

    For a retention rule: that something changed, when and by whom stays; what it was before and after goes,
    and cannot be brought back. The run is an entry of the journal itself.
    """
    from schoten_ict.store import journal

    workspace = workspace_of(context)
    moment = start_of(before, workspace.zone)
    if moment > workspace.now:
        raise UsageError(f"--before {before} lies in the future", remedy="name a day in the past")
    count = journal.prunable(workspace.store.reader, moment)
    if not count:
        return _result("nothing", 0, moment)
    plan = _result("planned", count, moment)
    if dry_run:
        return plan
    if not workspace.confirmed(plan, f"Forget the values of {count} entries for good?", yes=yes):
        raise ConfirmationNeededError("not confirmed; nothing was changed")
    return _result("pruned", _forget(workspace, moment), moment)


def _forget(workspace: Workspace, moment: datetime) -> int:
    from schoten_ict.store import journal

    with workspace.store.transaction() as transaction:
        count = journal.prune(transaction.connection, moment)
        transaction.record("journal.prune", f"before:{utc_text(moment)}", None, {"entries": count})
    return count


def _result(action: str, count: int, moment: datetime) -> Result[PruneRow]:
    return Result("journal.prune", PruneRow, [PruneRow(action, count, moment)])
