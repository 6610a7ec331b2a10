"""`ict inventory validate`."""

from dataclasses import dataclass

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, column

app = new_app()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One file of a valid inventory."""

    file: str = column("File")
    bytes: int = column("Bytes", right=True)


@app.command("validate")
def validate(context: typer.Context) -> Result[ReadFile]:
    """Is the inventory valid? Every problem with its line.

      ict inventory validate
      ict -w /srv/ict inventory validate -o json

    Exits 0 when it is, and 7 with every problem in it otherwise.
    """
    workspace = workspace_of(context)
    inventory = workspace.inventory
    rows = [ReadFile(each.path.relative_to(workspace.root).as_posix(), each.size) for each in inventory.files]
    counts = f"{len(inventory.hosts)} hosts, {len(inventory.services)} services"
    return Result("inventory.validate", ReadFile, rows, notes=(f"Valid: {counts}.",))
