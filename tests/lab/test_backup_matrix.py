"""Engines times faults, through `ict backup verify` as a scheduler runs it: no fault is ok, and each has its name.

With `--full` every fault shows at once; in the nightly mode within as many nights as there are slices. Sound
backups are ok each time. A run takes some of the faults, by a seed that it prints; ICT_FAULTS=full takes all of
them and 100 sound nights; ICT_SEED repeats a run.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lab import borg_rig, restic_rig
from running import Answer, Ict

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

SEED = int(os.environ.get("ICT_SEED") or datetime.now(UTC).toordinal())
"""Another one every day; all processes of one run choose the same."""
FULL = os.environ.get("ICT_FAULTS") == "full"
NIGHTS = 100 if FULL else 2
SLICES = 3
PASSWORD = {"restic": restic_rig.PASSWORD, "borg": borg_rig.PASSPHRASE}
JOB = """\
organisation: {{name: Proef}}
backups:
  - name: nacht
    engine: {engine}
    source: {source}
    repository: {repository}
    rpo: 9y
    retention: {{daily: 7}}
    verify: {{read: 34%, sample: 5, scratch: {scratch}}}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A workspace with one job, whose backups are in `place` and whose source is `source`."""

    engine: str
    folder: Path
    place: Path
    source: Path
    now: datetime
    vault: Any = None

    def verify(self, *words: str, nights: float = 0) -> Answer:
        """Look at the job, so many nights later."""
        now = self.now + timedelta(days=nights)
        return Ict(self.folder)("backup", "verify", "nacht", *words, "-o", "json", now=now)


def write_workspace(site: Site, source: str, repository: str) -> None:
    """The declaration and the secret of a site."""
    site.folder.mkdir(exist_ok=True)
    text = JOB.format(
        engine=site.engine, source=source, repository=repository, scratch=site.folder / "scratch"
    )
    (site.folder / "inventory.yaml").write_text(text, encoding="utf-8")
    (site.folder / "sleutel").write_text(PASSWORD.get(site.engine, "-"), encoding="ascii")
    (site.folder / "sleutel").chmod(0o600)


def restic_site(folder: Path) -> Site:
    vault = restic_rig.make_vault(folder / "vault", "debian")
    return _site("restic", folder, vault, vault.began + timedelta(hours=1))


def borg_site(folder: Path) -> Site:
    vault = borg_rig.make_vault(folder / "vault", "debian")
    vault.archive("nacht-2", 12)
    return _site("borg", folder, vault, borg_rig.BEGAN + timedelta(hours=13))


def _site(engine: str, folder: Path, vault: Any, now: datetime) -> Site:
    site = Site(engine, folder / "here", vault.repository, vault.source, now, vault)
    secret = f'{{url: "{site.place}", password: "file:sleutel"}}'
    write_workspace(site, f'{{paths: ["{site.source}"]}}', secret)
    return site


def sqlite_site(folder: Path) -> Site:
    place = folder / "kopie"
    place.mkdir(parents=True)
    now = datetime.now(UTC) + timedelta(hours=1)
    for days in (2, 1):
        path = place / f"app-{now - timedelta(days=days):%Y-%m-%dT%H%M}.db"
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE klant (naam TEXT)")
            database.executemany("INSERT INTO klant VALUES (?)", [(f"klant {n}" * 9,) for n in range(900)])
    site = Site("sqlite", folder / "here", place, place, now)
    write_workspace(site, "{database: {name: app, tables: {klant: 900}}}", f'{{url: "{place}/app-*.db"}}')
    return site


SITES: dict[str, Callable[[Path], Site]] = {"restic": restic_site, "borg": borg_site, "sqlite": sqlite_site}


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Site]:
    """A sound site of each engine, made once."""

    @cache
    def of(engine: str) -> Site:
        return SITES[engine](tmp_path_factory.mktemp(engine))

    return of


@pytest.fixture
def copied(golden: Callable[[str], Site], tmp_path: Path) -> Iterator[Callable[[str], Site]]:
    """Sites to damage. The source is that of the first, because its times count."""

    def copy(engine: str) -> Site:
        first = golden(engine)
        place = tmp_path / "place"
        shutil.copytree(first.place, place)
        vault: Any = None
        if engine == "restic":
            vault = restic_rig.copied(first.vault, tmp_path / "vault")
            place = vault.repository
        elif engine == "borg":
            vault = borg_rig.copied(first.vault, tmp_path / "vault")
            place = vault.repository
        site = Site(engine, tmp_path / "here", place, first.source, first.now, vault)
        text = (first.folder / "inventory.yaml").read_text(encoding="utf-8")
        shutil.copytree(first.folder, site.folder, ignore=shutil.ignore_patterns("data", "scratch"))
        text = text.replace(str(first.place), str(site.place)).replace(str(first.folder), str(site.folder))
        (site.folder / "inventory.yaml").write_text(text, encoding="utf-8")
        return site

    yield copy
    left = list((tmp_path / "here" / "scratch").glob("*")) if (tmp_path / "here" / "scratch").exists() else []
    assert left == []


def newest(folder: Path, pattern: str = "*") -> Path:
    return max(folder.glob(pattern))


def flip(path: Path, share: float = 0.5) -> None:
    restic_rig.flip(path, share)


def lose(*paths: Path) -> None:
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def pages(site: Site) -> Path:
    return newest(site.place, "app-*.db")


def shorten(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(content[: int(len(content) * share)])


Fault = Callable[[Site], object]
AT_ONCE: dict[str, tuple[Fault, str]] = {
    "restic tree flipped": (lambda s: flip(s.vault.packs("tree")[0], 0.2), "tree damaged|data damaged"),
    "restic index flipped": (lambda s: flip(newest(s.place / "index")), "index damaged"),
    "restic index missing": (lambda s: lose(*(s.place / "index").iterdir()), "index damaged"),
    "restic snapshot flipped": (lambda s: flip(newest(s.place / "snapshots")), "snapshot damaged"),
    "restic key flipped": (lambda s: flip(s.vault.keys()[0], 0.6), "key damaged"),
    "restic config flipped": (lambda s: flip(s.place / "config"), "configuration damaged"),
    "restic config missing": (lambda s: lose(s.place / "config"), "configuration damaged|repository missing"),
    "restic repository missing": (lambda s: lose(s.place), "repository missing"),
    "restic data cut": (lambda s: shorten(s.vault.packs("data")[0], 0.9), "truncated"),
    "restic data missing": (lambda s: lose(s.vault.packs("data")[0]), "data missing"),
    "restic password wrong": (lambda s: (s.folder / "sleutel").write_text("fout"), "wrong password"),
    "restic one snapshot gone": (
        lambda s: lose(s.place / "snapshots" / s.vault.ids()[-1]), "disappeared"),
    "restic all snapshots gone": (lambda s: lose(*(s.place / "snapshots").iterdir()), "no backup at all"),
    "borg manifest flipped": (lambda s: flip(s.vault.manifest), "snapshot damaged"),
    "borg index flipped": (lambda s: flip(s.vault.beside("index")), "index damaged"),
    "borg data missing": (lambda s: lose(s.vault.data), "data missing"),
    "borg data cut": (lambda s: shorten(s.vault.data, 0), "truncated"),
    "borg config missing": (lambda s: lose(s.place / "config"), "configuration damaged"),
    "borg passphrase wrong": (lambda s: (s.folder / "sleutel").write_text("fout"), "wrong password"),
    "borg one archive gone": (lambda s: s.vault.borg("delete", f"{s.place}::nacht-2"), "disappeared"),
    "borg all archives gone": (
        lambda s: s.vault.borg("delete", f"{s.place}::nacht-1") or s.vault.borg("delete", f"{s.place}::nacht-2"),
        "no backup at all"),
    "sqlite 0 bytes": (lambda s: shorten(pages(s), 0), "empty"),
    "sqlite cut": (lambda s: shorten(pages(s), 0.6), "truncated"),
    "sqlite header flipped": (lambda s: flip(pages(s), 0.00001), "damaged"),
    "sqlite copy gone": (lambda s: lose(pages(s)), "disappeared"),
    "sqlite rows gone": (lambda s: _delete_rows(pages(s)), "rows"),
}  # fmt: skip
"""Faults that every look must find, each with words of its name."""
IN_TIME: dict[str, tuple[Fault, str]] = {
    "restic data flipped": (lambda s: flip(s.vault.packs("data")[0], 0.3), "data damaged"),
    "borg data flipped": (lambda s: flip(s.vault.data), "data damaged"),
}
"""Faults that only reading finds: at once with --full, else when their slice is read."""


def _delete_rows(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM klant WHERE rowid > 800")


def told(answer: Answer) -> str:
    """The summaries of what is not ok."""
    return "\n".join(each["summary"] for each in answer.json()["findings"] if each["verdict"] != "ok")


def names(words: str, text: str) -> bool:
    return any(word in text for word in words.split("|"))


SLOW = {"restic data cut", "restic data missing"}
"""restic 0.14 tries such packs again for most of a minute."""


def some(faults: Iterable[str], number: int) -> list[str]:
    """All faults, or by the seed some of those that take no minute."""
    known = list(faults)
    quick = [name for name in known if name not in SLOW]
    return known if FULL else sorted(random.Random(SEED).sample(quick, number))


@pytest.mark.parametrize("name", some([*AT_ONCE, *IN_TIME], 8))
def test_a_full_look_finds_every_fault_by_its_name(copied: Callable[[str], Site], name: str) -> None:
    damage, words = (AT_ONCE | IN_TIME)[name]
    site = copied(name.split(maxsplit=1)[0])
    assert site.verify(nights=0).exit == 0
    damage(site)
    answer = site.verify("--full", nights=1)
    assert answer.exit == 4, answer.out
    assert names(words, told(answer)), told(answer)


@pytest.mark.parametrize("name", some(AT_ONCE, 6))
def test_the_first_night_finds_what_needs_no_reading(copied: Callable[[str], Site], name: str) -> None:
    damage, words = AT_ONCE[name]
    site = copied(name.split(maxsplit=1)[0])
    assert site.verify(nights=0).exit == 0
    damage(site)
    answer = site.verify(nights=1)
    assert answer.exit == 4, answer.out
    assert names(words, told(answer)), told(answer)


@pytest.mark.parametrize("name", IN_TIME)
def test_damaged_data_is_found_within_a_round_of_nights_and_stays_known(
    copied: Callable[[str], Site], name: str
) -> None:
    damage, words = IN_TIME[name]
    site = copied(name.split(maxsplit=1)[0])
    assert site.verify(nights=0).exit == 0
    damage(site)
    found = [names(words, told(site.verify(nights=night))) for night in range(1, SLICES + 2)]
    first = found.index(True)
    assert first < SLICES
    assert all(found[first:])


@pytest.mark.parametrize("engine", SITES)
def test_sound_backups_are_ok_night_after_night(golden: Callable[[str], Site], engine: str) -> None:
    print(f"ICT_SEED={SEED}")
    site, dice = golden(engine), random.Random(SEED)
    for number in range(NIGHTS):
        full = ["--full"] if dice.random() < 0.2 else []
        answer = site.verify(*full, nights=5 * number / NIGHTS)
        assert (answer.exit, answer.json()["status"]) == (0, "ok"), told(answer)


def test_files_that_were_encrypted_between_two_looks_are_found_and_stay_known(tmp_path: Path) -> None:
    site = restic_site(tmp_path)
    assert site.verify().exit == 0
    for path in list((site.source / "dossiers").glob("*.txt")):
        path.with_suffix(".locked").write_bytes(random.Random(SEED).randbytes(9000))
        path.unlink()
    for hours in (2, 3):  # the second one after the encryption changes nothing any more
        site.vault.back_up(at=site.now + timedelta(hours=hours))
    for night in (1, 2):
        answer = site.verify(nights=night)
        assert answer.exit == 4
        assert "now end in .locked" in told(answer)


def test_another_spelling_of_the_place_keeps_what_is_known(copied: Callable[[str], Site]) -> None:
    site = copied("sqlite")
    assert site.verify().exit == 0
    lose(pages(site))
    assert "disappeared" in told(site.verify(nights=1))
    declaration = site.folder / "inventory.yaml"
    text = declaration.read_text(encoding="utf-8")
    declaration.write_text(
        text.replace(str(site.place), f"{site.place}/../{site.place.name}/."), encoding="utf-8"
    )
    assert "disappeared" in told(site.verify(nights=1.1))
