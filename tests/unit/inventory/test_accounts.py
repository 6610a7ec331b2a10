"""From a declared credential to the account that asks: its secrets, its options, and where a wrong one counts."""

from pathlib import Path

import pytest

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, Via
from schoten_ict.inventory import load
from schoten_ict.reach import InventoryReach

INVENTORY = """
organisation: {name: A}
credentials: {linux: {kind: ssh, user: ict, key: file:id, certificate: id-cert.pub}}
hosts: [{name: srv-a, address: 127.0.0.1, connect: {ssh: {credential: linux}}}]
"""


class Forgetful:
    def refused(self, _account: Account) -> bool:
        return False

    def remember(self, _account: Account, _host: str) -> None:
        raise AssertionError("nobody asks")


def account(root: Path) -> Account:
    (root / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (root / "id").touch(mode=0o600)
    (root / "id").write_text("a key", encoding="ascii")
    found = InventoryReach(load(root), AccountGuard(Forgetful()), ()).target("srv-a", Via.SSH).account
    assert found is not None
    return found


def test_a_certificate_is_read_from_its_file_and_a_new_one_is_another_secret(tmp_path: Path) -> None:
    (tmp_path / "id-cert.pub").write_text("ssh-ed25519-cert-v01@openssh.com AAAA", encoding="ascii")
    before = account(tmp_path)
    assert before.options["certificate"] == "ssh-ed25519-cert-v01@openssh.com AAAA"
    (tmp_path / "id-cert.pub").write_text("ssh-ed25519-cert-v01@openssh.com BBBB", encoding="ascii")
    assert account(tmp_path).fingerprint != before.fingerprint


@pytest.mark.parametrize("content", [None, b"\xff\xfe binary"])
def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "id-cert.pub").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"id-cert\.pub cannot be read"):
        account(tmp_path)
