"""`ict licenses explain`."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from schoten_ict.commands.completers import product_ids
from schoten_ict.commands.licenses.audit import Planned, names_of, needs_of
from schoten_ict.commands.licenses.common import gathering_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, Table, column

app = new_app()


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the sum, in the order in which it is worked out. `reference` is what it rests on."""

    product: str = column("Product", show=Show.NEVER)
    metric: str = column("Metric", show=Show.NEVER)
    kind: str = column("Line")
    quantity: int | None = column("Units", right=True)
    text: str = column("What")
    reference: str = column("Rests on", show=Show.IF_ROOM)


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """Why the sum may be another; `at_most` is by how many units, None where nobody can tell."""

    product: str = column("Product", show=Show.NEVER)
    at_most: int | None = column("At most", right=True)
    why: str = column("Why")


@dataclass(frozen=True, slots=True)
class IdleLine:
    """One idle unit."""

    subject: str = column("Where")
    why: str = column("Why")


@app.command("explain")
def explain(
    context: typer.Context,
    product: Annotated[
        str, typer.Argument(help="Product, by id or name.", metavar="PRODUCT", autocompletion=product_ids)
    ],
    planned: Planned = None,
) -> Result[LineRow]:
    """The sum of one product, line by line.

    What is owned and what of it counts, what is required by what, what covers what, and what remains: so
    that an auditor can follow it by hand. Beside it the doubts, and the units that lie idle.

    ict licenses explain adobe-acrobat-pro
    """
    from schoten_ict.licenses.auditing import audit

    workspace = workspace_of(context)
    gathering = gathering_of(workspace)
    found = audit(gathering, needs_of(gathering, [] if planned is None else planned))
    names = names_of(found, gathering, [product])
    chosen = [each for each in found.audited if each.position.product in names]
    lines = [
        LineRow(each.position.product, each.position.metric.value, line.kind.value, line.quantity, line.text,
                line.reference)
        for each in chosen
        for line in each.position.lines
    ]  # fmt: skip
    doubts = [
        DoubtRow(each.position.product, doubt.at_most, doubt.why)
        for each in chosen
        for doubt in each.position.doubts
    ]
    idle = [IdleLine(each.subject, each.why) for each in found.idle if each.product in names]
    tables: dict[str, Table[Any]] = {"doubts": Table(DoubtRow, doubts), "idle": Table(IdleLine, idle)}
    return Result("licenses.explain", LineRow, lines, tables=tables)
