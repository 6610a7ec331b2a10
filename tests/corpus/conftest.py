"""Public samples: found through `ICT_CORPUS`, else beside the repository; absent ones skip their tests."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def corpus() -> Callable[[str], Path]:
    """A function from a path within the corpus (`assets/snipe-it`) to where it lies; skips without it."""
    root = Path(os.environ.get("ICT_CORPUS") or _REPOSITORY.parent / "shared" / "corpus")

    def locate(name: str) -> Path:
        path = root / name
        if not path.exists():
            pytest.skip(f"{name} is not in the corpus at {root} (set ICT_CORPUS)")
        return path

    return locate
