"""`ict inventory show`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.finding import subject
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.text import nearest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from schoten_ict.inventory.model import Inventory
    from schoten_ict.inventory.sections.hosts import Host
    from schoten_ict.store.observations import Attempt, Observation

app = new_app()


@dataclass(frozen=True, slots=True)
class HostDetail:
    """One declared host with everything that is declared of it."""

    name: str = column("Host")
    address: str = column("Address")
    kind: str = column("Kind")
    site: str | None = column("Site")
    criticality: str = column("Criticality")
    owner: str = column("Owner")
    roles: tuple[str, ...] = column("Roles")
    services: tuple[str, ...] = column("Services")
    groups: tuple[str, ...] = column("Groups")
    depends_on: tuple[str, ...] = column("Depends on")
    needed_by: tuple[str, ...] = column("Needed by")
    notes: str = column("Notes")


@dataclass(frozen=True, slots=True)
class FactRow:
    """One thing that is known of the machine; long lists are counted here and whole in the observations."""

    fact: str = column("Fact")
    age: str = column("Age")
    source: str = column("Source")
    value: str = column("Value")


@dataclass(frozen=True, slots=True)
class Observed:
    """What was last seen of the host, and the last try that failed since; or only that, with age `never`."""

    kind: str = column("What")
    source: str = column("Source")
    age: str = column("Age")
    first_seen: datetime | None = column("Since", show=Show.IF_ANY)
    last_seen: datetime | None = column("Last seen", show=Show.IF_ANY)
    failed_at: datetime | None = column("Failed", show=Show.IF_ANY)
    failure: str = column("Because", show=Show.IF_ANY)
    payload: Any = column("Payload", show=Show.NEVER)


@app.command("show")
def show(
    context: typer.Context,
    host: Annotated[str, typer.Argument(metavar="HOST", help="Its name.", autocompletion=host_names)],
) -> Result[HostDetail]:
    """One host, and what is known of it.

    ict inventory show srv-file01
    ict inventory show srv-file01 -o json
    """
    from schoten_ict.fleet.judge.ages import age
    from schoten_ict.fleet.records.known import parts_of
    from schoten_ict.fleet.telling import told

    workspace = workspace_of(context)
    declared = _find(workspace.inventory, host)
    needed_by = tuple(each.name for each in workspace.inventory.hosts if host in each.depends_on)
    names = [name for name in HostDetail.__dataclass_fields__ if name != "needed_by"]
    row = HostDetail(needed_by=needed_by, **{name: getattr(declared, name) for name in names})
    observed = _observed(workspace.store.reader, subject("host", host), workspace.now)
    known = told(parts_of(workspace.store.reader, host, workspace.now))
    facts = [FactRow(each.fact, age(workspace.now - each.seen), each.source, each.value) for each in known]
    tables: dict[str, Table[Any]] = {
        "facts": Table(FactRow, facts),
        "observations": Table(Observed, observed),
    }
    return Result("inventory.show", HostDetail, [row], tables=tables, detail=True)


def _find(inventory: "Inventory", name: str) -> "Host":
    hosts = {host.name: host for host in inventory.hosts}
    if name not in hosts:
        raise NotFoundError(
            f"no host is called {name!r}{nearest(name, list(hosts))}",
            remedy="ict inventory list",
            subject=subject("host", name),
        )
    return hosts[name]


def _observed(connection: "sqlite3.Connection", host: str, now: datetime) -> list[Observed]:
    from schoten_ict.fleet.collecting import WHOLE
    from schoten_ict.store import observations

    seen = observations.of_subject(connection, host)
    failed = {(each.kind, each.source): each for each in observations.failures_of(connection, host)}
    rows = [_answer(each, failed, now) for each in seen]
    known = {(each.kind, each.source) for each in seen}
    for (kind, source), attempt in failed.items():
        answers = [each.last_seen for each in seen if each.source == source and _is_part(each.kind)]
        told = kind == WHOLE and answers  # at each part that was seen
        outdated = _is_part(kind) and any(attempt.at < each for each in answers)
        if (kind, source) not in known and not told and not outdated:
            rows.append(Observed(kind, source, "never", None, None, attempt.at, attempt.reason, None))
    return rows


def _answer(seen: "Observation", failed: "Mapping[tuple[str, str], Attempt]", now: datetime) -> Observed:
    """What was seen, with the last try since that failed: of this part, or of the host as a whole."""
    from schoten_ict.fleet.collecting import WHOLE
    from schoten_ict.fleet.judge.ages import age

    kinds = (seen.kind, WHOLE) if _is_part(seen.kind) else (seen.kind,)
    tries = [failed[kind, seen.source] for kind in kinds if (kind, seen.source) in failed]
    last = max((each for each in tries if each.at > seen.last_seen), key=lambda each: each.at, default=None)
    return Observed(
        kind=seen.kind,
        source=seen.source,
        age=age(now - seen.last_seen),
        first_seen=seen.first_seen,
        last_seen=seen.last_seen,
        failed_at=last.at if last else None,
        failure=last.reason if last else "",
        payload=seen.payload,
    )


def _is_part(kind: str) -> bool:
    """Whether it is one that a collection gives."""
    from schoten_ict.fleet.collecting import KIND

    return kind.startswith(KIND)
