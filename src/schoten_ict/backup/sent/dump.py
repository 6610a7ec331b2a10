"""Runs where the dumps lie: reads the text of a PostgreSQL dump to its end, or restores it with `psql`."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schoten_ict.backup.sent.script import Script
from schoten_ict.backup.sent.streams import CHUNK, Clock, DamageError, Reader, TroubleError, answer, explained

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO, Self

_ARCHIVE = b"PGDMP"
_BLOCK = 512
_KEPT = 4000
_CLOSING_SECONDS = 5.0
_LOOK_SECONDS = 0.5


class _Said(threading.Thread):
    """Reads a stream to its end and keeps how it begins and how it ends."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._first = b""
        self._last = b""
        self.start()

    def run(self) -> None:
        with suppress(ValueError):  # closed by whoever ended the program before we came to read
            while data := self._stream.read1(CHUNK):  # type: ignore[attr-defined]
                room = max(0, _KEPT - len(self._first))
                self._first += data[:room]
                self._last = (self._last + data[room:])[-_KEPT:]

    def text(self) -> str:
        """What was said; a mark stands where something was left out."""
        self.join(_CLOSING_SECONDS)
        return "\n...\n".join(part.decode("utf-8", "replace") for part in (self._first, self._last) if part)


class _Started:
    """A program that is ended with the block, and when the time is over."""

    def __init__(self, words: list[str], clock: Clock, *, reads: bool) -> None:
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        try:
            self.process = subprocess.Popen(
                words, stdin=pipe if reads else nothing, stdout=pipe, stderr=pipe, cwd="/"
            )
        except OSError as error:
            raise TroubleError("absent", f"{words[0]}: {error.strerror}") from None
        self._timer = threading.Timer(clock.left, self.process.kill)
        self._timer.daemon = True

    def __enter__(self) -> subprocess.Popen[bytes]:
        self._timer.start()
        return self.process

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue


class _Full(threading.Thread):
    """Ends a program when a restore leaves too little room on its disk."""

    def __init__(self, process: subprocess.Popen[bytes], folder: str, floor: int) -> None:
        super().__init__(daemon=True)
        self.happened = False
        self._process = process
        self._folder = folder
        self._floor = floor
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self.happened and not self._over.wait(_LOOK_SECONDS):
            with suppress(OSError):
                self.happened = shutil.disk_usage(self._folder).free < self._floor
        if self.happened:
            self._process.kill()


class _Text:
    """The text of a dump: a file, or what the program `words` writes of it (`pg_restore -f -`)."""

    def __init__(self, request: dict[str, Any], clock: Clock) -> None:
        self._request = request
        self._clock = clock
        self.said: dict[str, Any] = {}

    def blocks(self) -> Iterator[bytes]:
        """The text; what is wrong with it is `damaged` or the program's exit code afterwards."""
        words = self._request.get("words")
        if words:
            yield from self._written(words)
            return
        reader = Reader(self._request["path"], self._clock, self._request.get("pace", 0))
        try:
            for number, data in enumerate(reader.blocks()):
                if not number and data.startswith(_ARCHIVE):
                    raise TroubleError("unsupported", "is an archive of pg_dump that was packed again")
                yield data
        except DamageError as damaged:
            self.said["damaged"] = [damaged.kind, damaged.message]
        self.said |= {"size": reader.size, "sha256": reader.digest.hexdigest()}

    def _written(self, words: list[str]) -> Iterator[bytes]:
        with _Started(words, self._clock, reads=False) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            said = _Said(process.stderr)
            while data := process.stdout.read(CHUNK):
                yield data
            self.said |= {"code": process.wait(), "said": said.text()}

    @property
    def is_right(self) -> bool:
        """Whether all of the text came."""
        return not self.said.get("damaged") and not self.said.get("code")


def scan(request: dict[str, Any]) -> dict[str, Any]:
    """Read a dump to its end: the file `path`, or what the program `words` writes of the archive `tar`.

    The keys of the answer are those of `Scan` in `ask/postgres/scanned.py`.
    """
    clock = Clock(request["seconds"])
    text, script = _Text(request, clock), Script()
    damaged = tar_damage(request["tar"]) if request.get("tar") else None
    if damaged is not None:
        return {"damaged": [damaged.kind, damaged.message], **script.facts()}
    for _ in script.walk(text.blocks()):
        pass
    return {**text.said, **script.facts(), "late": clock.over}


def tar_damage(path: str) -> DamageError | None:
    """What is wrong with the headers of a tar file: `pg_restore` runs for ever over one that is cut off."""
    with explained(path), Path(path).open("rb") as stream:
        while len(header := stream.read(_BLOCK)) == _BLOCK:
            if not header.strip(b"\0"):
                return None
            try:
                size, told = int(header[124:136].rstrip(b" \0"), 8), int(header[148:156].rstrip(b" \0"), 8)
            except ValueError:
                return DamageError("data", "a header of its tar file is damaged")
            if told != sum(header[:148]) + sum(header[156:]) + 8 * ord(" "):
                return DamageError("data", "a header of its tar file does not match its checksum")
            stream.seek(-(-size // _BLOCK) * _BLOCK, os.SEEK_CUR)
    return DamageError("truncated", "its tar file ends too early")


def restore(request: dict[str, Any]) -> dict[str, Any]:
    """Feed a dump to the program `psql`, filtered, in its restricted mode.

    `given` are schemas that are there; at least `floor` bytes stay free on the disk of `folder`. `whole` in
    the answer says that `psql` came to the end of a text that was whole, `full` that room ran out.
    """
    clock = Clock(request["seconds"])
    key, end = secrets.token_hex(16), secrets.token_hex(16)
    text, script = _Text(request, clock), Script(request.get("given", ()), key)
    with _Started(request["psql"], clock, reads=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdin is not None
        heard, said = _Said(process.stdout), _Said(process.stderr)
        with _Full(process, request["folder"], request["floor"]) as full:
            fed = _fed(process.stdin, _framed(script.walk(text.blocks()), text, key, end))
            code = process.wait()
        whole = fed and code == 0 and end in heard.text().split()
        told = {"psql_code": code, "psql_said": said.text(), "whole": whole, "full": full.happened}
    return {**text.said, **script.facts(), **told, "late": clock.over}


def _framed(pieces: Iterable[bytes], text: _Text, key: str, end: str) -> Iterator[bytes]:
    """The restricted mode around a dump, and a word that `psql` says when it came to a right end."""
    yield f"\\restrict {key}\n".encode()
    yield from pieces
    if text.is_right:
        yield f"\n\\unrestrict {key}\n\\echo {end}\n".encode()


def _fed(stream: IO[bytes], pieces: Iterable[bytes]) -> bool:
    """Whether the program took everything."""
    try:
        for piece in pieces:
            stream.write(piece)
        stream.close()
    except BrokenPipeError:
        return False
    return True


def main() -> None:
    """Answer one request; `do` names the function."""
    answer(lambda request: {"scan": scan, "restore": restore}[request["do"]](request))
