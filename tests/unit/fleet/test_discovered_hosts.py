"""The file that a scan proposes: it loads, whatever machines say of themselves, and keeps what it held."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import ConfigurationError, ConflictError
from schoten_ict.fleet import discovered
from schoten_ict.fleet.judge.scan import Presence, Seen, Sighting
from schoten_ict.inventory import load

ADDRESS = st.integers(1, 2**24 - 2).map(
    lambda number: f"127.{number >> 16}.{(number >> 8) & 255}.{number & 255}"
)
FOREIGN = st.text(st.characters(), max_size=60)
SIGHTING = st.builds(
    Sighting,
    address=ADDRESS,
    ports=st.dictionaries(st.integers(1, 65535), FOREIGN, max_size=3),
    services=st.dictionaries(st.sampled_from(["winrm", "snmp"]), FOREIGN),
    name=st.none() | FOREIGN,
    mac=st.none() | st.just("b0:26:28:00:00:01"),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ws")
    (folder / "inventory.yaml").write_text(
        "organisation: {name: A}\nhosts: [{name: srv-a, address: 127.0.0.2}]\n", encoding="utf-8"
    )
    (folder / "inventory.d").mkdir()
    return folder


def unknown(*sightings: Sighting) -> list[Seen]:
    return [Seen(each, Presence.UNKNOWN) for each in sightings]


@given(st.lists(SIGHTING, min_size=1, max_size=4, unique_by=lambda each: each.address))
def test_whatever_machines_say_the_file_loads_with_them(root: Path, sightings: list[Sighting]) -> None:
    text = discovered.proposal(None, unknown(*sightings), {"srv-a"}, "2026-11-26")
    discovered.check(root, text, [each.address for each in sightings])


def test_names_come_from_the_resolver_and_are_never_taken_twice() -> None:
    text = discovered.proposal(
        None,
        unknown(
            Sighting("127.0.0.5", name="srv-a.schoten.test"),
            Sighting("127.0.0.6", name="srv-a"),
            Sighting("127.0.0.7", name="10.in-addr"),
            Sighting("127.0.0.8", ports={9100: ""}),
        ),
        {"srv-a"},
        "2026-11-26",
    )
    entries = [line for line in text.splitlines() if line.startswith("  - ")]
    names = [line.split('"')[1] for line in entries]
    assert names == ["srv-a-2", "srv-a-3", "host-127-0-0-7", "host-127-0-0-8"]
    assert ['kind: "printer"' in line for line in entries] == [False, False, False, True]


def test_what_the_file_held_stays_above_what_is_new(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text("organisation: {name: A}\n", encoding="utf-8")
    path = discovered.file_of(tmp_path)
    path.parent.mkdir()
    first = discovered.proposal(None, unknown(Sighting("127.0.0.5")), (), "2026-11-26")
    path.write_text(f"{first}  # the vending machine\n", encoding="utf-8")
    second = discovered.proposal(
        path.read_text(), unknown(Sighting("127.0.0.6")), {"host-127-0-0-5"}, "2026-11-27"
    )
    assert second.startswith(f"{first}  # the vending machine\n")
    discovered.check(tmp_path, second, ["127.0.0.6"])
    path.write_text(second, encoding="utf-8")
    assert [host.address for host in load(tmp_path).hosts] == ["127.0.0.5", "127.0.0.6"]


def test_a_file_that_would_not_load_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text("organisation: {name: A}\n", encoding="utf-8")
    path = discovered.file_of(tmp_path)
    path.parent.mkdir()
    path.write_text("hosts: []\nsites: []\n", encoding="utf-8")
    text = discovered.proposal(path.read_text(), unknown(Sighting("127.0.0.6")), (), "2026-11-27")
    with pytest.raises(ConfigurationError, match=r"discovered\.yaml"):
        discovered.check(tmp_path, text, ["127.0.0.6"])
    assert path.read_text(encoding="utf-8") == "hosts: []\nsites: []\n"


def test_hosts_that_fall_out_of_the_file_are_noticed(root: Path) -> None:
    with pytest.raises(ConflictError, match=r"127\.0\.0\.6"):
        discovered.check(root, "hosts: [{name: other, address: 127.0.0.9}]\n", ["127.0.0.6"])
