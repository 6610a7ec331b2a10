"""What imports share: reading the file, the counts of the plan, the question, and who refused what."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from schoten_ict.core.errors import (
    ConfirmationNeededError,
    IncompleteError,
    NotFoundError,
    Problem,
    UsageError,
)
from schoten_ict.core.result import Result
from schoten_ict.core.text import printable
from schoten_ict.workspace import Workspace

PENDING = ("new", "changed")
REFUSED = "refused"
SHOWN_NEW = 20
"""So many new rows stand above the question; `--dry-run` shows all."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX.")]
Maps = Annotated[
    list[str] | None,
    typer.Option("--map", help="Which column holds a field; FIELD= leaves it out.", metavar="FIELD=COLUMN"),
]
Dates = Annotated[
    str | None,
    typer.Option("--dates", help="Order of day and month: dmy, mdy or ymd.", metavar="dmy|mdy|ymd"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan only.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
Strict = Annotated[bool, typer.Option("--strict", help="Apply nothing when a row is refused.")]
Delimiter = Annotated[str | None, typer.Option("--delimiter", help="Default: found out.", metavar="CHAR")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Default: found out.", metavar="NAME")]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook.", metavar="NAME")]


def content_of(path: Path) -> bytes:
    """The bytes of a file; raises `NotFoundError` or `IncompleteError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"no file {printable(str(path))}", remedy="check the path") from None
    except OSError as error:
        raise IncompleteError(
            f"cannot be read: {error.strerror}", subject=printable(path.name), code="unreadable"
        ) from None


def one_of(option: str, text: str | None, choices: Sequence[str]) -> str | None:
    """An option that must be one of `choices`; raises `UsageError` that names it."""
    if text is not None and text not in choices:
        raise UsageError(f"{option} {printable(text)!r} is no choice", remedy=f"choose {', '.join(choices)}")
    return text


def carry_out(
    workspace: Workspace,
    plan: Result[Any],
    name: str,
    apply: Callable[[], Result[Any]],
    detailed: Callable[[int], Any],
    *,
    dry_run: bool,
    yes: bool,
    strict: bool,
) -> Result[Any]:
    """Show a plan or, once confirmed, carry it out: `apply` does it and returns the rows as they are then.

    Rows have `row`, `action` and `reason`. Refused ones become problems, so that the exit code is 3.
    `detailed` gives the row at a place with all its values, for the rows that a person looks at first.
    """
    counts = Counter(str(row.action) for row in plan.rows)
    problems = [_problem(name, row) for row in plan.rows if row.action == REFUSED]
    pending = sum(counts[action] for action in PENDING)
    summary = ", ".join(f"{number} {action}" for action, number in sorted(counts.items())) or "no rows"
    plan = replace(plan, problems=problems, notes=(*plan.notes, summary))
    if dry_run:
        return _for_screen(workspace, replace(plan, rows=list(map(detailed, range(len(plan.rows))))))
    if not pending:
        return _for_screen(workspace, plan)
    if strict and problems:
        stopped = Problem("strict", "nothing was applied, because rows are refused", subject=name)
        return _for_screen(workspace, replace(plan, problems=[*problems, stopped]))
    question = f"Import {counts['new']} new and {counts['changed']} changed rows of {printable(name)}?"
    if not yes:
        _ask(workspace, plan, detailed, question)
    done = apply()
    return _for_screen(workspace, replace(plan, rows=done.rows, notes=(*plan.notes, *done.notes)))


def _ask(workspace: Workspace, plan: Result[Any], detailed: Callable[[int], Any], question: str) -> None:
    """Show what would happen and ask; raises `ConfirmationNeededError` unless a person says yes."""
    places = _places(plan)
    new = places["new"]
    shown = sorted([*places[REFUSED], *places["changed"], *new[:SHOWN_NEW]])
    hidden = len(new) - SHOWN_NEW
    more = f"And {hidden} more new rows; --dry-run shows all. " if hidden > 0 else ""
    if not workspace.confirmed(replace(plan, rows=[*map(detailed, shown)]), more + question, yes=False):
        raise ConfirmationNeededError("not confirmed; nothing was changed")


def _places(plan: Result[Any]) -> dict[str, list[int]]:
    """The places of the rows by what would become of them."""
    found: dict[str, list[int]] = {action: [] for action in (*PENDING, REFUSED)}
    for index, row in enumerate(plan.rows):
        if row.action in found:
            found[row.action].append(index)
    return found


def _problem(name: str, row: Any) -> Problem:
    return Problem(REFUSED, row.reason, subject=f"{printable(name)}:{row.row}")


def _for_screen(workspace: Workspace, answer: Result[Any]) -> Result[Any]:
    """On a screen what stays as it is would hide the rest; `-v` shows it."""
    if workspace.format != "table" or workspace.options.verbose:
        return answer
    return replace(answer, rows=[row for row in answer.rows if row.action != "unchanged"])
