"""`ict patch missing`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import Problem
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted
from schoten_ict.patch.judge.deadlines import Grade
from schoten_ict.patch.judge.exploited import stated

if TYPE_CHECKING:
    from schoten_ict.patch.records.tallies import Pivot

app = new_app()
_ORDER = list(Grade)


@dataclass(frozen=True, slots=True)
class MissingRow:
    """One update and the hosts that lack it. `late` of them are over their deadline.

    `exploited` is None where it cannot be known: no CVEs are told, or the catalogue is old.
    """

    update: str = column("Update")
    grade: Grade = column("Class")
    hosts: int = column("Hosts", right=True, bar=True)
    late: int = column("Late", right=True)
    oldest: date = column("Lacks since")
    due: date = column("First due")
    exploited: bool | None = column("Exploited", show=Show.IF_ANY)
    on: tuple[str, ...] = column("On", show=Show.IF_ROOM)


@app.command("missing")
def missing(
    context: typer.Context,
    words: Words = None,
    grade: Annotated[
        list[Grade] | None, typer.Option("--class", help="Only these classes.", show_default=False)
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="Only what is over its deadline somewhere.")] = False,
) -> Result[MissingRow]:
    """Which updates lack, and on which hosts: the worst first.

    From the last scans; asks no machine. What is held back is not listed: see ict patch host NAME.

    ict patch missing --late
    ict patch missing windows-servers --class critical
    """
    from schoten_ict.inventory.sections.patch import PATCH
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.records import scans, tallies

    workspace = workspace_of(context)
    desk = desk_of(workspace)
    policies = desk.policies(select(workspace.inventory, words or ()))
    rows = [
        _row(found, is_fresh=desk.knows_exploited)
        for found in together(tallies.by_update(workspace.store.reader, policies, desk.today))
    ]
    rows = [row for row in rows if (not grade or row.grade in grade) and (row.late or not late)]
    limit = workspace.inventory.get(PATCH).scanned_within.before(workspace.now)
    known = scans.every(workspace.store.reader)
    stale = sum(known[name].is_older(limit, workspace.now) for name in policies if name in known)
    return Result(
        "patch.missing",
        MissingRow,
        sorted(rows, key=lambda row: (_ORDER.index(row.grade), -row.late, -row.hosts, row.update)),
        problems=[Problem("stale", f"{counted(stale, 'host')} not scanned lately", remedy="ict patch status")]
        if stale
        else [],
    )


def together(pivots: "Iterable[Pivot]") -> "Iterable[Sequence[Pivot]]":
    """What belongs to one update."""
    by_update: dict[str, list[Pivot]] = defaultdict(list)
    for each in pivots:
        by_update[each.key].append(each)
    return by_update.values()


def _row(found: "Sequence[Pivot]", *, is_fresh: bool) -> MissingRow:
    hosts = sorted(host for each in found for host in each.hosts)
    return MissingRow(
        update=found[0].key,
        grade=min((each.grade for each in found), key=_ORDER.index),
        hosts=len(hosts),
        late=sum(each.late for each in found),
        oldest=min(each.oldest for each in found),
        due=min(each.due for each in found),
        exploited=stated(
            any(each.exploited for each in found),
            has_cves=any(each.has_cves for each in found),
            is_fresh=is_fresh,
        ),
        on=tuple(hosts),
    )
