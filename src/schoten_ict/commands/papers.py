"""What commands that make documents share: the language, who issues them, and where they lie or go."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.core.errors import ConfigurationError, ConflictError, NotFoundError, UsageError

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


def require_folder(path: Path) -> None:
    """Refuse a file that could not be written there, before any work is done for it."""
    if not path.parent.is_dir():
        raise NotFoundError(f"there is no folder {path.parent}", remedy="make it, or name another file")
    if path.is_dir():
        raise ConflictError(f"{path} is a folder", remedy="name a file in it")


def write_page(path: Path, content: bytes) -> None:
    """Write a document where the user asked for it, whole or not at all."""
    from schoten_ict.core.files import write_whole

    try:
        write_whole(path, content)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {error.strerror}", remedy="name a file that can be written"
        ) from None
