"""`ict backup coverage`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import apply_exceptions
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.backup.judge.coverage import Uncovered

app = new_app()
_TELLING = frozenset({"ssh", "winrm", "local"})
"""How a host can be asked which services it runs."""


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One host, service or database, and the jobs that cover it."""

    what: str = column("What")
    name: str = column("Name")
    verdict: Verdict = column("Verdict")
    summary: str = column("Says")
    jobs: tuple[str, ...] = column("Jobs", show=Show.NEVER)


@app.command("coverage")
def coverage(context: typer.Context) -> Result[CoverageRow]:
    """Hosts, services and databases that no backup job covers.

    Compares the inventory, and the databases that collection saw running, with backups:. Asks no machine.

    ict backup coverage
    ict backup coverage -o csv > niet-gedekt.csv
    """
    from schoten_ict.backup.judge import coverage as rules
    from schoten_ict.backup.records import collected
    from schoten_ict.inventory.reach import connections
    from schoten_ict.inventory.sections.backups import BACKUPS
    from schoten_ict.store import findings

    workspace = workspace_of(context)
    inventory = workspace.inventory
    known = collected.seen(workspace.store.reader, workspace.now - rules.VALID_FOR)
    ways = {host.name: connections(inventory, host).keys() for host in inventory.hosts}
    seen = {name: known.get(name) for name, protocols in ways.items() if protocols & _TELLING}
    here = [name for name, protocols in ways.items() if "local" in protocols]
    jobs = inventory.get(BACKUPS)
    found = rules.coverage(inventory.hosts, inventory.services, jobs, seen, here)
    with workspace.store.transaction() as transaction:
        kept = findings.record(transaction, [rules.CHECK], [each.finding(workspace.now) for each in found])
    shown = apply_exceptions(kept, inventory.exceptions, workspace.today)
    rows = [_row(each) for each in found]
    uncovered = sorted(rows, key=lambda row: (-row.verdict.rank, row.what, row.name))
    return Result("backup.coverage", CoverageRow, uncovered, findings=shown, judged=bool(found))


def _row(each: "Uncovered") -> CoverageRow:
    return CoverageRow(each.what, each.name, each.verdict, each.summary, each.jobs)
