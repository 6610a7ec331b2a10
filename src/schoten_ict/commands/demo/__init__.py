"""`ict demo`: the main job, run for real on the sample workspace."""

from pathlib import Path
from typing import Annotated

import typer

from schoten_ict.commands.demo.teller import Step, Teller
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result

app = new_app()


@app.command("demo")
def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder, or an earlier demo.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove an earlier demo and make it anew.")] = False,
) -> Result[Step] | None:
    """Run the main job for real in a folder of its own.

      ict demo ict-demo

    Imports 200 people and 600 assets, hands a laptop over with the agreement to sign, takes it back, checks
    the records, proves a backup, and asks this machine which updates it lacks. Every line is shown as you
    would type it, with what it really answers. It needs no network and no server, and touches nothing
    outside DIR. With -o json the lines go to stderr and the answer is the list of steps.
    """
    from schoten_ict.commands.demo.folder import prepare
    from schoten_ict.commands.demo.story import tell

    workspace = workspace_of(context)
    prepare(folder.expanduser(), yes=yes)
    told = workspace.settings["output"].value in {None, "table"}
    teller = Teller(workspace, folder.expanduser(), aside=not told)
    tell(teller)
    return None if told else Result("demo", Step, teller.steps)
