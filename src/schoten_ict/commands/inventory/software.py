"""`ict inventory software`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted

app = new_app()


@dataclass(frozen=True, slots=True)
class SoftwareRow:
    """One title in one version, and the machines that have it."""

    name: str = column("Title")
    version: str | None = column("Version")
    publisher: str | None = column("Publisher", show=Show.IF_ANY)
    count: int = column("Machines", right=True)
    hosts: tuple[str, ...] = column("On", show=Show.NEVER)


@app.command("software")
def software(
    context: typer.Context,
    words: Words = None,
    title: Annotated[str | None, typer.Option("--title", help="Part of the title or publisher.")] = None,
) -> Result[SoftwareRow]:
    """Installed titles with versions and how many machines have them.

    ict inventory software
    ict inventory software srv-web01
    ict inventory software --title openssl -o csv
    """
    from schoten_ict.fleet.records import known
    from schoten_ict.inventory.selecting import select

    workspace = workspace_of(context)
    wanted = {host.name for host in select(workspace.inventory, words)} if words else None
    found: dict[tuple[str, str | None, str | None], set[str]] = {}
    for host, entry in known.software(workspace.store.reader):
        if wanted is not None and host not in wanted:
            continue
        text = f"{entry['name']} {entry.get('publisher') or ''}".casefold()
        if title is None or title.casefold() in text:
            key = (entry["name"], entry.get("version"), entry.get("publisher"))
            found.setdefault(key, set()).add(host)
    rows = [SoftwareRow(*key, len(hosts), tuple(sorted(hosts))) for key, hosts in found.items()]
    rows.sort(key=lambda row: (row.name.casefold(), row.version or ""))
    return Result("inventory.software", SoftwareRow, rows, notes=[counted(len(rows), "title")])
