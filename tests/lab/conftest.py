"""Fixtures of the lab."""

import os
from collections.abc import Iterator

import pytest

from lab.servers.openssh import Farm, lab_user
from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.server import NtlmAccounts
from lab.ssh_rig import PASSWORD as SSH_PASSWORD
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


@pytest.fixture(scope="session")
def ssh_farm() -> Iterator[Farm]:
    """Three OpenSSH servers with one user, who has a key and a password."""
    with lab_user(f"ictlab{os.getpid()}", SSH_PASSWORD) as user, Farm(user, count=3) as farm:
        yield farm
