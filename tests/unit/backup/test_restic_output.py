"""What restic prints is read or refused; whatever it prints, nothing else happens."""

import json
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.backup.ask.restic.messages import (
    fault_in,
    faults_in,
    faults_of_restore,
    is_of_absence,
    is_of_rights,
    messages,
)
from schoten_ict.backup.ask.restic.output import (
    NotUnderstoodError,
    backed_up,
    checked,
    churn_of,
    damaged_in,
    files_in,
    holder_of,
    ids_in,
    points_of,
    version_of,
)
from schoten_ict.backup.facts import Kind
from schoten_ict.core.text import printable

ID = "ab" * 32
OTHER = "cd" * 32

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["message_type", "message", "id", "time", "path", "paths", "type", "struct_type", "size", "mtime", "summary",
         "modifier", "added", "removed", "files", "changed_files", "snapshot_id", "item", "num_errors", "pid", "hostname"]
    ), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip
FOREIGN = st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode())
LINES = st.lists(
    FOREIGN.map(lambda content: content.decode("utf-8", "replace"))
    | st.sampled_from(
        ["error for tree 01234567:", "  blob not found in index", "no errors were found", "[0:00]  0 packs",
         f'Ignoring "{ID}": x', "[0:01] 50.00%  1 / 2 snapshots", "ignoring error for /a: b: c", "Fatal: EOF"]
    ),
    max_size=6,
).map("\n".join)  # fmt: skip


@given(FOREIGN, LINES)
def test_nothing_that_restic_prints_breaks_the_reading(content: bytes, text: str) -> None:
    for read in (points_of, holder_of, lambda lines: list(files_in(lines.splitlines(), ID))):
        with suppress(NotUnderstoodError):
            read(content)
    with suppress(NotUnderstoodError):
        version_of(text)
    churn_of(content, 3, {".txt": 3})
    checked(text, text)
    backed_up(text, text)
    damaged_in(text)
    ids_in(text)
    for fault in (*faults_in(messages(text)), *faults_of_restore(text, {"/a"})):
        assert printable(fault.message) == fault.message
        assert is_of_absence(fault) in {True, False}
        assert is_of_rights(fault) in {True, False}


def test_versions_are_told() -> None:
    assert version_of("restic 0.14.0 compiled with go1.19.8 on linux/amd64\n") == (0, 14, 0)
    assert version_of("restic 0.18.1-dev (compiled manually) compiled with go1.24 on windows/amd64") == (
        0,
        18,
        1,
    )
    with pytest.raises(NotUnderstoodError):
        version_of("rustic 0.9.5")


def snapshot(**more: Any) -> dict[str, Any]:
    """A snapshot as `snapshots --json` has it before 0.17."""
    plain = {"time": "2026-10-25T02:30:00.123456789+02:00", "paths": ["/srv"], "hostname": "srv-a", "id": ID}
    return plain | more


def test_times_of_snapshots_are_utc_whatever_their_zone() -> None:
    zones = ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]
    first, second = points_of(json.dumps([snapshot(time=time) for time in zones]).encode())
    assert (second.at - first.at, first.at.tzinfo) == (timedelta(hours=1), UTC)
    assert first.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_summary_gives_numbers_and_none_gives_none() -> None:
    summary = {
        "backup_start": "2026-11-27T20:00:00Z", "backup_end": "2026-11-27T20:01:30Z", "files_new": 1,
        "files_changed": 2, "data_added": 300, "data_added_packed": 60, "total_files_processed": 40,
        "total_bytes_processed": 5000,
    }  # fmt: skip
    told, silent = points_of(json.dumps([snapshot(summary=summary, original=OTHER), snapshot()]).encode())
    assert (told.files, told.size, told.new_files, told.changed_files) == (40, 5000, 1, 2)
    assert (told.added, told.packed, told.seconds, told.original) == (300, 60, 90.0, OTHER)
    assert (silent.files, silent.size, silent.added, silent.packed, silent.seconds) == (None,) * 5
    assert told.complete is silent.complete is None


@pytest.mark.parametrize("text", ["", "{}", '[{"id": "x"}]', '[{"id": "x", "time": "yesterday"}]', "[[]]"])
def test_what_is_no_list_of_snapshots_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstoodError):
        points_of(text.encode())


def test_no_snapshots_are_none() -> None:
    assert points_of(b"[]") == points_of(b"null") == ()


def test_snapshots_that_cannot_be_loaded_are_told_by_every_version() -> None:
    old = "could not load snapshot 1aeabc78: load <snapshot/1aeabc780f>: invalid data returned"
    new = f'Ignoring "{ID}": failed to load snapshot {ID[:8]}: LoadRaw(<snapshot/{ID[:10]}>): invalid data returned'
    listing = (
        f'Ignoring "{OTHER}", could not load snapshot: load <snapshot/{OTHER[:10]}>: invalid data returned'
    )
    found = damaged_in(f"{old}\n{new}\n{listing}\nunable to open cache: no such folder")
    assert list(found) == ["1aeabc78", ID, OTHER]
    assert all("invalid data" in why for why in found.values())


def test_locks_are_told_with_their_holder() -> None:
    content = {
        "time": "2026-11-27T21:00:00+01:00",
        "exclusive": True,
        "hostname": "srv\x1b[2J",
        "username": "root",
        "pid": 7,
    }
    holder = holder_of(json.dumps(content).encode())
    assert (holder.pid, holder.lock.exclusive, holder.lock.alive) == (7, True, None)
    assert holder.lock.since == datetime(2026, 11, 27, 20, tzinfo=UTC)
    assert holder.lock.holder == "root@srv\ufffd[2J (PID 7)"


CLEAN = """using temporary cache in /tmp/restic-check-cache-1
load indexes
check all packs
check snapshots, trees and blobs
[0:00] 100.00%  2 / 2 snapshots

read group #1 of 3 data packs (out of total 4 packs in 2 groups)
[0:00] 100.00%  3 / 3 packs

no errors were found
"""


def test_a_check_tells_what_it_counted() -> None:
    said = checked(CLEAN, "")
    assert (said.clean, said.snapshots, said.packs) == (True, (2, 2), (3, 3))
    assert (said.structure, said.reading) == ((), ())
    none = checked(CLEAN.replace("100.00%  3 / 3 packs", "         0 packs"), "")
    assert none.packs == (0, 0)
    broken_off = checked(
        CLEAN.split("no errors", maxsplit=1)[0].replace("100.00%  3 / 3", "33.33%  1 / 3"), ""
    )
    assert (broken_off.clean, broken_off.packs) == (False, (1, 3))


def test_the_closing_words_count_as_a_line_only() -> None:
    assert not checked('file "no errors were found" is damaged', "").clean
    assert checked('{"message_type":"summary","num_errors":0}', "").clean
    assert not checked('{"message_type":"summary","num_errors":1}', "").clean


def test_a_tree_is_told_with_what_is_wrong_with_it() -> None:
    text = "error for tree 8af3957b:\n  decrypting blob <tree/8af3957b> from 0665488e failed\n\nFatal: repository contains errors"
    as_json = "\n".join(json.dumps({"message_type": "error", "message": line}) for line in text.split("\n"))
    for said in (text, as_json):
        assert list(messages(said)) == [
            "error for tree 8af3957b: decrypting blob <tree/8af3957b> from 0665488e failed"
        ]
        (fault,) = checked("", said).structure
        assert (fault.kind, fault.where) == (Kind.TREE, "8af3957b")


def test_names_of_files_decide_nothing() -> None:
    name = 'error for tree 01234567:\n  tree 01: file "permission denied: wrong password.doc" blob 02 not found in index'
    assert [fault.kind for fault in faults_in(messages(name))] == [Kind.INDEX]
    path = "/srv/access denied: forbidden.doc"
    said = f"ignoring error for {path}: ciphertext verification failed\nFatal: There were 1 errors"
    (fault,) = faults_of_restore(said, {path})
    assert (fault.kind, fault.paths) == (Kind.DATA, (path,))


def test_stack_traces_retries_and_advice_are_no_faults() -> None:
    noise = """decrypting blob 01 failed: ciphertext verification failed
github.com/restic/restic/internal/repository.(*Repository).LoadBlob
\tgithub.com/restic/restic/internal/repository/repository.go:303
main.runLs
runtime.main
Load(<data/d35492144d>, 3152360, 0) returned error, retrying after 552ms: open x: permission denied
Load(<data/d35492144d>, 3152360, 0) failed: open x: permission denied
The repository contains damaged pack files. These damaged files must be removed to repair the repository.
restic repair snapshots --forget
"""
    assert [fault.kind for fault in faults_in(messages(noise))] == [Kind.DATA]


def test_many_alike_are_one_with_their_number() -> None:
    lines = [f"pack {number:064x}: does not exist" for number in range(40)]
    (fault,) = faults_in(lines)
    assert fault.message.endswith("does not exist (and 39 more)")
    assert fault.where == "0" * 64


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Pack ID does not match, want 91b2, got 993e", Kind.DATA),
        ("unable to create lock in backend: repository is already locked exclusively by PID 1", Kind.LOCKED),
        (
            "unable to open config file: Stat: dial tcp 127.0.0.1:9: connect: connection refused",
            Kind.UNREACHABLE,
        ),
        ("unable to open config file: stat /nope/config: no such file or directory", Kind.NO_REPOSITORY),
        ("config or key 32d4 is damaged: ciphertext verification failed", Kind.CONFIG),
        ("unable to start the sftp session, error: EOF", Kind.UNREACHABLE),
        ("unexpected HTTP response (401): 401 Unauthorized", Kind.DENIED),
        ("pack 0123: unexpected file size: got 403, expected 404", Kind.TRUNCATED),
        ("error for tree 01: ReadFull(<data/bcfa33a4a8>): EOF", Kind.TRUNCATED),
        ("write /backup/data: no space left on device", Kind.NO_SPACE),
        ("panic: runtime error", Kind.OTHER),
    ],
)
def test_kinds_are_known_by_their_words(message: str, kind: Kind) -> None:
    assert fault_in(message).kind is kind


def test_rights_that_cannot_be_restored_are_no_lost_content() -> None:
    (fault,) = faults_of_restore("ignoring error for /a: lchown /t/a: operation not permitted", {"/a"})
    assert is_of_rights(fault)
    assert not is_of_rights(fault_in("ciphertext verification failed"))


def node(path: str, **more: Any) -> bytes:
    """A file as `ls --json` has it."""
    plain = {
        "struct_type": "node",
        "type": "file",
        "path": path,
        "size": 5,
        "mtime": "2026-11-27T20:00:00.5+01:00",
    }
    return json.dumps(plain | more).encode()


HEAD = json.dumps({"struct_type": "snapshot", "id": ID}).encode()


def test_files_of_a_listing_come_with_size_and_time() -> None:
    lines = [
        HEAD,
        node("/srv", type="dir"),
        node("/srv/a"),
        node("/srv/l", type="symlink"),
        node("/srv/b", size=0),
    ]
    first, second = files_in(lines, ID)
    assert (first.path, first.size, first.modified) == (
        "/srv/a",
        5,
        datetime(2026, 11, 27, 19, 0, 0, 500000, UTC),
    )
    assert (second.path, second.size) == ("/srv/b", 0)


def test_a_time_that_no_calendar_has_loses_no_file() -> None:
    times = ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "+10000-01-01T00:00:00Z"]
    assert len(list(files_in([HEAD, *(node("/a", mtime=time) for time in times)], ID))) == 3


@pytest.mark.parametrize(
    "lines", [[], [node("/a")], [HEAD.replace(ID.encode(), OTHER.encode()), node("/a")], [HEAD, b"{"]]
)
def test_a_listing_that_is_not_of_the_snapshot_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(NotUnderstoodError):
        list(files_in(lines, ID))


def change(path: str, modifier: str) -> str:
    return json.dumps({"message_type": "change", "path": path, "modifier": modifier})


def test_changes_give_the_state_before() -> None:
    total = {"message_type": "statistics", "changed_files": 1, "added": {"files": 2}, "removed": {"files": 1}}
    lines = [
        change("/a.docx.locked", "+"),
        change("/b.locked", "+"),
        change("/d/", "+"),
        change("/a.docx", "-"),
        change("/c.txt", "M"),
    ]
    found = churn_of("\n".join([*lines, json.dumps(total)]).encode(), 4, {".locked": 2, ".txt": 2})
    assert found is not None
    assert (found.new, found.changed, found.removed, found.total) == (2, 1, 1, 3)
    assert found.suffixes_before == {".docx": 1, ".txt": 2}


def test_without_statistics_nothing_is_known_of_changes() -> None:
    assert churn_of(b"comparing snapshot 1 to 2:\n+    /a\n", 4, Counter()) is None


def test_a_backup_tells_what_it_left_out() -> None:
    summary = {"message_type": "summary", "snapshot_id": ID, "total_files_processed": 3, "files_new": 1}
    error = {"message_type": "error", "error": {"message": "open /a: permission denied"}, "item": "/a\x1b"}
    said = backed_up(json.dumps(summary), f"{json.dumps(error)}\n/nope does not exist, skipping\n")
    assert (said.point, said.told) == (ID, {"files": 3, "new": 1})
    assert (said.unread, said.skipped) == (("/a\ufffd",), ("/nope",))
    assert backed_up("", "").point == ""


@given(
    st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
    )
)
def test_every_time_is_read_or_refused(at: datetime) -> None:
    with suppress(NotUnderstoodError):
        (point,) = points_of(json.dumps([snapshot(time=at.isoformat())]).encode())
        assert point.at == at
