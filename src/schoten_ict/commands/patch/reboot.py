"""`ict patch reboot`."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import Finding, apply_exceptions
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from schoten_ict.patch.overview import JudgedHost

app = new_app()


@dataclass(frozen=True, slots=True)
class RebootRow:
    """One host that waits for a restart, or of which that is not known. `shown` never counts."""

    host: str = column("Host")
    verdict: Verdict = column("Verdict")
    since: date | None = column("Since")
    due: date | None = column("Due")
    reasons: tuple[str, ...] = column("Reasons")
    services: tuple[str, ...] = column("Services", show=Show.IF_ANY)
    windows: tuple[str, ...] = column("Window", show=Show.IF_ANY)
    shown: tuple[str, ...] = column("Told, not counted", show=Show.IF_ROOM)
    told: str = column("Says", show=Show.NEVER)


@app.command("reboot")
def reboot(context: typer.Context, words: Words = None) -> Result[RebootRow]:
    """Which hosts wait for a restart, since when and why.

    From the last scan; asks no machine. Services that run on old files and need a restart of their own are
    listed too.

    ict patch reboot
    ict patch reboot site:bibliotheek
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.judge.restarts import KIND
    from schoten_ict.patch.overview import judged_hosts

    workspace = workspace_of(context)
    rows, findings = [], []
    for each in judged_hosts(desk_of(workspace), select(workspace.inventory, words or ())):
        own = [finding for finding in each.findings if finding.check in {f"patch.{KIND}", "patch.scanned"}]
        shown = apply_exceptions(own, workspace.inventory.exceptions, workspace.today)
        findings += shown
        row = _row(each, shown)
        if row.since or row.services or row.verdict is not Verdict.OK:
            rows.append(row)
    rows.sort(key=lambda row: (-row.verdict.rank, row.due or date.max, row.host))
    return Result("patch.reboot", RebootRow, rows, findings=findings, judged=bool(findings))


def _row(known: "JudgedHost", findings: list[Finding]) -> RebootRow:
    case = known.case
    told = case.facts.reboot if case.facts else None
    since = case.scan.reboot_since if case.scan and told and told.needed else None
    return RebootRow(
        host=case.host,
        verdict=worst(each.counted for each in findings),
        since=since,
        due=case.policy.due(since, "reboot") if since else None,
        reasons=told.reasons if told else (),
        services=told.services if told else (),
        windows=tuple(window.text() for window in case.policy.windows),
        shown=told.shown if told else (),
        told="; ".join(each.summary for each in findings if each.verdict is not Verdict.OK),
    )
