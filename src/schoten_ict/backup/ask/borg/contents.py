"""The files of one archive, taken as they pass by: counted, compared with the source, chosen, doubted."""

import posixpath
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from schoten_ict.backup.ask.borg.lists import Archive, Item
from schoten_ict.backup.ask.proving import Listing, SourceCheck, SourceFiles, named
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order, Slice
from schoten_ict.core.machine import Entry
from schoten_ict.core.text import printable

_SHOWN = 20
_UNSURE = "?"
"""What borg lists for each byte of a name that is no UTF-8: such a file cannot be asked for by its name."""


@dataclass(frozen=True, slots=True)
class Roots:
    """What an archive was told to hold: absolute paths (none: not known), and what they lack in the archive.

    borg stores `/srv/data` as `srv/data`, and `data` (told in `/srv`) as `data`: then `above` is `/srv`.
    """

    paths: tuple[str, ...] = ()
    above: str = ""

    def absolute(self, path: str) -> str:
        """The path of a file of the archive, as the source calls it."""
        return f"{self.above}/{path}"


def roots_of(command: Sequence[str], declared: Sequence[str]) -> Roots:
    """The paths in the command that made an archive; relative ones are matched with the declared ones."""
    place = max((number for number, word in enumerate(command) if "::" in word), default=len(command))
    words = [word for word in command[place + 1 :] if word != "--"]
    unclear = any(word.startswith("-") for word in words)  # an option may take the next word
    if not words or unclear or "create" not in command[:place]:
        return Roots()
    found, above = [], set[str]()
    for word in words:
        path, base = _root(word, declared)
        if path is None:
            return Roots()
        found.append(path)
        above.add(base)
    return Roots(tuple(found), above.pop()) if len(above) == 1 else Roots()


def _root(word: str, declared: Sequence[str]) -> tuple[str | None, str]:
    """The absolute path of a word, and the folder above it that the archive leaves out."""
    base, cut, rest = word.partition("/./")
    if cut and word.startswith("/"):
        return posixpath.normpath(f"{base}/{rest}"), base
    if word.startswith("/"):
        return posixpath.normpath(word), ""
    relative = posixpath.normpath(word)
    for path in declared:
        if relative == "." and len(declared) == 1:
            return path, path.rstrip("/")
        if path.endswith(f"/{relative}"):
            return path, path.removesuffix(f"/{relative}")
    return None, ""


def plain(path: str) -> str:
    """A path as borg lists it: with `?` for each byte that is no UTF-8."""
    return path.encode("utf-8", "replace").decode()


class Contents:
    """Everything that one pass over the files of an archive gives."""

    def __init__(self, order: Order, archive: Archive, source: SourceFiles) -> None:
        self.listing = Listing(order, archive.point.at)
        self.roots = roots_of(archive.command, order.job.source.paths)
        self.zeroed: list[str] = []
        self.unsafe: list[str] = []
        self.entries: dict[str, Entry] | None = {} if order.drill else None
        self.second_names: set[str] = set()
        self.share: list[Entry] = []
        held = {plain(path): file for path, file in source.files.items()}
        self.check = SourceCheck(replace(source, files=held))
        self._held = held
        self._part = order.read
        self._missing = set(self.roots.paths)
        self._links: set[str] = set()
        self._folder = ""

    def feed(self, item: Item) -> None:
        """Take the next item."""
        path = self.roots.absolute(item.path)
        if self._missing:
            self._missing -= {root for root in self._missing if _is_below(path, root)}
        if item.type == "l":
            self._links.add(item.path)
            self._folder = ""
        if self._is_unsafe(item):
            self.unsafe.append(path)
        elif item.type == "-":
            self._feed_file(item, path)

    def _feed_file(self, item: Item, path: str) -> None:
        if not item.healthy:
            self.zeroed.append(path)
        held = self._held.get(path)
        size = held[1].size if item.is_second_name and held is not None else item.size
        entry = Entry(path, size, item.modified)
        self.check.feed(entry)
        if item.is_second_name:
            self.listing.files += 1
            self.second_names.add(item.path)
        else:
            self.listing.feed(entry)
        if self.entries is not None:
            self.entries[item.path] = entry
        if self._part is not None and is_in(self._part, item.path) and is_namable(item.path):
            self.share.append(replace(entry, path=item.path))

    def _is_unsafe(self, item: Item) -> bool:
        """Whether restoring it could write, or link to, something outside of the folder of the restore."""
        link = item.source if item.is_second_name else ""
        if any(
            each.startswith("/") or (".." in each and ".." in each.split("/")) for each in (item.path, link)
        ):
            return True
        folder = item.path.rpartition("/")[0]
        if not self._links or folder == self._folder:
            return False
        self._folder = folder
        while folder:
            if folder in self._links:
                self._folder = ""
                return True
            folder = folder.rpartition("/")[0]
        return False

    def inside(self, path: str) -> str:
        """The name in the archive of a file that the source calls `path`."""
        return path.removeprefix(f"{self.roots.above}/")

    def chosen(self) -> list[Entry]:
        """The files to restore now: those that borg can be asked for by name."""
        return [entry for entry in self.listing.chosen if _UNSURE not in entry.path]

    def absent(self) -> tuple[Fault, ...]:
        """What the archive was told to hold and does not."""
        if not self._missing:
            return ()
        missing = sorted(map(printable, self._missing))
        words = f"the newest archive holds nothing of {', '.join(missing[:_SHOWN])}"
        return (Fault(Kind.INCOMPLETE, words, missing[0]),)

    def flaws(self) -> tuple[Fault, ...]:
        """What the list itself shows to be wrong."""
        return (
            *named(Kind.DATA, self.zeroed, "with zeros where chunks were lost before a repair"),
            *named(Kind.PATHS, self.unsafe, "that a restore would put elsewhere"),
        )


def is_in(part: Slice, path: str) -> bool:
    """Whether a file belongs to a slice: always to the same one."""
    return zlib.crc32(path.encode("utf-8", "replace")) % part.of == part.number - 1


def is_namable(path: str) -> bool:
    """Whether a line in a file of patterns can name it: nothing that splits it, no blanks around it."""
    return _UNSURE not in path and path == path.strip() and path.isprintable() and not path.startswith("#")


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")
