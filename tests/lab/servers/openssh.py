"""Real OpenSSH servers on loopback: many daemons from one configuration, each with its own address and host key."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from lab.need import lack, need

PORT = 2222
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_NETWORK = f"127.{_WORKER}.{{block}}.{{number}}"
"""Tests that run side by side have addresses of their own."""
_START_SECONDS = 10.0

_CONFIGURATION = """
Port {port}
AuthorizedKeysFile {folder}/authorized_keys
TrustedUserCAKeys {folder}/user_ca.pub
StrictModes no
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin no
MaxStartups 500:30:1000
MaxSessions 50
PrintMotd no
PrintLastLog no
UseDNS no
LogLevel ERROR
PidFile none
"""


def run_quietly(*words: str | Path) -> None:
    """Run a program that must succeed and has nothing to say."""
    subprocess.run(list(map(str, words)), check=True, capture_output=True, stdin=subprocess.DEVNULL)


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "", *options: str) -> str:
    """A new key pair at `path`; the private key's text."""
    run_quietly("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", path, *options)
    return path.read_text(encoding="ascii")


def fingerprint(public: Path) -> str:
    """`SHA256:...` of a public key."""
    done = subprocess.run(["ssh-keygen", "-lf", public], check=True, capture_output=True, text=True)
    return done.stdout.split()[1]


@contextlib.contextmanager
def lab_user(name: str, password: str) -> Iterator[str]:
    """A user with /bin/sh, a home and a password, who exists as long as the block. Needs root."""
    need("useradd")
    if os.geteuid() != 0:
        lack("users and their SSH servers need root")
    run_quietly("useradd", "--create-home", "--shell", "/bin/sh", name)
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{password}\n", text=True, check=True, capture_output=True)
        yield name
    finally:
        stop_processes_of(name)
        run_quietly("userdel", "--remove", "--force", name)


def processes_of(user: str) -> list[str]:
    """`pid arguments` of what runs as `user`; what is dead and not yet collected does not run."""
    import pwd  # which Windows lacks; this file is imported there too

    uid = pwd.getpwnam(user).pw_uid
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                state = (
                    (entry / "stat")
                    .read_text(encoding="utf-8", errors="replace")
                    .rpartition(")")[2]
                    .split()[0]
                )
                if entry.stat().st_uid == uid and state != "Z":
                    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    found.append(f"{entry.name} {words.strip()}")
    return found


def stop_processes_of(user: str) -> None:
    """Kill what runs as `user`."""
    for line in processes_of(user):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(line.split()[0]), signal.SIGKILL)


@dataclass(slots=True)
class Farm:
    """`count` daemons on 127.WORKER.BLOCK.1 and up, or one on each of `at`, which let `user` in with the key at `key`.

    `login` is a private key that exists already.
    """

    user: str
    count: int = 1
    block: int = 21
    port: int = PORT
    settings: Sequence[str] = ()
    host_key_kinds: Sequence[str] = ("ed25519",)
    at: Sequence[str] = ()
    login: Path | None = None
    folder: Path = Path()
    _daemons: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def key(self) -> Path:
        """The user's private key."""
        return self.login or self.folder / "id"

    @property
    def known_hosts(self) -> Path:
        """All host keys of the farm."""
        return self.folder / "known_hosts"

    @property
    def addresses(self) -> list[str]:
        """Where the daemons listen."""
        return list(self.at) or [
            _NETWORK.format(block=self.block, number=number) for number in range(1, self.count + 1)
        ]

    def host_key(self, address: str, kind: str = "ed25519") -> Path:
        """The public host key of one daemon."""
        return self.folder / f"host_{address}_{kind}.pub"

    def __enter__(self) -> Self:
        need("sshd")
        need("ssh-keygen")
        self.folder = Path(tempfile.mkdtemp(prefix="ict-farm-"))
        self.folder.chmod(0o755)  # sshd reads the authorised keys as the user
        Path("/run/sshd").mkdir(exist_ok=True)
        if self.login is None:
            make_key(self.key)
        make_key(self.folder / "user_ca")
        shutil.copy(self.key.with_suffix(".pub"), self.folder / "authorized_keys")
        (self.folder / "authorized_keys").chmod(0o644)
        self.configure()
        try:
            lines = [line for address in self.addresses for line in self._start(address)]
            self.known_hosts.write_text("".join(lines), encoding="ascii")
            for address in self.addresses:
                self._wait_for(address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def configure(self) -> None:
        """Write the configuration; `settings` go first, so they win."""
        text = "\n".join(self.settings) + _CONFIGURATION.format(port=self.port, folder=self.folder)
        (self.folder / "sshd_config").write_text(text, encoding="ascii")

    def stop(self) -> None:
        """Stop every daemon of this farm, and no other."""
        for daemon in self._daemons:
            daemon.terminate()
        for daemon in self._daemons:
            daemon.wait(_START_SECONDS)
        self._daemons.clear()

    def _start(self, address: str) -> Iterator[str]:
        """Start one daemon; its lines for known_hosts."""
        words: list[str | Path] = [
            need("sshd"),
            "-D",
            "-f",
            self.folder / "sshd_config",
            "-o",
            f"ListenAddress={address}",
        ]
        for kind in self.host_key_kinds:
            path = self.host_key(address, kind)
            make_key(path.with_suffix(""), kind)
            words += ["-h", path.with_suffix("")]
            public = path.read_text(encoding="ascii").split()
            yield f"[{address}]:{self.port} {public[0]} {public[1]}\n"
        self._daemons.append(
            subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, start_new_session=True)
        )  # fmt: skip

    def _wait_for(self, address: str) -> None:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection((address, self.port), timeout=1).close()
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
            else:
                return
