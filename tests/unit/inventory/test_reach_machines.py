"""Which machine a host of the inventory is: this one, one over SSH, or none whose files can be looked at."""

from pathlib import Path

import pytest

from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import ConfigurationError, NotFoundError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError
from schoten_ict.inventory import load
from schoten_ict.reach import InventoryReach

INVENTORY = """
organisation: {name: A}
credentials:
  linux: {kind: ssh, user: ict, key: file:id}
  windows: {kind: winrm, user: ict, password: file:id}
hosts:
  - {name: beheer01, address: 127.0.0.1, connect: {local: {}}}
  - {name: srv-a, address: 127.0.0.1, connect: {ssh: {credential: linux, port: 9}}}
  - {name: srv-w, address: 127.0.0.1, connect: {winrm: {credential: windows}}}
"""


class Forgetful:
    def refused(self, _account: Account) -> bool:
        return False

    def remember(self, _account: Account, _host: str) -> None:
        raise AssertionError("nobody is refused")


@pytest.fixture
def reach(tmp_path: Path) -> InventoryReach:
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (tmp_path / "id").touch(mode=0o600)
    (tmp_path / "id").write_text("a key", encoding="ascii")
    return InventoryReach(load(tmp_path), AccountGuard(Forgetful()), ())


def test_without_a_host_and_for_a_local_one_it_is_this_machine(reach: InventoryReach, tmp_path: Path) -> None:
    for host, name in (("", "localhost"), ("beheer01", "beheer01")):
        machine = reach.machine(host, Deadline(5))
        assert isinstance(machine, HereMachine)
        assert (machine.name, machine.path("x")) == (name, str(tmp_path / "x"))


def test_a_host_with_ssh_is_asked_over_it(reach: InventoryReach) -> None:
    with pytest.raises(RemoteError, match="srv-a"):
        reach.machine("srv-a", Deadline(5))


def test_a_host_that_speaks_winrm_only_is_refused_with_a_way_out(reach: InventoryReach) -> None:
    with pytest.raises(ConfigurationError, match="srv-w declares no ssh") as caught:
        reach.machine("srv-w", Deadline(5))
    assert "look from another host" in caught.value.remedy


def test_an_unknown_host_is_not_found(reach: InventoryReach) -> None:
    with pytest.raises(NotFoundError):
        reach.machine("srv-x", Deadline(5))
