"""What restic complains of, and what kind of fault that is. Measured with 0.14.0, 0.18.0 and 0.19.1."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import msgspec

from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.core.text import printable

LONGEST = 300
"""How much of a message is kept."""
_WORDS = {
    Kind.LOCKED: ("already locked",),
    Kind.DENIED: (
        "permission denied", "access ?denied", "unauthorized", "forbidden", r"response \(?40[13]\b",
    ),
    Kind.UNREACHABLE: (
        "connection refused", "connection reset", "timed out", "i/o timeout", "no such host",
        "no route to host", "network is unreachable", "server misbehaving", "tls: ", "x509: ",
        "start the sftp session", r"response \(?5\d\d\b",
    ),
    Kind.NO_SPACE: ("no space left on device", "disk quota exceeded"),
    Kind.PASSWORD: ("wrong password or no key found", "empty password"),
    Kind.CONFIG: (r"config or key \S+ is damaged", "zero size", "config cannot be loaded", "<config/"),
    Kind.NO_REPOSITORY: ("unable to open config file", "repository does not exist"),
    Kind.KEY: ("<key/", "unmarshal: "),
    Kind.SNAPSHOT: ("<snapshot/", "load snapshot"),
    Kind.INDEX: ("<index/", "loading index", "loadindex", "not found in (repository|index)", "unknown blob"),
    Kind.MISSING_DATA: (
        "does not exist", "no such file or directory", "no matching id", "not found", r"response \(?404\b",
    ),
    Kind.TRUNCATED: ("unexpected file size", "file is too short", r"\beof\b"),
    Kind.TREE: ("error for tree", "<tree/"),
    Kind.DATA: (
        "pack id", "ciphertext verification", "<data/", r"contains \d+ errors", "invalid data", "blob",
        "hash mismatch", "pack size",
    ),
}  # fmt: skip
"""By which words a kind is known; the first that fits counts, so that what hides the rest stands first."""
_KINDS = tuple((kind, re.compile("|".join(words), re.IGNORECASE)) for kind, words in _WORDS.items())
_OF_READING = re.compile(r"pack id|contains \d+ errors|failed to download|download error", re.IGNORECASE)
_OF_ABSENCE = re.compile(
    r"does not exist|no such file|no matching id|not found|unknown blob|response \(?404\b", re.IGNORECASE
)
_OF_RIGHTS = re.compile(
    r"operation not (permitted|supported)|\b(lchown|chmod|utimes\w*|utimensat|l?setxattr|mknod)\b",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"\s*$|\t|github\.com/|main\.|runtime\.|goroutine |\[signal |created by "  # where in its source it was
    r"|.*returned error, retrying after|(Load|Stat|List|Save|Remove)\(.*\) failed: "  # it tried again
    r"|The repository |restic repair |Damaged pack files|Is there a repository|lock was created|storage ID"
    r"|the `unlock` command"
    r"|(Fatal: )?(repository contains errors|There were \d+ errors|LoadIndex returned errors)"
)
_NAMES = re.compile(r'"(?:\\.|[^"\\])*"')
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8,64}(?![0-9a-f])")
_RESTORING = "ignoring error for "


def fault_in(message: str) -> Fault:
    """One message as a fault: the kind by its words, those in quoted names apart; `where` the first id."""
    words = _NAMES.sub("", message)
    kind = next((kind for kind, pattern in _KINDS if pattern.search(words)), Kind.OTHER)
    found = _ID.search(message)
    text = printable(message.strip())
    return Fault(kind, text if len(text) <= LONGEST else f"{text[:LONGEST]}...", found[0] if found else "")


def messages(stderr: str) -> Iterator[str]:
    """Each thing that restic complained of, one line each, without stack traces, retries and advice.

    Lines are text or, with `--json` from 0.17 on, objects with a `message`. What is wrong with a tree stands
    indented below the line that names it.
    """
    tree = ""
    for line in (text for raw in stderr.splitlines() for text in _texts_of(raw)):
        if tree and line.startswith("  "):
            yield f"{tree} {line.strip()}"
        elif line.startswith("error for tree"):
            tree = line.strip()
        elif not _NOISE.match(line):
            tree = ""
            yield line.strip().removeprefix("Fatal: ").removeprefix("error: ")


def _texts_of(line: str) -> list[str]:
    if not line.startswith("{"):
        return [line]
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return [line]
    said = found.get("message") if isinstance(found, dict) else None
    return said.splitlines() if isinstance(said, str) else []


def is_of_absence(fault: Fault) -> bool:
    """Whether something was not found: a `prune` at the same time looks like that, for a while."""
    return _OF_ABSENCE.search(fault.message) is not None


def is_of_rights(fault: Fault) -> bool:
    """Whether only owner, rights, times or attributes of a file could not be set: its content is there."""
    return fault.kind is Kind.OTHER and _OF_RIGHTS.search(fault.message) is not None


def is_of_reading(message: str) -> bool:
    """Whether it tells of a pack that was read, and not of the structure."""
    return _OF_READING.search(message) is not None


def faults_in(texts: Iterable[str]) -> tuple[Fault, ...]:
    """The faults that messages tell of, the first of each kind; further ones are counted in its message."""
    return merged(fault_in(text) for text in texts)


def faults_of_restore(stderr: str, paths: Collection[str]) -> tuple[Fault, ...]:
    """What `restore` complained of; `paths` are those it was to restore, as the snapshot has them."""
    return merged(_fault_of_restore(text, paths) for text in messages(stderr))


def _fault_of_restore(text: str, paths: Collection[str]) -> Fault:
    """A path may hold anything, so it is no part of the words by which a kind is known."""
    if not text.startswith(_RESTORING):
        return fault_in(text)
    said = text.removeprefix(_RESTORING)
    ends = [found.start() for found in re.finditer(": ", said)]
    end = next((end for end in ends if said[:end] in paths), ends[0] if ends else 0)
    fault = fault_in(said[end:].removeprefix(": "))
    named = (said[:end],) if said[:end] in paths else ()
    return replace(fault, message=f"{printable(said[:end])}: {fault.message}", paths=named)


def merged(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """One fault of each kind, the first; how many more there were stands in its message."""
    found: dict[Kind, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.kind, []).append(fault)
    return tuple(_one_of(alike) for alike in found.values())


def _one_of(alike: list[Fault]) -> Fault:
    first, more = alike[0], len(alike) - 1
    paths = tuple(dict.fromkeys(path for fault in alike for path in fault.paths))
    return replace(first, message=f"{first.message} (and {more} more)", paths=paths) if more else first
