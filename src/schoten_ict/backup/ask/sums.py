"""SHA-256 sums of backups: in manifests as `sha256sum` writes them, and remembered from the first look."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schoten_ict.backup.ask.filepoints import Copy, said_by_name, split
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.core.files import write_whole
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError

BESIDE = ".sha256"
"""The end of the name of a manifest that lies beside its backup."""
_LINE = re.compile(r"(\\?)([0-9a-fA-F]{64}) [ *](.+)|SHA256 \((.+)\) = ([0-9a-fA-F]{64})")
_ESCAPED = re.compile(r"\\([\\nr])")
_CHARS = {"\\": "\\", "n": "\n", "r": "\r"}
_LIMIT = 64 * 1024 * 1024
_SECONDS = 60.0
_REMEMBERED = "sums.json"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SAME_TIME = timedelta(seconds=2)
"""What puts a time back may cut it off: tools to the second, FAT to two."""


def parsed(text: str) -> dict[str, str]:
    """The sums by path as written there, in lower case; lines that are none are left out.

    GNU's form (a backslash before the sum says that the name has escapes) and BSD's `SHA256 (name) = sum`.
    """
    found: dict[str, str] = {}
    for line in text.split("\n"):
        match = _LINE.fullmatch(line.removesuffix("\r"))
        if match is None:
            continue
        escaped, digest, name, other, sum_of_other = match.groups()
        if escaped:
            name = _ESCAPED.sub(lambda char: _CHARS[char[1]], name)
        found[name or other] = (digest or sum_of_other).lower()
    return found


class Manifests:
    """The sums that are kept of a job's backups: in the declared manifest, else beside each of them."""

    def __init__(self, machine: Machine, order: Order) -> None:
        """Reads the declared one. Raises `RemoteError` when it cannot be read; an absent one is a fault."""
        self._machine = machine
        self._order = order
        self._declared: Mapping[str, str] | None = None
        self._absent: Fault | None = None
        self._beside: dict[str, str | Fault | None] = {}
        if order.job.repository.manifest is None:
            return
        path = machine.path(order.job.repository.manifest)
        text = self._read(path)
        if text is None:
            self._absent = Fault(Kind.MANIFEST, f"the manifest {path} is not there", path)
        else:
            self._declared = {split(f"/{name}")[1]: digest for name, digest in parsed(text).items()}

    def sum_of(self, copy: Copy) -> str | Fault | None:
        """The sum of a backup; None where nobody keeps one, a fault where it must be and is not."""
        if self._absent is not None:
            return self._absent
        if self._declared is not None:
            missing = Fault(Kind.MANIFEST, f"the manifest does not name {copy.name}", copy.name)
            return self._declared.get(copy.name, missing)
        if copy.name not in self._beside:
            self._beside[copy.name] = self._sum_beside(copy)
        return self._beside[copy.name]

    def _sum_beside(self, copy: Copy) -> str | Fault | None:
        text = self._read(copy.path + BESIDE)
        if text is None:
            return None
        sums = parsed(text)
        beside = {split(f"/{name}")[1]: digest for name, digest in sums.items()}
        nameless = text.strip().lower() if re.fullmatch(r"\s*[0-9a-fA-F]{64}\s*", text) else None
        empty = Fault(Kind.MANIFEST, f"{copy.name}{BESIDE} does not name it", copy.name)
        return nameless or beside.get(copy.name, empty)

    def _read(self, path: str) -> str | None:
        seconds = self._order.deadline.left(_SECONDS)
        try:
            return self._machine.read(path, _LIMIT, seconds).decode("utf-8", "surrogateescape")
        except RemoteError as error:
            if error.problems[0].code == "absent":
                return None
            raise


def differs(copy: Copy, kept: str | Fault | None, found: str) -> list[Fault]:
    """What is wrong with a backup whose sum is `found`, by what is kept of it."""
    if isinstance(kept, Fault):
        return [kept]
    if kept is None or kept == found:
        return []
    return [Fault(Kind.MANIFEST, "its SHA-256 is another than the one that is kept of it", copy.name)]


class Memory:
    """The sums that backups had when they were first read, kept on this machine between looks.

    A backup that was not written again, or whose name tells its time, must stay what it was. One that is
    written again under the same name (`app-monday.dump`) is another one.
    """

    def __init__(self, order: Order) -> None:
        self._path = order.state / _REMEMBERED if order.state != Path() else None
        self._repository = order.job.repository.url
        self._now = f"{order.now:%Y-%m-%d}"
        self._kept = self._read()

    def differs(self, copy: Copy, digest: str) -> list[Fault]:
        """What is wrong with a backup whose sum is `digest`; one that was never read is remembered now.

        Which of the two contents is wrong is not known: a damaged one may have been read first.
        """
        if not digest:
            return []
        written = (copy.entry.modified - _EPOCH) // _MICROSECOND
        kept = self._kept.setdefault(copy.name, (digest, written, self._now))
        if kept[0] == digest:
            return []
        said = said_by_name(copy.name)
        same_time = abs(kept[1] - written) * _MICROSECOND < _SAME_TIME
        if same_time or (said is not None and not said.day_only):
            words = f"its content changed since {kept[2]}, when it was first read; one of the two is wrong"
            return [Fault(Kind.CHANGED, words, copy.name)]
        self._kept[copy.name] = (digest, written, self._now)
        return []

    def keep(self, found: Sequence[Copy]) -> None:
        """Keep what was remembered of the backups that are there; a full disk here is not their fault."""
        if self._path is None:
            return
        names = {copy.name for copy in found}
        sums = {name: kept for name, kept in self._kept.items() if name in names}
        told = json.dumps({"repository": self._repository, "sums": sums})
        with suppress(OSError):
            write_whole(self._path, told.encode("ascii"))

    def _read(self) -> dict[str, tuple[str, int, str]]:
        """What was remembered of this repository; nothing where it cannot be read."""
        try:
            told = json.loads(self._path.read_bytes()) if self._path is not None else {}
            if told.get("repository") != self._repository:
                return {}
            return {
                str(name): (str(digest), int(written), str(day))
                for name, (digest, written, day) in told["sums"].items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}
