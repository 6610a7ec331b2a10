"""Host keys: what `known_hosts` files say, what a server shows, and writing down that it is trusted.

The format is that of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT": patterns with `*`, `?` and `!`, hashed names,
`[host]:port`, `@revoked`. Keys of certificate authorities (`@cert-authority`) verify nothing here.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from schoten_ict.core.errors import ConfigurationError, ConflictError
from schoten_ict.core.files import shared_folder, write_whole
from schoten_ict.core.remote import RemoteError

SSH_PORT = 22
_FIELDS = 3
_REVOKED = "@revoked"
_HASHED = "|1|"


class Standing(StrEnum):
    """What the files say about a key that a server shows."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A host's public key: `kind` as in the files (`ssh-ed25519`), `blob` as on the wire."""

    kind: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it: `SHA256:...`."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint}"


@dataclass(frozen=True, slots=True)
class KnownLine:
    """One line of a file: for whom `names` (patterns or one hash) `key` holds."""

    names: tuple[str, ...]
    key: PublicKey
    marker: str = ""
    number: int = 0

    def is_for(self, name: str) -> bool:
        """Whether the line speaks of `name`, which is written as `lookup_name` does."""
        if any(_matches(each[1:], name) for each in self.names if each.startswith("!")):
            return False
        return any(_matches(each, name) for each in self.names if not each.startswith("!"))


@dataclass(frozen=True, slots=True)
class HostKey:
    """What a server shows. `names` are those under which it is looked up and written, best first.

    `known` are the keys that the files hold for it instead, each with its place (`FILE:LINE`).
    """

    host: str
    names: tuple[str, ...]
    key: PublicKey
    standing: Standing
    known: tuple[tuple[str, PublicKey], ...] = ()


def lookup_name(name: str, port: int) -> str:
    """How a file writes a host: `name`, or `[name]:port` where the port is not 22."""
    return name.lower() if port == SSH_PORT else f"[{name.lower()}]:{port}"


def parse_known_hosts(content: str) -> Iterator[KnownLine]:
    """The lines that hold a key; comments and lines that make no sense are passed over, as ssh does."""
    for number, text in enumerate(content.split("\n"), start=1):
        line = _parse_line(text, number)
        if line is not None:
            yield line


def _parse_line(text: str, number: int) -> KnownLine | None:
    words = text.split()
    marker = words.pop(0) if words and words[0].startswith("@") else ""
    if len(words) < _FIELDS or words[0].startswith("#"):
        return None
    try:
        blob = base64.b64decode(words[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    names = (words[0],) if words[0].startswith(_HASHED) else tuple(words[0].lower().split(","))
    return KnownLine(names, PublicKey(words[1], blob), marker, number)


def _matches(pattern: str, name: str) -> bool:
    if pattern.startswith(_HASHED):
        return _hash_matches(pattern, name)
    # fnmatch knows one thing more than the format: sets in brackets, which here are part of `[host]:port`.
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _hash_matches(pattern: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in pattern[len(_HASHED) :].split("|"))
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), "sha1").digest(), digest)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One file, ready for looking up: plain names by name, patterns and hashes one by one."""

    path: Path
    plain: dict[str, list[KnownLine]] = field(default_factory=dict)
    patterns: list[KnownLine] = field(default_factory=list)

    def find(self, names: Sequence[str]) -> list[KnownLine]:
        """The lines that speak of any of `names`, in the order of the file."""
        found = [line for name in names for line in self.plain.get(name, ())]
        found += [line for line in self.patterns if any(line.is_for(name) for name in names)]
        return sorted(set(found), key=lambda line: line.number)


def read_known_hosts(path: Path) -> KnownFile:
    """The file at `path`; one that does not exist knows nobody. Raises `ConfigurationError`."""
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except FileNotFoundError:
        return KnownFile(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {error.strerror}", remedy="make the file readable: host keys are verified against it"
        ) from None


@lru_cache(maxsize=16)
def _read(path: Path, _modified: int, _size: int) -> KnownFile:
    file = KnownFile(path)
    for line in parse_known_hosts(path.read_text(encoding="utf-8", errors="replace")):
        if any(each.startswith(("!", _HASHED)) or "*" in each or "?" in each for each in line.names):
            file.patterns.append(line)
        else:
            for name in line.names:
                file.plain.setdefault(name, []).append(line)
    return file


def known_kinds(files: Sequence[Path], names: Sequence[str]) -> tuple[str, ...]:
    """The kinds of the keys that are known for a host, for asking the server to show one of these."""
    _, lines = _deciding(files, names)
    return tuple(dict.fromkeys(line.key.kind for line in lines))


def judge_key(files: Sequence[Path], host: str, names: tuple[str, ...], key: PublicKey) -> HostKey:
    """What the files say about the key that `host` shows. The first file that knows the host decides.

    A key that any file revokes is refused.
    """
    for path in files:
        lines = read_known_hosts(path).find(names)
        if any(line.marker == _REVOKED and line.key.blob == key.blob for line in lines):
            return HostKey(host, names, key, Standing.REVOKED)
    decider, lines = _deciding(files, names)
    known = tuple((f"{decider}:{line.number}", line.key) for line in lines)
    if any(line.key.blob == key.blob for line in lines):
        return HostKey(host, names, key, Standing.KNOWN, known)
    return HostKey(host, names, key, Standing.CHANGED if known else Standing.UNKNOWN, known)


def _deciding(files: Sequence[Path], names: Sequence[str]) -> tuple[Path | None, list[KnownLine]]:
    for path in files:
        lines = [line for line in read_known_hosts(path).find(names) if not line.marker]
        if lines:
            return path, lines
    return None, []


def refusal(shown: HostKey) -> RemoteError:
    """The error for a key that is not known: what the server shows, what was expected, and what to do."""
    trust = f"ict inventory trust {shown.host}"
    if shown.standing is Standing.REVOKED:
        message, remedy = f"shows the revoked host key {shown.key}", "give the machine a new host key"
    elif shown.standing is Standing.CHANGED:
        place, expected = shown.known[0]
        message = f"shows host key {shown.key} instead of {expected} ({place})"
        remedy = f"if the machine was reinstalled: {trust}; if not, something stands in between"
    else:
        message = f"shows the unknown host key {shown.key}"
        remedy = f"compare the fingerprint on the machine, then: {trust}"
    return RemoteError(
        f"{shown.host} {message}", code="host-key", subject=f"host:{shown.host}", remedy=remedy
    )


def trust(file: Path, shown: HostKey, *, replace: bool = False) -> bool:
    """Write into `file` that the host's key is trusted; False when it already says so.

    Other keys of the host stand in the way: `ConflictError`, unless `replace` takes them out (lines with
    patterns stay). The file is replaced in one step and is writable for the team.
    """
    lines = [line for line in read_known_hosts(file).find(shown.names) if not line.marker]
    if any(line.key.blob == shown.key.blob for line in lines):
        return False
    if lines and not replace:
        raise ConflictError(
            f"{file}:{lines[0].number} holds another key for {shown.host}: {lines[0].key}",
            subject=f"host:{shown.host}",
            remedy="compare the fingerprints on the machine; replace the key if it was reinstalled",
        )
    old = file.read_text(encoding="utf-8", errors="surrogateescape").split("\n") if file.exists() else []
    obsolete = {line.number for line in lines}
    kept = [
        rest
        for number, text in enumerate(old, start=1)
        if (rest := _without(text, shown.names) if number in obsolete else text)
    ]
    blob = base64.b64encode(shown.key.blob).decode()
    kept.append(f"{','.join(shown.names)} {shown.key.kind} {blob}")
    shared_folder(file.parent)
    write_whole(file, "".join(f"{line}\n" for line in kept).encode("utf-8", "surrogateescape"))
    return True


def _without(text: str, names: Sequence[str]) -> str:
    """A line of the file for all it spoke of but `names`; empty when nobody is left."""
    patterns, rest = text.split(maxsplit=1)
    if patterns.startswith(_HASHED):
        return ""
    kept = [each for each in patterns.split(",") if each.lower() not in names]
    return f"{','.join(kept)} {rest}" if kept else ""
