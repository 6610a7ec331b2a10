"""`ict inventory forgive`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.result import Result, Show, column

if TYPE_CHECKING:
    from schoten_ict.store.refusals import Refusal
    from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One account that is held back. `realm` is where: a domain, or `host:NAME`."""

    user: str = column("Account")
    realm: str = column("Held back on")
    host: str = column("Refused by")
    at: datetime = column("Since")
    action: str = column("Done", show=Show.IF_ANY)


@app.command("forgive")
def forgive(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[CREDENTIAL]", help="Its name in the inventory, or the account itself."),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option("--at", metavar="HOST", help="Only what this host refused.", autocompletion=host_names),
    ] = None,
) -> Result[RefusalRow]:
    """Accounts that are held back after a refusal; try one again.

    So that nobody is locked out, an account that was refused is not tried again until its secret
    changes. Forgive it when the secret is right and the cause is gone: the account was unlocked, or the
    machine lets it in now. It is then tried once more. Without a name: what is held back.

    ict inventory forgive
    ict inventory forgive windows --at pc-0231
    """
    from schoten_ict.store import refusals

    workspace = workspace_of(context)
    known = refusals.remembered(workspace.store.reader)
    users = _users(workspace, name)
    chosen = [each for each in known if _is_meant(each, users, host)]
    if name is None:
        return _result(chosen, "")
    if not chosen:
        raise NotFoundError(
            f"no refusal of {name} is remembered{f' by {host}' if host else ''}",
            remedy="ict inventory forgive (without a name) lists what is held back",
        )
    with workspace.store.transaction() as transaction:
        refusals.forget(transaction, name, chosen)
    return _result(chosen, "forgiven")


def _users(workspace: "Workspace", name: str | None) -> set[str] | None:
    """The users that a word means: of the credential of that name, or itself; None for all."""
    from schoten_ict.inventory.sections.credentials import CREDENTIALS

    if name is None:
        return None
    credential = workspace.inventory.get(CREDENTIALS).get(name)
    user = credential.user if credential is not None else None
    return {(user or name).lower()}


def _is_meant(refusal: "Refusal", users: set[str] | None, host: str | None) -> bool:
    return (users is None or refusal.user.lower() in users) and host in {None, refusal.host}


def _result(chosen: "list[Refusal]", action: str) -> Result[RefusalRow]:
    rows = [RefusalRow(each.user, each.realm, each.host, each.at, action) for each in chosen]
    return Result("inventory.forgive", RefusalRow, rows)
