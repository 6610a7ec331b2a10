"""One script, one JSON answer: parts, reasons, times; whatever else comes is refused by name."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products import JSON, told, written
from schoten_ict.backup.ask import powershell
from schoten_ict.backup.ask.powershell import Answer, flag, moment
from schoten_ict.backup.facts import Kind
from schoten_ict.core.remote import Completed, RemoteError


def done(stdout: bytes, stderr: bytes = b"", *, cut: bool = False) -> Completed:
    return Completed(0, stdout, stderr, 1, cut)


def test_one_row_that_powershell_wrote_as_itself_is_a_row() -> None:
    answer = told({"a": {"x": 1}, "b": [{"x": 2}], "c": {"value": [{"x": 3}], "Count": 1}, "d": None})
    assert {name: rows for name, rows in answer.parts.items() if rows} == {
        "a": [{"x": 1}], "b": [{"x": 2}], "c": [{"x": 3}],
    }  # fmt: skip
    assert answer.one("d") == {}


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ({"message": "m", "hresult": "0x80070005", "id": "x"}, Kind.DENIED),
        ({"message": "m", "id": "UnauthorizedAccess,Microsoft.PowerShell"}, Kind.DENIED),
        ({"message": "m", "id": "Modules_ModuleNotFound,Microsoft.PowerShell.Commands"}, Kind.NO_PROGRAM),
        ({"message": "m", "id": "CommandNotFoundException"}, Kind.NO_PROGRAM),
        ({"message": "m", "hresult": "0x80131501"}, Kind.PROTOCOL),
        ("only text", Kind.PROTOCOL),
        (None, Kind.PROTOCOL),
    ],
)
def test_why_a_part_is_missing_has_a_kind(reason: object, kind: Kind) -> None:
    missing = told({}, {"sets": reason}).missing("sets")
    assert missing is not None
    assert missing.kind is kind
    assert missing.message


def test_a_part_that_was_cut_or_never_told_is_missing() -> None:
    answer = told({"jobs": [{}]}, {"jobs": {"message": "more than 5 entries", "id": "TooMany"}})
    assert answer.missing("jobs") is not None
    absent = answer.missing("sets")
    assert absent is not None
    assert "was not in the answer" in absent.message


@pytest.mark.parametrize(
    ("completed", "code"),
    [
        (done(b"{}", cut=True), "too-large"),
        (done(b"", b"Cannot find x\nat line 1"), "protocol"),
        (done(b"[" * 100_000), "protocol"),
        (done(b"[]"), "protocol"),
        (done(b'{"parts": {}}'), "protocol"),
        (done(b'{"schema": "ict-windows/1", "parts": {}}'), "protocol"),
        (done(b'{"schema": "ict-backup/1", "parts": []}'), "protocol"),
    ],
)
def test_what_is_no_answer_is_refused(completed: Completed, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        powershell.read(completed)
    assert caught.value.problems[0].code == code


def test_the_first_error_is_the_reason_of_no_answer() -> None:
    with pytest.raises(RemoteError, match="gave no answer: Cannot find x"):
        powershell.read(done(b"", b"Cannot find x\nat line 1"))


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_answer_or_refused(stdout: bytes) -> None:
    with contextlib.suppress(RemoteError):
        assert isinstance(powershell.read(done(stdout)), Answer)


@given(st.dictionaries(st.text(max_size=5), JSON), st.dictionaries(st.text(max_size=5), JSON))
def test_any_parts_and_errors_are_read(parts: dict[str, object], errors: dict[str, object]) -> None:
    answer = powershell.read(done(written(parts, errors).encode()))
    assert set(answer.parts) == set(parts)
    assert all(answer.missing(name) is not None for name in errors)


@given(JSON)
def test_any_value_is_a_time_or_none_and_a_flag_or_none(value: object) -> None:
    at = moment({"x": value}, "x")
    assert at is None or at.tzinfo is UTC
    assert flag({"x": value}, "x") in {None, True, False}


def test_never_is_no_time_and_a_time_is_in_utc() -> None:
    assert moment({"x": ""}, "x") is None
    assert moment({"x": "2026-11-26T23:00:05Z"}, "x") == datetime(2026, 11, 26, 23, 0, 5, tzinfo=UTC)


def test_every_script_begins_with_the_parts_and_ends_with_the_answer() -> None:
    for name in ("windows_server_backup", "mssql"):
        text = powershell.script(name)
        assert text.index("function Read-Part") < text.index("Read-Part '")
        assert text.rstrip().endswith("Write-Told")
