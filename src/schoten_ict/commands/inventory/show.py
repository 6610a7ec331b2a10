"""`ict inventory show`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
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

    from schoten_ict.inventory.model import Inventory
    from schoten_ict.inventory.sections.hosts import Host

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
    """What was last seen of the host, and the last try that failed since."""

    kind: str = column("What")
    source: str = column("Source")
    age: str = column("Age")
    first_seen: datetime = column("Since")
    last_seen: datetime = column("Last seen")
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
    from schoten_ict.fleet.records.known import parts_of
    from schoten_ict.fleet.telling import told

    workspace = workspace_of(context)
    declared = _find(workspace.inventory, host)
    needed_by = tuple(each.name for each in workspace.inventory.hosts if host in each.depends_on)
    names = [name for name in HostDetail.__dataclass_fields__ if name != "needed_by"]
    row = HostDetail(needed_by=needed_by, **{name: getattr(declared, name) for name in names})
    observed = _observed(workspace.store.reader, subject("host", host), workspace.now)
    known = told(parts_of(workspace.store.reader, host))
    facts = [FactRow(each.fact, _age(workspace.now - each.seen), each.source, each.value) for each in known]
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
    from schoten_ict.store import observations

    rows = []
    for each in observations.of_subject(connection, host):
        attempt = observations.last_failure(connection, host, each.kind, each.source)
        since = attempt if attempt and attempt.at > each.last_seen else None
        rows.append(
            Observed(
                kind=each.kind,
                source=each.source,
                age=_age(now - each.last_seen),
                first_seen=each.first_seen,
                last_seen=each.last_seen,
                failed_at=since.at if since else None,
                failure=since.reason if since else "",
                payload=each.payload,
            )
        )
    return rows


def _age(age: timedelta) -> str:
    """How long ago, in the largest unit that says enough: `3min`, `26h`, `12d`."""
    seconds = max(int(age.total_seconds()), 0)
    for unit, name, least in ((86400, "d", 2), (3600, "h", 1), (60, "min", 1)):
        if seconds >= unit * least:
            return f"{seconds // unit}{name}"
    return f"{seconds}s"
