"""What the borg tests share: two versions of it, and a repository made with each that tests copy and damage.

Debian's own is the one; the newest of 1.4 is built once from PyPI into the environment that the tests run in
(`python -m lab.borg_rig`, or by the first test that needs it).
"""

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from backups import job
from lab.need import lack, need
from schoten_ict.backup.ask import borg
from schoten_ict.backup.facts import BackupFacts
from schoten_ict.backup.order import Deadline, Order
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.secrets import Secret

VERSIONS = ("debian", "1.4")
PASSPHRASE = "Kluis-4711"
BEGAN = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
"""When the first archive says that it was taken: after its files last changed, so that they can be compared."""
_NEWER = "borgbackup>=1.4.1,<1.5"
_BUILDING_SECONDS = 900
_WORDS = [b"besluit", b"raad", b"schepen", b"gemeente", b"aanvraag", b"dossier", b"vergunning", b"dienst"]


def program(version: str) -> str:
    """The path of borg in a version; skips, or fails where the lab is required, without it."""
    return need("borg") if version == "debian" else str(_newer())


def _newer() -> Path:
    folder = Path(sys.prefix) / "lab" / "borg-1.4"
    found = folder / "bin" / "borg"
    if not (folder / "ready").exists():
        if sys.prefix == sys.base_prefix:
            lack("borg 1.4 is built into a virtual environment, and these tests run in none")
        try:
            build(folder)
        except (OSError, subprocess.SubprocessError) as error:
            lack(f"borg 1.4 could not be built: {error}")
    return found


def build(folder: Path) -> None:
    """Build borg 1.4 into an environment of its own; one process at a time. Takes a few minutes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "borg-1.4.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "ready").exists():
            return
        words = [sys.executable, "-m", "venv", "--clear", str(folder)]
        subprocess.run(words, check=True, timeout=_BUILDING_SECONDS)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", _NEWER]
        subprocess.run(pip, check=True, timeout=_BUILDING_SECONDS)
        (folder / "ready").touch()


@dataclass(frozen=True, slots=True)
class Vault:
    """A folder with a source, a borg repository of it, and what borg itself remembers."""

    folder: Path
    program: str
    source: Path

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def state(self) -> Path:
        """Where ict keeps what lasts between looks."""
        return self.folder / "state"

    def borg(self, *words: str, code: int = 0, **environment: str) -> str:
        """Run borg as the owner of the backups does."""
        known: dict[str, str] = {
            "BORG_BASE_DIR": str(self.folder / "owner"),
            "BORG_PASSPHRASE": PASSPHRASE,
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_SELFTEST": "disabled",
            "TZ": "UTC",
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
        }
        done = subprocess.run(
            [self.program, *words],
            cwd=self.folder,
            env={**known, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode()

    def archive(
        self, name: str, hours: float, *words: str, paths: Sequence[Path] = (), code: int = 0
    ) -> None:
        """An archive that says it was taken so many hours after the first."""
        at = f"{BEGAN + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}"
        told = [str(path) for path in paths or (self.source,)]
        self.borg("create", "--timestamp", at, *words, f"{self.repository}::{name}", *told, code=code)

    def segments(self) -> list[Path]:
        """The segments in their order."""
        return sorted(self.repository.glob("data/*/*"), key=lambda path: int(path.name))

    @property
    def data(self) -> Path:
        """The segment that holds most: content of files."""
        return max(self.segments(), key=lambda path: path.stat().st_size)

    @property
    def manifest(self) -> Path:
        """The segment before the last commit: the list of archives."""
        return self.segments()[-2]

    @property
    def metadata(self) -> Path:
        """The segment that ends with the newest archive's own metadata, after those of its files."""
        return next(path for path in self.segments()[-3::-1] if path.stat().st_size > 1000)

    def beside(self, name: str) -> Path:
        """`index`, `hints` or `integrity` with its number."""
        return next(self.repository.glob(f"{name}.*"))

    def look(self, machine: HereMachine | None = None, **order: Any) -> BackupFacts:
        """What ict sees of it, by default all that a night looks at."""
        return borg.observe(machine or HereMachine(self.folder), self.order(**order))

    def order(self, **changes: Any) -> Order:
        """A look at this repository; keys of the job are declared under `job`."""
        declared: dict[str, Any] = {
            "engine": "borg",
            "source": {"paths": [str(self.source)]},
            "repository": {"url": str(self.repository), "program": self.program},
        }
        declared |= changes.pop("job", {})
        verify = {"scratch": str(self.folder / "scratch")} | declared.pop("verify", {})
        self.state.mkdir(exist_ok=True)
        order = Order(
            job=job(**declared, verify=verify),
            now=BEGAN + timedelta(days=1),
            deadline=Deadline(300),
            secrets={"password": Secret(PASSPHRASE)},
            owner=str(self.folder),
            state=self.state,
        )
        return replace(order, **changes)


def wrapped(vault: Vault, script: str) -> Vault:
    """The same with a program in the place of borg: a shell script, which may go on with `exec $BORG "$@"`."""
    path = vault.folder / "borg-wrapped"
    path.write_text(f"#!/bin/sh\nBORG={vault.program}\n{script}\n")
    path.chmod(0o755)
    return replace(vault, program=str(path))


def with_source(vault: Vault) -> dict[str, Any]:
    """What an order needs to compare with the source."""
    return {"source": lambda _host: HereMachine(vault.folder)}


def fill(folder: Path, files: int, size: int = 20_000, seed: int = 7) -> None:
    """Files as an office has them: text that compresses, and some that does not."""
    dice = Random(seed)
    for number in range(files):
        path = folder / f"dienst{number % 5}" / f"stuk{number}.{'jpg' if number % 4 == 0 else 'txt'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            b"\xff\xd8\xff" + dice.randbytes(size)
            if number % 4 == 0
            else b" ".join(dice.choices(_WORDS, k=size // 8))
        )


def make_vault(folder: Path, version: str) -> Vault:
    """A repository with small segments and one archive, of 40 files."""
    vault = Vault(folder, program(version), folder / "source")
    fill(vault.source, 40)
    vault.borg("init", "--encryption", "repokey", str(vault.repository))
    vault.borg("config", str(vault.repository), "max_segment_size", "60000")
    vault.archive("nacht-1", 0)
    return vault


@cache
def golden(version: str) -> Vault:
    """A sound repository of a version, made once; tests copy it."""
    folder = Path(tempfile.mkdtemp(prefix="ict-borg-golden-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make_vault(folder, version)


def copied(vault: Vault, folder: Path) -> Vault:
    """The same repository elsewhere, of the same source; nobody there remembers it."""
    shutil.copytree(vault.repository, folder / "repository")
    return Vault(folder, vault.program, vault.source)


def flip(path: Path, place: float) -> None:
    """Change one bit, at a share of the length of the file."""
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 0x10
    path.write_bytes(content)


def cut(path: Path, share: float) -> None:
    """Leave only the beginning of a file."""
    os.truncate(path, int(path.stat().st_size * share))


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Rewrite a text file."""
    path.write_text(change(path.read_text()))


def footprint(folder: Path) -> dict[str, tuple[float, bytes]]:
    """Every file with its time and content: what tells whether anything was touched."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


if __name__ == "__main__":
    print(_newer())
