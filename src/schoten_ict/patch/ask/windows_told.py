"""What a script gives on Windows: one JSON answer of parts, and why a part is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.core.remote import Command, Completed, RemoteError, Runner
from schoten_ict.core.times import parse_utc
from schoten_ict.formats.answers import Row, document_of, rows, text

SCHEMA = "ict-patch/1"
MOST = 5_000
"""The most entries of one part."""
_LIMIT = 64 * 1024 * 1024
_DENIED = ("0x80070005", "0x80041003", "0x80338104", "unauthorizedaccess", "securityexception")
_ABSENT = ("0x80041002", "0x8004100e", "0x80041010", "0x80070002", "commandnotfound", "typenotfound",
           "nomatchinglogsfound", "nomatchingprovidersfound")  # fmt: skip
_NOTHING = "it was not in the answer"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part is missing: `code` is `denied`, `absent`, `too-large` or `protocol`.

    `hresult` is the number that Windows gives for it, in small letters; empty without one.
    """

    code: str
    message: str
    hresult: str = ""

    def problem(self, subject: str, remedy: str = "") -> Problem:
        """The same as a problem of a field of `PatchFacts`."""
        if self.code == "denied" and not remedy:
            remedy = "give the account of this credential the right to read it"
        return Problem(self.code, self.message, subject, remedy)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script told: the rows of each part, and the reasons of those that are missing or cut."""

    parts: Mapping[str, list[Row]]
    reasons: Mapping[str, Reason]

    def one(self, name: str) -> Row:
        """The first row of a part; an empty one without."""
        found = self.parts.get(name)
        return found[0] if found else {}

    def lacks(self, name: str, *, always: bool = False) -> Reason | None:
        """Why a part is not whole; None when it is. What is `always` there has a row at least."""
        if name in self.reasons:
            return self.reasons[name]
        if name in self.parts and (self.parts[name] or not always):
            return None
        return Reason("protocol", _NOTHING)


def ask(runner: Runner, name: str, seconds: float, parameters: Mapping[str, Any]) -> Answer:
    """Run `name`.ps1 of this package after `windows_parts.ps1`; raises `RemoteError`."""
    command = Command(script(name), parameters={"most": MOST, **parameters}, seconds=seconds, limit=_LIMIT)
    return read(runner.run(command))


@cache
def script(name: str) -> str:
    """The whole text that is sent."""
    folder = files(__package__)
    each = ("windows_parts", name)
    return "\n".join(folder.joinpath(f"{part}.ps1").read_text(encoding="utf-8") for part in each)


def read(done: Completed) -> Answer:
    """The answer of a script; raises `RemoteError` for anything else."""
    return answer(
        document_of(
            done,
            "gave no answer about its updates",
            remedy="is it a Windows machine with PowerShell 4 or newer?",
        )
    )


def answer(document: object) -> Answer:
    """The answer in a document; raises `RemoteError` for one of another shape."""
    parts = document.get("parts") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(parts, Mapping):
        raise RemoteError("gave an answer of another shape", code="protocol")
    if document.get("schema") != SCHEMA:
        raise RemoteError("gave an answer of another shape", code="protocol")
    errors = document.get("errors")
    reasons = {
        str(name): _reason(why) for name, why in (errors if isinstance(errors, Mapping) else {}).items()
    }
    return Answer({str(name): rows(value) for name, value in parts.items()}, reasons)


def _reason(value: object) -> Reason:
    row: Row = value if isinstance(value, Mapping) else {"message": value}
    hresult = (text(row, "hresult") or "").lower()
    codes = f"{hresult} {text(row, 'id') or ''}".lower()
    code = "protocol"
    if any(each in codes for each in _DENIED):
        code = "denied"
    elif any(each in codes for each in _ABSENT):
        code = "absent"
    elif "toomany" in codes:
        code = "too-large"
    return Reason(code, text(row, "message") or "gave no answer", hresult)


def moment(row: Row, name: str) -> datetime | None:
    """A time in UTC as the scripts write it; None for *never* and for what is no time."""
    try:
        found = parse_utc(text(row, name) or "")
    except (ValueError, OverflowError):
        return None
    return found if found.year >= _FIRST.year else None


_FIRST = datetime(1980, 1, 1, tzinfo=UTC)


def flag(row: Row, name: str) -> bool | None:
    """A yes or no; None where it is not told."""
    value = row.get(name)
    return value if isinstance(value, bool) else None


def texts(row: Row, name: str) -> tuple[str, ...]:
    """The texts of a list, whole numbers too.

    PowerShell may write a single one as itself, and some lists as `{value, Count}`.
    """
    value = row.get(name)
    if isinstance(value, Mapping) and set(value) == {"value", "Count"}:
        value = value["value"]
    values = value if isinstance(value, list) else [value]
    found = (text({"": str(each) if type(each) is int else each}, "") for each in values)
    return tuple(each for each in found if each)
