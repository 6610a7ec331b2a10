"""One machine's programs and files, whether it is this one or one that is reached over SSH."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from schoten_ict.core.remote import Completed
from schoten_ict.core.secrets import Secret


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run, without any shell: `argv` reaches it as it stands.

    `secrets` are environment variables whose values never stand in an argument list; `seconds` is the
    deadline after which the program and what it started are ended; `limit` bounds each stream in bytes.
    Standard input is `stdin` and then its end, so that a program that asks something gets no answer and goes
    on or fails. The environment is clean (`LC_ALL=C.UTF-8`, `TZ=UTC`, HOME, PATH) but for `environment` and
    `secrets`. `folder` is the working directory (empty: the account's home). Runs at low priority.
    `clears` says that it only ends or puts away what was begun before: it runs for its `seconds` also when
    the machine's deadline is over.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    stdin: bytes = b""
    folder: str = ""
    seconds: float = 60.0
    limit: int = 16 * 1024 * 1024
    clears: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One file below a folder: `path` is relative to it, with `/`; times in UTC, to the microsecond.

    `changed` is the later of `modified` and of the last change of its inode (POSIX ctime): a file that was
    moved or unpacked later keeps its old `modified`, and tells here that it is new. None where unknown. A
    POSIX name that is no UTF-8 holds surrogate escapes (PEP 383): `core.text.printable` before it is shown.
    """

    path: str
    size: int
    modified: datetime
    changed: datetime | None = None
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """The regular files below a folder, in the order of their paths.

    `unreadable` names what could not be looked at and why; `cut` says that there were more than asked for.
    """

    entries: Sequence[Entry]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


class Machine(Protocol):
    """Runs programs and looks at files on one machine; used by one thread at a time.

    Paths are the machine's own. Every call may raise `RemoteError` (`timeout`, `unreachable`, `denied`
    when a whole folder may not be read, `absent` when it does not exist, `too-large`). A machine has a
    deadline of its own: when that is over, or broken off, what runs is ended and nothing more is begun.
    """

    @property
    def name(self) -> str:
        """The host's name in the inventory; `localhost` for this machine without one."""

    def path(self, text: str) -> str:
        """An absolute path: a relative one counts from the workspace here, from the home elsewhere."""

    def run(self, program: Program) -> Completed:
        """Run to the end. A non-zero exit code is an answer; `absent` when there is no such program."""

    def lines(self, program: Program) -> Iterator[bytes]:
        """The lines of the output as they come, without their ends, for listings of any length.

        Leaving the loop early ends the program; until then the machine does nothing else.
        Raises `RemoteError` at the end, `failed` with the last line of stderr, when the exit code is not 0.
        """

    def tree(self, root: str, seconds: float, *, most: int = 5_000_000) -> Tree:
        """The regular files below `root` (or `root` itself, as `.`); links are not followed."""

    def glob(self, pattern: str, seconds: float) -> Sequence[Entry]:
        """What matches a path whose last part may hold `*` and `?`; folders too; full paths."""

    def hashes(self, root: str, paths: Sequence[str], seconds: float) -> Mapping[str, str]:
        """SHA-256 in hexadecimal of each file below `root`; what cannot be read is absent."""

    def heads(self, root: str, paths: Sequence[str], length: int, seconds: float) -> Mapping[str, bytes]:
        """The first `length` bytes of each file below `root`; what cannot be read is absent."""

    def read(self, path: str, limit: int, seconds: float) -> bytes:
        """A small file's content; raises `too-large` past `limit`."""

    def write(self, path: str, content: bytes, seconds: float) -> None:
        """Write a file inside a scratch folder, closed to others."""

    def free(self, folder: str, seconds: float) -> int:
        """The bytes that this account may still write on the file system of `folder`."""

    def scratch(self, owner: str, folder: str | None, seconds: float) -> AbstractContextManager[str]:
        """A new empty folder of mode 700 that is removed at the end.

        It lies in `folder`, or where the machine keeps large temporary files. `owner` names what it is for
        (workspace and job); what an earlier run of the same owner left there is removed first: the caller
        holds the owner's lock, so that nobody uses it. What cannot be removed at the end is left to that.
        """

    def close(self) -> None:
        """End the session; safe to call twice."""
