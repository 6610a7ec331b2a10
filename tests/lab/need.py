"""What a lab test needs: skipped without it, but a failure where the lab is required (`ICT_LAB=required`)."""

import os
import shutil

import pytest

_DEBIAN = {
    "snmpd": "snmpd",
    "snmpbulkwalk": "snmp",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "ssh-agent": "openssh-client",
    "useradd": "passwd",
    "rpmbuild": "rpm",
    "createrepo_c": "createrepo-c",
    "xz": "xz-utils",
    "chpasswd": "passwd",
    "krb5kdc": "krb5-kdc",
    "kdb5_util": "krb5-kdc",
    "kadmin.local": "krb5-admin-server",
}


def need(command: str) -> str:
    """The path of a program; without it the test skips, or fails where the lab is required."""
    path = found(command)
    if path is None:
        lack(f"{command} is not installed (Debian package {package_of(command)})")
    assert path is not None
    return path


def found(command: str) -> str | None:
    """The path of a program, also of one that only root has on its path."""
    return shutil.which(command, path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/sbin")


def package_of(command: str) -> str:
    """The Debian package of a program."""
    return _DEBIAN.get(command, command)


def lack(reason: str) -> None:
    """Skip for this reason, or fail where the lab is required."""
    if os.environ.get("ICT_LAB") == "required":
        pytest.fail(reason)
    pytest.skip(reason)
