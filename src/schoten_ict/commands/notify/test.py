"""`ict notify test`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.announcing import head_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import nearest
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.inventory.sections.notify import Receiver
    from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class ToldRow:
    """One receiver and whether the test reached its server."""

    receiver: str = column("Receiver")
    way: str = column("Way")
    told: bool = column("Told")
    tries: int = column("Tries", right=True)
    problem: str | None = column("Problem", show=Show.IF_ANY)


@app.command("test")
def send_test(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[RECEIVER]...", help="All of them when none is named.")
    ] = None,
) -> Result[ToldRow]:
    """Send a test to the receivers that are declared.

    What a server takes is told; whether somebody reads it, only they know. A dead-man's switch gets a
    good ping. Exit 3 when a receiver was not told.

    ict notify test
    ict notify test team-mail
    """
    from schoten_ict.notify.messages import Message
    from schoten_ict.notify.telling import tell_all

    workspace = workspace_of(context)
    receivers = _named(workspace, names or [])
    message = Message(
        run="notify.test",
        verdict=Verdict.OK,
        title=f"{workspace.inventory.organisation.name}: test of ict",
        lines=("This is a test. Nothing is wrong.",),
        at=workspace.now,
        head=head_of(workspace),
    )
    told = tell_all(workspace.outbox, receivers, message)
    rows = [
        ToldRow(
            each.receiver,
            each.way,
            each.problem is None,
            each.tries,
            each.problem.message if each.problem else None,
        )
        for each in told
    ]
    problems = [each.problem for each in told if each.problem is not None]
    notes = () if receivers else ("no receiver is declared: add notify: to inventory.yaml",)
    return Result("notify.test", ToldRow, rows, problems=problems, notes=notes)


def _named(workspace: "Workspace", names: list[str]) -> "list[Receiver]":
    from schoten_ict.inventory.sections.notify import NOTIFY

    declared = {each.name: each for each in workspace.inventory.get(NOTIFY)}
    for name in names:
        if name not in declared:
            close = nearest(name, list(declared))
            raise NotFoundError(f"no receiver {name!r} in notify:{close}", remedy="see inventory.yaml")
    return [declared[name] for name in names] if names else list(declared.values())
