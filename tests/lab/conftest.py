"""Fixtures of the lab."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.need import lack, need
from lab.restic_rig import VERSIONS as RESTICS
from lab.restic_rig import Vault, copied, make_vault
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


@pytest.fixture(scope="session", params=RESTICS)
def golden_restic(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """A sound restic repository, made with each version."""
    return make_vault(tmp_path_factory.mktemp("restic"), request.param)


@pytest.fixture
def restic_vault(golden_restic: Vault, tmp_path: Path) -> Iterator[Vault]:
    """A copy of it that a test may damage; its scratch folder is empty at the end."""
    vault = copied(golden_restic, tmp_path)
    yield vault
    assert not vault.scratch.exists() or not list(vault.scratch.iterdir())


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts can reach, for one that is not root."""
    need("setpriv")
    if os.geteuid():
        lack("needs root to become somebody else")
    folder = Path("/var/tmp") / f"ict-lab-{os.getpid()}"
    folder.mkdir(mode=0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
