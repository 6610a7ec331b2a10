"""`ict licenses products`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from schoten_ict.commands.licenses.common import catalogue_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column

app = new_app()


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product of the catalogue. `own` says that the workspace declares it."""

    product: str = column("Product")
    name: str = column("Name")
    publisher: str = column("Publisher", show=Show.IF_ROOM)
    metric: str = column("Counted by")
    includes: tuple[str, ...] = column("Includes", show=Show.IF_ROOM)
    rules: int = column("Rules", right=True, show=Show.IF_ROOM)
    forbidden: str = column("Forbidden", show=Show.IF_ANY)
    own: bool = column("Own", show=Show.NEVER)


@app.command("products")
def products(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="Part of the id, the name or the publisher.")
    ] = None,
) -> Result[ProductRow]:
    """The catalogue: what is recognised, and how it is counted.

    ict licenses products adobe
    """
    from schoten_ict.inventory.sections.licenses import LICENSES

    workspace = workspace_of(context)
    own = workspace.inventory.get(LICENSES).products
    rows = [
        ProductRow(
            name, each.name, each.publisher, each.metric, each.includes, len(each.rules), each.forbidden,
            name in own,
        )
        for name, each in sorted(catalogue_of(workspace).products.items())
        if text is None or text.casefold() in f"{name} {each.name} {each.publisher}".casefold()
    ]  # fmt: skip
    return Result("licenses.products", ProductRow, rows)
