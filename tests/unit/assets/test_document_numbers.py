"""Document numbers are given once, also by a store that is older than its documents."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from desk import Desk


def papers(desk: Desk) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (desk.data / "documents").glob("*/*.pdf")}


@pytest.mark.parametrize("restored", ["older", "none"])
def test_a_restored_store_gives_no_number_again(tmp_path: Path, restored: str) -> None:
    desk = Desk(tmp_path)
    desk.person("1042", "Els Peeters")
    desk.person("1043", "Jan Maes")
    desk.add("laptop")
    desk.close()
    older = (desk.data / "ict.db").read_bytes()
    desk.give("LT-0001")
    given = papers(desk)
    desk.close()
    for left in desk.data.glob("ict.db*"):
        left.unlink()
    if restored == "older":
        (desk.data / "ict.db").write_bytes(older)
    else:
        desk.person("1043", "Jan Maes")
        desk.add("laptop")
    issued = desk.give("LT-0001", to="1043")
    desk.close()
    assert list(given) == ["GO-2026-0001.pdf"]
    assert issued.handover.number == "GO-2026-0002"
    assert papers(desk).items() > given.items()


def test_the_folder_of_a_document_has_the_year_of_its_number(tmp_path: Path) -> None:
    """Half an hour into the new year in Brussels it is still the old one in UTC."""
    desk = Desk(tmp_path, datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    desk.person("1042", "Els Peeters")
    desk.add("laptop")
    assert desk.give("LT-0001").handover.number == "GO-2027-0001"
    desk.close()
    assert (desk.data / "documents" / "2027" / "GO-2027-0001.pdf").exists()
