"""What a copied tree lacks, and what is different in it. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from schoten_ict.core.machine import Entry

_SAME_TIME = timedelta(seconds=2)
"""FAT keeps times in steps of two seconds, and so do the tools that copy to it."""
_TEMPORARY = re.compile(r"\..+\.[A-Za-z0-9]{6}")
"""What rsync calls a file that it is writing: `.NAME.XXXXXX`."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file of the source: on which host, below which root, and its path there (`.` is the root itself)."""

    host: str
    root: str
    entry: Entry

    @property
    def path(self) -> str:
        """Its absolute path."""
        return self.root if self.entry.path == "." else f"{self.root.rstrip('/')}/{self.entry.path}"

    @property
    def changed(self) -> datetime:
        """When it came to be as it is."""
        return self.entry.changed or self.entry.modified


@dataclass(slots=True)
class Difference:
    """How a replica differs from its source, by path in the replica.

    `missing`, `short` and `longer` are files that should be in it, `late` those that changed in the source
    since it last took something; `same` are those whose content must be the same; `extra` are not in the
    source. `running` says that a copy is being made right now.
    """

    missing: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    longer: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    running: bool = False


def compared(
    source: Mapping[str, Held],
    replica: Mapping[str, Entry],
    settled: datetime,
    taken: Mapping[str, datetime] = MappingProxyType({}),
    kept: Collection[str] = (),
) -> Difference:
    """Compare by name, size and time.

    What changed in the source before `settled` must be in the replica, and so must what changed before the
    replica last took something: `taken`, by host of the source and by its clock. `kept` were in it before.
    """
    found = Difference()
    for path, held in source.items():
        copy, since = replica.get(path), max(settled, taken.get(held.host, settled))
        is_settled = held.changed < since or (copy is None and path in kept)
        if copy is None:
            (found.missing if is_settled else found.late).append(path)
        elif copy.size != held.entry.size:
            wrong = found.short if copy.size < held.entry.size else found.longer
            (wrong if is_settled else found.late).append(path)
        elif is_settled or abs(copy.modified - held.entry.modified) < _SAME_TIME:
            found.same.append(path)
        else:
            found.late.append(path)
    for path in replica:
        if path not in source:
            if is_temporary(path):
                found.running = True
            else:
                found.extra.append(path)
    return found


def is_temporary(path: str) -> bool:
    """Whether rsync calls a file so while it is writing it."""
    return _TEMPORARY.fullmatch(path.rpartition("/")[2]) is not None


def place_of(
    root: str, files: Iterable[str], replica: Collection[str], *, alone: bool, host: str = ""
) -> str:
    """Below which folder of the replica the files of a root lie (empty: its top): where most of them are.

    `host` is a folder above where several hosts share the replica; `alone` says that this is the only root.
    """
    parts = [part.rstrip(":") for part in re.split(r"[\\/]+", root) if part]
    top = [host] if host else []
    tried = [[*top, *parts], [*top, *parts[-1:]], *([top] if alone else [])]
    places = list(dict.fromkeys("/".join(each) for each in reversed(tried)))
    names = list(files)
    hits = {place: sum(joined(place, name) in replica for name in names) for place in places}
    return max(places, key=lambda place: hits[place])


def joined(place: str, path: str) -> str:
    """The path in the replica of a file whose path below its root is `path`."""
    return "/".join(part for part in (place, path if path != "." else "") if part)


def parents(path: str) -> Iterator[str]:
    """The folders above a path, the nearest first, without the root."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def is_below(path: str, folders: Collection[str]) -> bool:
    """Whether a path is one of the folders, or below one."""
    return bool(folders) and (path in folders or any(parent in folders for parent in parents(path)))
