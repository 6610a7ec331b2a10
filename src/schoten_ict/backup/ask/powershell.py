"""PowerShell on a Windows machine: one script, one JSON answer of parts, and why a part is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.core.remote import Command, Completed, RemoteError, Runner
from schoten_ict.core.times import parse_utc
from schoten_ict.formats.answers import Row, document_of, rows, text

SCHEMA = "ict-backup/1"
MOST = 50_000
"""The most entries of one part."""
_LIMIT = 64 * 1024 * 1024
_DENIED = ("0x80070005", "0x80041003", "unauthorizedaccess", "securityexception")
_ABSENT = ("modulenotfound", "commandnotfound", "0x80070002")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part is missing. `number` is the error number of a database, where it is from one."""

    kind: Kind
    message: str
    number: int | None = None

    @property
    def fault(self) -> Fault:
        """The same as a fault."""
        return Fault(self.kind, self.message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script told: the rows of each part, and the reasons of those that are missing."""

    parts: Mapping[str, list[Row]]
    reasons: Mapping[str, Reason]

    def one(self, name: str) -> Row:
        """The first row of a part; an empty one without."""
        found = self.parts.get(name)
        return found[0] if found else {}

    def missing(self, name: str) -> Reason | None:
        """Why a part is not there; None when it is."""
        if name in self.parts and name not in self.reasons:
            return None
        return self.reasons.get(name) or Reason(Kind.PROTOCOL, f"{name} was not in the answer")


def ask(runner: Runner, name: str, order: Order, parameters: Mapping[str, Any]) -> Answer:
    """Run `name`.ps1 of this package after `parts.ps1`; raises `RemoteError`."""
    command = Command(
        script(name), parameters={"most": MOST, **parameters}, seconds=order.deadline.left(), limit=_LIMIT
    )
    return read(runner.run(command))


@cache
def script(name: str) -> str:
    """The whole text that is sent."""
    folder = files(__package__)
    return "\n".join(folder.joinpath(f"{each}.ps1").read_text(encoding="utf-8") for each in ("parts", name))


def read(done: Completed) -> Answer:
    """The answer of a script; raises `RemoteError` for anything else."""
    document = document_of(done, "gave no answer")
    parts = document.get("parts") if isinstance(document, Mapping) else None
    if not isinstance(parts, Mapping) or document.get("schema") != SCHEMA:
        raise RemoteError("gave an answer of another shape", code="protocol")
    errors = document.get("errors")
    reasons = {name: _reason(row) for name, row in (errors if isinstance(errors, Mapping) else {}).items()}
    return Answer({str(name): rows(value) for name, value in parts.items()}, reasons)


def _reason(value: object) -> Reason:
    row: Row = value if isinstance(value, Mapping) else {"message": value}
    codes = f"{text(row, 'hresult') or ''} {text(row, 'id') or ''}".lower()
    kind = Kind.PROTOCOL
    if any(each in codes for each in _DENIED):
        kind = Kind.DENIED
    elif any(each in codes for each in _ABSENT):
        kind = Kind.NO_PROGRAM
    code = row.get("number")
    is_code = isinstance(code, int) and not isinstance(code, bool)
    return Reason(kind, text(row, "message") or "gave no answer", code if is_code else None)


def moment(row: Row, name: str) -> datetime | None:
    """A time in UTC as the scripts write it; None for *never* and for what is no time."""
    try:
        return parse_utc(text(row, name) or "")
    except (ValueError, OverflowError):
        return None


def flag(row: Row, name: str) -> bool | None:
    """A yes or no, also as the number that a database has for it; None where it is not told."""
    value = row.get(name)
    if isinstance(value, bool):
        return value
    return bool(value) if isinstance(value, int) else None
