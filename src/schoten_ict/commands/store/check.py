"""`ict store check`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Result, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.store.upkeep import Part

app = new_app()
_SUBJECT = "store:ict.db"
_SHOWN = 3
_REMEDIES = {
    "file": "put a copy that ict store backup made in its place",
    "references": "put a copy of ict store backup in its place, and report what happened",
    "journal": "compare with the last ict journal export; find out who could write the file",
    "documents": "put back what is missing or changed from the backup of data/documents; for what is not "
    "known restore a newer copy of the store",
    "permissions": "run the chmod that is named, as the owner or root",
}


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the store."""

    part: str = column("Part")
    verdict: Verdict = column("Verdict")
    checked: int | None = column("Looked at", right=True)
    faults: tuple[str, ...] = column("Faults")


@app.command("check")
def check(context: typer.Context) -> Result[PartRow]:
    """Is the store whole? File, references, journal, documents.

    ict store check
    ict store check -o nagios
    """
    from schoten_ict.store.upkeep import Part, examine, loss

    workspace = workspace_of(context)
    lost = loss(workspace.store)
    if not workspace.store.exists and not lost:
        return Result("store.check", PartRow, findings=[_nothing(workspace.now)], judged=True)
    parts = [Part("file", 0, "pages", (lost,))] if lost else list(examine(workspace.store))
    rows = [PartRow(part.name, _verdict(part), part.checked, part.faults) for part in parts]
    findings = [_finding(part, workspace.now) for part in parts]
    return Result("store.check", PartRow, rows, findings, judged=True)


def _verdict(part: "Part") -> Verdict:
    if part.faults:
        return Verdict.FAIL
    return Verdict.UNKNOWN if part.checked is None else Verdict.OK


def _finding(part: "Part", now: datetime) -> Finding:
    verdict = _verdict(part)
    return Finding(
        check=f"store.{part.name}",
        subject=_SUBJECT,
        verdict=verdict,
        summary=_summary(part, verdict),
        observed_at=now,
        evidence={"checked": part.checked, "faults": list(part.faults)},
        remedy=_REMEDIES[part.name] if part.faults else "",
    )


def _summary(part: "Part", verdict: Verdict) -> str:
    if verdict is Verdict.UNKNOWN:
        return f"{part.name}: cannot be told on this platform"
    if verdict is Verdict.OK:
        return f"{part.name}: {part.checked} {part.unit}, all in order"
    more = f"; and {len(part.faults) - _SHOWN} more" if len(part.faults) > _SHOWN else ""
    return f"{part.name}: {len(part.faults)} faults: {'; '.join(part.faults[:_SHOWN])}{more}"


def _nothing(now: datetime) -> Finding:
    return Finding(
        "store.file", _SUBJECT, Verdict.UNKNOWN, "there is no store yet: nothing was recorded", now
    )
