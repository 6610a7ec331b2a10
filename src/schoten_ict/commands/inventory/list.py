"""`ict inventory list`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column

app = new_app()


@dataclass(frozen=True, slots=True)
class HostRow:
    """One declared host."""

    name: str = column("Host")
    address: str = column("Address")
    kind: str = column("Kind", show=Show.IF_ANY)
    site: str | None = column("Site", show=Show.IF_ANY)
    criticality: str = column("Criticality", show=Show.IF_ROOM)
    services: tuple[str, ...] = column("Services", show=Show.IF_ROOM)
    groups: tuple[str, ...] = column("Groups", show=Show.IF_ROOM)
    owner: str = column("Owner", show=Show.IF_ROOM)


@app.command("list")
def list_hosts(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SELECT]...",
            help="Host, group, pattern, site:NAME, kind:NAME or service:NAME.",
            autocompletion=host_names,
        ),
    ] = None,
) -> Result[HostRow]:
    """Hosts: all, or those that are named.

    ict inventory list
    ict inventory list "srv-*" site:werf
    ict inventory list kind:switch -o csv
    """
    from schoten_ict.inventory.selecting import select

    hosts = select(workspace_of(context).inventory, words or ())
    names = HostRow.__dataclass_fields__
    rows = [HostRow(**{name: getattr(host, name) for name in names}) for host in hosts]
    return Result("inventory.list", HostRow, rows)
