"""Looking at the documents while a colleague files one finds nothing wrong."""

from pathlib import Path

import pytest

from schoten_ict.store import documents
from storing import Opener


def faults(opened: Opener) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    documents.check_files(opened().reader, opened.data, lambda *fault: seen.append(fault))
    return seen


def add(opened: Opener, number: str) -> None:
    with opened.change() as change:
        change.shelf.add(number, "handover", f"{number}.pdf", b"%PDF")


def test_a_document_that_gets_its_name_meanwhile_is_neither_missing_nor_waiting(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(documents.Shelf, "put_in_place", lambda _shelf: None)
        add(opened, "H-1")
    name = documents._waiting_name
    with monkeypatch.context() as patch:

        def just_now(number: str, digest: str) -> str:
            patch.undo()
            with opened.change():  # finishes what waits
                pass
            return name(number, digest)

        patch.setattr(documents, "_waiting_name", just_now)
        assert faults(opened) == []


def test_a_document_filed_while_the_folder_is_looked_at_is_known(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(opened, "H-1")
    listed = documents.filed

    def just_now(data: Path) -> list[str]:
        add(opened, "H-2")
        return listed(data)

    monkeypatch.setattr(documents, "filed", just_now)
    assert faults(opened) == []
