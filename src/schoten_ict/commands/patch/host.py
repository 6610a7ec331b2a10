"""`ict patch host`."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.patch.rows import HostRow, desk_of, host_row
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.finding import apply_exceptions, subject
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict
from schoten_ict.patch.judge.deadlines import grade_of
from schoten_ict.patch.judge.exploited import stated
from schoten_ict.patch.judge.feeding import REPOSITORIES
from schoten_ict.patch.judge.tallying import UPDATE

if TYPE_CHECKING:
    from schoten_ict.inventory.sections.hosts import Host
    from schoten_ict.patch.facts import Feed
    from schoten_ict.patch.judge.case import Case
    from schoten_ict.patch.known import Episode

app = new_app()


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """One update that the host lacks. `due` is None while held back, `exploited` where that is not known."""

    update: str = column("Update")
    grade: str = column("Grade")
    installed: str | None = column("Installed", show=Show.IF_ROOM)
    available: str | None = column("Available", show=Show.IF_ROOM)
    since: date = column("Lacks since", show=Show.IF_ROOM)
    due: date | None = column("Due")
    hold: str | None = column("Held", show=Show.IF_ANY)
    exploited: bool | None = column("Exploited", show=Show.IF_ANY)
    restart: bool = column("Restart", show=Show.IF_ROOM)
    title: str = column("Title", show=Show.IF_ROOM)
    source: str = column("From", show=Show.IF_ROOM)
    packages: tuple[str, ...] = column("Packages", show=Show.NEVER)
    cves: tuple[str, ...] = column("CVEs", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class FactRow:
    """One thing that the host told."""

    fact: str = column("Fact")
    value: str = column("Value")


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of the host."""

    check: str = column("Check")
    key: str = column("Key", show=Show.IF_ANY)
    verdict: Verdict = column("Verdict")
    summary: str = column("Says")


@app.command("host")
def host(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A host.", autocompletion=host_names)],
) -> Result[HostRow]:
    """Everything about one host: what it lacks, what is held back, restarts.

    ict patch host srv-web01
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.desk import way
    from schoten_ict.patch.lacking import open_of
    from schoten_ict.patch.overview import judged_host

    workspace = workspace_of(context)
    chosen = _one(select(workspace.inventory, [name]), name)
    name, desk = chosen.name, desk_of(workspace)
    known = judged_host(desk, chosen)
    if known.case.scan is None and way(desk.reach, name) is None:
        raise NotFoundError(
            f"{name} declares no ssh, winrm or local to be asked over, and was never scanned",
            subject=subject("host", name),
            remedy=f"bring a report: ict patch import FILE --host {name}",
        )
    findings = apply_exceptions(known.findings, workspace.inventory.exceptions, workspace.today)
    lacks = open_of(desk, [name])
    checks = [
        CheckRow(each.check, each.key, each.counted, each.summary)
        for each in findings
        if each.check != UPDATE
    ]
    return Result(
        "patch.host",
        HostRow,
        [host_row(known.case, findings)],
        findings=findings,
        judged=True,
        counted_elsewhere=frozenset({UPDATE}),
        tables={
            "updates": Table(UpdateRow, _updates(known.case, lacks, is_fresh=desk.knows_exploited)),
            "checks": Table(CheckRow, checks),
            "facts": Table(FactRow, list(_facts(known.case))),
        },
    )


def _one(hosts: "Sequence[Host]", word: str) -> "Host":
    """The one host that a word means. Raises `UsageError` where it means another number of them."""
    named = [each for each in hosts if each.name == word] or hosts
    if len(named) != 1:
        raise UsageError(
            f"{word!r} means {counted(len(named), 'host')}, and this shows one",
            remedy=f"ict patch status {shlex.quote(word)}",
        )
    return named[0]


def _updates(case: "Case", lacks: "Sequence[Episode]", *, is_fresh: bool) -> list[UpdateRow]:
    rows = [_update(case, each, is_fresh=is_fresh) for each in lacks]
    return sorted(rows, key=lambda row: (row.due or date.max, row.update))


def _update(case: "Case", episode: "Episode", *, is_fresh: bool) -> UpdateRow:
    missing, update = episode.missing, episode.update
    grade = grade_of(missing)
    return UpdateRow(
        update=missing.key,
        grade=grade.value,
        installed=update.installed,
        available=update.available,
        since=missing.clock,
        due=None if missing.hold else case.policy.due(missing.clock, grade),
        hold=missing.hold.value if missing.hold else None,
        exploited=stated(missing.exploited, has_cves=bool(update.cves), is_fresh=is_fresh),
        restart=update.restart,
        title=update.title,
        source=update.source,
        packages=update.packages,
        cves=update.cves,
    )


def _sources(case: "Case") -> dict[str, str]:
    """Who told the facts, and when: each source with its age in whole days."""
    scan = case.scan
    if scan is None or scan.scanned_at is None:
        return {}
    if scan.wsus is None:
        return {f"told over {scan.source}": _aged(case, scan.scanned_at)}
    found = {f"told by WSUS ({scan.wsus.server})": _aged(case, scan.wsus.reported_at)}
    if not scan.lists_of_wsus:
        found = {f"older, by WSUS ({scan.wsus.server})": _aged(case, scan.wsus.reported_at)}
    if scan.itself_at is not None:
        found["told by itself"] = _aged(case, scan.itself_at)
    return found


def _policy(feed: "Feed | None") -> str:
    """What a Windows declares about updates, in words: `deferred 7 days, automatic updates off`."""
    if feed is None or feed.kind == REPOSITORIES:
        return ""
    return ", ".join(f"{name} {value}" for name, value in feed.told.items())


def _aged(case: "Case", at: datetime) -> str:
    age = counted((case.now - at).days, "day")
    return f"{_local(case, at)} ({age} ago)"


def _local(case: "Case", at: datetime) -> str:
    return f"{at.astimezone(case.zone):%Y-%m-%d %H:%M}"


def _facts(case: "Case") -> Iterator[FactRow]:
    facts = case.facts
    if facts is None:
        return
    system = facts.system
    told = {
        **_sources(case),
        "system": system and " ".join(filter(None, (system.name, system.version, system.edition))),
        "build": system
        and system.build
        and ".".join(str(part) for part in (system.build, system.ubr) if part),
        "kernel": system and system.kernel,
        "subscriptions": system and ", ".join(system.subscriptions),
        "lists of": facts.lists_at and _local(case, facts.lists_at),
        "last patched": facts.patched_at and _local(case, facts.patched_at),
        "updates from": facts.feed and " ".join(filter(None, (facts.feed.kind, facts.feed.server))),
        "update policy": _policy(facts.feed),
        "installed": ", ".join(facts.installed or ()),
        "window": ", ".join(window.text() for window in case.policy.windows),
    }
    yield from (FactRow(name, str(value)) for name, value in told.items() if value)
    for gap in facts.missing:
        yield FactRow(f"not told: {gap.subject}", " - ".join(filter(None, (gap.message, gap.remedy))))
