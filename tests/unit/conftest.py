"""A store in a folder of its own, at a fixed time."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from storing import Opener


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Opens the store of this test; closes what was opened."""
    before = os.umask(0o007)
    opener = Opener(tmp_path / "data")
    yield opener
    opener.close()
    os.umask(before)
