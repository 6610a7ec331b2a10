"""`ict inventory drift`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import Finding, apply_exceptions, subject
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from schoten_ict.fleet.judge.drift import Comparison, Declared, Observed
    from schoten_ict.inventory.sections.hosts import Host
    from schoten_ict.workspace import Workspace

app = new_app()
CHECK = "inventory.drift"


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One fact on which the sources do not agree. `seen` is when it was observed."""

    host: str = column("Host")
    fact: str = column("Fact")
    verdict: Verdict = column("Verdict")
    declared: str | None = column("Declared", show=Show.IF_ANY)
    observed: str | None = column("Observed", show=Show.IF_ANY)
    asset: str | None = column("In the books", show=Show.IF_ANY)
    seen: datetime | None = column("Seen", show=Show.IF_ANY)


@app.command("drift")
def drift(context: typer.Context, words: Words = None) -> Result[DriftRow]:
    """Where declaration, collection and the books disagree.

    Serial number, address, model, expected OS, owner, retired equipment that answers, machines that no
    list has. What was not seen for eight days is unknown. Reads the store only.

    ict inventory drift
    ict inventory drift kind:switch
    """
    from schoten_ict.fleet.collecting import VALID_FOR
    from schoten_ict.fleet.judge import drift as rules
    from schoten_ict.fleet.records import known
    from schoten_ict.inventory.selecting import select
    from schoten_ict.store import findings

    workspace = workspace_of(context)
    inventory, reader = workspace.inventory, workspace.store.reader
    hosts = [_declared(host) for host in select(inventory, words or ())]
    observed = {host.name: known.observed(reader, host.name, workspace.now) for host in hosts}
    compared = rules.drift(hosts, observed, known.books(reader), workspace.now, VALID_FOR)
    if not words:
        compared += _strangers(workspace, observed)
    found = [each for each in compared if each.verdict is not Verdict.OK]
    judged = [_finding(each, workspace.now) for each in found] + list(_agreeing(compared, workspace.now))
    with workspace.store.transaction() as transaction:
        kept = findings.record(transaction, () if words else (CHECK,), judged)
    shown = apply_exceptions(kept, inventory.exceptions, workspace.today)
    rows = [
        DriftRow(each.host, each.fact, each.verdict, each.declared, each.observed, each.asset, each.seen)
        for each in found
    ]
    notes = () if shown else ("nothing to compare: these hosts declare neither expect: nor asset:",)
    return Result("inventory.drift", DriftRow, rows, findings=shown, judged=bool(shown), notes=notes)


def _strangers(workspace: "Workspace", observed: "Mapping[str, Observed]") -> "list[Comparison]":
    from schoten_ict.fleet.collecting import VALID_FOR
    from schoten_ict.fleet.judge.scan import Roll
    from schoten_ict.fleet.judge.strangers import strangers
    from schoten_ict.fleet.records import known

    reader, since = workspace.store.reader, workspace.now - VALID_FOR
    declared = [(host.name, host.address) for host in workspace.inventory.hosts]
    told = [each.facts.identity.hostname for each in observed.values() if each.facts.identity]
    names = [host.name for host in workspace.inventory.hosts] + [name for name in told if name]
    roll = Roll.of(declared, known.own_addresses(reader, since))
    return strangers(names, known.cables(reader, since), roll, known.sightings(reader, since), workspace.now)


def _declared(host: "Host") -> "Declared":
    from schoten_ict.fleet.judge.drift import Declared

    expected = {
        name: value for name in host.expect.__struct_fields__ if (value := getattr(host.expect, name))
    }
    return Declared(host.name, host.address, host.asset, host.owner, expected)


def _finding(compared: "Comparison", now: datetime) -> Finding:
    from schoten_ict.fleet.collecting import VALID_FOR

    observed_at = compared.seen or now
    return Finding(
        check=CHECK,
        subject=subject(compared.about, compared.host),
        key=compared.fact,
        verdict=compared.verdict,
        summary=compared.summary,
        observed_at=observed_at,
        valid_until=observed_at + VALID_FOR,
        first_seen=now,
        evidence={
            "declared": compared.declared,
            "observed": compared.observed,
            "asset": compared.asset,
        },
        remedy=_remedy(compared),
    )


def _agreeing(compared: "Iterable[Comparison]", now: datetime) -> "Iterator[Finding]":
    """One finding per host on which all agree; it stands as long as the oldest fact that it rests on."""
    from schoten_ict.fleet.collecting import VALID_FOR

    hosts: dict[str, list[Comparison]] = {}
    for each in compared:
        hosts.setdefault(each.host, []).append(each)
    for name, facts in hosts.items():
        if all(each.verdict is Verdict.OK for each in facts):
            observed_at = min((each.seen for each in facts if each.seen), default=now)
            yield Finding(
                check=CHECK,
                subject=subject("host", name),
                verdict=Verdict.OK,
                summary=f"{name} is as declared: {', '.join(each.fact for each in facts)}",
                observed_at=observed_at,
                valid_until=observed_at + VALID_FOR,
                first_seen=now,
            )


def _remedy(compared: "Comparison") -> str:
    match compared.fact:
        case "collection":
            return f"ict inventory collect {compared.host}"
        case "serial":
            found = f"ict assets find {compared.observed}"
            return f"{found}; then correct the asset, or write asset: TAG at the host"
        case "asset":
            return f"ict assets find {compared.declared}; then correct asset: at the host"
        case "serial" if compared.observed is None:
            return f"ict inventory show {compared.host} tells what could not be read, and why"
        case "listed":
            return "declare it in inventory.yaml, or find out whose it is"
        case _:
            return "correct the inventory or the books"
