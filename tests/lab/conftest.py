"""Fixtures of the lab."""

from collections.abc import Iterator

import pytest

from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.server import NtlmAccounts
from lab.winrm_rig import NAME, PASSWORD, USER, Lab


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs the certificates of the lab's servers."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def winrm_accounts() -> Iterator[NtlmAccounts]:
    """The one account that the lab's WinRM servers know."""
    with NtlmAccounts({USER: PASSWORD}) as accounts:
        yield accounts


@pytest.fixture(params=[False, True], ids=["http", "https"])
def winrm(request: pytest.FixtureRequest, authority: Authority, winrm_accounts: NtlmAccounts) -> Lab:
    """WinRM servers on both ways: HTTP with encrypted messages, and HTTPS."""
    return Lab(authority, authority.issue(NAME), request.param)
