"""A desk with two colleagues, one laptop, one dock and one smartphone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "workspace")
    desk.person("1042", "Els Peeters")
    desk.person("1043", "Jan Maes")
    desk.person("1099", "Wim Vertrokken", leaves=date(2026, 11, 25))
    for category in ("laptop", "docking", "smartphone"):
        desk.add(category)
    yield desk
    desk.close()
