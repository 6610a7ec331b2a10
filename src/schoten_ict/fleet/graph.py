"""Who depends on whom, and which cable goes where, as Mermaid and DOT text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schoten_ict.core.text import printable


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from one thing to another; `cable` edges have no direction."""

    start: str
    end: str
    label: str = ""
    cable: bool = False


def cables(neighbours: Iterable[tuple[str, str, str, str]]) -> list[Edge]:
    """One edge per cable, though both ends tell of it. Each neighbour is (host, port, name, remote port)."""
    found: dict[frozenset[tuple[str, str]], Edge] = {}
    for host, port, name, remote in neighbours:
        key = frozenset({(host.lower(), port.lower()), (name.lower(), remote.lower())})
        found.setdefault(key, Edge(host, name, f"{port} - {remote}", cable=True))
    return list(found.values())


def mermaid(nodes: Sequence[str], edges: Sequence[Edge]) -> str:
    """A Mermaid flowchart. Names are data: they stand in quotes, without the characters that end them."""
    ids = _ids(nodes, edges)
    lines = ["flowchart LR"]
    lines += [f'  {key}["{_mermaid_text(name)}"]' for name, key in ids.items()]
    for edge in edges:
        arrow = "---" if edge.cable else "-->"
        label = f'|"{_mermaid_text(edge.label)}"|' if edge.label else ""
        lines.append(f"  {ids[edge.start]} {arrow}{label} {ids[edge.end]}")
    return "\n".join(lines) + "\n"


def dot(nodes: Sequence[str], edges: Sequence[Edge]) -> str:
    """A Graphviz digraph."""
    ids = _ids(nodes, edges)
    lines = ["digraph ict {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f'  {key} [label="{_dot_text(name)}"];' for name, key in ids.items()]
    for edge in edges:
        parts = [f'label="{_dot_text(edge.label)}"'] if edge.label else []
        parts += ["dir=none", "style=dashed"] if edge.cable else []
        lines.append(f"  {ids[edge.start]} -> {ids[edge.end]} [{', '.join(parts)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _ids(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, str]:
    names = dict.fromkeys([*nodes, *(name for edge in edges for name in (edge.start, edge.end))])
    return {name: f"n{number}" for number, name in enumerate(names)}


def _mermaid_text(text: str) -> str:
    return re.sub(r'["`<>\[\]{}|\\]', " ", printable(text)).replace("#", "#35;").strip() or "?"


def _dot_text(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
