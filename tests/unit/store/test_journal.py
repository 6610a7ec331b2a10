"""The journal is append-only: what was changed, removed or cut off shows."""

import sqlite3
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.store import journal, migrate
from schoten_ict.store.connection import open_empty
from schoten_ict.store.journal import GENESIS, Break, Head
from storing import NOW, Opener


def reasons(opened: Opener, expected: Head | None = None) -> list[str]:
    return [f"{each.seq} {each.reason}" for each in journal.verify(opened().reader, expected)]


def fill(opened: Opener, count: int = 4) -> None:
    for number in range(1, count + 1):
        with opened.change(NOW + timedelta(days=number)) as change:
            change.record("asset.edit", f"asset:LT-{number}", {"n": number - 1}, {"n": number})


def test_an_entry_holds_who_when_what_before_and_after(opened: Opener) -> None:
    with opened.change(who="piet (as root)") as change:
        change.record("asset.add", "asset:LT-1", None, {"status": "new", "naam": "Łukasz"})
    (entry,) = journal.entries(opened().reader)
    assert (entry.seq, entry.at, entry.who, entry.action) == (1, NOW, "piet (as root)", "asset.add")
    assert entry.changes == (journal.Change("asset:LT-1", None, {"status": "new", "naam": "Łukasz"}),)


def test_an_entry_about_several_things_is_found_by_each(opened: Opener) -> None:
    changes = [journal.Change(f"asset:{tag}", None, {"holder": "1042"}) for tag in ("A", "B")]
    with opened.change() as change:
        change.record_many("handover", "person:1042", changes)
    reader = opened().reader
    for subject in ("asset:A", "asset:B", "person:1042"):
        assert len(journal.entries(reader, subject=subject)) == 1
    assert journal.entries(reader, subject="asset:C") == []


def test_entries_come_newest_first_since_a_moment_and_at_most_so_many(opened: Opener) -> None:
    fill(opened)
    reader = opened().reader
    assert [each.seq for each in journal.entries(reader)] == [4, 3, 2, 1]
    assert [each.seq for each in journal.entries(reader, since=NOW + timedelta(days=3))] == [4, 3]
    assert [each.seq for each in journal.entries(reader, limit=2)] == [4, 3]


def test_a_whole_chain_has_no_breaks(opened: Opener) -> None:
    fill(opened)
    reader = opened().reader
    assert list(journal.verify(reader, journal.head(reader))) == []
    assert journal.counts(reader) == (4, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET who = 'x'",
        "DELETE FROM journal",
        "UPDATE journal_subject SET subject = 'x'",
        "DELETE FROM journal_subject",
    ],
)
def test_the_database_itself_refuses_changes(opened: Opener, statement: str) -> None:
    fill(opened, 1)
    with pytest.raises(Exception, match="append-only"), opened.change() as change:
        change.connection.execute(statement)


@pytest.mark.parametrize("column", ["at", "who", "action", "subject", "digest"])
def test_a_changed_row_shows(opened: Opener, column: str) -> None:
    fill(opened)
    opened.behind_its_back(f"UPDATE journal SET {column} = 'changed' WHERE seq = 2")
    assert "2 was changed after it was written" in reasons(opened)


def test_changed_values_show(opened: Opener) -> None:
    fill(opened)
    opened.behind_its_back("UPDATE journal_value SET content = '[]' WHERE seq = 3")
    assert reasons(opened) == ["3 its values were changed"]


def test_a_row_that_was_made_up_with_a_fitting_hash_breaks_the_next(opened: Opener) -> None:
    fill(opened)
    row = opened().reader.execute("SELECT * FROM journal WHERE seq = 2").fetchone()
    forged = journal._entry_hash(2, row["at"], "piet", *tuple(row)[3:7])
    opened.behind_its_back(f"UPDATE journal SET who = 'piet', hash = '{forged}' WHERE seq = 2")
    assert reasons(opened) == ["3 does not follow the entry before it"]


def test_a_row_removed_in_the_middle_shows(opened: Opener) -> None:
    fill(opened)
    opened.behind_its_back("DELETE FROM journal_value WHERE seq = 2", "DELETE FROM journal WHERE seq = 2")
    assert reasons(opened) == ["3 1 entries are missing before this one"]


def cut_tail(opened: Opener, *more: str) -> None:
    tables = ("journal_value", "journal_subject", "journal")
    opened.behind_its_back(*(f"DELETE FROM {table} WHERE seq = 4" for table in tables), *more)


def test_a_cut_off_tail_shows_by_the_numbers_given(opened: Opener) -> None:
    fill(opened)
    cut_tail(opened)
    assert reasons(opened) == ["3 ends before the last number given (4): entries were cut off"]


def test_a_cut_off_tail_still_shows_after_new_entries(opened: Opener) -> None:
    fill(opened)
    cut_tail(opened)
    with opened.change(NOW + timedelta(days=9)) as change:
        change.record("asset.edit", "asset:LT-9", None, {})
    assert reasons(opened) == ["5 1 entries are missing before this one"]


def test_a_tail_cut_off_with_care_shows_only_by_a_head_kept_elsewhere(opened: Opener) -> None:
    fill(opened)
    kept = journal.head(opened().reader)
    cut_tail(opened, "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'journal'")
    assert reasons(opened) == []
    assert reasons(opened, kept) == ["3 ends before the exported head (4): entries were cut off"]


def test_a_tail_written_anew_differs_from_the_head_kept_elsewhere(opened: Opener) -> None:
    fill(opened)
    kept = journal.head(opened().reader)
    cut_tail(opened, "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'journal'")
    with opened.change(NOW + timedelta(days=4)) as change:
        change.record("asset.edit", "asset:LT-4", {"n": 3}, {"n": 5})
    assert reasons(opened) == []
    assert reasons(opened, kept) == ["4 differs from the exported head"]


def test_an_older_head_stays_true(opened: Opener) -> None:
    fill(opened, 2)
    kept = journal.head(opened().reader)
    with opened.change(NOW + timedelta(days=9)) as change:
        change.record("asset.edit", "asset:LT-9", None, {})
    assert reasons(opened, kept) == []
    assert reasons(opened, Head(0, GENESIS)) == []


def prune(opened: Opener, days: int) -> int:
    before = NOW + timedelta(days=days)
    with opened.change(NOW + timedelta(days=30)) as change:
        count = journal.prune(change.connection, before)
        change.record("journal.prune", f"before:{before:%Y-%m-%dT%H:%M:%SZ}", None, {"entries": count})
    return count


def test_pruned_values_are_gone_and_the_chain_holds(opened: Opener) -> None:
    fill(opened)
    assert journal.prunable(opened().reader, NOW + timedelta(days=3)) == 2
    assert prune(opened, 3) == 2
    reader = opened().reader
    assert list(journal.verify(reader)) == []
    assert journal.counts(reader) == (5, 2)
    assert [each.changes is None for each in journal.entries(reader)] == [False, False, False, True, True]


def test_values_that_vanish_without_a_retention_run_show(opened: Opener) -> None:
    fill(opened)
    prune(opened, 2)
    opened.behind_its_back("DELETE FROM journal_value WHERE seq = 3")
    assert reasons(opened) == ["3 has lost its values without a retention run"]


def test_pruned_values_are_gone_from_the_files_too(opened: Opener) -> None:
    with opened.change() as change:
        change.record("note", "person:1", None, {"text": "geheim " * 5000})
    assert prune(opened, 3) == 1
    files = [path for path in opened.data.rglob("*") if path.is_file()]
    assert [path for path in files if b"geheim" in path.read_bytes()] == []


def test_equal_values_have_different_digests_so_that_pruned_ones_cannot_be_guessed(opened: Opener) -> None:
    for _ in range(2):
        with opened.change() as change:
            change.record("asset.edit", "asset:LT-1", None, {"pin": "1234"})
    digests = [row[0] for row in opened().reader.execute("SELECT digest FROM journal")]
    assert len(set(digests)) == 2


def test_an_export_proves_itself_without_the_store(opened: Opener) -> None:
    fill(opened)
    prune(opened, 2)
    previous = GENESIS
    for entry in journal.exported(opened().reader):
        hashed = [entry[name] for name in ("seq", "at", "who", "action", "subject", "digest", "previous")]
        assert entry["previous"] == previous
        assert entry["hash"] == journal._entry_hash(*hashed)
        if entry["salt"] is not None:
            content = journal.canonical(entry["changes"])
            assert entry["digest"] == journal._digest(bytes.fromhex(entry["salt"]), content)
        previous = entry["hash"]
    assert previous == journal.head(opened().reader).hash


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.none() | st.dictionaries(words, st.none() | st.booleans() | st.integers() | words, max_size=4)


@given(st.lists(st.builds(journal.Change, words, values, values)))
def test_the_text_of_many_changes_is_the_canonical_one(changes: list[journal.Change]) -> None:
    assert journal._canonical_of_many(changes) == journal.canonical(changes)


def test_an_entry_about_many_things_is_kept_and_proves_itself(opened: Opener) -> None:
    changes = [journal.Change(f"asset:{n}", None, {"naam": "Łukasz", "n": n}) for n in range(journal.MANY)]
    with opened.change() as change:
        change.record_many("asset.import", "import:a.csv", changes)
    (entry,) = journal.entries(opened().reader, subject="asset:99")
    (exported,) = journal.exported(opened().reader)
    assert entry.changes == tuple(changes)
    assert reasons(opened) == []
    salt = bytes.fromhex(exported["salt"])
    assert journal._digest(salt, journal.canonical(exported["changes"])) == exported["digest"]


def in_memory() -> sqlite3.Connection:
    connection = open_empty()
    migrate.upgrade(connection, None, NOW)
    return connection


@given(st.lists(st.tuples(words, words, values, values), min_size=1, max_size=8))
def test_any_text_makes_a_whole_chain(
    entries: list[tuple[str, str, dict[str, object], dict[str, object]]],
) -> None:
    connection = in_memory()
    for who, subject, before, after in entries:
        journal.append(connection, NOW, who, "test", subject, [journal.Change(subject, before, after)])
    assert list(journal.verify(connection)) == []
    assert journal.head(connection).seq == len(entries)
    connection.close()


@given(
    st.integers(1, 6),
    st.sampled_from(["who", "action", "subject", "at", "digest", "previous", "hash"]),
    words,
)
def test_any_change_of_any_field_shows(seq: int, column: str, text: str) -> None:
    connection = in_memory()
    for number in range(6):
        journal.append(connection, NOW, "jan", "test", f"asset:{number}", [])
    connection.execute("DROP TRIGGER journal_is_not_updated")
    connection.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (text, seq))
    breaks: list[Break] = list(journal.verify(connection))
    assert {each.seq for each in breaks} & {seq, seq + 1}
    connection.close()


def test_what_others_commit_during_a_verification_breaks_nothing(opened: Opener) -> None:
    fill(opened)
    opened.behind_its_back("UPDATE journal_value SET content = '[]' WHERE seq = 1")
    found = journal.verify(opened().reader)
    assert next(found).seq == 1
    fill(opened)
    assert list(found) == []


def test_a_retention_run_during_a_verification_breaks_nothing(opened: Opener) -> None:
    fill(opened)
    reader = opened().reader
    runs: list[int] = []

    def once(statement: str) -> None:
        if "salt" in statement and not runs:
            runs.append(prune(opened, 3))

    reader.set_trace_callback(once)
    assert list(journal.verify(reader)) == []
    assert runs == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM journal_subject WHERE seq = 2",
        "UPDATE journal_subject SET subject = 'asset:X' WHERE seq = 2",
        "INSERT INTO journal_subject VALUES ('asset:X', 2)",
    ],
)
def test_a_history_that_was_emptied_or_made_up_shows(opened: Opener, statement: str) -> None:
    fill(opened)
    opened.behind_its_back(statement)
    assert reasons(opened) == ["2 the things that it is about were changed"]


def test_a_pruned_entry_must_still_be_found_by_its_own_subject(opened: Opener) -> None:
    fill(opened)
    prune(opened, 3)
    opened.behind_its_back("DELETE FROM journal_subject WHERE seq = 1")
    assert reasons(opened) == ["1 the things that it is about were changed"]
