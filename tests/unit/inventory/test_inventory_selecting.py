"""Hosts by word: name, group, wildcard, site, kind, service."""

from pathlib import Path

import pytest

from schoten_ict.core.errors import NotFoundError
from schoten_ict.inventory.loading import load
from schoten_ict.inventory.model import Inventory
from schoten_ict.inventory.selecting import select

TEXT = """
sites: [{name: gemeentehuis}, {name: werf}]
services: [{name: bestanden}, {name: web}]
groups: [{name: linux}, {name: windows}]
hosts:
  - {name: srv-file01, address: 127.10.0.1, kind: server, site: gemeentehuis, groups: [windows], services: [bestanden]}
  - {name: srv-web01, address: 127.10.0.2, kind: server, site: werf, groups: [linux], services: [web]}
  - {name: sw-core-01, address: 127.10.0.3, kind: switch, site: gemeentehuis}
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    (tmp_path / "inventory.yaml").write_text(TEXT, encoding="utf-8")
    return load(tmp_path)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["srv-file01", "srv-web01", "sw-core-01"]),
        (["sw-core-01"], ["sw-core-01"]),
        (["linux"], ["srv-web01"]),
        (["srv-*"], ["srv-file01", "srv-web01"]),
        (["sw-core-0[12]"], ["sw-core-01"]),
        (["site:gemeentehuis"], ["srv-file01", "sw-core-01"]),
        (["kind:switch"], ["sw-core-01"]),
        (["service:web"], ["srv-web01"]),
        (["sw-core-01", "srv-*", "linux"], ["srv-file01", "srv-web01", "sw-core-01"]),
    ],
)
def test_words_select_in_the_order_of_the_inventory(
    inventory: Inventory, words: list[str], names: list[str]
) -> None:
    assert [host.name for host in select(inventory, words)] == names


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("srv-web02", 'no host or group is called "srv-web02" (did you mean srv-web01?)'),
        ("linx", 'no host or group is called "linx" (did you mean linux?)'),
        ("site:werv", 'no site is called "werv" (did you mean werf?)'),
        ("kind:swich", 'no kind is called "swich" (did you mean switch?)'),
        ("service:wbe", 'no service is called "wbe" (did you mean web?)'),
        ("zzz-*", 'no host name matches "zzz-*"'),
        ("owner:x", 'hosts are selected by site:, kind: or service:, not by "owner:x"'),
        ("\x1b[31mred", 'no host name matches "\ufffd[31mred"'),
    ],
)
def test_a_word_that_names_nothing_is_an_error_with_the_nearest_name(
    inventory: Inventory, word: str, message: str
) -> None:
    with pytest.raises(NotFoundError) as caught:
        select(inventory, ["srv-web01", word])
    assert str(caught.value) == message
