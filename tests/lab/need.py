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
    "krb5kdc": "krb5-kdc",
    "kdb5_util": "krb5-kdc",
    "kadmin.local": "krb5-admin-server",
}


def need(command: str) -> str:
    """The path of a program; without it the test skips, or fails where the lab is required."""
    path = shutil.which(command, path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/sbin")
    if path is None:
        lack(f"{command} is not installed (Debian package {_DEBIAN.get(command, command)})")
    assert path is not None
    return path


def lack(reason: str) -> None:
    """Skip for this reason, or fail where the lab is required."""
    if os.environ.get("ICT_LAB") == "required":
        pytest.fail(reason)
    pytest.skip(reason)
