"""What borg 1.1 to 1.4 writes into its log, read: faults by name, and the proofs of a check; pure.

Sources: the manual's page *Internals / Frontends* on `--log-json`, and for messages without a `msgid` borg's
own code in 1.2.4 and 1.4.5 (`archiver.py`, `archive.py`, `repository.py`, `crypto/key.py`). Corruption is
exit code 1 in `check`, the code of a warning, also with `BORG_EXIT_CODES=modern`, and some of it is only a
warning with exit code 0: so every message is read, whatever the code.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.core.text import printable

_MOST_FAULTS = 20
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the log: `level` is empty for a line that is no JSON, `id` for one without `msgid`."""

    text: str
    level: str = ""
    id: str = ""


def messages(stderr: bytes) -> list[Message]:
    """The log of a run with `--log-json`; questions and their answers from the environment are left out."""
    found = []
    for line in stderr.decode("utf-8", "replace").splitlines():
        row = json_object(line)
        if row is None:
            found += [Message(line)] if line.strip() else []
        elif row.get("type") == "log_message":
            words = (row.get("message"), row.get("levelname"), row.get("msgid"))
            found.append(Message(*(each if isinstance(each, str) else "" for each in words)))
    return found


def json_object(line: str | bytes) -> Mapping[str, Any] | None:
    """The JSON object in `line`; None for anything else."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else None


_BY_ID: Mapping[str, Kind] = {
    "Repository.DoesNotExist": Kind.NO_REPOSITORY, "Repository.InvalidRepository": Kind.CONFIG,
    "Repository.InvalidRepositoryConfig": Kind.CONFIG, "Repository.ObjectNotFound": Kind.MISSING_DATA,
    "Repository.CheckNeeded": Kind.MISSING_DATA, "Archive.DoesNotExist": Kind.MISSING_DATA,
    "Repository.PathPermissionDenied": Kind.DENIED,
    "Repository.InsufficientFreeSpaceError": Kind.NO_SPACE, "Repository.StorageQuotaExceeded": Kind.NO_SPACE,
    "PassphraseWrong": Kind.PASSWORD, "PasswordRetriesExceeded": Kind.PASSWORD,
    "NoPassphraseFailure": Kind.PASSWORD, "PasscommandFailure": Kind.PASSWORD,
    "KeyfileNotFoundError": Kind.KEY, "KeyfileInvalidError": Kind.KEY, "KeyfileMismatchError": Kind.KEY,
    "RepoKeyNotFoundError": Kind.KEY,
    "LockTimeout": Kind.LOCKED, "LockError": Kind.LOCKED, "LockErrorT": Kind.LOCKED,
    "LockFailed": Kind.DENIED, "PathNotAllowed": Kind.DENIED,
    "Cache.RepositoryReplay": Kind.ROLLBACK, "Cache.RepositoryIDNotUnique": Kind.ROLLBACK,
    "Cache.EncryptionMethodMismatch": Kind.OTHER, "Cache.CacheInitAbortedError": Kind.OTHER,
    "NoManifestError": Kind.SNAPSHOT, "UnsupportedPayloadError": Kind.SNAPSHOT,
    "TAMRequiredError": Kind.SNAPSHOT, "TAMInvalid": Kind.SNAPSHOT, "ArchiveTAMRequiredError": Kind.SNAPSHOT,
    "ArchiveTAMInvalid": Kind.SNAPSHOT,
    "MandatoryFeatureUnsupported": Kind.NOT_PROVABLE,
    "ConnectionClosed": Kind.UNREACHABLE, "ConnectionClosedWithHint": Kind.UNREACHABLE,
    "ConnectionBrokenWithHint": Kind.UNREACHABLE,
    "RPCServerOutdated": Kind.PROTOCOL, "UnexpectedRPCDataFormatFromServer": Kind.PROTOCOL,
    "Signal.SIGTERM": Kind.TIMEOUT,
}  # fmt: skip
_CUT = r"short (read|seek)|unpack requires a buffer"
_WRONG = r"Segment entry checksum mismatch|Invalid segment|[Ii]ntegrity error|^chunk [0-9a-f]{64}: "
_BY_WORDS = (
    (r"^Could not parse integrity data|^Repository (index|hints file) missing or corrupted", Kind.INDEX),
    (_CUT, Kind.TRUNCATED),
    (r"^Archive metadata block .* is |^Repository manifest |TAM authentication issue", Kind.SNAPSHOT),
    (r"item metadata chunk missing|unpacking item metadata|expected metadata dict", Kind.TREE),
    (r"[Ss]ize inconsistency detected", Kind.TREE),
    (r"missing file chunk detected|all-zero replacement chunk detected|object count vs\.", Kind.MISSING_DATA),
    (r"File has damaged \(all-zero\) chunks", Kind.DATA),
    (_WRONG, Kind.DATA),
    (r"orphaned objects found", Kind.EXTRA),
    (r"not extracted, |Path should be relative and local", Kind.PATHS),
    (r"contains no (apparent|valid) data", Kind.EMPTY),
    (r"unrecognized arguments: |invalid choice: ", Kind.PROTOCOL),
    (r"^Remote: .*(Permission denied|Host key verification failed)", Kind.DENIED),
)
_BY_TRACEBACK = (
    (r"_read_integrity|File failed integrity check", Kind.INDEX),
    (r"FileNotFoundError: [^\n]*/data(/\d+/\d+)?'", Kind.MISSING_DATA),
    (r"PermissionError: ", Kind.DENIED),
    (r"OSError: \[Errno (28|122)\]", Kind.NO_SPACE),
    (r"OSError: \[Errno 5\]", Kind.DATA),
    (r"(?s)crypto/key\.py.*(binascii\.Error|UnpackException|(Value|Assertion|Type|Key)Error)", Kind.KEY),
    (r'(?s)configparser|repository\.py", line \d+, in open\n.*(Unicode|Value|binascii\.)', Kind.CONFIG),
    (_CUT, Kind.TRUNCATED),
    (r"in (robust_iterator|unpack_many)\n", Kind.TREE),
    (r'manifest\.py", line \d+, in load\n|in (_load_meta|rebuild_refcounts)\n', Kind.SNAPSHOT),
    (_WRONG, Kind.DATA),
)  # fmt: skip
"""What a place in borg's own code says about what was damaged there; the first that fits."""
_LAST_WORDS = re.compile(
    r"^(?:borg\.[\w.]+: )?((?:[\w.]+(?:Error|Exception)\b|Data integrity)[^\n]*)", re.MULTILINE
)
_SEGMENT = re.compile(r"\[segment (\d+)|/data/\d+/(\d+)'")
_BESIDE = re.compile(r"/((?:index|hints|integrity)\.\d+)")
_COMPARED = re.compile(
    r"^ID: [0-9a-f]{64} +rebuilt index: (<not found>|\(.*?\)) +committed index: (<not found>|\((\d+),.*?\))"
)
_LESS_TELLING = frozenset({Kind.DATA, Kind.MISSING_DATA})


def faults_of(said: Sequence[Message]) -> tuple[Fault, ...]:
    """What the log tells of damage and of what kept borg from looking.

    A place is told once, by the most telling of what was said of it: that a segment fails its checksum
    explains that the index has more than the segments.
    """
    found: dict[tuple[Kind, str], Fault] = {}
    for message in said:
        if (fault := _fault(message)) is not None:
            found.setdefault((fault.kind, fault.where), fault)
    kinds: dict[str, set[Kind]] = {}
    for fault in found.values():
        kinds.setdefault(fault.where, set()).add(fault.kind)
    return tuple(each for each in found.values() if not _is_explained(each, kinds[each.where]))[:_MOST_FAULTS]


def _is_explained(fault: Fault, kinds: set[Kind]) -> bool:
    if not fault.where or fault.kind not in _LESS_TELLING:
        return False
    return bool(kinds - _LESS_TELLING) or (fault.kind is Kind.MISSING_DATA and Kind.DATA in kinds)


def _fault(message: Message) -> Fault | None:
    said = message.text
    if (kind := _BY_ID.get(message.id)) is not None:
        return Fault(kind, short(said), _place_of(said))
    if said.startswith("Traceback "):
        return _fault_of_traceback(said.partition("\n\nPlatform:")[0])
    if (compared := _COMPARED.match(said)) is not None:
        return _mismatch(compared)
    kind = _first(_BY_WORDS, said) if message.level not in {"INFO", "DEBUG"} else None
    return Fault(kind, short(said), _place_of(said)) if kind is not None else None


def _fault_of_traceback(said: str) -> Fault:
    last = _LAST_WORDS.findall(said)
    words = last[-1] if last else said.rstrip().splitlines()[-1]
    return Fault(_first(_BY_TRACEBACK, said) or Kind.OTHER, short(words), _place_of(said))


def _mismatch(compared: re.Match[str]) -> Fault:
    if compared[1] == "<not found>" and compared[3]:
        where = f"segment {compared[3]}"
        return Fault(Kind.MISSING_DATA, f"{where} lacks what the index says it holds", where)
    return Fault(Kind.INDEX, "the index does not say what the segments hold")


def _first(rules: Sequence[tuple[str, Kind]], said: str) -> Kind | None:
    return next((kind for words, kind in rules if re.search(words, said)), None)


def _place_of(said: str) -> str:
    """The segment that a message is about, or the file beside the segments; empty where it names none."""
    if (found := _SEGMENT.search(said)) is not None:
        return f"segment {found[1] or found[2]}"
    beside = _BESIDE.search(said)
    return beside[1] if beside else ""


def short(said: str) -> str:
    """The first line of what was said, safe to show, at most 300 characters."""
    line = printable(said.strip().partition("\n")[0])
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def outcome(code: int, said: Sequence[Message]) -> tuple[Fault, ...]:
    """What went wrong in a run: what the log tells, else that the exit code is not 0."""
    faults = faults_of(said)
    if code == 0 or faults:
        return faults
    loud = [each for each in said if each.level not in _QUIET]
    last = f": {short(loud[-1].text)}" if loud else ""
    return (Fault(Kind.OTHER, f"borg ended with exit code {code}{last}"),)


_QUIET = frozenset({"INFO", "DEBUG"})
_OF_ATTRIBUTES = re.compile(
    r"never matched|extended attribute|xattr|\bacl|chown|flags|Operation not permitted|Replaying segments",
    re.IGNORECASE,
)
_WARNING_CODES = frozenset({1, *range(100, 128)})


def outcome_of_restore(code: int, said: Sequence[Message]) -> tuple[Fault, ...]:
    """The same for `extract`, where warnings about owners and attributes are no fault.

    Another account cannot set them, and what came back is counted and compared. (1.2 also warns of every
    `pf:` pattern that it never matched.)
    """
    warned = [each.text for each in said if each.level not in _QUIET]
    calm = bool(warned) and all(_OF_ATTRIBUTES.search(each) for each in warned)
    return faults_of(said) if calm and code in _WARNING_CODES else outcome(code, said)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the log of `check -v` proves.

    `segments`: all were read and match their checksums and the index. `archives`: those in `names` refer to
    nothing that the index lacks. `chunks`: so many were decrypted and are what their ids say; None for none.
    """

    segments: bool
    archives: bool
    names: tuple[str, ...]
    chunks: int | None


_SEGMENTS_FINE = re.compile(r"(?:Finished full|Completed) repository check, no problems found")
_ARCHIVES_FINE = "Archive consistency check complete, no problems found."
_ANALYZING = re.compile(r"Analyzing archive (.*) \(\d+/\d+\)$", re.DOTALL)
_VERIFIED = re.compile(r"verified (\d+) chunks with 0 integrity errors")


def checked(said: Sequence[Message]) -> Checked:
    """The proofs in a log; an exit code of 0 alone is none."""
    verified = [found for each in said if (found := _VERIFIED.search(each.text))]
    return Checked(
        segments=any(_SEGMENTS_FINE.search(each.text) for each in said),
        archives=any(each.text == _ARCHIVES_FINE for each in said),
        names=tuple(found[1] for each in said if (found := _ANALYZING.match(each.text))),
        chunks=int(verified[-1][1]) if verified else None,
    )


def damaged(said: Sequence[Message]) -> dict[str, str]:
    """The archives that cannot be loaded whole, by name, with the reason: what `check -v` says of each."""
    found: dict[str, str] = {}
    name = ""
    for message in said:
        if (begun := _ANALYZING.match(message.text)) is not None:
            name = begun[1]
        elif name and (fault := _fault(message)) is not None and fault.kind in _LOST:
            found.setdefault(name, fault.message)
    return found


_LOST = frozenset({Kind.SNAPSHOT, Kind.TREE, Kind.TRUNCATED, Kind.DATA, Kind.MISSING_DATA})


def version_of(said: Sequence[Message]) -> str:
    """The version that `--show-version` tells; empty when it does not."""
    words = [each.text for each in said if each.text.startswith("borgbackup version ")]
    return short(words[0].rpartition(" ")[2]) if words else ""
