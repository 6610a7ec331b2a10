"""`ict` alone: where you are and what to do next."""

from typing import cast

from typer._click.globals import get_current_context

from schoten_ict.workspace import Workspace


def start() -> None:
    """Show the workspace and the next step when no command was named."""
    ctx = get_current_context()
    if ctx.invoked_subcommand is not None:
        return
    workspace = cast("Workspace", ctx.obj)
    root = workspace.find_root()
    say = workspace.streams.stdout.write
    if root is None:
        say("No workspace here. Next:\n")
        say("  ict init DIR     make one\n")
        say("  ict demo DIR     try everything on a sample\n")
    else:
        stored = "with" if workspace.store.exists else "without"
        say(f"Workspace {root}, {stored} a store. Next:\n")
        say("  ict who TEXT     everything about a person, tag, serial, host or address\n")
        say("  ict doctor       is this workspace in order?\n")
    say("  ict --help       all commands\n")
