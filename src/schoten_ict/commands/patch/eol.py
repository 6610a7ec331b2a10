"""`ict patch eol`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.gaps import unanswered
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.times import Duration

if TYPE_CHECKING:
    from schoten_ict.patch.desk import Desk
    from schoten_ict.patch.facts import System
    from schoten_ict.patch.judge.lifecycle import Lifecycle

app = new_app()


@dataclass(frozen=True, slots=True)
class EolRow:
    """One release of a system or a product, and the hosts that have it; `until` where it is known.

    `as_of` is None for a system that the data does not know.
    """

    product: str = column("Product")
    release: str = column("Release")
    support: str = column("Support")
    until: date | None = column("Until")
    hosts: int = column("Hosts", right=True, bar=True)
    on: tuple[str, ...] = column("On", show=Show.IF_ROOM)
    as_of: date | None = column("Data of", show=Show.IF_ROOM)


@dataclass(frozen=True, slots=True)
class _Release:
    """What the hosts of a row have in common."""

    product: str
    release: str
    support: str
    until: date | None
    as_of: date | None


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
    no rule knows for certain is not listed, and nothing is said of it; a system that is not known is.

    ict patch eol
    ict patch eol windows-servers --within 24m
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.judge.lifecycle import Support

    workspace = workspace_of(context)
    desk = desk_of(workspace)
    limit = _limit(within, desk.today)
    hosts = select(workspace.inventory, words or ())
    found = _rows(_releases(desk, {host.name for host in hosts}))
    rows = [row for row in found if row.until is None or row.until <= limit]
    shown = [row for row in rows if row.support != Support.SUPPORTED or row.until is not None]
    shown.sort(key=lambda row: (row.until or date.max, row.product, row.release))
    return Result("patch.eol", EolRow, shown, problems=unanswered(desk, hosts, words or (), part="system"))


def _limit(within: str, today: date) -> date:
    try:
        return Duration.parse(within).after(today)
    except ValueError as error:
        raise UsageError(f"--within: {error}") from None


def _releases(desk: "Desk", names: set[str]) -> Iterator[tuple[str, _Release]]:
    """What each host has: its system, also one that the data does not know, and its software."""
    from schoten_ict.patch.judge.lifecycle import of_system, of_title
    from schoten_ict.patch.records import collected, scans

    data = desk.knowledge
    for host, scan in scans.every(desk.store.reader).items():
        system = scan.facts.system if scan.facts else None
        if host in names and system is not None:
            found = of_system(system, data.cycles, data.source)
            yield host, _release(found, desk.today) if found else _unknown(system)
    for host, title in collected.titles(desk.store.reader):
        found = of_title(title, data.cycles, data.source) if host in names else None
        if found is not None:
            yield host, _release(found, desk.today)


def _release(found: "Lifecycle", today: date) -> _Release:
    return _Release(found.product, found.cycle, found.support(today).value, found.until, found.as_of)


def _unknown(system: "System") -> _Release:
    release = system.version or (str(system.build) if system.build else "")
    return _Release(system.name or system.family, release, "unknown", None, None)


def _rows(releases: Iterable[tuple[str, _Release]]) -> Iterator[EolRow]:
    """A row for each release and its support, which an extension may make another one on some hosts."""
    by_release: dict[_Release, set[str]] = defaultdict(set)
    for host, found in releases:
        by_release[found].add(host)
    for each, hosts in by_release.items():
        yield EolRow(
            each.product, each.release, each.support, each.until, len(hosts), tuple(sorted(hosts)), each.as_of
        )
