"""A store that is gone, emptied, older than its documents, or damaged: no check may call it healthy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from desk import Desk
from running import Ict

pytestmark = pytest.mark.faults
FAIL = 4


@pytest.fixture
def ict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ict:
    """A workspace with one laptop, in which `older.db` lies from before Els was given it."""
    monkeypatch.setenv("ICT_CONFIG_DIR", str(tmp_path / "config"))
    root = tmp_path / "workspace"
    desk = Desk(root)
    desk.person("1042", "Els Peeters")
    desk.add("laptop")
    desk.close()
    (root / "older.db").write_bytes((desk.data / "ict.db").read_bytes())
    desk.give("LT-0001")
    desk.close()
    return Ict(root)


def gone(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def older(path: Path) -> None:
    path.write_bytes((path.parent.parent / "older.db").read_bytes())


def summary(ict: Ict, check: str, *words: str) -> str:
    answer = ict(*words, "-o", "json")
    (finding,) = (each for each in answer.json()["findings"] if each["check"] == check)
    assert (answer.exit, finding["verdict"]) == (FAIL, "fail"), answer.out
    assert finding["remedy"]
    return str(finding["summary"])


@pytest.mark.parametrize("fate", [gone, emptied])
def test_a_lost_store_is_a_failure_that_names_its_documents(ict: Ict, fate: Callable[[Path], None]) -> None:
    path = ict.folder / "data" / "ict.db"
    fate(path)
    before = path.read_bytes() if path.exists() else None
    for check, words in (("doctor.store", ("doctor",)), ("store.file", ("store", "check"))):
        assert "1 documents were filed: documents/2026/GO-2026-0001.pdf" in summary(ict, check, *words)
    assert (path.read_bytes() if path.exists() else None) == before, "looking made a new store"


@pytest.mark.parametrize("fate", [gone, emptied])
def test_a_lost_store_without_documents_shows_by_its_last_writer(
    ict: Ict, fate: Callable[[Path], None]
) -> None:
    fate(ict.folder / "data" / "ict.db")
    (ict.folder / "data" / "documents" / "2026" / "GO-2026-0001.pdf").unlink()
    assert "but there have been changes" in summary(ict, "doctor.store", "doctor")
    assert "but there have been changes" in summary(ict, "store.file", "store", "check")


def test_an_older_store_is_a_failure_that_names_what_it_does_not_know(ict: Ict) -> None:
    older(ict.folder / "data" / "ict.db")
    assert "documents/2026/GO-2026-0001.pdf" in summary(ict, "doctor.store", "doctor")
    assert "documents/2026/GO-2026-0001.pdf is not known to the store" in summary(
        ict, "store.documents", "store", "check"
    )


def test_an_empty_file_before_the_first_change_is_no_failure(ict: Ict) -> None:
    data = ict.folder / "data"
    for path in sorted(data.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (data / "ict.db").touch()
    (data / "ict.db").chmod(0o660)
    found = {each["check"]: each for each in ict("doctor", "-o", "json").json()["findings"]}
    assert found["doctor.store"]["verdict"] == "ok"
    assert ict("store", "check").exit == 0
