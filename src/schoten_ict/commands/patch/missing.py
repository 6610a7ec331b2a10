"""`ict patch missing`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.gaps import unanswered
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column
from schoten_ict.patch.judge.deadlines import Grade
from schoten_ict.patch.judge.exploited import stated

if TYPE_CHECKING:
    from schoten_ict.patch.records.tallies import Pivot

app = new_app()
_ORDER = list(Grade)


@dataclass(frozen=True, slots=True)
class MissingRow:
    """One update and the hosts that lack it. `late` of them are over their deadline.

    `where` names the first of them and how many there are more, `on` all. `exploited` is None where it cannot
    be known: no CVEs are told, or the catalogue is old.
    """

    update: str = column("Update")
    grade: Grade = column("Grade")
    hosts: int = column("Hosts", right=True)
    late: int = column("Late", right=True)
    oldest: date = column("Lacks since", show=Show.IF_ROOM)
    due: date = column("First due")
    exploited: bool | None = column("Exploited", show=Show.IF_ANY)
    where: str = column("On")
    on: tuple[str, ...] = column("On all", show=Show.NEVER)


@app.command("missing")
def missing(
    context: typer.Context,
    words: Words = None,
    grade: Annotated[
        list[Grade] | None,
        typer.Option("--grade", "--class", help="Only these grades.", show_default=False),
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="Only what is over its deadline somewhere.")] = False,
) -> Result[MissingRow]:
    """Which updates lack, and on which hosts: the worst first.

    From the last scans; asks no machine. What is held back is not listed: see ict patch host NAME. Hosts of
    which it is not known what they lack are named beside the rows, and make it incomplete.

    ict patch missing --late
    ict patch missing windows-servers --grade critical
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.lacking import pivots

    workspace = workspace_of(context)
    desk = desk_of(workspace)
    hosts = select(workspace.inventory, words or ())
    policies = desk.policies(hosts)
    rows = [_row(found, is_fresh=desk.knows_exploited) for found in together(pivots(desk, policies))]
    rows = [row for row in rows if (not grade or row.grade in grade) and (row.late or not late)]
    return Result(
        "patch.missing",
        MissingRow,
        sorted(rows, key=lambda row: (_ORDER.index(row.grade), -row.late, -row.hosts, row.update)),
        problems=unanswered(desk, hosts, words or ()),
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
        where=hosts[0] if len(hosts) == 1 else f"{hosts[0]} +{len(hosts) - 1}",
        on=tuple(hosts),
    )
