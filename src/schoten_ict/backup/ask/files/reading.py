"""What is in an archive, whether it is whole, and where its files come from."""

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from schoten_ict.backup.ask.there import fault_there, lines_there
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.sent.aside import below
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {
    "data": Kind.DATA, "truncated": Kind.TRUNCATED, "paths": Kind.PATHS, "empty": Kind.EMPTY,
    "incomplete": Kind.INCOMPLETE, "other": Kind.OTHER,
}  # fmt: skip


class AnswerError(ValueError):
    """The program over there answered something else than it does."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive. `modified` is None where it is not told, `sha256` empty where not asked for."""

    path: str
    size: int
    modified: datetime | None = None
    sha256: str = ""


@dataclass(slots=True)
class Reading:
    """What reading an archive to its end gave.

    `manifests` are the texts of manifests inside it by path, `sha256` is the archive's own sum (empty: not
    asked for), `aside` maps paths below the scratch folder to the files that lie there, `refused` counts
    those for which there was no room.
    """

    members: dict[str, Member] = field(default_factory=dict)
    manifests: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    faults: tuple[Fault, ...] = ()
    blocked: Fault | None = None
    aside: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    told: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def read_archive(machine: Machine, path: str, request: Mapping[str, Any], seconds: float) -> Reading:
    """Read the archive at `path` where it lies; `request` as in `sent.archive.look`. Raises nothing."""
    begun, reading = monotonic(), Reading()
    try:
        understand(lines_there(machine, "archive", {**request, "path": path}, seconds), reading)
    except RemoteError as error:
        reading.blocked = fault_there(error)
    except AnswerError as error:
        reading.blocked = Fault(Kind.PROTOCOL, f"{machine.name}: {error}")
    reading.seconds = monotonic() - begun
    return reading


def understand(lines: Iterable[Any], reading: Reading) -> None:
    """Take the lines of an answer. Raises `AnswerError` for other lines, or when the last one is missing."""
    ended = False
    for line in lines:
        if ended:
            raise AnswerError("an answer goes on after its end")
        try:
            ended = _take(line, reading)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise AnswerError("an answer is not understood") from None
    if not ended:
        raise AnswerError("an answer breaks off")


def _take(line: Any, reading: Reading) -> bool:
    """One line; True for the one that sums up."""
    if isinstance(line, list):
        path, size, modified, digest = line
        at = None if modified is None else _EPOCH + timedelta(seconds=float(modified))
        reading.members[str(path)] = Member(str(path), int(size), at, str(digest))
        return False
    if "manifest" in line:
        text = base64.b64decode(line["text"], validate=True)
        reading.manifests[str(line["manifest"])] = text.decode("utf-8", "surrogateescape")
        return False
    reading.faults = tuple(
        Fault(_KINDS.get(kind, Kind.OTHER), _words(message, where), str(where))
        for kind, message, where in line["faults"]
    )
    if line["trouble"] is not None:
        code, message = line["trouble"]
        reading.blocked = fault_there(RemoteError(printable(str(message)), code=str(code)))
    reading.sha256 = str(line["sha256"])
    reading.aside = {below(int(number)): str(name) for number, name in line["aside"].items()}
    reading.refused = int(line["refused"])
    reading.told = {str(name): int(number) for name, number in line["told"].items()}
    return True


def _words(message: str, where: str) -> str:
    return printable(f"{where}: {message}" if where and where not in message else str(message))


class Placement:
    """Where the files of an archive come from.

    `tar` and its kind leave out the leading slash (`srv/data/x`), or count from the folder (`data/x`, `x`):
    the first of these that fits the archive holds for a root. `missing` are roots of which it has nothing.
    """

    def __init__(self, members: Collection[str], roots: Sequence[str]) -> None:
        self.missing: list[str] = []
        self._places: list[tuple[str, str]] = []
        for root in roots:
            prefix = next((each for each in _prefixes(root, roots) if _has(members, each)), None)
            if prefix is None:
                self.missing.append(root)
            else:
                self._places.append((prefix, root))

    def source_of(self, path: str) -> str:
        """The absolute path of a member in the source, as `proving` writes it."""
        for prefix, root in self._places:
            if path == prefix:
                return root
            if not prefix or path.startswith(f"{prefix}/"):
                return f"{root.rstrip('/')}/{path[len(prefix) :].lstrip('/')}"
        return f"/{path}"


def names_of(path: str, roots: Sequence[str]) -> Iterator[str]:
    """What a file of the source may be called in an archive."""
    for root in roots:
        folder = root.rstrip("/")
        if path == root or path.startswith(f"{folder}/"):
            rest = path[len(folder) :].strip("/")
            for prefix in _prefixes(root, roots):
                yield "/".join(part for part in (prefix, rest) if part)


def _prefixes(root: str, roots: Sequence[str]) -> Iterator[str]:
    """How the members below a root may begin, the longest first; an only root may be left out altogether."""
    parts = [part.rstrip(":") for part in re.split(r"[\\/]+", root) if part]
    yield from dict.fromkeys(
        "/".join(parts[start:]) for start in (0, int(":" in root[:2]), len(parts) - 1) if parts[start:]
    )
    if len(roots) == 1:
        yield ""


def _has(members: Collection[str], prefix: str) -> bool:
    return not prefix or any(path == prefix or path.startswith(f"{prefix}/") for path in members)
