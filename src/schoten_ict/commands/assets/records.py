"""Adding and editing assets by hand."""

from typing import Annotated

import typer

from schoten_ict.assets.records import views
from schoten_ict.assets.records.views import AssetRow
from schoten_ict.commands.assets.common import Tag
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Result

app = new_app()
MOST_AT_ONCE = 500
_SET = "Field of the asset or of its category, as serial=5CG1234; an empty value empties it."
Values = Annotated[list[str] | None, typer.Option("--set", help=_SET, metavar="NAME=VALUE")]


@app.command("add")
def add(
    ctx: typer.Context,
    category: Annotated[str, typer.Option("--category", help="Category, as laptop.")],
    values: Values = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Default: the category's next.")] = None,
    ordered: Annotated[bool, typer.Option("--ordered", help="Not arrived yet.")] = False,
    count: Annotated[int, typer.Option("--count", help="So many alike.", min=1, max=MOST_AT_ONCE)] = 1,
) -> Result[AssetRow]:
    """Add assets by hand.

    ict assets add --category laptop --set model="Latitude 5540" --count 3
    """
    from schoten_ict.assets.acts import keeping
    from schoten_ict.assets.model import Status

    workspace = workspace_of(ctx)
    parsed, fields = keeping.parsed(values or [])
    if count > 1 and (tag or parsed.get("serial")):
        raise UsageError("several assets cannot share a tag or a serial number", remedy="leave --count out")
    status = Status.ORDERED if ordered else Status.IN_STOCK
    draft = keeping.Draft(category, parsed, tag, status, fields)
    added = keeping.add(workspace.store, workspace.inventory, [draft] * count)
    rows = [views.one(workspace.store.reader, asset.tag) for asset in added]
    return Result("assets.add", AssetRow, rows)


@app.command("edit")
def edit(ctx: typer.Context, tag: Tag, values: Values = None) -> Result[AssetRow]:
    """Change fields of an asset.

    ict assets edit LT-0001 --set location=Balie --set notes=
    """
    from schoten_ict.assets.acts import keeping

    workspace = workspace_of(ctx)
    if not values:
        raise UsageError("nothing to change", remedy="give --set NAME=VALUE")
    parsed, fields = keeping.parsed(values)
    after = keeping.edit(workspace.store, workspace.inventory, tag, parsed, fields)
    return Result("assets.edit", AssetRow, [views.one(workspace.store.reader, after.tag)])
