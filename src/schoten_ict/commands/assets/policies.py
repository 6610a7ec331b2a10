"""`ict assets policies`: which policies there are, which holds today, and who signed for which text."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Document, Result, Show, column

app = new_app()


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One version of a policy. `text` says whether its file still is what people signed for."""

    id: str = column("Policy")
    version: str = column("Version")
    title: str = column("Title", show=Show.IF_ROOM)
    valid_from: date = column("Valid from")
    current: bool = column("Current")
    handovers: int = column("Handovers", right=True)
    text: str = column("Text")
    file: str = column("File", show=Show.IF_ROOM)
    sha256: str | None = column("SHA-256", show=Show.NEVER)


@app.command("policies")
def policies(
    ctx: typer.Context,
    show: Annotated[
        str | None, typer.Option("--text", help="Print the text of a version.", metavar="ID@VERSION")
    ] = None,
) -> Result[PolicyRow] | Document:
    """List policies, their versions, and what was signed for.

    ict assets policies
    """
    from schoten_ict.assets.records import policies as records

    workspace = workspace_of(ctx)
    if show is not None:
        content = records.text(workspace.store.reader, workspace.inventory, show, workspace.today)
        return Document("text/markdown", content.decode("utf-8", errors="replace"))
    rows = [
        PolicyRow(
            id=each.policy.id,
            version=each.version.version,
            title=each.policy.title,
            valid_from=each.version.valid_from,
            current=each.current,
            handovers=each.handovers,
            text=each.state,
            file=each.version.file,
            sha256=each.sha256,
        )
        for each in records.standing(workspace.store.reader, workspace.inventory, workspace.today)
    ]
    return Result("assets.policies", PolicyRow, rows)
