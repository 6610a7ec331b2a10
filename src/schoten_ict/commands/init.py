"""`ict init`: a new workspace."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from schoten_ict.commands.shell import new_app
from schoten_ict.core.errors import ConfigurationError, ConflictError
from schoten_ict.core.files import shared_folder, write_whole
from schoten_ict.core.result import Result, column

app = new_app()
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Made:
    """One file or folder of the new workspace. `action` is `made`, `extended` or `kept`."""

    path: str = column("Path")
    action: str = column("Action")
    purpose: str = column("Purpose")


@app.command("init")
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")]) -> Result[Made]:
    """Make a new workspace.

      ict init /srv/ict
      ict init .

    Writes a small inventory.yaml with its schema, a sample policy, and the folder data/ (open to its group,
    closed to others) for the store. What exists already is kept; an existing inventory.yaml is refused.
    """
    made = list(make_workspace(folder.expanduser()))
    notes = (f"Next: edit {folder / 'inventory.yaml'}, then: ict -w {folder} doctor",)
    return Result("init", Made, made, notes=notes)


def make_workspace(folder: Path) -> Iterator[Made]:
    """Make the files of a workspace in `folder`.

    Raises `ConflictError` when it has an inventory and `ConfigurationError` on a network file system.
    """
    inventory = folder / "inventory.yaml"
    if inventory.exists():
        raise ConflictError(f"{inventory} exists already", remedy=f"ict -w {folder} doctor looks at it")
    _refuse_network(folder)
    shared_folder(folder)
    yield _file(inventory, _template("inventory.yaml"), "what should be; keep it in git")
    yield _file(folder / "inventory.schema.json", _schema(), "completes and checks it in editors")
    yield _gitignore(folder / ".gitignore")
    shared_folder(folder / "policies")
    policy = folder / "policies" / "ict-materiaal-1.md"
    yield _file(policy, _template(policy.name), "a sample policy; replace its text")
    data = folder / "data"
    action = "kept" if data.exists() else "made"
    shared_folder(data)
    yield Made(str(data), action, "the store and signed documents; back it up, not in git")


def _refuse_network(folder: Path) -> None:
    from schoten_ict.store.connection import file_system, is_network

    absolute = folder.absolute()
    kind = file_system(next(each for each in (absolute, *absolute.parents) if each.exists()))
    if is_network(kind):
        raise ConfigurationError(
            f"{folder} lies on a network file system ({kind}), where SQLite's locks cannot be trusted",
            remedy="choose a folder on a local disk of the management machine",
            code="network-file-system",
        )


def _file(path: Path, content: bytes, purpose: str) -> Made:
    if path.exists():
        return Made(str(path), "kept", purpose)
    write_whole(path, content)
    return Made(str(path), "made", purpose)


def _gitignore(path: Path) -> Made:
    """Make sure that git ignores what must not be committed, also in a folder that is a repository."""
    purpose = "keeps data/ and secrets/ out of git"
    wanted = _template("gitignore").decode()
    if not path.exists():
        return _file(path, wanted.encode(), purpose)
    present = path.read_text(encoding="utf-8")
    if {"data/", "secrets/"} <= set(present.splitlines()):
        return Made(str(path), "kept", purpose)
    gap = "" if present.endswith("\n") or not present else "\n"
    write_whole(path, f"{present}{gap}{wanted}".encode())
    return Made(str(path), "extended", purpose)


def _template(name: str) -> bytes:
    return (_TEMPLATES / name).read_bytes()


def _schema() -> bytes:
    from schoten_ict.inventory.schema import schema

    return f"{json.dumps(schema(), indent=2, ensure_ascii=False)}\n".encode()
