"""A machine of its own that has this one's programs: an overlay of its files in a mount namespace.

What runs in it may destroy what it likes. So nothing runs before the box's own process is inside, and every
command first looks for a mark that is only there: outside of the box it does nothing.
"""

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from lab.need import lack, need
from schoten_ict.core.remote import Command, Completed

_MOUNT = """
set -e
mount -t tmpfs none "$1"
cd "$1"
mkdir up work root
: >"up/$2"
mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=work root
mount --rbind /proc root/proc
mount --rbind /dev root/dev
exec chroot root sh -c 'test -e "/$1" && echo ready && exec cat' sh "$2"
"""
_INSIDE = """
test -e "/$1" || { echo 'this is not the box' >&2; exit 97; }
eval "$2"
"""
_OUTSIDE = 97
NOBODY = 65534


@dataclass(slots=True)
class Box:
    """Runs commands as root, or as `account`; what they change is gone with the box. Needs root."""

    folder: Path
    account: int = 0
    _keeper: "subprocess.Popen[str] | None" = field(default=None)
    _mark: str = field(default_factory=lambda: f".ict-box-{secrets.token_hex(8)}")

    def __enter__(self) -> Self:
        for program in ("unshare", "nsenter", "setpriv", "chroot"):
            need(program)
        if os.geteuid() != 0:
            lack("a mount namespace needs root")
        self.folder.mkdir(exist_ok=True)
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _MOUNT, "sh", str(self.folder), self._mark],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._keeper.stdout is not None
        if self._keeper.stdout.readline() != "ready\n":
            _, said = self._keeper.communicate()
            lack(f"no overlay in a mount namespace: {said.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it; its files go with it."""
        if self._keeper is not None:
            self._keeper.communicate()
            self._keeper = None
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, command: Command) -> Completed:
        """Run a command as a `Runner` does."""
        done = self._run(command.text, command.stdin, command.seconds, self.account)
        return Completed(done.returncode, done.stdout, done.stderr, 1)

    def shell(self, text: str) -> str:
        """What a script prints that must succeed, as root."""
        done = self._run(text, b"", 120, 0)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def write(self, path: str, text: str) -> None:
        """Put a text into the box."""
        self.put(path, text.encode())

    def put(self, path: str, content: bytes) -> None:
        """Put a file into the box."""
        done = self._run(f'mkdir -p "$(dirname {path})" && cat >{path}', content, 20, 0)
        assert done.returncode == 0, done.stderr.decode()

    def _run(
        self, text: str, stdin: bytes, seconds: float, account: int
    ) -> "subprocess.CompletedProcess[bytes]":
        assert self._keeper is not None
        who = ["setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups"] if account else []
        done = subprocess.run(
            ["nsenter", f"--target={self._keeper.pid}", "--mount", "--root", *who, "sh", "-c", _INSIDE, "sh", self._mark, text],
            input=stdin, capture_output=True, check=False, timeout=seconds,
            env={**os.environ, "HOME": "/root" if not account else "/nonexistent"},
        )  # fmt: skip
        assert done.returncode != _OUTSIDE, done.stderr.decode()
        return done
