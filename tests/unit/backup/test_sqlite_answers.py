"""What is read of SQLite files and of answers about them: never an error for foreign bytes, and no false ok."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import NOW, job
from products import JSON
from schoten_ict.backup.ask.sqlite_said import Look, compared, database, live_of, look_of, structure
from schoten_ict.backup.ask.there import answered
from schoten_ict.backup.order import Deadline, Order
from schoten_ict.backup.sent.sqlite_file import MAGIC, Header, header_of, log_of
from schoten_ict.core.remote import RemoteError

ORDER = Order(job(engine="sqlite"), NOW, Deadline(60))
GOOD: dict[str, Any] = {
    "size": 8192, "sha256": "ab", "unpacked": 8192, "header": [4096, 2, False], "log": None, "used": -1,
    "integrity": ["ok"], "orphans": {}, "tables": {"t": 3}, "views": [], "newest": None,
}  # fmt: skip


def look(**more: Any) -> Look:
    """What was seen of a right copy, but for some of it."""
    return look_of(GOOD | more)


def understood(answer: dict[str, Any]) -> Look | None:
    """An answer, or None for one that is refused as it must be."""
    with suppress(RemoteError):
        return look_of(answer)
    return None


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: MAGIC + rest))
def test_any_bytes_are_a_header_or_none(head: bytes) -> None:
    header = header_of(head)
    assert header is None or (head.startswith(MAGIC) and header.page_size >= 512)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_log_or_a_damaged_one(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "log"
    path.write_bytes(content)
    log = log_of(path)
    assert (log is None) == (content == b"")
    assert log is None or (log.page_size == 0 or log.committed <= log.frames)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_output_is_an_answer_or_none(stdout: bytes) -> None:
    answered(stdout)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), JSON))
def test_any_answer_is_understood_or_refused_and_proves_nothing_by_itself(more: dict[str, Any]) -> None:
    seen = understood(GOOD | more)
    if seen is None:
        return
    opened = database(seen, ORDER, NOW)
    assert not opened.proven or (seen.integrity == ("ok",) and seen.tables)
    structure(seen, [], kept=False)
    live = compared(seen, live_of({"modified": 0.0, "tables": {"t": 3}}), ORDER, settled=True)
    assert not live.proven or (seen.tables or {}).get("t") == 3


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"integrity": []}, "integrity_check said nothing"),
        ({"integrity": ["***", "ok"]}, "integrity_check: ok"),
        (
            {"integrity": ["*** in database main ***\nPage 3: never used"]},
            "integrity_check: *** in database main ***",
        ),
        ({"integrity": ["OK"]}, "integrity_check: OK"),
        ({"integrity": ["ok", "ok"]}, "integrity_check: ok (and 1 more)"),
        ({"error": "database disk image is malformed"}, "SQLite: database disk image is malformed"),
        ({"tables": None, "integrity": [], "error": "no such module: fts9"}, "SQLite: no such module"),
        ({"tables": {}}, "the database holds no table"),
        ({"header": None}, "does not begin as a SQLite database"),
        ({"refused": "its journal"}, "its journal"),
    ],
)
def test_only_a_lone_ok_is_ok(more: dict[str, Any], told: str) -> None:
    probe = database(look(**more), ORDER, NOW)
    assert not probe.proven
    assert told in "; ".join(fault.message for fault in probe.faults)


def test_a_right_copy_is_ok() -> None:
    assert database(look(), ORDER, NOW).proven
    assert structure(look(), [], kept=True).proven


def test_text_from_a_database_steers_no_terminal() -> None:
    probe = database(look(integrity=["\x1b[2Jrow 1 missing"]), ORDER, NOW)
    assert "\x1b" not in probe.faults[0].message


def test_a_header_that_does_not_know_its_length_claims_none() -> None:
    head = bytearray(MAGIC + bytes(84))
    head[16:18] = b"\x10\x00"
    head[28:32] = (9).to_bytes(4, "big")
    assert header_of(bytes(head)) == Header(4096, 9, wal=False)
    head[24:28] = (1).to_bytes(4, "big")  # changed since by a version that did not keep it
    assert header_of(bytes(head)) == Header(4096, 0, wal=False)
