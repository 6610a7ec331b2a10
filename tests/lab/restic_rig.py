"""What the restic tests share: versions of it, and a repository made with each that tests copy and damage.

Debian's own is the one; that of a newer release is unpacked once, without installing it, into the environment
that the tests run in (`python -m lab.restic_rig`, or by the first test that needs it). `ICT_RESTIC` names
further ones, separated as in PATH.
"""

import base64
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from backups import job
from lab.need import lack, need
from schoten_ict.backup.ask import restic
from schoten_ict.backup.facts import BackupFacts, Kind, Probe, Taken
from schoten_ict.backup.order import Deadline, Order
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.machine import Machine
from schoten_ict.core.secrets import Secret

RELEASE = "trixie"
VERSIONS = ("debian", RELEASE, *filter(None, os.environ.get("ICT_RESTIC", "").split(os.pathsep)))
PASSWORD = "Kluis-4711"
ESCROW = "Kluis-4712"
"""The password of a second key of the same repositories."""
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FETCHING_SECONDS = 300
_WORDS = [b"besluit", b"raad", b"schepen", b"gemeente", b"aanvraag", b"dossier", b"vergunning", b"dienst"]


@cache
def program(version: str) -> str:
    """The path of restic in a version; skips, or fails where the lab is required, without it."""
    if version == "debian":
        return need("restic")
    return str(_newer()) if version == RELEASE else version


def _newer() -> Path:
    folder = Path(sys.prefix) / "lab" / f"restic-{RELEASE}"
    if not (folder / "ready").exists():
        if sys.prefix == sys.base_prefix:
            lack("a newer restic is unpacked into a virtual environment, and these tests run in none")
        try:
            fetch(folder)
        except (OSError, subprocess.SubprocessError) as error:
            lack(f"restic of Debian {RELEASE} could not be had: {error}")
    return folder / "usr" / "bin" / "restic"


def fetch(folder: Path) -> None:
    """Unpack restic of another Debian release, from the mirror and with the keys that this machine has."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "ready").exists():
            return
        for part in ("lists/partial", "archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {_mirror()} {RELEASE} main\n")
        options = {
            "Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": os.devnull,
            "Dir::State::lists": folder / "lists", "Dir::Cache": folder, "Dir::Cache::archives": "archives",
            "Acquire::Languages": "none", "APT::Sandbox::User": "root",
        }  # fmt: skip
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        for command in (["update"], ["download", "restic"]):
            _run(["apt-get", "-qq", *words, *command], folder)
        _run(["dpkg-deb", "--extract", str(next(folder.glob("restic_*.deb"))), str(folder)], folder)
        shutil.rmtree(folder / "lists")
        (folder / "ready").touch()


def _mirror() -> str:
    """Where this machine gets Debian's main archive from."""
    told = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], Path("/"))
    found = [uri for uri in told.split() if uri.startswith("http") and uri.rstrip("/").endswith("/debian")]
    if not found:
        raise OSError("apt has no list of Debian's archive (apt-get update)")
    return found[0]


def _run(words: Sequence[str], folder: Path) -> str:
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, timeout=_FETCHING_SECONDS
    )
    if done.returncode:
        raise OSError(f"{words[0]} {words[-1]}: {done.stderr.strip()}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Vault:
    """A folder with a source and a restic repository of it.

    `began` is when the newest snapshot says that it was taken: after its files last changed, so that they are
    compared with it.
    """

    folder: Path
    program: str
    source: Path
    began: datetime

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    @property
    def is_new(self) -> bool:
        """Whether it is 0.17 or newer, which tells more and gives up sooner."""
        found = re.match(r"restic (\d+)\.(\d+)", self.run("version").stdout)
        assert found is not None
        return (int(found[1]), int(found[2])) >= (0, 17)

    def run(
        self, *words: str, password: str = PASSWORD, folder: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run restic as an administrator would."""
        return subprocess.run(
            [self.program, *words], env=self.environment(password), cwd=folder or self.folder,
            capture_output=True, encoding="utf-8", errors="surrogateescape", check=False, timeout=120,
        )  # fmt: skip

    def environment(self, password: str = PASSWORD) -> dict[str, str]:
        """What restic needs to know."""
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "RESTIC_REPOSITORY": str(self.repository),
            "RESTIC_PASSWORD": password, "TZ": "UTC",
        }  # fmt: skip

    def must(self, *words: str, folder: Path | None = None) -> str:
        """Run restic, which must succeed."""
        done = self.run(*words, folder=folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def back_up(
        self, *words: str, at: datetime | None = None, host: str = "srv-a", folder: Path | None = None
    ) -> None:
        """Take a backup that says that it began at `at`."""
        at = at or self.began
        options = ("--quiet", "--no-cache", "--host", host, "--time", f"{at:%Y-%m-%d %H:%M:%S}")
        self.must("backup", *options, *(words or (str(self.source),)), folder=folder)

    def ids(self) -> list[str]:
        """The snapshots, oldest first."""
        return [each["id"] for each in json.loads(self.must("snapshots", "--json", "--no-cache"))]

    def keys(self) -> tuple[Path, Path]:
        """The files of our own key and of the second one."""
        told = json.loads(self.must("key", "list", "--json", "--no-cache"))
        mine = next(each["id"] for each in told if each["current"])
        files = sorted((self.repository / "keys").iterdir(), key=lambda path: not path.name.startswith(mine))
        return files[0], files[1]

    def packs(self, kind: str) -> list[Path]:
        """The packs of `data` or `tree`, the largest first."""
        found = []
        for index in self.must("list", "index", "--no-cache").split():
            content = json.loads(self.must("cat", "index", index, "--no-cache"))
            found += [pack["id"] for pack in content["packs"] if pack["blobs"][0]["type"] == kind]
        paths = [self.repository / "data" / each[:2] / each for each in found]
        return sorted(paths, key=lambda path: -path.stat().st_size)

    def order(self, **more: Any) -> Order:
        """An order for a look; `declared` changes the job."""
        declared: dict[str, Any] = {
            "name": "nacht", "engine": "restic", "rpo": "26h",
            "source": {"paths": [str(self.source)]},
            "repository": {"url": str(self.repository), "password": "env:UNUSED", "program": self.program},
            "verify": {"scratch": str(self.scratch)},
        }  # fmt: skip
        for name, value in more.pop("declared", {}).items():
            declared[name] = declared[name] | value if isinstance(value, dict) and name in declared else value
        plain: dict[str, Any] = {
            "job": job(**declared), "now": self.began + timedelta(hours=1), "deadline": Deadline(100),
            "secrets": {"password": Secret(PASSWORD)}, "owner": "test:nacht",
        }  # fmt: skip
        return Order(**(plain | more))

    def look(self, machine: Machine | None = None, **more: Any) -> BackupFacts:
        """What the engine sees, on this machine or through another way to it."""
        return restic.observe(machine or HereMachine(self.folder), self.order(**more))

    def take(self, name: str = "localhost", **more: Any) -> Taken:
        """What the engine says of a backup that it takes."""
        return restic.take(HereMachine(self.folder, name), self.order(deep=False, **more))


def make_vault(folder: Path, version: str) -> Vault:
    """A source with all sorts of files and names, and two snapshots of it, a day apart."""
    began = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    vault = Vault(folder, program(version), folder / "source", began)
    fill(vault.source)
    vault.must("init", "--quiet")
    (folder / "escrow").write_text(ESCROW)
    vault.must("key", "add", "--quiet", "--new-password-file", str(folder / "escrow"))
    _cheapen(vault, (PASSWORD, ESCROW))
    vault.back_up(at=vault.began - timedelta(days=1))
    (vault.source / "laatste.txt").write_text("op het laatste moment\n")
    (vault.source / "dossiers" / "0.txt").unlink()
    vault.back_up()
    return vault


def _cheapen(vault: Vault, passwords: Sequence[str]) -> None:
    """Make the keys cheap to try: restic takes half a second for each, tests open repositories often.

    Key files as restic's design document describes them ("Keys, Encryption and MAC"), with another N.
    """
    for path in (vault.repository / "keys").iterdir():
        key = json.loads(path.read_bytes())
        opened = [found for password in passwords if (found := _unsealed(key, password)) is not None]
        key |= {"N": 2, "r": 1, "p": 1}
        key["data"] = base64.b64encode(_sealed(key, *opened[0])).decode()
        path.chmod(0o600)
        path.unlink()
        content = json.dumps(key).encode()
        (path.parent / hashlib.sha256(content).hexdigest()).write_bytes(content)


def _unsealed(key: dict[str, Any], password: str) -> tuple[str, bytes] | None:
    """The master key, where this password opens it."""
    data = base64.b64decode(key["data"])
    nonce, sealed, tag = data[:16], data[16:-16], data[-16:]
    secret = _derived(key, password)
    return (password, _encrypted(secret, nonce, sealed)) if _tag(secret, nonce, sealed) == tag else None


def _sealed(key: dict[str, Any], password: str, master: bytes) -> bytes:
    secret, nonce = _derived(key, password), os.urandom(16)
    sealed = _encrypted(secret, nonce, master)
    return nonce + sealed + _tag(secret, nonce, sealed)


def _derived(key: dict[str, Any], password: str) -> bytes:
    salt = base64.b64decode(key["salt"])
    return hashlib.scrypt(
        password.encode(), salt=salt, n=key["N"], r=key["r"], p=key["p"], maxmem=1 << 27, dklen=64
    )


def _encrypted(secret: bytes, nonce: bytes, content: bytes) -> bytes:
    return Cipher(algorithms.AES(secret[:32]), modes.CTR(nonce)).encryptor().update(content)


def _tag(secret: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """Poly1305-AES: the one-time part of its key is the nonce under AES."""
    once = Cipher(algorithms.AES(secret[32:48]), modes.ECB()).encryptor().update(nonce)
    return Poly1305.generate_tag(secret[48:] + once, sealed)


def fill(source: Path) -> None:
    """Files of a small office, and names that patterns and lines stumble over."""
    dice = Random(4711)
    (source / "dossiers" / "archief").mkdir(parents=True)
    for number in range(30):
        text = b" ".join(dice.choices(_WORDS, k=dice.randrange(10, 300)))
        (source / "dossiers" / f"{number}.txt").write_bytes(text)
    (source / "archief.bin").write_bytes(dice.randbytes(600_000))
    (source / "besluit.docx").write_bytes(b"PK\x03\x04" + dice.randbytes(5000))
    (source / "leeg.dat").touch()
    for name in (
        b"caf\xe9.txt",
        b"[ab]*?.txt",
        b"back\\slash",
        b" spaties ",
        b"twee\nregels",
        b'"$HOME".txt',
        b"\xf0\x9f\x97\x83.txt",
    ):
        Path(os.fsdecode(os.fsencode(source / "dossiers" / "archief") + b"/" + name)).write_bytes(name)
    (source / "link").symlink_to("/etc/passwd")
    os.mkfifo(source / "pijp")


def reachable(folder: Path) -> None:
    """Let other accounts read what is in a folder."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o444)


def copied(vault: Vault, folder: Path) -> Vault:
    """A repository of one's own; the source is shared, its times are those of the first."""
    shutil.copytree(vault.repository, folder / "repository")
    return replace(vault, folder=folder)


def with_source(vault: Vault) -> dict[str, Any]:
    """That the source can be looked at."""
    return {"source": lambda _host: HereMachine(vault.folder)}


def flip(path: Path, share: float = 0.5) -> None:
    """Turn one bit of a file, at a share of its length."""
    content = bytearray(path.read_bytes())
    content[int(len(content) * share)] ^= 1
    _write(path, bytes(content))


def cut(path: Path, length: int) -> None:
    """Take `length` bytes from the end of a file."""
    _write(path, path.read_bytes()[:-length])


def _write(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def footprint(folder: Path) -> dict[str, tuple[int, int]]:
    """The files below a folder, with size and time of the last change."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def stood_in(vault: Vault, script: str) -> Vault:
    """The same repository through a script in place of restic, which finds the real one in `$restic`."""
    path = vault.folder / "stand-in"
    path.write_text(f"#!/bin/sh\nrestic={vault.program}\ncd {vault.folder}\n{script}\n")
    path.chmod(0o755)
    return replace(vault, program=str(path))


AS_NOBODY = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$restic" "$@"'


def for_nobody(vault: Vault, folder: Path, script: str = AS_NOBODY) -> Vault:
    """A copy of a repository that is looked at by an account that is not root."""
    shutil.copy(vault.program, folder / "restic")
    vault = replace(copied(vault, folder), program=str(folder / "restic"))
    return stood_in(vault, script)


def probes(facts: BackupFacts) -> dict[str, Probe]:
    """The proofs that were tried."""
    named = {
        "access": facts.access, "structure": facts.structure, "source": facts.source,
        "sample": facts.sample, "drill": facts.drill,
    }  # fmt: skip
    named |= {"read": facts.reads[0].probe} if facts.reads else {}
    return {name: probe for name, probe in named.items() if probe is not None}


def faults(facts: BackupFacts) -> dict[str, set[Kind]]:
    """The kinds of faults of each proof that found any."""
    found = {name: {fault.kind for fault in probe.faults} for name, probe in probes(facts).items()}
    return {name: kinds for name, kinds in found.items() if kinds}


def blocked(facts: BackupFacts) -> dict[str, Kind]:
    """What kept a proof from being done."""
    return {name: probe.blocked.kind for name, probe in probes(facts).items() if probe.blocked}


def untouched(vault: Vault, **order: Any) -> BackupFacts:
    """A look that must leave the repository as it is."""
    before = footprint(vault.repository)
    facts = vault.look(**order)
    assert footprint(vault.repository) == before
    return facts


if __name__ == "__main__":
    print(_newer())
