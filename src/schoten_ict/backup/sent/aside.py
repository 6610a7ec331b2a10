"""Runs where the backups lie: puts files of an archive into a scratch folder."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

_LARGEST_SAMPLED = 512 * 1024 * 1024


class Aside:
    """Files that are put into a scratch folder under numbers, so that no name leads out of it.

    Of all that pass by it keeps those that are wanted and a random sample, as long as there is room; all when
    `everything` is asked for.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        self.kept: dict[int, str] = {}
        self.refused = 0
        self._folder = request.get("scratch", "")
        self._room = request.get("limit", 0)
        self._most = request.get("sample", 0)
        self._everything = request.get("everything", False)
        self._wanted = frozenset(request.get("wanted", ()))
        self._dice = random.Random(request.get("seed", 0))  # noqa: S311 - a sample, no secret
        self._sample: list[int] = []
        self._sizes: dict[int, int] = {}
        self._passed = 0
        self._next = 0

    def place(self, name: str, size: int) -> int | None:
        """The number under which a file goes aside; None for one that does not."""
        if not self._folder:
            return None
        if self._everything or name in self._wanted:
            return self._new(name, size)
        if size > _LARGEST_SAMPLED:
            return None
        self._passed += 1
        if len(self._sample) < self._most:
            if (number := self._new(name, size)) is not None:
                self._sample.append(number)
            return number
        slot = self._dice.randrange(self._passed) if self._most else 0
        if slot >= len(self._sample):
            return None
        self.drop(self._sample.pop(slot))
        return self._again(name, size)

    def _again(self, name: str, size: int) -> int | None:
        if (number := self._new(name, size)) is not None:
            self._sample.append(number)
        return number

    def _new(self, name: str, size: int) -> int | None:
        if size > self._room:
            self.refused += 1
            return None
        self._next += 1
        self.kept[self._next], self._sizes[self._next] = name, 0
        return self._next

    @contextlib.contextmanager
    def opened(self, number: int | None) -> Iterator[Callable[[bytes], None]]:
        """What writes a file's content; it stops, and the file is dropped, where it becomes too large."""
        if number is None:
            yield lambda _data: None
            return
        path = self.path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            yield lambda data: self._write(number, stream, data)
        if number not in self.kept:
            path.unlink()

    def _write(self, number: int, stream: BinaryIO, data: bytes) -> None:
        if number not in self.kept:
            return
        if len(data) > self._room:
            self.refused += 1
            self._room += self._sizes.pop(number)
            del self.kept[number]
            stream.truncate(0)
            return
        self._room -= len(data)
        self._sizes[number] += len(data)
        stream.write(data)

    def drop(self, number: int) -> None:
        """A file that went aside is not wanted after all."""
        if self.kept.pop(number, None) is not None:
            self._room += self._sizes.pop(number)
            self.path(number).unlink()

    def forget(self, name: str) -> None:
        """The archive has another file of that name later: that one counts."""
        for number in [number for number, kept in self.kept.items() if kept == name]:
            self.drop(number)

    def path(self, number: int) -> Path:
        """Where a file lies."""
        return Path(self._folder, below(number))


def below(number: int) -> str:
    """The path of a file that went aside, below the scratch folder."""
    return f"{number // 1000}/{number}"
