"""Documents and their rows stay together, whatever happens in between."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from schoten_ict.core.errors import ConflictError, IncompleteError, NotFoundError
from schoten_ict.store import Store, documents, upkeep
from storing import NOW, Opener

PDF = b"%PDF-1.7 one"


def pending(opened: Opener) -> list[Path]:
    return list((opened.data / "documents" / ".pending").iterdir())


def final(opened: Opener) -> Path:
    return opened.data / "documents" / "2026" / "H-1.pdf"


def add(opened: Opener, content: bytes = PDF) -> None:
    with opened.change() as change:
        change.shelf.add("H-1", "handover", "H-1.pdf", content)


def test_a_document_lies_where_its_row_says(opened: Opener) -> None:
    add(opened)
    found = documents.find(opened().reader, "H-1")
    assert (opened.data / found.path).read_bytes() == PDF
    assert (found.kind, found.size) == ("handover", len(PDF))
    assert pending(opened) == []


def test_an_unknown_number_is_not_found(opened: Opener) -> None:
    with pytest.raises(NotFoundError):
        documents.find(opened().reader, "H-9")


def test_a_rollback_removes_the_file_too(opened: Opener) -> None:
    def fail() -> None:
        with opened.change() as change:
            change.shelf.add("H-1", "handover", "H-1.pdf", PDF)
            assert len(pending(opened)) == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert pending(opened) == []
    assert not final(opened).exists()


def test_a_number_is_used_once(opened: Opener) -> None:
    add(opened)
    with pytest.raises(Exception, match="UNIQUE"):
        add(opened, b"another")
    assert final(opened).read_bytes() == PDF
    assert pending(opened) == []


def crash_after_commit(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop as a power cut would: the row is committed, the file has no name yet."""
    with monkeypatch.context() as patch:
        patch.setattr(documents.Shelf, "put_in_place", lambda _shelf: None)
        add(opened)
    assert len(pending(opened)) == 1
    assert not final(opened).exists()


def test_the_next_writer_finishes_what_a_crash_left(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    crash_after_commit(opened, monkeypatch)
    faults = {part.name: part.faults for part in upkeep.examine(opened())}
    assert faults["documents"] == ("documents/2026/H-1.pdf waits for the next change to be put in place",)
    with opened.change():
        pass
    assert final(opened).read_bytes() == PDF
    assert pending(opened) == []


def test_the_next_writer_removes_what_has_no_row(opened: Opener) -> None:
    add(opened)
    orphan = opened.data / "documents" / ".pending" / ("a" * 64)
    orphan.write_bytes(b"from before a rollback that was cut short")
    half = opened.data / "documents" / ".pending" / "tmpx.part"
    half.write_bytes(b"half")
    with opened.change():
        pass
    assert pending(opened) == []
    assert final(opened).read_bytes() == PDF


def test_a_missing_and_a_changed_file_are_reported(opened: Opener) -> None:
    add(opened)
    final(opened).write_bytes(b"%PDF-1.7 two")
    seen: list[tuple[str, str]] = []
    documents.check_files(opened().reader, opened.data, lambda *fault: seen.append(fault))
    assert seen == [("documents/2026/H-1.pdf", "differs from its recorded SHA-256")]
    final(opened).unlink()
    seen.clear()
    assert documents.check_files(opened().reader, opened.data, lambda *fault: seen.append(fault)) == 1
    assert seen == [("documents/2026/H-1.pdf", "is missing")]


def test_a_backup_is_whole_while_others_write(opened: Opener, tmp_path: Path) -> None:
    add(opened)
    target = tmp_path / "copy.db"
    with opened.change() as change:
        change.record("test", "x:1", None, {})
        assert upkeep.back_up(opened(), target) == target.stat().st_size
    copy = sqlite3.connect(target)
    assert copy.execute("SELECT count(*) FROM document").fetchone() == (1,)
    assert copy.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    copy.close()
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == ["copy.db"]
    with pytest.raises(ConflictError):
        upkeep.back_up(opened(), target)


def test_a_backup_into_nowhere_is_explained_and_leaves_nothing(opened: Opener, tmp_path: Path) -> None:
    add(opened)
    with pytest.raises(Exception, match="cannot be written"):
        upkeep.back_up(opened(), tmp_path / "nosuch" / "copy.db")


def test_a_healthy_store_has_no_faults(opened: Opener) -> None:
    add(opened)
    assert [part.faults for part in upkeep.examine(opened())] == [()] * 5


def test_an_empty_store_is_looked_at_without_being_made(tmp_path: Path) -> None:
    with Store(tmp_path / "data", "jan", NOW) as store:
        names = [part.name for part in upkeep.examine(store) if part.name != "permissions"]
    assert names == ["file", "references", "journal", "documents"]
    assert not (tmp_path / "data").exists()


def test_a_file_that_an_older_store_does_not_know_is_never_overwritten(opened: Opener) -> None:
    final(opened).parent.mkdir(parents=True)
    final(opened).write_bytes(b"signed for in an earlier life of the store")
    with pytest.raises(ConflictError, match="exists and the store does not know it") as caught:
        add(opened)
    assert caught.value.problems[0].code == "unknown-document"
    assert final(opened).read_bytes() == b"signed for in an earlier life of the store"
    with pytest.raises(NotFoundError):
        documents.find(opened().reader, "H-1")


def test_the_very_same_document_is_taken_back_into_an_older_store(opened: Opener) -> None:
    final(opened).parent.mkdir(parents=True)
    final(opened).write_bytes(PDF)
    add(opened)
    assert documents.find(opened().reader, "H-1").size == len(PDF)
    assert (final(opened).read_bytes(), pending(opened)) == (PDF, [])


def test_a_file_that_came_meanwhile_is_not_overwritten_after_the_commit(opened: Opener) -> None:
    def overtaken() -> None:
        with opened.change() as change:
            change.shelf.add("H-1", "handover", "H-1.pdf", PDF)
            final(opened).write_bytes(b"put there by hand")

    with pytest.raises(IncompleteError, match="another file has that name"):
        overtaken()
    assert final(opened).read_bytes() == b"put there by hand"


def test_a_document_lies_in_the_year_of_its_own_day(opened: Opener) -> None:
    with opened.change() as change:
        filed = change.shelf.add("H-1", "handover", "H-1.pdf", PDF, date(2027, 1, 1))
    assert filed.path == "documents/2027/H-1.pdf"
    assert (opened.data / filed.path).read_bytes() == PDF


def test_equal_content_filed_twice_in_one_transaction_makes_two_files(opened: Opener) -> None:
    with opened.change() as change:
        for number in ("H-1", "H-2"):
            change.shelf.add(number, "handover", f"{number}.pdf", PDF)
        assert len(pending(opened)) == 2
    folder = opened.data / "documents" / "2026"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"H-1.pdf": PDF, "H-2.pdf": PDF}


def test_a_writer_that_gives_up_leaves_equal_content_of_the_next_alone(opened: Opener) -> None:
    """The next writer begins the moment that the rollback lets go of the lock."""
    following = opened(who="piet")

    def give_up() -> None:
        with Store(opened.data, "jan", NOW) as store, store.transaction() as change:
            change.shelf.add("H-1", "handover", "H-1.pdf", PDF)
            change.connection.set_trace_callback(lambda _: seen.append(len(pending(opened))))
            raise KeyError

    seen: list[int] = []
    with pytest.raises(KeyError):
        give_up()
    assert seen == [0]
    with following.transaction() as change:
        change.shelf.add("H-1", "handover", "H-1.pdf", PDF)
    assert final(opened).read_bytes() == PDF


def test_equal_contents_that_a_crash_left_are_each_given_their_own_name(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(documents.Shelf, "put_in_place", lambda _shelf: None)
        with opened.change() as change:
            for number in ("H-1", "H-2"):
                change.shelf.add(number, "handover", f"{number}.pdf", PDF)
    assert len(pending(opened)) == 2
    with opened.change():
        pass
    assert final(opened).read_bytes() == final(opened).with_name("H-2.pdf").read_bytes() == PDF
    assert pending(opened) == []


def test_a_document_whose_name_is_taken_keeps_waiting(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_after_commit(opened, monkeypatch)
    final(opened).write_bytes(b"put there by hand")
    with opened.change():
        pass
    assert len(pending(opened)) == 1
    final(opened).unlink()
    with opened.change():
        pass
    assert (final(opened).read_bytes(), pending(opened)) == (PDF, [])
