"""`ict patch export`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.gaps import unanswered
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column
from schoten_ict.patch.judge.deadlines import Grade, grade_of
from schoten_ict.patch.judge.exploited import stated

if TYPE_CHECKING:
    from schoten_ict.patch.judge.deadlines import HostPolicy
    from schoten_ict.patch.known import Episode

app = new_app()


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One update that one host lacks. `due` is None while held back, `exploited` where that is not known."""

    host: str = column("Host")
    update: str = column("Update")
    grade: Grade = column("Grade")
    severity: str = column("Severity", show=Show.NEVER)
    security: bool | None = column("Security", show=Show.NEVER)
    exploited: bool | None = column("Exploited", show=Show.IF_ANY)
    since: date = column("Lacks since")
    due: date | None = column("Due")
    hold: str | None = column("Held", show=Show.IF_ANY)
    installed: str | None = column("Installed", show=Show.IF_ROOM)
    available: str | None = column("Available", show=Show.IF_ROOM)
    published: date | None = column("Published", show=Show.NEVER)
    first_seen: datetime = column("First seen", show=Show.NEVER)
    last_seen: datetime = column("Last seen", show=Show.NEVER)
    title: str = column("Title", show=Show.NEVER)
    cves: tuple[str, ...] = column("CVEs", show=Show.NEVER)
    packages: tuple[str, ...] = column("Packages", show=Show.NEVER)
    source: str = column("From", show=Show.NEVER)


@app.command("export")
def export(context: typer.Context, words: Words = None) -> Result[ExportRow]:
    """Everything that every host lacks, row by row.

    For a spreadsheet or another program. Hosts of which it is not known what they lack are named beside the
    rows, and make it incomplete.

    ict patch export -o csv > ontbrekend.csv
    ict patch export windows-servers -o jsonl
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.lacking import open_of

    workspace = workspace_of(context)
    desk = desk_of(workspace)
    hosts = select(workspace.inventory, words or ())
    policies, is_fresh = desk.policies(hosts), desk.knows_exploited
    rows = [_row(each, policies[each.missing.host], is_fresh=is_fresh) for each in open_of(desk, policies)]
    return Result("patch.export", ExportRow, rows, problems=unanswered(desk, hosts, words or ()))


def _row(episode: "Episode", policy: "HostPolicy", *, is_fresh: bool) -> ExportRow:
    missing, update = episode.missing, episode.update
    grade = grade_of(missing)
    return ExportRow(
        host=missing.host,
        update=missing.key,
        grade=grade,
        severity=missing.severity.value,
        security=missing.security,
        exploited=stated(missing.exploited, has_cves=bool(update.cves), is_fresh=is_fresh),
        since=missing.clock,
        due=None if missing.hold else policy.due(missing.clock, grade),
        hold=missing.hold.value if missing.hold else None,
        installed=update.installed,
        available=update.available,
        published=update.published,
        first_seen=episode.first_seen,
        last_seen=episode.last_seen,
        title=update.title,
        cves=update.cves,
        packages=update.packages,
        source=update.source,
    )
