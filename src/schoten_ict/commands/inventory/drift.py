"""`ict inventory drift`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import Finding, apply_exceptions, subject
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from schoten_ict.fleet.judge.drift import Declared, Difference
    from schoten_ict.inventory.sections.hosts import Host

app = new_app()
_VALID_FOR = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One fact on which the sources do not agree."""

    host: str = column("Host")
    fact: str = column("Fact")
    verdict: Verdict = column("Verdict")
    declared: str | None = column("Declared", show=Show.IF_ANY)
    observed: str | None = column("Observed", show=Show.IF_ANY)
    asset: str | None = column("In the books", show=Show.IF_ANY)


@app.command("drift")
def drift(context: typer.Context, words: Words = None) -> Result[DriftRow]:
    """Where declaration, collection and the books disagree.

    Serial number, address, model, expected OS, owner, retired equipment that answers, machines that no
    list has. Reads the store only.

    ict inventory drift
    ict inventory drift kind:switch
    """
    from schoten_ict.fleet.judge import drift as rules
    from schoten_ict.fleet.records import known
    from schoten_ict.inventory.selecting import select
    from schoten_ict.store import findings

    workspace = workspace_of(context)
    inventory, reader = workspace.inventory, workspace.store.reader
    hosts = [_declared(host) for host in select(inventory, words or ())]
    parts = {host.name: known.parts_of(reader, host.name) for host in hosts}
    observed = {name: known.facts_of(found) for name, found in parts.items() if found}
    found = rules.drift(hosts, observed, known.books(reader))
    if not words:
        found += rules.strangers((host.name for host in inventory.hosts), known.seen_names(reader))
    judged = [_finding(each, workspace.now) for each in found]
    agreeing = [name for name in observed if not any(each.host == name for each in found)]
    judged += [_agrees(name, workspace.now) for name in agreeing]
    with workspace.store.transaction() as transaction:
        kept = findings.record(transaction, () if words else ("inventory.drift",), judged)
    shown = apply_exceptions(kept, inventory.exceptions, workspace.today)
    rows = [
        DriftRow(each.host, each.fact, each.verdict, each.declared, each.observed, each.asset)
        for each in found
    ]
    return Result("inventory.drift", DriftRow, rows, findings=shown, judged=True)


def _declared(host: "Host") -> "Declared":
    from schoten_ict.fleet.judge.drift import Declared

    expected = {
        name: value for name in host.expect.__struct_fields__ if (value := getattr(host.expect, name))
    }
    return Declared(host.name, host.address, host.asset, host.owner, expected)


def _finding(difference: "Difference", now: "datetime") -> Finding:
    return Finding(
        check="inventory.drift",
        subject=subject("host", difference.host),
        key=difference.fact,
        verdict=difference.verdict,
        summary=difference.summary,
        observed_at=now,
        valid_until=now + _VALID_FOR,
        evidence={
            "declared": difference.declared,
            "observed": difference.observed,
            "asset": difference.asset,
        },
        remedy=_remedy(difference),
    )


def _agrees(name: str, now: "datetime") -> Finding:
    return Finding(
        check="inventory.drift",
        subject=subject("host", name),
        verdict=Verdict.OK,
        summary=f"{name} is as declared",
        observed_at=now,
        valid_until=now + _VALID_FOR,
    )


def _remedy(difference: "Difference") -> str:
    match difference.fact:
        case "collection":
            return f"ict inventory collect {difference.host}"
        case "serial":
            found = f"ict assets find {difference.observed}"
            return f"{found}; then correct the asset, or write asset: TAG at the host"
        case "listed":
            return "declare it in inventory.yaml, or find out whose it is"
        case _:
            return "correct the inventory or the books"
