"""Importing an HR export."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from schoten_ict.commands import importing
from schoten_ict.commands.importing import Dates, Delimiter, DryRun, Encoding, File, Maps, Sheet, Strict, Yes
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, column
from schoten_ict.people.judge import Plan, Step

app = new_app()


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of the file. `action` is new, changed, unchanged or refused; `changes` is before -> after.

    A plan has the values of new rows too, as `after` alone; the answer of what was done leaves them out.
    """

    row: int = column("Row", right=True)
    action: str = column("Action")
    key: str = column("Key")
    name: str = column("Name")
    changes: dict[str, dict[str, Any]] = column("Changes", show=Show.IF_ANY)
    reason: str = column("Reason", show=Show.IF_ANY)


@app.command("import")
def import_(
    ctx: typer.Context,
    file: File,
    maps: Maps = None,
    key: Annotated[str, typer.Option(help="What names a person: key, username or email.")] = "key",
    dates: Dates = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    strict: Strict = False,
) -> Result[Any]:
    """Import an HR export: plan first, then apply.

      ict people import hr.csv --dry-run
      ict people import users.csv --key username --yes

    Columns are known by their Dutch or English names; --map names others. Blank cells erase nothing, and who
    is missing from the file stays. A file with national register numbers is refused.
    """
    from schoten_ict.formats.dates import DateOrder
    from schoten_ict.formats.tables import read_table
    from schoten_ict.people import acts, ask, judge
    from schoten_ict.store import journal, people

    workspace = workspace_of(ctx)
    importing.one_of("--key", key, ask.KEYS)
    order = importing.one_of("--dates", dates, [*DateOrder])
    content = importing.content_of(file)
    table = read_table(content, file.name, delimiter=delimiter, encoding=encoding, sheet=sheet)
    listing = ask.read(table, maps or (), key, DateOrder(order) if order else None)
    reader = workspace.store.reader
    seen = journal.head(reader)
    plan = judge.plan(people.every(reader), listing.entries)
    answer = Result("people.import", ImportRow, _rows(plan), notes=[*listing.notes, *_absent(plan)])

    def apply() -> Result[ImportRow]:
        acts.apply(workspace.store, file.name, plan.steps, seen)
        return Result("people.import", ImportRow, answer.rows)

    def detailed(place: int) -> ImportRow:
        return _row(plan.steps[place], whole=True)

    return importing.carry_out(
        workspace, answer, file.name, apply, detailed, dry_run=dry_run, yes=yes, strict=strict
    )


def _absent(plan: Plan) -> list[str]:
    if not plan.absent:
        return []
    return [
        f"{plan.absent} people are not in this file and stay; ict people leave KEY --on DATE for who left"
    ]


def _rows(plan: Plan) -> list[ImportRow]:
    return [_row(step) for step in plan.steps]


def _row(step: Step, *, whole: bool = False) -> ImportRow:
    changes = {name: {"before": old, "after": new} for name, (old, new) in step.changes.items()}
    if whole and step.action == "new" and step.after is not None:
        from schoten_ict.people.judge import values_of

        changes = {name: {"after": value} for name, value in values_of(step.after).items()}
    return ImportRow(step.row, step.action, step.key, step.name, changes, step.reason)
