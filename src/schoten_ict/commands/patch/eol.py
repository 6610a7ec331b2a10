"""`ict patch eol`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.times import Duration

if TYPE_CHECKING:
    from schoten_ict.patch.desk import Desk
    from schoten_ict.patch.judge.lifecycle import Lifecycle

app = new_app()


@dataclass(frozen=True, slots=True)
class EolRow:
    """One release of a system or a product, and the hosts that have it; `until` where it is known."""

    product: str = column("Product")
    release: str = column("Release")
    support: str = column("Support")
    until: date | None = column("Until")
    hosts: int = column("Hosts", right=True, bar=True)
    on: tuple[str, ...] = column("On", show=Show.IF_ROOM)
    as_of: date = column("Data of", show=Show.IF_ROOM)


@app.command("eol")
def eol(
    context: typer.Context,
    words: Words = None,
    within: Annotated[
        str, typer.Option("--within", metavar="DURATION", help="Also what ends within so long, as 12m.")
    ] = "12m",
) -> Result[EolRow]:
    """What is out of support, or will be: systems and installed software.

    Systems from the last scan, software from the last ict inventory collect; asks no machine. Software that
    no rule knows for certain is not listed, and nothing is said of it.

    ict patch eol
    ict patch eol windows-servers --within 24m
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.judge.lifecycle import Support

    workspace = workspace_of(context)
    desk = desk_of(workspace)
    limit = _limit(within, desk.today)
    names = {host.name for host in select(workspace.inventory, words or ())}
    rows = [row for row in _rows(_known(desk, names), desk.today) if row.until is None or row.until <= limit]
    shown = [row for row in rows if row.support != Support.SUPPORTED or row.until is not None]
    shown.sort(key=lambda row: (row.until or date.max, row.product, row.release))
    return Result("patch.eol", EolRow, shown)


def _limit(within: str, today: date) -> date:
    try:
        return Duration.parse(within).after(today)
    except ValueError as error:
        raise UsageError(f"--within: {error}") from None


def _known(desk: "Desk", names: set[str]) -> "Iterator[tuple[str, Lifecycle]]":
    """Every lifecycle of every host, of its system and of its software."""
    from schoten_ict.patch.judge.lifecycle import of_system, of_title
    from schoten_ict.patch.records import collected, scans

    data, known = desk.knowledge, scans.every(desk.store.reader)
    for host, scan in known.items():
        system = scan.facts.system if scan.facts else None
        if host in names and system is not None:
            found = of_system(system, data.cycles, data.source)
            if found is not None:
                yield host, found
    for host, title in collected.titles(desk.store.reader):
        if host in names:
            found = of_title(title, data.cycles, data.source)
            if found is not None:
                yield host, found


def _rows(known: "Iterable[tuple[str, Lifecycle]]", today: date) -> Iterator[EolRow]:
    by_release: dict[tuple[str, str, date | None], list[tuple[str, Lifecycle]]] = defaultdict(list)
    for host, found in known:
        by_release[found.product, found.cycle, found.until].append((host, found))
    for (product, release, until), entries in by_release.items():
        yield _row(product, release, until, entries, today)


def _row(
    product: str, release: str, until: date | None, entries: "Sequence[tuple[str, Lifecycle]]", today: date
) -> EolRow:
    hosts, (_, first) = sorted({host for host, _ in entries}), entries[0]
    return EolRow(product, release, first.support(today).value, until, len(hosts), tuple(hosts), first.as_of)
