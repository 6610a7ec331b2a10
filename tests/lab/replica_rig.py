"""What tests of replicas share: a source and a copy of it, on one machine or on two, and looks at both."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backups import job
from lab.machine_rig import Ground, machine_of, open_ground
from lab.servers.openssh import Farm
from schoten_ict.backup.ask import replica
from schoten_ict.backup.facts import BackupFacts, Taken
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.core.machine import Machine

FULL: dict[str, Any] = {"read": Slice(1, 1), "sample": 8, "drill": True}
FILES = 40
_LATER = timedelta(days=3)
"""The looks are of some days after the files were made: what must be in the replica was made long ago."""


@dataclass(slots=True)
class Pair:
    """A source and its copy. `kinds` say over what the copy and the source are looked at."""

    ground: Ground
    kinds: tuple[str, str]
    farm: Farm
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + _LATER)

    @property
    def source(self) -> Path:
        return self.ground.folder / "srv/data"

    @property
    def copy(self) -> Path:
        return self.ground.folder / "copy"

    def fill(self) -> None:
        """The source: some documents, and names that are hard to bear."""
        for number in range(FILES - 3):
            self.ground.put(f"srv/data/docs/{number % 4}/{number}.txt", b"document %d" % number)
        self.ground.put("srv/data/plan.pdf", b"%PDF-1.7 " + bytes(range(256)))
        self.ground.put("srv/data/it's a \n name.txt", b"odd")
        self.ground.put(b"srv/data/not\xffutf8.txt", b"odder")
        (self.source / "link").symlink_to("plan.pdf")
        (self.source / "empty").mkdir()

    def copied(self) -> None:
        """Copy the source as it is."""
        shutil.copytree(self.source, self.copy, symlinks=True)

    def machine(self, _host: str = "") -> Machine:
        """A session with the machine of the source."""
        return machine_of(self.kinds[1], self.ground.folder, self.farm)

    def order(self, **more: Any) -> Order:
        """A look at the copy."""
        source = {"paths": [str(self.source)], **more.pop("source_declared", {})}
        repository = {"url": str(self.copy), **more.pop("repository", {})}
        declared = job(
            engine="replica", source=source, repository=repository, verify=more.pop("verify", {}),
            rpo=more.pop("rpo", "26h"),
        )  # fmt: skip
        plain = {"sample": 5, "seed": 7, "owner": "job", "source": self.machine, "now": self.now}
        return Order(job=declared, deadline=Deadline(more.pop("seconds", 60)), **{**plain, **more})

    def look(self, **more: Any) -> BackupFacts:
        """What the engine sees; it changes nothing on either side."""
        before = _footprint(self.ground.folder)
        facts = replica.observe(self.ground.machine, self.order(**more))
        assert _footprint(self.ground.folder) == before
        return facts

    def take(self, **more: Any) -> Taken:
        """The copy made like the source."""
        return replica.take(self.ground.machine, self.order(**more))


def _footprint(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in folder.rglob("*")}


@contextmanager
def open_pair(copy: str, source: str, farm: Farm) -> Iterator[Pair]:
    """A filled source and no copy yet, looked at over these kinds of machines."""
    with open_ground(copy, farm) as ground:
        pair = Pair(ground, (copy, source), farm)
        pair.fill()
        yield pair
