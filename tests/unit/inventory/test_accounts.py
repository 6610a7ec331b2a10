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


def test_a_secret_is_fetched_once_for_all_hosts_and_their_fingerprints_do_not_show_that_it_is_one(
    tmp_path: Path,
) -> None:
    hosts = "".join(
        f"  - {{name: srv-{n}, address: 127.0.0.{n}, connect: {{ssh: {{credential: linux}}}}}}\n"
        for n in range(1, 4)
    )
    (tmp_path / "inventory.yaml").write_text(
        "organisation: {name: A}\ncredentials:\n"
        f"  linux: {{kind: ssh, user: ict, password: 'command:sh {tmp_path}/fetch'}}\n"
        f"hosts:\n{hosts}",
        encoding="utf-8",
    )
    (tmp_path / "fetch").write_text(f"echo once >>{tmp_path}/fetched; echo geheim", encoding="utf-8")
    reach = InventoryReach(load(tmp_path), AccountGuard(Forgetful()), ())
    accounts = [reach.target(f"srv-{n}", Via.SSH).account for n in range(1, 4)]
    assert [each and each.secrets["password"].reveal() for each in accounts] == ["geheim"] * 3
    assert len({each.fingerprint for each in accounts if each}) == 3
    assert (tmp_path / "fetched").read_text(encoding="utf-8") == "once\n"
