"""`ict patch scan`."""

from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.announcing import Announcer, Notify
from schoten_ict.commands.inventory.selection import Deadline, PerHost, Words, seconds
from schoten_ict.commands.patch.rows import HostRow, desk_of, host_row, unasked
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.commands.watching import terminable, watch
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import apply_exceptions
from schoten_ict.core.result import Result
from schoten_ict.core.text import counted
from schoten_ict.patch.judge.tallying import UPDATE

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from schoten_ict.collect import Limits
    from schoten_ict.patch.desk import Desk
    from schoten_ict.patch.scanning import Scanned
    from schoten_ict.workspace import Workspace

app = new_app()


@app.command("scan")
def scan(
    context: typer.Context,
    words: Words = None,
    search: Annotated[
        bool,
        typer.Option("--search/--no-search", help="Let Windows search for updates, which may take minutes."),
    ] = False,
    deadline: Deadline = "1h",
    host_deadline: PerHost = "5min",
    notify: Notify = False,
) -> Result[HostRow]:
    """Ask hosts what they lack, and judge.

    Reads only: installs nothing, refreshes no package list, restarts nothing. A host that gives no answer is
    unknown, and one that cannot be asked is judged by its last report. WSUS servers that the inventory
    declares are asked for Windows, and tell of what is off.

    ict patch scan
    ict patch scan linux-servers
    ict patch scan windows-servers --search
    """
    from schoten_ict.collect import Limits
    from schoten_ict.core.actor import actor
    from schoten_ict.inventory.selecting import select
    from schoten_ict.store.runlock import run_lock

    workspace = workspace_of(context)
    hosts = [host.name for host in select(workspace.inventory, words or ())]
    limits = Limits(
        machine_seconds=seconds("--host-deadline", host_deadline), run_seconds=seconds("--deadline", deadline)
    )
    announcer = Announcer(workspace, "patch.scan", asked=notify, whole=not words)
    with terminable(), announcer as announce, run_lock(workspace.data, "patch", actor(), workspace.now):
        announce.start()
        return announce(_scanned(workspace, hosts, words or (), limits, search=search))


def _scanned(
    workspace: "Workspace", hosts: "Sequence[str]", words: "Sequence[str]", limits: "Limits", *, search: bool
) -> Result[HostRow]:
    from schoten_ict.collect import FanOut
    from schoten_ict.patch import scanning, wsus

    desk = desk_of(workspace)
    fan = FanOut(scanning.requests_for(desk, hosts, search=search), limits)
    broken_off: list[Problem] = []
    kept = scanning.scan(desk, hosts, fan, broken_off)
    done, left = watch(workspace, fan, kept, lambda each: (each.host, each.problem is not None))
    known = _known(done, hosts)
    judged = [(each.case, each.findings) for each in known.values()]
    judged += scanning.told_before(desk, list(_unasked(desk, hosts, known, words)))
    shown = {
        case.host: apply_exceptions(found, workspace.inventory.exceptions, workspace.today)
        for case, found in judged
    }
    rows = [host_row(case, shown[case.host]) for case, _ in judged]
    failed = [*wsus.without_way(desk, hosts), *(problem for each in done for problem in each.problems)]
    reported = [each.reported for each in done if each.reported]
    return Result(
        "patch.scan",
        HostRow,
        sorted(rows, key=lambda row: (-row.verdict.rank, row.host)),
        findings=[finding for of_host in shown.values() for finding in of_host],
        problems=[*failed, *broken_off, *left, *unasked(case for case, _ in judged)],
        judged=True,
        counted_elsewhere=frozenset({UPDATE}),
        interrupted=fan.stopped,
        notes=[*_silent(desk, hosts, shown), *wsus.remarks(desk, hosts, reported)],
    )


def _known(done: "Sequence[Scanned]", hosts: "Sequence[str]") -> "dict[str, Scanned]":
    """The last standing of each chosen host that was asked, or of which a WSUS server told."""
    chosen, known = set(hosts), dict[str, "Scanned"]()
    for each in done:
        asked = [each] if each.is_asked else []
        known.update({one.host: one for one in (*asked, *each.others) if one.host in chosen})
    return known


def _unasked(
    desk: "Desk", hosts: "Sequence[str]", known: "Container[str]", words: "Sequence[str]"
) -> "Iterator[str]":
    """The hosts that cannot be asked and that should show all the same."""
    from schoten_ict.patch.desk import is_judged, way
    from schoten_ict.patch.records import scans

    told, chosen = scans.every(desk.store.reader), set(hosts)
    for host in desk.inventory.hosts:
        is_silent = host.name not in known and way(desk.reach, host.name) is None
        if host.name in chosen and is_silent and is_judged(desk, host, told, words):
            yield host.name


def _silent(desk: "Desk", hosts: "Sequence[str]", shown: "Container[str]") -> list[str]:
    from schoten_ict.patch.desk import way

    silent = sum(host not in shown and way(desk.reach, host) is None for host in hosts)
    return (
        [f"{counted(silent, 'device')} cannot be asked: no ssh, winrm or local is declared"] if silent else []
    )
