"""Programs and files of this machine, Linux or Windows; without a shell between."""

import hashlib
import math
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cache
from io import FileIO
from pathlib import Path

from schoten_ict.connect.machines.checking import check
from schoten_ict.connect.machines.flow import lines_of
from schoten_ict.connect.machines.listing import matcher, moment
from schoten_ict.connect.machines.process import Kept, converse, started
from schoten_ict.connect.machines.scratch import folder_name, is_ours
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.machine import Entry, Program, Tree
from schoten_ict.core.remote import Completed, RemoteError, Sink
from schoten_ict.core.text import printable

_CHUNK = 1 << 20
_PASSED_ON = ("HOME", "LOGNAME", "PATH", "TMPDIR", "USER", "SSH_AUTH_SOCK",
              "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE",
              "APPDATA", "LOCALAPPDATA", "PROGRAMDATA")  # fmt: skip
"""What a program sees of our environment: nothing that `env:` references may hold."""
_POLITE = (("nice", "-n", "10"), ("ionice", "-c", "3"), ("setpriv", "--pdeathsig", "TERM"))
"""Low priority for processor and disk; and the program ends, with its locks, when we are killed."""
_HASHING = 2
_REGULAR_ONLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Opening a pipe must not wait for somebody who writes into it."""


class HereMachine:
    """Implements `core.machine.Machine` for the machine that ict runs on, for as long as is `allowed`."""

    def __init__(self, root: Path, name: str = "localhost", allowed: Deadline | None = None) -> None:
        self._root = root
        self._name = name
        self._allowed = allowed or Deadline(math.inf)

    @property
    def name(self) -> str:
        """The host's name."""
        return self._name

    def path(self, text: str) -> str:
        """An absolute path; a relative one counts from the workspace."""
        return str(self._root.absolute() / Path(text).expanduser())

    def run(self, program: Program) -> Completed:
        """Run to the end."""
        stdout = Kept(program.limit)
        return replace(self._run(program, stdout), stdout=bytes(stdout.content))

    def lines(self, program: Program) -> Iterator[bytes]:
        """The lines of the output as they come."""
        return lines_of(self._name, lambda sink: self._run(program, sink))

    def _run(self, program: Program, stdout: Sink) -> Completed:
        """Run to the end, the output into `stdout`."""
        check(program)
        begun = time.monotonic()
        deadline = Deadline(program.seconds, None if program.clears else self._allowed)
        stderr = Kept(program.limit)
        if deadline.over:
            raise self._error(f"{program.argv[0]}: not begun, the time is over", "timeout")
        with ExitStack() as stack:
            with self._explained(program.argv[0]):
                process = stack.enter_context(_started(program))
            code = converse(process, program.stdin, stdout, stderr, deadline)
        if code is None:
            late = "broken off" if deadline.broken_off else f"not done within {program.seconds:g} s"
            raise self._error(f"{program.argv[0]}: {late}; it was ended", "timeout")
        milliseconds = round((time.monotonic() - begun) * 1000)
        return Completed(code, b"", bytes(stderr.content), milliseconds, stdout.full or stderr.full)

    def tree(self, root: str, seconds: float, *, most: int = 5_000_000) -> Tree:
        """The regular files below `root`."""
        entries: list[Entry] = []
        unreadable: dict[str, str] = {}
        deadline = self._allowed.within(seconds)
        with self._explained(root):
            top = Path(root).stat()
            if stat.S_ISREG(top.st_mode):
                return Tree([_entry(".", top)])
            os.scandir(root).close()
        cut = False
        for each in _walk(root, unreadable):
            if deadline.over:
                raise self._error(f"{root}: not listed within {seconds:g} s", "timeout")
            if len(entries) >= most:
                cut = True
                break
            entries.append(each)
        entries.sort(key=lambda entry: entry.path)
        return Tree(entries, unreadable, cut)

    def glob(self, pattern: str, _seconds: float) -> Sequence[Entry]:
        """What matches a path whose last part may hold `*` and `?`."""
        folder, name = Path(pattern).parent, Path(pattern).name
        fits = matcher(name, ignore_case=os.name == "nt")
        found: list[Entry] = []
        with self._explained(str(folder)):
            is_single = {"*", "?"}.isdisjoint(name)
            names = (
                [name] if is_single else [each.name for each in folder.iterdir()] if folder.is_dir() else []
            )
            for each in filter(fits, names):
                with suppress(FileNotFoundError, NotADirectoryError):
                    status = (folder / each).lstat()
                    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
                        found.append(_entry(str(folder / each), status))
        return sorted(found, key=lambda entry: entry.path)

    def hashes(self, root: str, paths: Sequence[str], seconds: float) -> Mapping[str, str]:
        """SHA-256 of each file, over two threads."""
        deadline = self._allowed.within(seconds)

        def digest(path: str) -> str | None:
            found = _digest(Path(root, path), deadline)
            if found == "":
                raise self._error(f"{root}: not read within {seconds:g} s", "timeout")
            return found

        with ThreadPoolExecutor(_HASHING) as pool:
            sums = dict(zip(paths, pool.map(digest, paths), strict=True))
        return {path: found for path, found in sums.items() if found is not None}

    def heads(self, root: str, paths: Sequence[str], length: int, _seconds: float) -> Mapping[str, bytes]:
        """The first bytes of each file."""
        found: dict[str, bytes] = {}
        for path in paths:
            with suppress(OSError), _opened(Path(root, path)) as stream:
                found[path] = stream.read(length)
        return found

    def read(self, path: str, limit: int, _seconds: float) -> bytes:
        """A small file's content."""
        with self._explained(path), _opened(Path(path)) as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise self._error(f"{path} is longer than {limit} bytes", "too-large")
        return content

    def write(self, path: str, content: bytes, _seconds: float) -> None:
        """Write a file inside a scratch folder."""
        with self._explained(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _REGULAR_ONLY, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)

    def free(self, folder: str, _seconds: float) -> int:
        """The bytes that may still be written there."""
        with self._explained(folder):
            return shutil.disk_usage(folder).free

    @contextmanager
    def scratch(self, owner: str, folder: str | None, _seconds: float) -> Iterator[str]:
        """A new empty folder of mode 700 that is removed at the end."""
        base = Path(self.path(folder)) if folder else _large_temporary()
        with self._explained(str(base)):
            base.mkdir(parents=True, exist_ok=True)
            for left in base.iterdir():
                if is_ours(left.name, owner) and _is_own_folder(left):
                    _remove(left)
            made = Path(tempfile.mkdtemp(prefix=folder_name(owner), dir=base))
        try:
            yield str(made)
        finally:
            _remove(made)

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise self._error(f"{error.filename or what} is not there", "absent") from None
        except PermissionError as error:
            raise self._error(f"{error.filename or what} may not be read", "denied") from None
        except OSError as error:
            raise self._error(f"{error.filename or what}: {error.strerror}", "failed") from None

    def _error(self, message: str, code: str) -> RemoteError:
        return RemoteError(f"{self._name}: {printable(message)}", code=code, subject=f"host:{self._name}")


def _started(program: Program) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """The program in its clean environment. Raises `OSError`."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"} | dict(program.environment)
    environment |= {name: secret.reveal() for name, secret in program.secrets.items()}
    found = shutil.which(program.argv[0], path=environment.get("PATH"))
    if found is None:
        raise FileNotFoundError
    words = [*_politely(), found, *program.argv[1:]]
    return started(words, environment, program.folder or str(Path.home()))


@cache
def _politely() -> tuple[str, ...]:
    """The programs before a program, those of `_POLITE` that are here and work."""
    if os.name != "posix":
        return ()
    return tuple(word for words in _POLITE if _works(words) for word in words)


def _works(words: Sequence[str]) -> bool:
    try:
        done = subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _walk(root: str, unreadable: dict[str, str]) -> Iterator[Entry]:
    """The regular files; what cannot be looked at is noted, and what has gone meanwhile was never there."""
    waiting = [("", root)]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                inside = list(found)
        except OSError as error:
            _note(prefix.rstrip("/") or ".", error, unreadable)
            continue
        for each in inside:
            try:
                if each.is_dir(follow_symlinks=False):
                    waiting.append((f"{prefix}{each.name}/", each.path))
                elif each.is_file(follow_symlinks=False):
                    yield _entry(prefix + each.name, each.stat(follow_symlinks=False))
            except OSError as error:
                _note(prefix + each.name, error, unreadable)


def _note(path: str, error: OSError, unreadable: dict[str, str]) -> None:
    if not isinstance(error, FileNotFoundError):
        unreadable[path] = error.strerror or type(error).__name__


def _entry(path: str, status: os.stat_result) -> Entry:
    modified = moment(status.st_mtime_ns // 1000)
    changed = max(modified, moment(status.st_ctime_ns // 1000)) if os.name == "posix" else None
    return Entry(path, status.st_size, modified, changed, stat.S_ISDIR(status.st_mode))


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    """A regular file for reading. Raises `OSError`, also for anything else."""
    descriptor = os.open(path, os.O_RDONLY | _REGULAR_ONLY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(None, "no regular file", str(path))
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as stream:
            yield stream
    finally:
        os.close(descriptor)


def _digest(path: Path, deadline: Deadline) -> str | None:
    """SHA-256 of a file; None when it cannot be read, empty when the time is up."""
    digest, buffer = hashlib.sha256(), memoryview(bytearray(_CHUNK))
    try:
        with _opened(path) as stream:
            while not deadline.over:
                if not (length := stream.readinto(buffer)):
                    return digest.hexdigest()
                digest.update(buffer[:length])
    except OSError:
        return None
    return ""


def _large_temporary() -> Path:
    """Where large files may lie for a while: not a memory disk where there is something else."""
    named = os.environ.get("TMPDIR")
    lasting = Path("/var/tmp")  # noqa: S108 - the folder inside is made by mkdtemp, mode 700
    return Path(named) if named else lasting if lasting.is_dir() else Path(tempfile.gettempdir())


def _is_own_folder(path: Path) -> bool:
    """Whether it is a folder of this account, and no link to one."""
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and (os.name != "posix" or status.st_uid == os.geteuid())


def _remove(folder: Path) -> None:
    """Remove a folder whatever the rights inside are; links are not followed."""

    def open_up(_function: object, path: str, _error: object) -> None:
        with suppress(OSError):
            parent = Path(path).parent
            parent.chmod(0o700)
            if Path(path).is_dir() and not Path(path).is_symlink():
                Path(path).chmod(0o700)
                shutil.rmtree(path, ignore_errors=True)
            else:
                Path(path).unlink()

    shutil.rmtree(folder, onerror=open_up)
