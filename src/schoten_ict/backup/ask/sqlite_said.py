"""What the program `sent/sqlite.py` said of a copy, and what that proves: pure rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from schoten_ict.backup.ask.tables import Held, opinion
from schoten_ict.backup.facts import Fault, Kind, Probe
from schoten_ict.backup.order import Order
from schoten_ict.backup.sent.sqlite_file import HEADER, Header, Log
from schoten_ict.core.amounts import parse_share
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import counted, printable

_WORDS = 200
_SHOWN = 5
_FEW_ROWS = 20
"""Tables with fewer rows say nothing by how many of them are there."""
_CHANGED = "values whose bytes changed are not seen: no manifest keeps its SHA-256"
_NO_LOG = "in WAL mode without its log beside it: what was not checkpointed is not in it"


@dataclass(frozen=True, slots=True)
class Look:
    """One copy: `size` bytes with their sum, `unpacked` bytes of database, its header and its log.

    `version` is that of SQLite. `damaged` is what unpacking found (`data`, `truncated`; words). `used` are
    the frames of the log that SQLite took, -1 without a log. `tables` is None when the database was not read
    that far; `error` is what SQLite said, `late` that the time was up meanwhile, `refused` why it was not
    opened.
    """

    size: int
    sha256: str
    version: str = ""
    damaged: tuple[str, str] | None = None
    unpacked: int = 0
    header: Header | None = None
    wal: int | None = None
    journal: int | None = None
    log: Log | None = None
    refused: str = ""
    used: int = -1
    integrity: tuple[str, ...] = ()
    orphans: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, int] | None = None
    views: tuple[str, ...] = ()
    newest: str | int | float | None = None
    error: str = ""
    late: str = ""

    @property
    def lacks_log(self) -> bool:
        """Whether the database was in WAL mode and no log lies beside the copy."""
        return self.header is not None and self.header.wal and self.wal is None


@dataclass(frozen=True, slots=True)
class Live:
    """The live database: when it was last written to (POSIX seconds), and its rows by table."""

    modified: float
    tables: Mapping[str, int] = field(default_factory=dict)
    views: tuple[str, ...] = ()


def look_of(answer: Mapping[str, Any]) -> Look:
    """The program's answer; raises `RemoteError` (`protocol`) for one that is none."""
    return _converted(answer, Look)


def live_of(answer: Mapping[str, Any]) -> Live:
    """The program's answer about the live database; raises `RemoteError` (`protocol`)."""
    return _converted(answer, Live)


_Said = TypeVar("_Said")


def _converted(answer: Mapping[str, Any], kind: type[_Said]) -> _Said:
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise RemoteError(f"a check gave an answer that is none: {error}", code="protocol") from None


def structure(look: Look, of_manifest: list[Fault], *, kept: bool) -> Probe:
    """Whether the file is a whole database, with a whole log, and what it was when it was made.

    `kept` says that a manifest keeps its sum, `of_manifest` what is wrong by it.
    """
    weak = [words for words, holds in ((_CHANGED, not kept), (_NO_LOG, look.lacks_log)) if holds]
    told: dict[str, int | float | str] = {"bytes": look.size, "sha256": look.sha256}
    return Probe((*_of_file(look), *_of_log(look), *of_manifest), None, 0.0, told, "; ".join(weak))


def _of_file(look: Look) -> Iterator[Fault]:
    if look.damaged is not None:
        kind, words = look.damaged
        yield Fault(Kind.TRUNCATED if kind == "truncated" else Kind.DATA, words)
    elif not look.unpacked:
        yield Fault(Kind.EMPTY, "a file of 0 bytes, which SQLite takes for an empty database")
    elif look.unpacked < HEADER:
        yield Fault(Kind.TRUNCATED, f"only {look.unpacked} bytes, less than the header of a database")
    elif look.header is None:
        yield Fault(Kind.DATABASE, "does not begin as a SQLite database: encrypted, overwritten, or none")
    elif not look.wal:
        yield from _of_length(look.unpacked, look.header)


def _of_length(length: int, header: Header) -> Iterator[Fault]:
    have, rest = divmod(length, header.page_size)
    if have < header.pages:
        yield Fault(Kind.TRUNCATED, f"{have} of {header.pages} pages are there")
    elif rest:
        yield Fault(Kind.TRUNCATED, "ends in the middle of a page")


def _of_log(look: Look) -> Iterator[Fault]:
    if look.refused:
        yield Fault(Kind.OTHER, f"not opened: {look.refused}", "journal")
    if look.log is None or look.header is None:
        return
    if not look.log.page_size:
        yield Fault(Kind.WAL, "its write-ahead log is damaged, so SQLite uses nothing of it", "wal")
    elif look.log.page_size != look.header.page_size:
        yield Fault(Kind.WAL, "the write-ahead log beside it is that of another database", "wal")
    elif 0 <= look.used < look.log.committed:
        words = f"only {look.used} of {look.log.committed} frames of its write-ahead log can be used"
        yield Fault(Kind.WAL, words, "wal")
    elif look.log.cut:
        yield Fault(Kind.WAL, "its write-ahead log ends in the middle of a frame", "wal")


def database(look: Look, order: Order, at: datetime) -> Probe:
    """Whether it opens and is whole inside, and has what was declared. `at` is when the copy was made."""
    opened = opening(look)
    blocked = Fault(Kind.TIMEOUT, f"not checked to the end: {printable(look.late)}") if look.late else None
    if look.tables is None or look.late or look.error:
        return Probe(opened, blocked)
    held = opinion(Held(look.tables, look.views, look.newest), order, at)
    faults = tuple(_without_log(fault) if look.lacks_log else fault for fault in held.faults)
    told = {**held.told, "orphans": sum(look.orphans.values())} if look.orphans else held.told
    return Probe((*opened, *faults), held.blocked, 0.0, told, _orphaned(look))


def opening(look: Look) -> tuple[Fault, ...]:
    """What is wrong with the database itself."""
    if look.header is None or look.refused:
        return tuple(_of_file(look)) or (Fault(Kind.DATABASE, look.refused or "cannot be opened"),)
    faults = [] if look.integrity in {("ok",), ()} else [Fault(Kind.DATABASE, _words(look.integrity))]
    if look.error:
        faults.append(Fault(Kind.DATABASE, f"SQLite: {printable(look.error)[:_WORDS]}"))
    if not look.error and not look.late and (not look.integrity or look.tables is None):
        faults.append(Fault(Kind.DATABASE, "integrity_check said nothing, or no table was counted"))
    return tuple(faults)


def _words(said: tuple[str, ...]) -> str:
    """The first line of `integrity_check` that says something (one of only `***` opens a list)."""
    lines = [line for text in said for line in text.splitlines() if line.strip("* ")]
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return f"integrity_check: {printable(lines[0] if lines else 'nothing')[:_WORDS]}{more}"


def _without_log(fault: Fault) -> Fault:
    """What is missing from a copy in WAL mode without its log was most likely in the log."""
    if fault.kind not in {Kind.TABLES, Kind.EMPTY}:
        return fault
    return Fault(Kind.WAL, f"{fault.message}: it is in WAL mode, and its log is not beside it", fault.where)


def _orphaned(look: Look) -> str:
    rows = sum(look.orphans.values())
    if not rows:
        return ""
    table = printable(next(iter(look.orphans)))
    return f"{counted(rows, 'row')} refer to rows that are not there (in {table}), as they may in the source"


def compared(look: Look, live: Live, order: Order, *, settled: bool) -> Probe:
    """Whether a copy holds what the live database does: all of it where that is `settled` since the copy.

    Where it changed since, a table may lack what `limits.size` allows, and may be newer than the copy.
    """
    tables = look.tables or {}
    told = {"files": 1, "tables": len(live.tables), "rows": sum(live.tables.values())}
    if settled:
        wrong = [name for name, rows in live.tables.items() if tables.get(name) != rows]
        faults = _differing(wrong, "not as in the live database, which did not change since")
        return Probe(faults, None, 0.0, told)
    share = 1 - parse_share(order.job.limits.size)
    short = [
        name
        for name, rows in live.tables.items()
        if name in tables and rows >= _FEW_ROWS and tables[name] < share * rows
    ]
    absent = [name for name in live.tables if name not in tables]
    if len(absent) > (1 - share) * len(live.tables):
        short += absent
    kind = Kind.WAL if look.lacks_log else Kind.TABLES
    faults = _differing(short, f"with less than {share:.0%} of the live database's rows", kind)
    return Probe(faults, None, 0.0, {**told, "newer": len(absent)})


def _differing(names: list[str], what: str, kind: Kind = Kind.DIFFERS) -> tuple[Fault, ...]:
    if not names:
        return ()
    shown = ", ".join(map(printable, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
    return (Fault(kind, f"{counted(len(names), 'table')} {what}: {shown}", names[0]),)
