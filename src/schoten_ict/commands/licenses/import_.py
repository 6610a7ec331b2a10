"""`ict licenses import`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from schoten_ict.commands import importing
from schoten_ict.commands.importing import Dates, Delimiter, DryRun, Encoding, Maps, Sheet, Strict, Yes
from schoten_ict.commands.licenses.common import desk_of
from schoten_ict.commands.licenses.told import Given, ImportRow, table_of, told
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Result
from schoten_ict.core.text import counted, printable

if TYPE_CHECKING:
    from schoten_ict.licenses.acts.importing import Plan
    from schoten_ict.licenses.judge.reconcile import Step
    from schoten_ict.licenses.proposals import Proposal
    from schoten_ict.workspace import Workspace

app = new_app()
KINDS = ("entitlements", "invoice", "subscriptions", "seats", "software", "machines")
_PRESETS = ("generic", "snipe-it")
_SHOWN = 5


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX, JSON or XML.")],
    kind: Annotated[
        str | None, typer.Option("--as", help="What it holds; default: found out.", metavar="KIND")
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="Of entitlements: generic or snipe-it.")
    ] = "generic",
    maps: Maps = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Of which day it is; default: today.", metavar="DATE")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Of which tenant; default: the known one.", metavar="NAME")
    ] = None,
    dates: Dates = None,
    decimal: Annotated[str | None, typer.Option("--decimal", help="Decimal mark.", metavar=",|.")] = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    strict: Strict = False,
) -> Result[ImportRow]:
    """Import what was bought, assigned or installed.

    The plan first, then what it says. Kinds: entitlements (a table), invoice (Peppol UBL, as proposals),
    subscriptions (Microsoft 365 subscribedSkus JSON, or the admin centre's products), seats (its users),
    software (GLPI inventory, or a table of host and title), machines (hosts with cores and guests).

      ict licenses import licenties.xlsx --dry-run
      ict licenses import snipe.csv --preset snipe-it --dates mdy --yes
      ict licenses import skus.json --yes

    Product keys are never kept. A row of an earlier import is found again and changed.
    """
    from schoten_ict.licenses.fields import refuse_secrets

    workspace = workspace_of(context)
    importing.one_of("--as", kind, KINDS)
    importing.one_of("--preset", preset, _PRESETS)
    if tenant is not None:
        refuse_secrets("--tenant", tenant)
    options = {"delimiter": delimiter, "encoding": encoding, "sheet": sheet}
    given = Given(importing.content_of(file), file.name, preset, maps, dates, decimal, at, tenant, options)
    chosen = kind or ("entitlements" if preset != "generic" else _kind_of(given))
    if chosen in {"entitlements", "invoice"}:
        return _bought(workspace, given, chosen, dry_run=dry_run, yes=yes, strict=strict)
    return told(workspace, given, chosen, dry_run=dry_run, yes=yes, strict=strict)


def _kind_of(given: Given) -> str:
    """What a file holds, by its own words."""
    from schoten_ict.formats import inventories
    from schoten_ict.licenses.ask import invoices, machine_lists, software_lists, subscriptions

    if subscriptions.is_graph(given.content):
        return "subscriptions"
    if invoices.looks_like_one(given.content):
        return "invoice"
    if inventories.looks_like_one(given.content):
        return "software"
    table = table_of(given)
    kinds = (
        ("subscriptions", subscriptions.is_products),
        ("seats", subscriptions.is_users),
        ("machines", machine_lists.is_table),
        ("software", software_lists.is_table),
    )
    return next((kind for kind, fits in kinds if fits(table)), "entitlements")


def _bought(
    workspace: "Workspace", given: Given, kind: str, *, dry_run: bool, yes: bool, strict: bool
) -> Result[ImportRow]:
    """Entitlements and invoices: a plan of entitlements, then its application."""
    from schoten_ict.licenses.acts import importing as acts

    desk = desk_of(workspace)
    proposals, notes = _proposals(given, kind)
    made = acts.plan(desk, given.name, proposals, whole=kind == "entitlements")
    rows = [_row(step) for step in made.steps]
    answer = Result("licenses.import", ImportRow, rows, notes=(*notes, *_missing(made)))

    def apply() -> Result[ImportRow]:
        return Result("licenses.import", ImportRow, [_row(step) for step in acts.apply(desk, made)])

    return importing.carry_out(
        workspace, answer, given.name, apply, rows.__getitem__, dry_run=dry_run, yes=yes, strict=strict
    )


def _missing(made: "Plan") -> list[str]:
    """What is recorded and no longer listed: it still counts."""
    if not made.missing:
        return []
    numbers = [each.number for each in made.missing]
    shown = ", ".join(numbers[:_SHOWN]) + (" ..." if len(numbers) > _SHOWN else "")
    lacking = f"{counted(len(numbers), 'licence')} of earlier lists not in this one"
    return [f"{lacking}, which still count: {shown}; ict licenses end takes one away"]


def _proposals(given: Given, kind: str) -> "tuple[list[Proposal], tuple[str, ...]]":
    from schoten_ict.formats.dates import DateOrder
    from schoten_ict.licenses.ask import entitlement_lists, invoices

    if kind == "invoice":
        return list(invoices.proposals(invoices.read(given.content, given.name))), ()
    order = importing.one_of("--dates", given.dates, [*DateOrder])
    if given.decimal is not None and given.decimal not in {",", "."}:
        raise UsageError(
            f"--decimal {printable(given.decimal)!r} is no decimal mark", remedy='give "," or "."'
        )
    mark: Literal[",", "."] | None = None if given.decimal is None else "," if given.decimal == "," else "."
    options = entitlement_lists.Options(
        given.preset, given.maps or (), DateOrder(order) if order else None, mark
    )
    listed = entitlement_lists.read(table_of(given), options)
    return list(listed.proposals), listed.notes


def _row(step: "Step") -> ImportRow:
    after = step.after
    return ImportRow(
        row=step.row,
        action=step.action,
        key=after.number if after else "",
        name=printable(step.name),
        product=step.product,
        metric=after.metric.value if after and after.metric else None,
        quantity=after.quantity if after else None,
        reason=step.reason,
    )
