"""net-snmp's snmpd on a loopback port, with its own configuration and state, users of every kind of SNMPv3."""

import socket
import subprocess
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lab.servers import ber

COMMUNITY = "lab-community"
AUTH_PASSWORD = "auth-pass-of-the-lab"
PRIV_PASSWORD = "priv-pass-of-the-lab"
_READY_SECONDS = 10.0
_AUTH_NAMES = {"SHA224": "SHA-224", "SHA256": "SHA-256", "SHA384": "SHA-384", "SHA512": "SHA-512"}
_PRIV_NAMES = {"AES128": "AES"}


@dataclass(frozen=True, slots=True)
class User:
    """A user of SNMPv3; without `priv` authNoPriv, without `auth` noAuthNoPriv."""

    auth: str = ""
    priv: str = ""
    may_read: bool = True
    called: str = ""
    auth_password: str = AUTH_PASSWORD
    priv_password: str = PRIV_PASSWORD

    @property
    def name(self) -> str:
        """Its own name, else one that says what the user is."""
        return self.called or "-".join(
            ("lab", self.auth or "none", self.priv or "none", *(() if self.may_read else ("blind",)))
        )

    def lines(self) -> list[str]:
        """What snmpd.conf says of the user."""
        words = ["createUser", self.name]
        if self.auth:
            words += [_AUTH_NAMES.get(self.auth, self.auth), f'"{self.auth_password}"']
        if self.priv:
            words += [_PRIV_NAMES.get(self.priv, self.priv), f'"{self.priv_password}"']
        level = "priv" if self.priv else "auth" if self.auth else "noauth"
        return [" ".join(words), *([f"rouser {self.name} {level}"] if self.may_read else [])]


class Snmpd(AbstractContextManager["Snmpd"]):
    """A running agent called `name`, on `port` of a loopback address; ends with the block."""

    def __init__(
        self, program: str, folder: Path, users: tuple[User, ...], port: int = 0, *,
        address: str = "127.0.0.1", name: str = "lab-agent", community: str = COMMUNITY,
    ) -> None:  # fmt: skip
        self._program, self._folder, self._users = program, folder, users
        self._address, self._name, self._community = address, name, community
        self.port = port

    def __enter__(self) -> Self:
        self.port = self.port or _free_port(self._address)
        state = self._folder / "state"
        state.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "snmpd.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n", encoding="ascii")
        self._log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen(
            [self._program, "-f", "-Lo", "-r", "-I", "-smux,agentx"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, cwd=self._folder,
            env={"SNMPCONFPATH": f"{self._folder}:{state}", "SNMP_PERSISTENT_DIR": str(state), "MIBS": "", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )  # fmt: skip
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()  # it writes down its engine ID and counts its starts
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)
        self._log.close()

    def _configuration(self) -> list[str]:
        lines = [line for user in self._users for line in user.lines()]
        return [
            f"agentAddress udp:{self._address}:{self.port}", f"rocommunity {self._community} 127.0.0.0/8", f"sysName {self._name}",
            "sysLocation gemeentehuis, kelder", "sysDescr An agent of the lab", "sysContact ict@schoten.test", *lines,
        ]  # fmt: skip

    def _wait(self) -> None:
        """Until the agent answers a GET of sysName."""
        asked = ber.Request(1, self._community.encode(), ber.GET, 1, 0, 0, ())
        name = ber.encode(ber.SEQUENCE, ber.encode_oid((1, 3, 6, 1, 2, 1, 1, 5, 0)) + b"\x05\x00")
        question = ber.encode_response(asked, name).replace(bytes((ber.RESPONSE,)), bytes((ber.GET,)), 1)
        until = time.monotonic() + _READY_SECONDS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.1)
            asking.connect((self._address, self.port))
            while time.monotonic() < until and self._process.poll() is None:
                try:
                    asking.send(question)
                    asking.recv(65_535)
                except (TimeoutError, ConnectionError):
                    time.sleep(0.02)
                    continue
                return
        log = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"snmpd does not answer: {log[-2000:]}")


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
