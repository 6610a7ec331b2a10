"""What tests of machines share: the same ground on this machine, over its shell, and over a real SSH server."""

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.need import lack
from lab.servers.openssh import Farm
from lab.ssh_rig import farm_target, opened
from schoten_ict.connect.local import open_local
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.connect.machines.posix import PosixMachine
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import Target, Via

KINDS = ("here", "shell", "ssh")
ODD_NAMES = (
    b"plain", b"with space", b" leading", b"trailing ", b"-", b"-rf", b"--help", b"it's", b'"quoted"', b"back\\slash",
    b"\\", b"line\nbreak", b"\n", b"tab\there", b"return\rhere", b"not\xffutf8", b"\xc3\xa9t\xc3\xa9", b"*", b"?", b"[a]",
    b"$HOME", b"`id`", b"%s", b"\x1b[31m", b".hidden", b"a\\nb", b"\\101", b"x" * 255,
)  # fmt: skip
"""File names that shells, tools and parsers stumble over; all that a POSIX file system takes."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A machine, and a folder that it sees and that the test may fill. `user` is who looks, empty for ourselves."""

    machine: Machine
    folder: Path
    user: str = ""

    def put(self, path: str | bytes, content: bytes = b"x") -> Path:
        """A file below the folder, with the folders above it."""
        file = self.folder / os.fsdecode(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def hand_over(self) -> None:
        """Everything in the folder belongs to who looks."""
        if self.user:
            for each in (self.folder, *self.folder.rglob("*")):
                shutil.chown(each, self.user) if not each.is_symlink() else None


@contextlib.contextmanager
def open_ground(kind: str, farm: Farm, allowed: Deadline | None = None) -> Iterator[Ground]:
    """The ground of one kind, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ict-ground-"))
    folder.chmod(0o755)
    user = farm.user if kind == "ssh" else ""
    if user:
        shutil.chown(folder, user)
    try:
        with contextlib.closing(machine_of(kind, folder, farm, allowed)) as machine:
            yield Ground(machine, folder, user)
    finally:
        shutil.rmtree(folder)


def machine_of(kind: str, root: Path, farm: Farm, allowed: Deadline | None = None) -> Machine:
    """This machine, this machine through its shell, or the farm's over SSH."""
    if kind == "here":
        return HereMachine(root, "srv-web01", allowed)
    if kind == "ssh":
        return PosixMachine(opened(farm_target(farm)), "srv-web01", allowed)
    return PosixMachine(open_local(Target("srv-web01", "127.0.0.1", Via.LOCAL)), "srv-web01", allowed)


@contextlib.contextmanager
def acting_as(user: str) -> Iterator[None]:
    """This process looks at files with the rights of `user`."""
    if os.geteuid() != 0:
        lack("acting as somebody else needs root")
    import pwd

    known = pwd.getpwnam(user)
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(known.pw_gid)
    os.seteuid(known.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that another process is about to do, on however busy a machine."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, what
        threading.Event().wait(0.05)


def running(mark: str) -> list[int]:
    """The processes whose command line holds `mark` as a word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return found
