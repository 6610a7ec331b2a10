"""What commands that make documents share: the language, who issues them, and where they lie."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.core.errors import UsageError

if TYPE_CHECKING:
    from schoten_ict.workspace import Workspace

Language = Annotated[
    str | None, typer.Option("--lang", help="Language of the document: nl or en.", metavar="nl|en")
]


def language_of(workspace: "Workspace", asked: str | None) -> str:
    """The language that was asked for, else that of the organisation."""
    if asked not in {None, "nl", "en"}:
        raise UsageError(f"--lang {asked!r} is no language of ours", remedy="give nl or en")
    return asked or workspace.inventory.organisation.language


def issuer_of(workspace: "Workspace", account: str) -> str:
    """The team member behind an account, by the local part of the e-mail address; else the account."""
    from schoten_ict.inventory.sections.team import TEAM

    name = account.partition(" ")[0]
    for member in workspace.inventory.get(TEAM):
        if member.email.partition("@")[0].lower() == name.lower():
            return member.name
    return account


def path_of(workspace: "Workspace", name: str) -> str:
    """A file of the data folder as the user can open it from the current folder."""
    path = workspace.data / name
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
