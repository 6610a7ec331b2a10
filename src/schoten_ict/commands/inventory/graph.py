"""`ict inventory graph`."""

from typing import Annotated

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Document

app = new_app()


@app.command("graph")
def graph(
    context: typer.Context,
    words: Words = None,
    form: Annotated[str, typer.Option("--as", help="mermaid or dot.", metavar="FORM")] = "mermaid",
    cables: Annotated[bool, typer.Option("--cables", help="Cables seen by LLDP, not dependencies.")] = False,
) -> Document:
    """Who depends on whom, or which cable goes where, as a graph.

    ict inventory graph > depends.mmd
    ict inventory graph --cables --as dot | dot -Tsvg > cables.svg
    """
    from schoten_ict.fleet import graph as drawing
    from schoten_ict.fleet.records import known
    from schoten_ict.inventory.selecting import select

    if form not in {"mermaid", "dot"}:
        raise UsageError(f"--as {form!r} is no form of graph", remedy="mermaid or dot")
    workspace = workspace_of(context)
    hosts = {host.name: host for host in select(workspace.inventory, words or ())}
    if cables:
        seen = known.neighbours(workspace.store.reader)
        edges = drawing.cables(
            (
                host,
                each["port"],
                each.get("name") or each.get("chassis") or "?",
                each.get("remote_port") or "?",
            )
            for host, each in seen
            if host in hosts
        )
        nodes: list[str] = []
    else:
        edges = [drawing.Edge(name, other) for name, host in hosts.items() for other in host.depends_on]
        nodes = list(hosts)
    text = drawing.mermaid(nodes, edges) if form == "mermaid" else drawing.dot(nodes, edges)
    return Document("text/vnd.mermaid" if form == "mermaid" else "text/vnd.graphviz", text)
