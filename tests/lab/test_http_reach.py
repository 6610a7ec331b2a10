"""From the inventory to a session with a host's HTTPS service."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.http_rig import NAME, PASSWORD, Web
from lab.servers.web import Said
from lab.servers.winrm.certificates import Authority
from lab.winrm_rig import Memory
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Via
from schoten_ict.fleet.collecting import requests_for
from schoten_ict.inventory import load
from schoten_ict.reach import InventoryReach
from schoten_ict.store import Store

INVENTORY = """
credentials:
  veeam: {{kind: http, user: "LAB\\\\svc-ict", password: "env:ICT_TEST_VEEAM"}}
hosts:
  - name: srv-veeam01
    address: 127.0.0.1
    connect: {{http: {{credential: veeam, port: {port}, tls: {{ca: {ca}, server_name: {name}}}}}}}
  - {{name: srv-other, address: 127.0.0.1}}
"""


def reach_of(folder: Path, port: int, ca: Path) -> InventoryReach:
    (folder / "ca.pem").write_bytes(ca.read_bytes())
    text = INVENTORY.format(port=port, ca="ca.pem", name=NAME)
    (folder / "inventory.yaml").write_text(text, encoding="utf-8")
    return InventoryReach(load(folder), AccountGuard(Memory()), ())


def test_a_session_is_opened_as_declared(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICT_TEST_VEEAM", PASSWORD)
    with Web(authority).site(lambda _: Said(204)) as site:
        reach = reach_of(tmp_path, site.port, authority.path)
        with reach.http("srv-veeam01", 5) as session:
            assert session.account is not None
            assert (session.host, session.account.name) == ("srv-veeam01", "veeam")
            assert session.account.realm == "LAB"
            assert session.request("GET", "/", signed=True).status == 204


def test_what_answers_over_http_is_a_product_and_does_not_tell_who_the_host_is(
    authority: Authority, tmp_path: Path
) -> None:
    reach = reach_of(tmp_path, 9419, authority.path)
    assert reach.ways("srv-veeam01") == (Via.HTTP,)
    with Store(tmp_path / "data", "tester", datetime(2026, 11, 26, tzinfo=UTC)) as store:
        assert requests_for(reach, ["srv-veeam01"], store) == []
    with pytest.raises(ConfigurationError, match="declares no http connection"):
        reach.target("srv-other", Via.HTTP)
