"""One document out of several files, and the way back from a place in it to a file and line."""

from collections.abc import Iterable, Sequence
from typing import Any

from schoten_ict.core.errors import ConfigurationError, Problem
from schoten_ict.core.text import nearest
from schoten_ict.inventory.document import Document
from schoten_ict.inventory.flaws import Flaw, Path, cut, path_text

_GUESSES = 100  # a guess compares with every known name; beyond these, nobody reads them
_LONGEST_GUESS = 60
_Place = tuple[Document, Path, Any]


def merge(documents: Sequence[Document]) -> tuple[dict[str, Any], list[Problem]]:
    """The merged mapping, and a problem for everything that is defined twice over files.

    Lists are concatenated in the order of `documents`, mappings merged by key; nothing else may stand in
    two files.
    """
    merged: dict[str, Any] = {}
    problems: list[Problem] = []
    for number, document in enumerate(documents):
        clashes: list[Path] = []
        merged = _merge(merged, document.root, (), clashes)
        for path in clashes:
            first, _, line = locate(documents[:number], path)
            message = f"is defined at {cut(first.name)}:{line} already"
            problems.append(_problem(document, document.line(path), path, message, "keep one of the two"))
    return merged, problems


def locate(documents: Sequence[Document], path: Path) -> tuple[Document, Path, int]:
    """Where `path` of the merged document stands: its file, its path there, its line.

    For a path that does not exist (a missing key) this is the nearest entry above it.
    """
    places: list[_Place] = [(document, (), document.root) for document in documents]
    for part in path:
        inner = _by_key(places, part) if isinstance(part, str) else _by_number(places, part)
        if not inner:
            break
        places = inner
    document, local, _ = places[0]
    return document, local, document.line(local)


def problems(documents: Sequence[Document], flaws: Iterable[Flaw]) -> list[Problem]:
    """`flaws` of the merged document as problems, in the order of files and lines."""
    located = []
    for number, flaw in enumerate(flaws):
        document, local, line = locate(documents, flaw.path)
        message = flaw.message
        if flaw.word and number < _GUESSES:
            message += nearest(flaw.word[:_LONGEST_GUESS], list(flaw.known))
        if flaw.first is not None:
            first, _, first_line = locate(documents, flaw.first)
            message = f"{message}, first at {cut(first.name)}:{first_line}"
        problem = _problem(document, line, local, message, flaw.remedy)
        located.append((documents.index(document), line, problem))
    return [problem for _, _, problem in sorted(located, key=lambda each: each[:2])]


def misreadings(documents: Iterable[Document]) -> list[Problem]:
    """What could not be read as YAML, as problems."""
    return [
        _problem(document, wrong.line, wrong.path, wrong.message, wrong.remedy)
        for document in documents
        for wrong in document.misread
    ]


def _problem(document: Document, line: int, path: Path, message: str, remedy: str) -> Problem:
    place = f"{path_text(path)}: " if path else ""
    return Problem(ConfigurationError.code, f"{place}{message}", f"{cut(document.name)}:{line}", remedy)


def _merge(base: dict[str, Any], more: dict[str, Any], path: Path, clashes: list[Path]) -> dict[str, Any]:
    result = dict(base)
    for key, value in more.items():
        old = result.get(key)
        if old is None:  # absent, or a name with nothing after it
            result[key] = value
        elif isinstance(old, dict) and isinstance(value, dict):
            result[key] = _merge(old, value, (*path, key), clashes)
        elif isinstance(old, list) and isinstance(value, list):
            result[key] = [*old, *value]
        elif value is not None:
            clashes.append((*path, key))
    return result


def _by_key(places: Sequence[_Place], key: str) -> list[_Place]:
    """The places one step further; those with a value go before a name with nothing after it."""
    inner = [
        (document, (*local, key), value[key])
        for document, local, value in places
        if isinstance(value, dict) and key in value
    ]
    return sorted(inner, key=lambda place: place[2] is None)


def _by_number(places: Sequence[_Place], number: int) -> list[_Place]:
    """The one place that holds the entry of that number, counted through the lists of all files."""
    for document, local, value in places:
        entries = value if isinstance(value, list) else []
        if number < len(entries):
            return [(document, (*local, number), entries[number])]
        number -= len(entries)
    return []
