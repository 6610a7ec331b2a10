"""`ict patch firmware`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import Finding, apply_exceptions
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.times import Duration
from schoten_ict.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from schoten_ict.patch.judge.firmware import Approved
    from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class FirmwareRow:
    """One device for whose model a version is approved."""

    host: str = column("Host")
    verdict: Verdict = column("Verdict")
    model: str | None = column("Model")
    version: str | None = column("Version")
    approved: str = column("Approved")
    support_until: date | None = column("Support until", show=Show.IF_ANY)
    seen_at: datetime = column("Collected", show=Show.IF_ROOM)
    told: str = column("Says")


@app.command("firmware")
def firmware(context: typer.Context, words: Words = None) -> Result[FirmwareRow]:
    """Firmware of devices against the version that is approved for their model.

    From the last ict inventory collect; asks no machine. Versions are approved under patch: firmware: in
    inventory.yaml.

    ict patch firmware
    ict patch firmware kind:switch
    """
    from schoten_ict.inventory.sections.patch import PATCH
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.judge import firmware as rules
    from schoten_ict.patch.records import collected

    workspace = workspace_of(context)
    limits = workspace.inventory.get(PATCH)
    names = {host.name for host in select(workspace.inventory, words or ())}
    devices = [each for each in collected.devices(workspace.store.reader) if each.host in names]
    approved = list(rules.judge(devices, limits.firmware))
    today = desk_of(workspace).today
    shown = {each.device.host: _findings(workspace, each, limits.support_warning, today) for each in approved}
    rows = [_row(each, shown[each.device.host]) for each in approved]
    notes = (
        [] if limits.firmware else ["no version is approved: add patch: {firmware: ...} to inventory.yaml"]
    )
    return Result(
        "patch.firmware",
        FirmwareRow,
        sorted(rows, key=lambda row: (-row.verdict.rank, row.host)),
        findings=[finding for of_host in shown.values() for finding in of_host],
        judged=bool(rows),
        notes=notes,
    )


def _findings(workspace: "Workspace", approved: "Approved", warning: Duration, today: date) -> list[Finding]:
    """What is judged of one device, kept, with what is accepted of it."""
    from schoten_ict.patch.judge import firmware as rules
    from schoten_ict.store import findings

    judged = (approved.finding(), rules.supported(approved, warning, today))
    found = [each.as_of(workspace.now) for each in judged if each is not None]
    with workspace.store.transaction() as transaction:
        kept = findings.record(transaction, [rules.CHECK], found, subject=found[0].subject)
    return apply_exceptions(kept, workspace.inventory.exceptions, workspace.today)


def _row(approved: "Approved", findings: Sequence[Finding]) -> FirmwareRow:
    device, until = approved.device, approved.rule.support_until
    return FirmwareRow(
        host=device.host,
        verdict=worst(each.counted for each in findings),
        model=device.model,
        version=device.version,
        approved=approved.rule.approved,
        support_until=date.fromisoformat(until) if until else None,
        seen_at=device.seen_at,
        told="; ".join(each.summary for each in findings),
    )
