"""Loading `inventory.yaml` and `inventory.d/*.yaml`. Opens no other file and resolves no secret."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.text import printable
from schoten_ict.inventory.discovery import all_sections
from schoten_ict.inventory.document import Document, read_document
from schoten_ict.inventory.explain import explain
from schoten_ict.inventory.fields import decode
from schoten_ict.inventory.flaws import Flaw, cut, shown
from schoten_ict.inventory.merging import merge, misreadings, problems
from schoten_ict.inventory.model import Inventory, SourceFile
from schoten_ict.inventory.section import Section

FILE_NAME = "inventory.yaml"
FOLDER_NAME = "inventory.d"
VERSION = 1
"""The only `version:` of the document so far; it may be left out."""


def load(root: Path) -> Inventory:
    """The inventory of the workspace `root`.

    Raises `ConfigurationError` with one problem per error: its subject is `FILE:LINE` relative to `root`,
    its message starts with the path in that file (`hosts[3].address: ...`).
    """
    files: list[SourceFile] = []
    documents: list[Document] = []
    for path in _paths(root):
        source, content = _read(path, root)
        files.append(source)
        documents.append(read_document(path.relative_to(root).as_posix(), content))
    return Inventory(root, tuple(files), evaluate(documents, all_sections()))


def evaluate(documents: Sequence[Document], sections: Sequence[Section[Any]]) -> dict[str, Any]:
    """The values by section key of what `documents` declare together; raises as `load` does."""
    if misread := misreadings(documents):
        raise ConfigurationError.of(misread)
    merged, clashes = merge(documents)
    if clashes:
        raise ConfigurationError.of(clashes)
    values, flaws = _convert(merged, sections)
    if flaws:
        raise ConfigurationError.of(problems(documents, flaws))
    return values


def _paths(root: Path) -> list[Path]:
    folder = root / FOLDER_NAME
    present = sorted(folder.glob("[!.]*"), key=lambda path: path.name)
    for path in present:
        if path.suffix == ".yml":
            raise ConfigurationError(
                f"{FOLDER_NAME} holds {cut(path.name)}, which is not read", remedy="let its name end in .yaml"
            )
    return [root / FILE_NAME, *(path for path in present if path.suffix == ".yaml")]


def _read(path: Path, root: Path) -> tuple[SourceFile, bytes]:
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            return SourceFile(path, status.st_size, status.st_mtime_ns), stream.read()
    except FileNotFoundError:
        folder = printable(str(root))
        raise ConfigurationError(
            f"there is no {path.name} in {folder}", remedy=f"ict init {folder}"
        ) from None
    except OSError as error:
        name = path.relative_to(root).as_posix()
        raise ConfigurationError(
            f"{cut(name)} cannot be read: {error.strerror}", remedy="make it a file that the team can read"
        ) from None


def _convert(
    merged: Mapping[str, Any], sections: Sequence[Section[Any]]
) -> tuple[dict[str, Any], list[Flaw]]:
    """The sections' values by key, and everything that is wrong with the merged document."""
    flaws = list(_wrong_top(merged, sections))
    names = {section.key: section.names(merged.get(section.key)) for section in sections}
    known = {key: {name for _, name in named} for key, named in names.items()}
    values: dict[str, Any] = {}
    for section in sections:
        raw = merged.get(section.key)
        if raw is None:
            continue
        flaws += _within(section, _repeated(names[section.key]))
        try:
            values[section.key] = section.build(msgspec.convert(raw, section.shape, dec_hook=decode))
        except msgspec.ValidationError:
            flaws += explain(raw, section.shape, (section.key,))
        else:
            flaws += _within(section, section.check(values[section.key], known))
    return values, flaws or [flaw for section in sections for flaw in section.clashes(values)]


def _wrong_top(merged: Mapping[str, Any], sections: Sequence[Section[Any]]) -> Iterator[Flaw]:
    keys = ["version", *(section.key for section in sections)]
    for key in merged:
        if key not in keys:
            known = f"known here: {', '.join(keys)}"
            yield Flaw((key,), f'unknown key "{cut(key)}"', known, word=key, known=keys)
    version = merged.get("version", VERSION)
    if type(version) is not int or version != VERSION:
        yield Flaw(("version",), f"must be {VERSION}, not {shown(version)}", f"write version: {VERSION}")


def _repeated(names: Sequence[tuple[tuple[str | int, ...], str]]) -> Iterator[Flaw]:
    seen: dict[str, tuple[str | int, ...]] = {}
    for path, name in names:
        if name in seen:
            yield Flaw(path, f'"{cut(name)}" is declared twice', "rename or remove one", first=seen[name])
        seen.setdefault(name, path)


def _within(section: Section[Any], flaws: Iterable[Flaw]) -> Iterator[Flaw]:
    """`flaws` with paths that start at the document's root."""
    for flaw in flaws:
        first = None if flaw.first is None else (section.key, *flaw.first)
        yield replace(flaw, path=(section.key, *flaw.path), first=first)
