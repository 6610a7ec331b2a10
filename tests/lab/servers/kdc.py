"""An MIT Kerberos KDC on a port of 127.0.0.1, without root and without touching the system's configuration."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

REALM = "LAB.TEST"
_READY_SECONDS = 10


class Kdc:
    """Runs inside a `with` block. `environment` points clients and services of this process to it."""

    def __init__(
        self, folder: Path, users: Mapping[str, str], services: Sequence[str], programs: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._programs = programs
        self.port = _free_port()
        self.environment = {
            "KRB5_CONFIG": str(folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
            "KRB5_KTNAME": str(folder / "services.keytab"),
            "KRB5CCNAME": str(folder / "tickets"),
        }
        self._write()
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master of the lab")
        for user, password in users.items():
            self._admin(f"addprinc -pw {password} {user}")
        for service in services:
            self._admin(f"addprinc -randkey {service}")
            self._admin(f"ktadd -k {folder / 'services.keytab'} {service}")

    def __enter__(self) -> Self:
        command = [self._programs["krb5kdc"], "-n", "-P", str(self._folder / "pid")]
        self._process = subprocess.Popen(
            command, env=os.environ | self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(_READY_SECONDS * 20):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
                break
        self.__exit__()
        raise AssertionError("the KDC did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(_READY_SECONDS)

    def _write(self) -> None:
        (self._folder / "krb5.conf").write_text(
            f"[libdefaults]\ndefault_realm = {REALM}\ndns_lookup_kdc = false\ndns_canonicalize_hostname = false\n"
            f"rdns = false\n[realms]\n{REALM} = {{\n kdc = 127.0.0.1:{self.port}\n}}\n"
            f"[domain_realm]\n.lab.test = {REALM}\n"
        )
        (self._folder / "kdc.conf").write_text(
            f"[realms]\n{REALM} = {{\n database_name = {self._folder}/principal\n"
            f" key_stash_file = {self._folder}/stash\n acl_file = {self._folder}/acl\n"
            f" kdc_listen = 127.0.0.1:{self.port}\n kdc_tcp_listen = 127.0.0.1:{self.port}\n}}\n"
            f"[logging]\nkdc = FILE:{self._folder}/kdc.log\n"
        )

    def _admin(self, query: str) -> None:
        self._run("kadmin.local", "-r", REALM, "-q", query)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs[program], *arguments],
            env=os.environ | self.environment,
            check=True,
            capture_output=True,
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
