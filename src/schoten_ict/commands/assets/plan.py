"""`ict assets replace-plan`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schoten_ict.assets.judge import replacement
from schoten_ict.assets.judge.replacement import GONE, REPLACED, Kind, Planned, Sum
from schoten_ict.assets.records import standing
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.money import euros, parse_euros
from schoten_ict.core.result import Result, Show, Table, column

if TYPE_CHECKING:
    from schoten_ict.assets.records.standing import Standing
    from schoten_ict.workspace import Workspace

app = new_app()
FIRST_YEAR, LAST_YEAR, MOST_YEARS = 2000, 2100, 30
_PER_YEAR = "/year"


@dataclass(frozen=True, slots=True)
class ReplacementRow:
    """One asset in the plan; costs are in euros.

    `plan` is `planned`, `postponed` (by so many years), `later` (after the last year) or `unknown` (nothing
    tells when it is due). `due_from` and `cost_from` say what they rest on.
    """

    tag: str = column("Tag")
    category: str = column("Category")
    make: str = column("Make and model")
    status: str = column("Status", show=Show.NEVER)
    holder: str | None = column("Holder", show=Show.NEVER)
    cost_centre: str | None = column("Cost centre", show=Show.NEVER)
    due: date | None = column("Due")
    due_from: str = column("Due from", show=Show.NEVER)
    plan: str = column("Plan", show=Show.NEVER)
    year: int | None = column("Year", right=True)
    postponed: int | None = column("Postponed", show=Show.IF_ANY, right=True)
    cost: Decimal | None = column("Cost (EUR)", right=True)
    cost_from: str = column("Cost from", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class YearRow:
    """What a year costs, in euros. `year` is a year, `after YEAR` or `unknown`.

    `unknown_cost` counts assets that are in no sum. `over_budget` says that one item alone costs more.
    """

    year: str = column("Year")
    assets: int = column("Assets", right=True)
    postponed: int = column("Postponed", right=True)
    unknown_cost: int = column("No cost", right=True)
    budget: Decimal | None = column("Budget", show=Show.NEVER, right=True)
    over_budget: bool | None = column("Over budget", show=Show.NEVER)
    cost: Decimal = column("Cost (EUR)", right=True, bar=True)


@dataclass(frozen=True, slots=True)
class CostCentreRow:
    """What a cost centre pays within the years of the plan, in euros; empty where none is recorded."""

    cost_centre: str | None = column("Cost centre")
    assets: int = column("Assets", right=True)
    unknown_cost: int = column("No cost", right=True)
    cost: Decimal = column("Cost (EUR)", right=True, bar=True)
    years: dict[str, Decimal] = column("Years", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """What is gone and not in the plan: to be replaced at once or not at all."""

    status: str = column("Status")
    assets: int = column("Assets", right=True)


@dataclass(frozen=True, slots=True)
class Horizon:
    """The years of a plan, and the budget of each in euro cents."""

    first: int
    last: int
    budget_cents: int | None

    def covers(self, planned: Planned) -> bool:
        """Whether an item is planned within these years."""
        return planned.year is not None and planned.year <= self.last


@app.command("replace-plan")
def replace_plan(
    ctx: typer.Context,
    years: Annotated[int, typer.Option("--years", help="So many years.", min=1, max=MOST_YEARS)] = 5,
    budget: Annotated[
        str | None,
        typer.Option("--budget", help="Euros per year, as 60000 or 60000/year.", metavar="EUR[/year]"),
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only this category.")] = None,
    from_: Annotated[
        int | None,
        typer.Option(
            "--from", help="First year. Default: this year.", metavar="YEAR", min=FIRST_YEAR, max=LAST_YEAR
        ),
    ] = None,
) -> Result[ReplacementRow]:
    """Plan what to replace when, and what it costs.

      ict assets replace-plan --years 5
      ict assets replace-plan --from 2027 --budget 60000/year -o json

    What is past due falls in the first year. With a budget a full year passes the rest on: longest past due
    goes first, then the order of the categories in inventory.yaml; nothing overtakes what is more urgent.
    """
    workspace = workspace_of(ctx)
    first = from_ if from_ is not None else workspace.today.year
    horizon = Horizon(first, first + years - 1, _budget(budget))
    everything = standing.every(workspace.store.reader)
    chosen = _of_category(workspace, everything, category)
    by_tag = {each.asset.tag: each for each in chosen if each.state in REPLACED}
    wanted = replacement.items(
        (each.asset for each in by_tag.values()), _kinds(workspace), [each.asset for each in everything]
    )
    planned = replacement.plan(wanted, first, horizon.budget_cents)
    gone = Counter(each.state for each in chosen if each.state in GONE)
    tables: dict[str, Table[Any]] = {
        "years": Table(YearRow, _years(planned, horizon)),
        "cost_centres": Table(CostCentreRow, _cost_centres(planned, horizon)),
        "left_out": Table(LeftOutRow, [LeftOutRow(state, number) for state, number in sorted(gone.items())]),
    }
    rows = [_row(each, by_tag[each.item.asset.tag], horizon) for each in planned]
    notes = _notes(planned, horizon, sum(gone.values()))
    return Result("assets.replace-plan", ReplacementRow, rows, tables=tables, notes=notes)


def _budget(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        cents = parse_euros(text.strip().removesuffix(_PER_YEAR))
    except ValueError:
        cents = 0
    if cents <= 0:
        raise UsageError(f"--budget {text!r} is no amount per year", remedy="write 60000 or 60000/year")
    return cents


def _kinds(workspace: "Workspace") -> dict[str, Kind]:
    return {
        name: Kind(
            rank,
            category.lifetime,
            None if category.replacement_cost is None else round(category.replacement_cost * 100),
        )
        for rank, (name, category) in enumerate(workspace.inventory.categories.items())
    }


def _of_category(
    workspace: "Workspace", everything: "list[Standing]", category: str | None
) -> "list[Standing]":
    if category is None:
        return everything
    from schoten_ict.assets.acts.keeping import category_of

    category_of(workspace.inventory, category)
    return [each for each in everything if each.asset.category == category]


def _row(planned: Planned, at: "Standing", horizon: Horizon) -> ReplacementRow:
    item = planned.item
    return ReplacementRow(
        tag=item.asset.tag,
        category=item.asset.category,
        make=item.asset.make,
        status=at.state,
        holder=at.holder,
        cost_centre=item.asset.cost_centre,
        due=item.due,
        due_from=item.due_from,
        plan=_word(planned, horizon),
        year=planned.year,
        postponed=planned.postponed or None,
        cost=euros(item.cost_cents),
        cost_from=item.cost_from,
    )


def _word(planned: Planned, horizon: Horizon) -> str:
    if planned.year is None:
        return "unknown"
    if not horizon.covers(planned):
        return "later"
    return "postponed" if planned.postponed else "planned"


def _years(planned: Sequence[Planned], horizon: Horizon) -> list[YearRow]:
    rows = [
        _year(str(year), [each for each in planned if each.year == year], horizon.budget_cents)
        for year in range(horizon.first, horizon.last + 1)
    ]
    later = [each for each in planned if each.year is not None and not horizon.covers(each)]
    unknown = [each for each in planned if each.year is None]
    if later:
        rows.append(_year(f"after {horizon.last}", later, None))
    if unknown:
        rows.append(_year("unknown", unknown, None))
    return rows


def _year(name: str, planned: Sequence[Planned], budget_cents: int | None) -> YearRow:
    total = _sum(planned)
    return YearRow(
        year=name,
        assets=total.items,
        postponed=sum(each.postponed > 0 for each in planned),
        unknown_cost=total.unknown,
        budget=euros(budget_cents),
        over_budget=None if budget_cents is None else total.cents > budget_cents,
        cost=_amount(total.cents),
    )


def _cost_centres(planned: Sequence[Planned], horizon: Horizon) -> list[CostCentreRow]:
    within = [each for each in planned if horizon.covers(each)]
    rows = []
    for name, sums in replacement.by_cost_centre(within).items():
        own = [each for each in within if each.item.asset.cost_centre == name]
        total = _sum(own)
        years = {str(year): _amount(each.cents) for year, each in sums.items()}
        rows.append(CostCentreRow(name, total.items, total.unknown, _amount(total.cents), years))
    return rows


def _notes(planned: Sequence[Planned], horizon: Horizon, gone: int) -> list[str]:
    notes = []
    postponed = [each for each in planned if each.postponed]
    if postponed:
        longest = max(postponed, key=lambda each: each.postponed)
        tag, by = longest.item.asset.tag, longest.postponed
        length = f"{by} {'year' if by == 1 else 'years'}"
        notes.append(f"{len(postponed)} assets are postponed, {tag} the longest: by {length}")
    budget = horizon.budget_cents
    sums = replacement.by_year(each for each in planned if horizon.covers(each))
    over = [str(year) for year, each in sums.items() if budget is not None and each.cents > budget]
    if over:
        notes.append(f"Over budget because one item alone costs more: {', '.join(over)}")
    undated = sum(each.year is None for each in planned)
    if undated:
        notes.append(f"{undated} assets are in no year: no end of life, purchase date or warranty on record")
    if gone:
        notes.append(f"{gone} lost or stolen assets are not in the plan")
    return notes


def _sum(planned: Iterable[Planned]) -> Sum:
    total = Sum()
    for each in planned:
        total = total.plus(each.item)
    return total


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
