"""`ict assets labels`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.assets.records import labelled
from schoten_ict.commands.assets.common import day
from schoten_ict.commands.completers import asset_tags
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConfigurationError, ConflictError, NotFoundError, UsageError
from schoten_ict.core.result import Result, Show, column

if TYPE_CHECKING:
    from schoten_ict.assets.model import Asset
    from schoten_ict.render.shapes import Label
    from schoten_ict.workspace import Workspace

app = new_app()
USUAL_SHEET = "L7160"
_MAKER = "avery-"


@dataclass(frozen=True, slots=True)
class LabelsRow:
    """A file with labels. `next_start` is the first free label on the last sheet; 1 means a new sheet."""

    pdf: str = column("PDF")
    sheet: str = column("Sheet")
    labels: int = column("Labels", right=True)
    pages: int = column("Pages", right=True)
    next_start: int = column("Next start", right=True)
    tags: tuple[str, ...] = column("Tags", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A known sheet; sizes are of one label, in millimetres."""

    sheet: str = column("Sheet")
    columns: int = column("Columns", right=True)
    rows: int = column("Rows", right=True)
    labels: int = column("Labels", right=True)
    width: float = column("Width (mm)", right=True)
    height: float = column("Height (mm)", right=True)


@app.command("labels")
def labels(
    ctx: typer.Context,
    tags: Annotated[
        list[str] | None,
        typer.Argument(help="Asset tags.", metavar="TAG...", autocompletion=asset_tags),
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="All of this category.")] = None,
    new_since: Annotated[
        str | None, typer.Option("--new-since", help="All added on this day or later.", metavar="DATE")
    ] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="File to write.", metavar="FILE")] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Label sheet, as avery-l7160.")] = None,
    start: Annotated[int, typer.Option("--start", help="First free label, row by row.", min=1)] = 1,
    sheets: Annotated[bool, typer.Option("--sheets", help="List the known sheets.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Replace a file that is there.")] = False,
) -> Result[LabelsRow] | Result[SheetRow]:
    """Print labels with QR code and tag.

      ict assets labels LT-0001 LT-0002 --pdf labels.pdf
      ict assets labels --new-since 2026-11-01 --pdf labels.pdf --start 5

    The QR code holds the tag. Print at 100 %, without "fit to page". --start goes on with a sheet of which
    the first labels are used; the answer says where the next run can begin.
    """
    if sheets:
        return _sheets()
    workspace = workspace_of(ctx)
    if pdf is None:
        raise UsageError("no file was named", remedy="give --pdf FILE")
    chosen = _chosen(workspace, tags or [], category, new_since)
    name = _sheet_name(workspace, sheet)
    _require_writable(pdf, yes=yes)
    return Result("assets.labels", LabelsRow, [_write(workspace, chosen, pdf, name, start)])


def _sheets() -> Result[SheetRow]:
    from schoten_ict.render.labels import SHEETS

    rows = [
        SheetRow(name, each.columns, each.rows, each.per_page, each.width, each.height)
        for name, each in SHEETS.items()
    ]
    return Result("assets.labels.sheets", SheetRow, rows)


def _chosen(
    workspace: "Workspace", tags: list[str], category: str | None, new_since: str | None
) -> "Sequence[Asset]":
    """The assets that were named; raises `UsageError` without a choice and `NotFoundError` for none."""
    from schoten_ict.assets.acts.keeping import category_of

    reader = workspace.store.reader
    if tags and (category or new_since):
        raise UsageError(
            "tags and a filter exclude each other", remedy="give tags, or --category, --new-since"
        )
    if tags:
        return labelled.by_tag(reader, tags)
    if category is None and new_since is None:
        raise UsageError("nothing was chosen", remedy="give tags, --category or --new-since")
    if category is not None:
        category_of(workspace.inventory, category)
    first = day("--new-since", new_since)
    since = datetime.combine(first, time(), workspace.zone) if first else None
    found = labelled.chosen(reader, category, since)
    if not found:
        raise NotFoundError("no asset to label", remedy="ict assets list shows what there is")
    return found


def _sheet_name(workspace: "Workspace", asked: str | None) -> str:
    """The known sheet that is meant, with or without its maker; raises `NotFoundError` with the nearest."""
    from schoten_ict.inventory.sections.assets import ASSETS
    from schoten_ict.render.labels import SHEETS, geometry

    text = asked or workspace.inventory.get(ASSETS).labels.sheet or USUAL_SHEET
    name = text[len(_MAKER) :] if text.casefold().startswith(_MAKER) else text
    wanted = geometry(name)
    return next(each for each, known in SHEETS.items() if known is wanted)


def _require_writable(pdf: Path, *, yes: bool) -> None:
    if not pdf.parent.is_dir():
        raise NotFoundError(f"there is no folder {pdf.parent}", remedy="make it, or name another file")
    if pdf.is_dir():
        raise ConflictError(f"{pdf} is a folder", remedy="name a file in it")
    if pdf.exists() and not yes:
        raise ConflictError(f"{pdf} exists already", remedy="name another file, or replace it with --yes")


def _write(workspace: "Workspace", chosen: "Sequence[Asset]", pdf: Path, sheet: str, start: int) -> LabelsRow:
    from schoten_ict.core.files import write_whole
    from schoten_ict.render.documents import label_sheet
    from schoten_ict.render.labels import geometry

    organisation = workspace.inventory.organisation.name
    faces = [_label(workspace, asset) for asset in chosen]
    content = label_sheet(faces, sheet, start, day=workspace.today, organisation=organisation)
    try:
        write_whole(pdf, content)
    except OSError as error:
        raise ConfigurationError(
            f"{pdf}: {error.strerror}", remedy="name a file that can be written"
        ) from None
    last = start - 1 + len(faces)
    per_page = geometry(sheet).per_page
    tags = tuple(asset.tag for asset in chosen)
    return LabelsRow(str(pdf), sheet, len(faces), -(-last // per_page), last % per_page + 1, tags)


def _label(workspace: "Workspace", asset: "Asset") -> "Label":
    from schoten_ict.inventory.sections.assets import ASSETS
    from schoten_ict.render.shapes import Label

    text = workspace.inventory.get(ASSETS).labels.text
    named = asset.manufacturer or asset.model
    lines = (asset.make if named else "", f"S/N {asset.serial}" if asset.serial else "", text)
    return Label(asset.tag, asset.tag, tuple(line for line in lines if line))
