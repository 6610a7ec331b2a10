"""`constraints.txt` pins everything that is installed, and nothing but names and versions stands in it."""

import re
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the versions are those of Linux")
UNPINNED = {"pip", "setuptools"}  # part of the environment itself


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+", line) for line in pins)
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in pins)}


def needed() -> dict[str, list[Requirement]]:
    """Every requirement of the package and its dev and kerberos extras, and of what these require, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = project["optional-dependencies"]
    found: dict[str, list[Requirement]] = {}
    waiting = [([*project["dependencies"], *extra["dev"], *extra["kerberos"]], frozenset({""}))]
    seen = set()
    while waiting:
        texts, extras = waiting.pop()
        for text in texts:
            requirement = Requirement(text)
            if requirement.marker and not any(
                requirement.marker.evaluate({"extra": each}) for each in extras
            ):
                continue
            key = canonicalize_name(requirement.name)
            if key not in UNPINNED:
                found.setdefault(key, []).append(requirement)
                wanted = frozenset({*requirement.extras, ""})
                if (key, wanted) not in seen:
                    seen.add((key, wanted))
                    waiting.append((distribution(key).requires or [], wanted))
    return found


def test_every_dependency_is_pinned_at_a_version_that_suits_all_who_need_it() -> None:
    pins = pinned()
    for name, requirements in needed().items():
        assert name in pins, f"{name} is not in constraints.txt: {requirements[0]}"
        assert all(pins[name] in each.specifier for each in requirements), name


def test_nothing_is_pinned_that_nobody_needs() -> None:
    assert set(pinned()) <= set(needed())
