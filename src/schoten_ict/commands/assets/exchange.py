"""Importing and exporting lists of assets."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from schoten_ict.assets.model import STATES
from schoten_ict.commands import importing
from schoten_ict.commands.importing import Dates, Delimiter, DryRun, Encoding, File, Maps, Sheet, Strict, Yes
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConflictError, IncompleteError, UsageError
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import printable

if TYPE_CHECKING:
    from schoten_ict.assets.acts.importing import Request
    from schoten_ict.assets.judge.reconcile import Step
    from schoten_ict.formats.tables import RawTable

app = new_app()


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of the file. `action` is new, changed, unchanged or refused; `changes` is before -> after.

    A plan has the values of new rows too, as `after` alone; the answer of what was done leaves them out.
    `key` is the tag, or the serial number of an asset that has no tag yet. `reason` says why a row is
    refused, or what deserves a look.
    """

    row: int = column("Row", right=True)
    action: str = column("Action")
    key: str = column("Key")
    category: str | None = column("Category", show=Show.IF_ANY)
    holder: str | None = column("Holder", show=Show.IF_ANY)
    changes: dict[str, dict[str, Any]] = column("Changes", show=Show.IF_ANY)
    reason: str = column("Reason", show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """The file that was written."""

    file: str = column("File")
    assets: int = column("Assets", right=True)


@app.command("import")
def import_(
    ctx: typer.Context,
    file: File,
    preset: Annotated[
        str, typer.Option("--preset", help="generic, snipe-it, lansweeper or glpi.")
    ] = "generic",
    maps: Maps = None,
    category: Annotated[str | None, typer.Option(help="Category of all rows.")] = None,
    map_category: Annotated[
        list[str] | None, typer.Option("--map-category", help="What a word means.", metavar="WORD=ID")
    ] = None,
    dates: Dates = None,
    decimal: Annotated[str | None, typer.Option("--decimal", help="Decimal mark.", metavar=",|.")] = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    erase_blank: Annotated[bool, typer.Option("--erase-blank", help="Blank cells empty fields.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    strict: Strict = False,
) -> Result[Any]:
    """Import a list of assets: plan first, then apply.

      ict assets import assets.csv --dry-run
      ict assets import snipe.csv --preset snipe-it --dates mdy --yes
      ict assets import laptop.json --preset glpi

    Assets are recognised by tag, then by serial number. What contradicts the records is refused row by row,
    with the reason; the other rows are applied together.
    """
    from schoten_ict.assets.acts import importing as acts
    from schoten_ict.assets.ask.preset import NAMES

    workspace = workspace_of(ctx)
    importing.one_of("--preset", preset, NAMES)
    request = _request(preset, maps, category, map_category, dates, decimal, erase_blank=erase_blank)
    content = importing.content_of(file)
    with acts.without_collector():
        table = _table(content, file.name, preset, delimiter, encoding, sheet)
        made = acts.plan(workspace.store.reader, workspace.inventory, table, request)
        answer = Result("assets.import", ImportRow, _rows(made.steps), notes=made.notes)

        def apply() -> Result[ImportRow]:
            done = acts.apply(workspace.store, workspace.inventory, made)
            return Result("assets.import", ImportRow, _rows(done))

        def detailed(place: int) -> ImportRow:
            return _row(made.steps[place], whole=True)

        return importing.carry_out(
            workspace, answer, file.name, apply, detailed, dry_run=dry_run, yes=yes, strict=strict
        )


@app.command("export")
def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New file, .csv or .xlsx.")],
    category: Annotated[str | None, typer.Option(help="Category, as laptop.")] = None,
    status: Annotated[str | None, typer.Option(help="assigned, in-stock, in-repair, lost ...")] = None,
) -> Result[ExportRow]:
    """Export all assets for a spreadsheet.

    Made for Belgian Excel; ict assets import reads it back. An existing file is never overwritten.

    ict assets export laptops.xlsx --category laptop
    """
    from schoten_ict.assets.records.sheet import sheet
    from schoten_ict.formats import writing

    workspace = workspace_of(ctx)
    suffix = file.suffix.lower()
    if suffix not in {".csv", ".xlsx"}:
        raise UsageError(
            f"{printable(file.name)} is no .csv or .xlsx", remedy="name a file such as assets.csv"
        )
    state = importing.one_of("--status", status, STATES)
    header, rows = sheet(workspace.store.reader, workspace.inventory, category, state)
    content = (
        writing.belgian_csv(header, rows) if suffix == ".csv" else writing.workbook(header, rows, "Assets")
    )
    _write_new(file, content)
    return Result("assets.export", ExportRow, [ExportRow(str(file), len(rows))])


def _write_new(file: Path, content: bytes) -> None:
    """Write a file that must not exist yet."""
    from schoten_ict.core.files import write_whole

    if file.exists():
        raise ConflictError(
            f"{printable(str(file))} exists already", remedy="name another file, or remove it"
        )
    try:
        write_whole(file, content)
    except OSError as error:
        raise IncompleteError(
            f"{printable(str(file))} cannot be written: {error.strerror}", remedy="check the folder"
        ) from None


def _request(
    preset: str,
    maps: list[str] | None,
    category: str | None,
    map_category: list[str] | None,
    dates: str | None,
    decimal: str | None,
    *,
    erase_blank: bool,
) -> "Request":
    from schoten_ict.assets.acts.importing import Request
    from schoten_ict.assets.ask.reader import Options
    from schoten_ict.formats.dates import DateOrder

    order = importing.one_of("--dates", dates, [*DateOrder])
    if decimal is not None and decimal not in {",", "."}:
        raise UsageError(f"--decimal {printable(decimal)!r} is no decimal mark", remedy='give "," or "."')
    mark: Literal[",", "."] | None = None
    if decimal is not None:
        mark = "," if decimal == "," else "."
    options = Options(maps or (), category, DateOrder(order) if order else None, mark)
    return Request(preset, options, map_category or (), erase_blank)


def _table(
    content: bytes, name: str, preset: str, delimiter: str | None, encoding: str | None, sheet: str | None
) -> "RawTable":
    from schoten_ict.formats.tables import read_table

    if preset == "glpi":
        from schoten_ict.assets.ask import glpi

        return glpi.table(content, name)
    return read_table(content, name, delimiter=delimiter, encoding=encoding, sheet=sheet)


def _rows(steps: "list[Step]") -> list[ImportRow]:
    return [_row(step) for step in steps]


def _row(step: "Step", *, whole: bool = False) -> ImportRow:
    changes = _changes(step, whole=whole)
    return ImportRow(step.row, step.action, step.key, step.category, step.holder, changes, step.reason)


def _changes(step: "Step", *, whole: bool) -> dict[str, dict[str, Any]]:
    """The fields of an existing asset that change; with `whole` the values of a new one too."""
    if step.action != "changed" and not (whole and step.action == "new"):
        return {}
    from schoten_ict.assets.acts.importing import as_json

    before, after = as_json(step.before), as_json(step.values)
    if step.action == "new":
        held = {"holder": step.holder} if step.holder else {}
        return {name: {"after": value} for name, value in {**after, **held}.items()}
    found = {name: {"before": before.get(name), "after": value} for name, value in after.items()}
    if step.holder != step.held:
        found["holder"] = {"before": step.held, "after": step.holder}
    return found
