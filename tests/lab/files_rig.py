"""What tests of backups that are files share: a source, a shelf with its backups, and looks at them."""

import os
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backups import job
from lab.machine_rig import Ground, machine_of, open_ground
from lab.need import need
from lab.servers.openssh import Farm
from schoten_ict.backup.ask import files
from schoten_ict.backup.facts import BackupFacts, Kind, Probe, Taken
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.core.machine import Machine

FULL: dict[str, Any] = {"read": Slice(1, 1), "sample": 8, "drill": True}
_LATER = timedelta(days=3)
"""The looks are of some days after the files were made: only what settled long before a backup must be in it."""
DOCUMENTS = 30
_PACKERS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
"""What `tar` needs besides."""


@dataclass(slots=True)
class Shelf:
    """A source of some files, and the place of their backups, on one machine."""

    ground: Ground
    kind: str
    farm: Farm
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0) + _LATER)

    @property
    def source(self) -> Path:
        return self.ground.folder / "srv/data"

    @property
    def folder(self) -> Path:
        return self.ground.folder / "backup"

    @property
    def scratch(self) -> Path:
        return self.ground.folder / "scratch"

    @property
    def now(self) -> datetime:
        return self.at + timedelta(hours=6)

    def fill(self) -> None:
        """The source: documents of several kinds, and names that are hard to bear."""
        for number in range(DOCUMENTS):
            self.ground.put(f"srv/data/docs/{number}.txt", (b"document %d " % number) * (50 + number))
        self.ground.put("srv/data/plan.pdf", b"%PDF-1.7 " + bytes(range(256)) * 40)
        self.ground.put("srv/data/it's a \n name.txt", b"odd")
        self.ground.put(b"srv/data/not\xffutf8.txt", b"odder")
        self.ground.put("srv/data/empty.txt", b"")
        (self.source / "link").symlink_to("plan.pdf")
        os.link(self.source / "plan.pdf", self.source / "second name.pdf")
        (self.source / "empty folder").mkdir()

    @property
    def documents(self) -> int:
        """How many files the source holds."""
        return DOCUMENTS + 5

    def tar(self, name: str, *words: str, hours: float = 0) -> Path:
        """An archive of the source, made so many hours before the newest."""
        self.folder.mkdir(exist_ok=True)
        place = self.folder / name
        if place.suffix in _PACKERS:
            need(_PACKERS[place.suffix])
        subprocess.run(["tar", "-caf", place, "-C", "/", *words, str(self.source)[1:]], check=True)
        return self.dated(place, hours)

    def zip(self, name: str) -> Path:
        """A zip of the source."""
        self.folder.mkdir(exist_ok=True)
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as target:
            for path in sorted(self.source.rglob("*")):
                if path.is_file() and not path.is_symlink() and path.name.isprintable():
                    target.write(path)
        return self.dated(self.folder / name)

    def dated(self, path: Path, hours: float = 0) -> Path:
        """Something that was written so many hours before the newest backup."""
        moment = self.at.timestamp() - hours * 3600
        os.utime(path, (moment, moment))
        return path

    def machine(self, _host: str = "") -> Machine:
        """A session of its own."""
        return machine_of(self.kind, self.ground.folder, self.farm)

    def order(self, url: str, **more: Any) -> Order:
        """A look at the backups at `url` below the shelf."""
        verify = {"scratch": str(self.scratch), "sample": 5, **more.pop("verify", {})}
        repository = {"url": str(self.folder / url), **more.pop("repository", {})}
        source = {"paths": [str(self.source)], **more.pop("source_declared", {})}
        declared = job(source=source, repository=repository, verify=verify, **more.pop("declared", {}))
        plain = {"sample": 5, "seed": 7, "owner": "job", "source": self.machine, "now": self.now}
        return Order(job=declared, deadline=Deadline(more.pop("seconds", 60)), **{**plain, **more})

    def look(self, url: str, **more: Any) -> BackupFacts:
        """What the engine sees; it leaves nothing in the scratch folder and changes nothing on the shelf."""
        before = _footprint(self.folder)
        facts = files.observe(self.ground.machine, self.order(url, **more))
        assert _footprint(self.folder) == before
        assert not self.scratch.exists() or not list(self.scratch.iterdir())
        return facts

    def take(self, url: str, **more: Any) -> Taken:
        """A backup taken now."""
        return files.take(self.ground.machine, self.order(url, **more))


def _footprint(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_size)
        for path in folder.rglob("*")
        if not path.is_dir()
    }


@contextmanager
def open_shelf(kind: str, farm: Farm) -> Iterator[Shelf]:
    """A filled source without backups."""
    with open_ground(kind, farm) as ground:
        shelf = Shelf(ground, kind, farm)
        shelf.fill()
        yield shelf


def probes(facts: BackupFacts) -> dict[str, Probe]:
    """The proofs that were tried."""
    named = {
        "access": facts.access, "structure": facts.structure, "source": facts.source, "sample": facts.sample,
        "drill": facts.drill, "read": facts.reads[0].probe if facts.reads else None,
    }  # fmt: skip
    return {name: probe for name, probe in named.items() if probe is not None}


def kinds(facts: BackupFacts) -> dict[str, set[Kind]]:
    """The kinds of faults of each proof that found any."""
    found = {name: {fault.kind for fault in probe.faults} for name, probe in probes(facts).items()}
    return {name: each for name, each in found.items() if each}


def blocked(facts: BackupFacts) -> dict[str, Kind]:
    """What kept a proof from being done."""
    return {name: probe.blocked.kind for name, probe in probes(facts).items() if probe.blocked}


def flip(path: Path, share: float = 0.5) -> None:
    """Change one bit of a file, and keep its times.

    In what is packed one that counts: of 3,000 bits of an archive zstd passed over one, and unpacked the same.
    """
    status, content = path.stat(), path.read_bytes()
    for place in range(int(len(content) * share), len(content)):
        changed = bytearray(content)
        changed[place] ^= 4
        path.write_bytes(changed)
        if not _unpacks(path):
            break
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _unpacks(path: Path) -> bool:
    """Whether its packer finds a packed file whole."""
    packer = _PACKERS.get(path.suffix)
    if packer is None:
        return False
    return subprocess.run([packer, "-tq", path], check=False, capture_output=True).returncode == 0


def cut(path: Path, share: float = 0.5) -> None:
    """Cut a file off, and keep its times."""
    status = path.stat()
    os.truncate(path, int(status.st_size * share))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def sums(folder: Path) -> bytes:
    """A manifest of a folder, by the tool that everybody uses."""
    words = "find . -type f ! -name SHA256SUMS -print0 | xargs -0 -r sha256sum"
    return subprocess.run(["sh", "-c", words], cwd=folder, capture_output=True, check=True).stdout


def tar_of(path: Path, members: Callable[[tarfile.TarFile], None]) -> Path:
    """An archive made by hand."""
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as target:
        members(target)
    return path
