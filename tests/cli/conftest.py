"""Every command line runs in a folder, a home and an environment of its own."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from desk import furnish
from running import NOW, Ict
from schoten_ict.assets.acts.keeping import Draft, add
from schoten_ict.commands.init import make_workspace
from schoten_ict.core.facts import Person
from schoten_ict.inventory import load
from schoten_ict.store import Store, people


@pytest.fixture
def ict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ict]:
    for name in list(os.environ):
        if name.startswith(("ICT_", "_ICT", "XDG_", "NO_COLOR")):
            monkeypatch.delenv(name)
    for name in ("HOME", "ICT_CONFIG_DIR", "XDG_CACHE_HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    here = tmp_path / "here"
    here.mkdir()
    before = os.umask(0o007)  # as in every run: what the tests record is the team's too
    yield Ict(here)
    os.umask(before)


@pytest.fixture
def workspace(ict: Ict) -> Path:
    """A workspace in the folder where `ict` runs."""
    list(make_workspace(ict.folder))
    return ict.folder


@pytest.fixture
def recorded(workspace: Path) -> Path:
    """A workspace whose journal has three entries, of three days."""
    for day, status in ((1, "in_stock"), (10, "assigned"), (20, "returned")):
        with Store(workspace / "data", "jan", NOW.replace(day=day)) as store, store.transaction() as change:
            change.record("asset.edit", "asset:LT-0001", {"status": "before"}, {"status": status})
    return workspace


@pytest.fixture
def counter(ict: Ict) -> Ict:
    """A workspace with three colleagues, one of whom left, and a laptop, a dock, a smartphone, a monitor."""
    furnish(ict.folder)
    with Store(ict.folder / "data", "jan", NOW) as store, store.transaction() as change:
        people.put(change, Person("1042", "Els Peeters", username="peeterse"))
        people.put(change, Person("1043", "Jan Maes", leaves=date(2026, 12, 31)))
        people.put(change, Person("1099", "Wim Vertrokken", leaves=date(2026, 11, 20)))
    serial = {"manufacturer": "Dell", "model": "Latitude 5440", "serial": "5CG1234"}
    drafts = [
        Draft("laptop", serial),
        Draft("docking", {}),
        Draft("smartphone", {}, fields={"allocation": "dienst"}),
        Draft("monitor", {}),
    ]
    with Store(ict.folder / "data", "jan", NOW) as store:
        add(store, load(ict.folder), drafts)
    return ict
