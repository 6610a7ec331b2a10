"""What borg writes into its log: faults by name, proofs only where it said so, and no bytes that upset it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.backup.ask.borg.log import (
    checked,
    damaged,
    faults_of,
    messages,
    outcome,
    outcome_of_restore,
    short,
    version_of,
)
from schoten_ict.backup.ask.borg.proofs import ended, read_probe, structure_probe
from schoten_ict.backup.ask.borg.taking import taken
from schoten_ict.backup.ask.borg.tool import failure_of
from schoten_ict.backup.facts import Kind
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import is_hidden

FINE = "Archive consistency check complete, no problems found."
VERIFIED = "Finished cryptographic data integrity verification, verified 66 chunks with {} integrity errors."
SEGMENTS = "Finished full repository check, no problems found."


def line(text: str, level: str = "ERROR", msgid: str = "") -> bytes:
    """One line of a log."""
    row = {"type": "log_message", "time": 1.0, "message": text, "levelname": level, "name": "borg.archiver"}
    return json.dumps(row | ({"msgid": msgid} if msgid else {})).encode() + b"\n"


def kinds(*lines: bytes) -> list[Kind]:
    return [fault.kind for fault in faults_of(messages(b"".join(lines)))]


def traceback(*places: str, last: str) -> str:
    """A traceback as borg logs it, with what it says of the system after it."""
    frames = "".join(f'  File "/usr/lib/python3/dist-packages/borg/{each}\n    code\n' for each in places)
    return f"Traceback (most recent call last):\n{frames}{last}\n\nPlatform: Linux ValueError: no\n"


TRACEBACKS = {
    Kind.CONFIG: traceback('repository.py", line 464, in open', last="binascii.Error: Non-hexadecimal digit found"),
    Kind.KEY: traceback('crypto/key.py", line 611, in _load', last="binascii.Error: Incorrect padding"),
    Kind.INDEX: traceback('repository.py", line 9, in _read_integrity', last="borg.UnpackException: extra data."),
    Kind.SNAPSHOT: traceback(
        'helpers/manifest.py", line 170, in load', last="IntegrityError: Segment entry checksum mismatch [segment 16, offset 8]"
    ),
    Kind.TREE: traceback(
        'archive.py", line 400, in rebuild_refcounts', 'archive.py", line 500, in robust_iterator',
        last="IntegrityError: Segment entry checksum mismatch [segment 14, offset 8]",
    ),
    Kind.DATA: traceback(
        'archive.py", line 843, in extract_item', last="IntegrityError: Segment entry checksum mismatch [segment 2, offset 8]"
    ),
    Kind.MISSING_DATA: traceback(
        'repository.py", line 1436, in open_fd', last="FileNotFoundError: [Errno 2] No such file: '/x/data/0/16'"
    ),
    Kind.DENIED: traceback('repository.py", line 1436, in open_fd', last="PermissionError: [Errno 13] Permission denied: '/x'"),
    Kind.NO_SPACE: traceback('archive.py", line 1, in write', last="OSError: [Errno 28] No space left on device"),
    Kind.OTHER: traceback('archiver.py", line 1, in main', last="RuntimeError: nobody thought of this"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TRACEBACKS)
def test_the_place_in_borgs_own_code_tells_what_was_damaged(kind: Kind) -> None:
    said = messages(line("Local Exception", msgid="Exception") + line(TRACEBACKS[kind]))
    [fault] = faults_of(said)
    assert fault.kind is kind
    assert "Platform" not in fault.message
    assert fault.message.count("\n") == 0


MESSAGES = [
    ("Data integrity error: Segment entry data short read [segment 5, offset 9]: expected 2, got 1 bytes", Kind.TRUNCATED),
    ("Data integrity error: Segment entry checksum mismatch [segment 5, offset 9]", Kind.DATA),
    ("Data integrity error: Invalid segment magic [segment 5, offset 0]", Kind.DATA),
    (f"chunk {'ab' * 32}, integrity error: Chunk {'ab' * 32}: Invalid HMAC", Kind.DATA),
    (f"Archive metadata block {'ab' * 32} is missing!", Kind.SNAPSHOT),
    ("Repository manifest not found!", Kind.SNAPSHOT),
    ("Archive TAM authentication issue for archive x: no", Kind.SNAPSHOT),
    ("item metadata chunk missing [chunk: 000001_ab]", Kind.TREE),
    ("a: f: New missing file chunk detected (Byte 0-9, Chunk ab). Replacing with all-zero chunk.", Kind.MISSING_DATA),
    ("Repository index missing or corrupted, trying to recover from: File failed integrity check: /r/index.17", Kind.INDEX),
    ("Repository hints file missing or corrupted, trying to recover: x", Kind.INDEX),
    ("3 orphaned objects found!", Kind.EXTRA),
    ("borg extract: error: unrecognized arguments: --noflags", Kind.PROTOCOL),
    ('a/../b: not extracted, path contains "../" (malicious or corrupted archive)', Kind.PATHS),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), MESSAGES)
@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_messages_without_an_id_are_named_whatever_their_level(text: str, kind: Kind, level: str) -> None:
    assert kinds(line(text, level)) == [kind]
    assert kinds(line(text, "INFO")) == []


def test_a_broken_segment_explains_what_the_index_has_more() -> None:
    mismatch = f"ID: {'ab' * 32} rebuilt index: <not found>      committed index: ({{}}, 9)    "
    broken = line("Data integrity error: Segment entry checksum mismatch [segment 2, offset 9]")
    assert kinds(broken, line(mismatch.format(2)), line(mismatch.format(2))) == [Kind.DATA]
    assert kinds(broken, line(mismatch.format(3))) == [Kind.DATA, Kind.MISSING_DATA]
    other = f"ID: {'ab' * 32} rebuilt index: (1, 9)           committed index: (1, 8)    "
    assert kinds(line(other, "WARNING")) == [Kind.INDEX]


@pytest.mark.parametrize("code", [1, 2, 3, 52, 90, 99, 128, 139, 255])
def test_an_exit_code_that_nothing_explains_is_a_fault(code: int) -> None:
    [fault] = outcome(code, messages(line("something new", "WARNING")))
    assert fault.kind is Kind.OTHER
    assert "something new" in fault.message
    assert [each.kind for each in outcome(code, [])] == [Kind.OTHER]


@pytest.mark.parametrize("code", [1, 101, 105])
def test_warnings_about_attributes_are_no_fault_of_a_restore(code: int) -> None:
    calm = line("x: when setting extended attribute user.a: [Errno 1] Operation not permitted", "WARNING")
    assert outcome_of_restore(code, messages(calm)) == ()
    assert outcome(code, messages(calm)) != ()
    assert outcome_of_restore(2, messages(calm)) != ()
    assert outcome_of_restore(code, messages(calm + line("something new", "WARNING"))) != ()
    assert outcome_of_restore(code, messages(line("Extracting", "INFO"))) != ()
    assert outcome_of_restore(code, []) != ()


def test_a_check_proves_only_what_it_says() -> None:
    said = [line(f"Analyzing archive {name} ({n}/2)", "INFO") for n, name in ((1, "a"), (2, "b (1/2)"))]
    whole = b"".join((*said, line(FINE, "INFO"), line(SEGMENTS, "INFO"), line(VERIFIED.format(0), "INFO")))
    proof = checked(messages(whole))
    assert (proof.archives, proof.segments, proof.names, proof.chunks) == (True, True, ("a", "b (1/2)"), 66)
    assert structure_probe(ended(0, b"", whole), whole=True).proven
    assert read_probe(ended(0, b"", whole), whole=True).proven
    for missing in (FINE, SEGMENTS, VERIFIED.format(0)):
        part = b"".join(each for each in whole.splitlines(keepends=True) if missing.encode() not in each)
        both = (structure_probe(ended(0, b"", part), whole=True), read_probe(ended(0, b"", part), whole=True))
        assert not all(probe.proven for probe in both)
    assert checked(messages(line(VERIFIED.format(1)))).chunks is None


def test_a_code_of_failure_beats_the_words_of_success() -> None:
    whole = line(FINE, "INFO") + line(SEGMENTS, "INFO") + line(VERIFIED.format(0), "INFO")
    for code in (1, 2, 137):
        assert not structure_probe(ended(code, b"", whole), whole=True).proven
        assert not read_probe(ended(code, b"", whole), whole=True).proven


def test_the_archive_that_was_being_looked_at_is_the_damaged_one() -> None:
    said = messages(
        line("Analyzing archive a (1/3)", "INFO")
        + line("Analyzing archive b (2/3)", "INFO")
        + line("item metadata chunk missing [chunk: 000001_ab]")
        + line("Analyzing archive c (3/3)", "INFO")
        + line("3 orphaned objects found!")
    )
    assert damaged(said) == {"b": "item metadata chunk missing [chunk: 000001_ab]"}


def test_questions_are_no_messages_and_other_lines_are() -> None:
    asked = {
        "type": "question_prompt",
        "msgid": "BORG_RELOCATED_REPO_ACCESS_IS_OK",
        "message": "Warning: ...",
    }
    said = messages(
        json.dumps(asked).encode() + b"\nborg: not JSON\n\n" + line("borgbackup version 1.2.4", "INFO")
    )
    assert [each.text for each in said] == ["borg: not JSON", "borgbackup version 1.2.4"]
    assert version_of(said) == "1.2.4"


def test_a_listing_that_failed_is_explained_by_its_last_line() -> None:
    failed = RemoteError(f"srv: {line('No', msgid='PassphraseWrong').decode().strip()}", code="failed")
    assert [fault.kind for fault in failure_of(failed)] == [Kind.PASSWORD]
    late = RemoteError("srv: borg: not done within 3 s", code="timeout")
    assert [fault.kind for fault in failure_of(late)] == [Kind.TIMEOUT]


STATS = json.dumps(
    {"archive": {"id": "ab", "stats": {"nfiles": 3, "original_size": 9, "deduplicated_size": 4}}}
).encode()


def test_what_a_backup_left_out_makes_it_partial_and_what_lives_does_not() -> None:
    gone = line(
        "/srv/b: stat: [Errno 2] No such file or directory: '/srv/b'", "WARNING", "BackupFileNotFoundError"
    )
    went = line(
        "/srv/a/tmp: open: [Errno 2] No such file or directory: 'tmp'", "WARNING", "BackupFileNotFoundError"
    )
    closed = line("/srv/a/x: open: [Errno 13] Permission denied: 'x'", "WARNING", "BackupPermissionError")
    moved = line("/srv/a/log: file changed while we backed it up", "WARNING")
    paths = ["/srv/a", "/srv/b"]
    assert taken(ended(0, STATS, b""), paths).complete
    assert taken(ended(100, STATS, moved), paths).complete
    assert taken(ended(107, STATS, went + moved), paths).complete
    for code, stderr, kind in (
        (107, gone, Kind.MISSING_FILES),
        (105, closed, Kind.INCOMPLETE),
        (1, b"", Kind.OTHER),
    ):
        made = taken(ended(code, STATS, stderr), paths)
        assert not made.complete
        assert [fault.kind for fault in made.faults] == [kind]
        assert made.point_id == "ab"


def test_no_statistics_means_that_no_archive_was_made() -> None:
    locked = line("Failed to create/acquire the lock (timeout).", msgid="LockTimeout")
    for code, stderr, kind in ((73, locked, Kind.LOCKED), (0, b"", Kind.PROTOCOL), (2, b"", Kind.OTHER)):
        made = taken(ended(code, b"", stderr), ["/srv/a"])
        assert (made.point_id, made.complete) == ("", False)
        assert [fault.kind for fault in made.faults] == [kind]


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
ROWS = st.dictionaries(
    st.sampled_from(["type", "message", "levelname", "msgid", "name"]),
    st.sampled_from(["log_message", "ERROR", "Exception", FINE, *(text for text, _ in MESSAGES), *TRACEBACKS.values()]) | JSON,
)  # fmt: skip


@given(st.binary(max_size=300) | st.lists(ROWS, max_size=6).map(lambda rows: "\n".join(map(json.dumps, rows)).encode()),
       st.integers(0, 255))  # fmt: skip
def test_no_log_upsets_its_reading_and_only_words_of_success_prove(stderr: bytes, code: int) -> None:
    said = ended(code, b"", stderr)
    assert code == 0 or said.faults
    assert damaged(said.log) is not None
    for probe in (structure_probe(said, whole=False), read_probe(said, whole=False)):
        assert not probe.proven or FINE in stderr.decode("utf-8", "replace") or b"verified" in stderr
    for fault in said.faults:
        assert not any(map(is_hidden, fault.message))


@given(st.text(max_size=1000))
def test_a_fault_is_one_printable_line(said: str) -> None:
    line_of = short(said)
    assert not any(map(is_hidden, line_of))
    assert len(line_of) <= 303
