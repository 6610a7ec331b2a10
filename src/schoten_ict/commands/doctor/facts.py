"""What `ict doctor` looks at: this machine and the workspace, as plain facts. Changes nothing."""

import contextlib
import importlib
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.secrets import SecretReference
from schoten_ict.core.text import nearest
from schoten_ict.core.times import parse_utc

if TYPE_CHECKING:
    from schoten_ict.inventory.model import Inventory
    from schoten_ict.workspace import Workspace

_LIBRARIES = {
    "typer": "typer", "rich": "rich", "PyYAML": "yaml", "msgspec": "msgspec", "sqlite-utils": "sqlite_utils",
    "openpyxl": "openpyxl", "defusedxml": "defusedxml", "segno": "segno", "tzdata": "tzdata",
}  # fmt: skip
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # struct timex is 208 bytes on 64-bit Linux


@dataclass(frozen=True, slots=True)
class FoundWorkspace:
    """The workspace's folder, or why there is none."""

    root: Path | None
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class SecretFile:
    """The file of a `file:` reference. `mode` is None when it does not exist or cannot be looked at."""

    path: Path
    mode: int | None


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """The references to secrets: those to files with what is there, and how many others."""

    files: tuple[SecretFile, ...]
    others: int


@dataclass(frozen=True, slots=True)
class Declared:
    """The inventory: its hosts, or its problems. `secrets` is None when it cannot be read."""

    hosts: int
    problems: tuple[Problem, ...]
    secrets: SecretFacts | None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder: `mode` None when absent; `group` empty where there are no groups (Windows)."""

    path: Path
    mode: int | None
    group: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """The store as a reader sees it. `version` None: there is none; `problem`: it cannot be read.

    `lost` says what shows that the database is gone; `unknown` are the files that it does not know.
    """

    version: int | None
    known: int
    faults: tuple[str, ...] = ()
    last_entry: datetime | None = None
    problem: Problem | None = None
    lost: str = ""
    unknown: tuple[str, ...] = ()


def python_version() -> tuple[int, int, int]:
    """The version of the running Python."""
    return sys.version_info[:3]


def libraries() -> dict[str, str | None]:
    """The version of each library by its distribution's name; None when it cannot be imported."""
    return {name: _version(name, module) for name, module in _LIBRARIES.items()}


def document_engine() -> str | None:
    """The version of what makes PDFs, or None."""
    return _version("typst", "typst")


def _version(name: str, module: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        importlib.import_module(module)
        return version(name)
    except (ImportError, PackageNotFoundError, OSError):
        return None


def workspace(workspace: "Workspace") -> FoundWorkspace:
    """Where the workspace is."""
    try:
        return FoundWorkspace(workspace.root, None)
    except IctError as error:
        return FoundWorkspace(None, error.problems[0])


def inventory(workspace: "Workspace") -> Declared:
    """What the inventory declares, and whether it can."""
    try:
        loaded = workspace.inventory
    except IctError as error:
        return Declared(0, error.problems, None)
    return Declared(len(loaded.hosts), (), _secrets(loaded))


def _secrets(inventory: "Inventory") -> SecretFacts:
    references = {reference for value in inventory.values.values() for reference in _references(value)}
    files = sorted(reference.target for reference in references if reference.scheme == "file")
    paths = [inventory.root / Path(target).expanduser() for target in files]
    return SecretFacts(tuple(SecretFile(path, _mode(path)) for path in paths), len(references) - len(files))


def _references(value: Any) -> Iterator[SecretReference]:
    """Every reference to a secret in a declared value, however deep."""
    if isinstance(value, SecretReference):
        yield value
    elif isinstance(value, Mapping):
        yield from _references(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _references(each)
    else:
        for name in getattr(value, "__struct_fields__", ()):
            yield from _references(getattr(value, name))


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def open_to_all(root: Path) -> tuple[Path, ...]:
    """What anyone with an account could change: the folder and the inventory's files (POSIX)."""
    if os.name != "posix":
        return ()
    paths = (root, root / "inventory.yaml", *sorted((root / "inventory.d").glob("*.yaml")))
    return tuple(path for path in paths if (_mode(path) or 0) & stat.S_IWOTH)


def file_system(root: Path) -> tuple[str, bool]:
    """The type of the data folder's file system, and whether it is shared over a network."""
    from schoten_ict.store.connection import file_system as kind_of
    from schoten_ict.store.connection import is_network

    kind = kind_of(_existing(root))
    return kind, is_network(kind)


def free_bytes(root: Path) -> int:
    """Free bytes where the data folder lies."""
    return shutil.disk_usage(_existing(root)).free


def _existing(root: Path) -> Path:
    data = root / "data"
    return data if data.is_dir() else root


def folder(path: Path) -> Folder:
    """The data folder."""
    mode = _mode(path)
    group = ""
    if mode is not None and os.name == "posix":
        with contextlib.suppress(KeyError):  # a group without a name
            group = path.group()
    return Folder(path, mode, group, os.access(path, os.W_OK | os.X_OK))


def store(workspace: "Workspace") -> Stored:
    """The store, opened read-only so that looking upgrades nothing."""
    import sqlite3

    from schoten_ict.store import connection, documents, failures, migrate, upkeep

    path, known = workspace.store.path, max(migrate.migrations())
    try:
        lost = upkeep.loss(workspace.store)
        if lost or not workspace.store.exists:
            return Stored(None, known, lost=lost)
        with contextlib.closing(connection.open_for_reading(path)) as reader:
            version = migrate.version_of(reader)
            answers = tuple(str(row[0]) for row in reader.execute("PRAGMA quick_check"))
            last = reader.execute("SELECT max(at) FROM journal").fetchone()[0] if version else None
            strangers = tuple(documents.unknown(reader, workspace.data)) if 0 < version <= known else ()
    except IctError as error:
        return Stored(None, known, problem=error.problems[0])
    except (sqlite3.Error, OSError) as error:
        return Stored(None, known, problem=failures.explain(error, path).problems[0])
    faults = tuple(answer for answer in answers if answer != "ok")
    return Stored(version, known, faults, parse_utc(last) if last else None, unknown=strangers)


def zone_known() -> bool:
    """Whether the time zones of the world are there; Windows and small containers have none of their own."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("Europe/Brussels")
    except ZoneInfoNotFoundError:
        return False
    return True


def clock_synchronised() -> bool | None:
    """Whether something keeps this machine's clock right; None where that cannot be told."""
    if sys.platform != "linux":
        return None
    if _SYNCHRONISED.exists():
        return True
    import ctypes

    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))  # all zero: only reads
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def completion_scripts(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a completion script of ict is installed for this user or for all."""
    home = Path(environ.get("HOME") or Path.home())
    places = (
        home / ".local/share/bash-completion/completions/ict",
        home / ".bash_completions/ict.sh",
        home / ".zfunc/_ict",
        home / ".config/fish/completions/ict.fish",
        Path("/etc/bash_completion.d/ict"),
        Path("/usr/share/bash-completion/completions/ict"),
        Path("/usr/share/zsh/site-functions/_ict"),
        Path("/usr/share/fish/vendor_completions.d/ict.fish"),
    )
    return tuple(place for place in places if place.is_file())


def exceptions(workspace: "Workspace") -> dict[str, str]:
    """The `check` of exceptions that fits no check, with ` (did you mean ...?)` where one is near."""
    from schoten_ict.commands.checks import is_known, known

    declared = {rule.check for rule in workspace.inventory.exceptions}
    return {check: nearest(check, list(known())) for check in sorted(declared) if not is_known(check)}
