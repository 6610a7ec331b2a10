"""Programs and files of this machine, Linux or Windows; without a shell between."""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO

from schoten_ict.connect.machines.scratch import folder_name, is_ours
from schoten_ict.core.machine import Entry, Program, Tree
from schoten_ict.core.remote import Completed, RemoteError

_CHUNK = 1 << 20
_ENDING_SECONDS = 3.0
_PASSED_ON = ("HOME", "LOGNAME", "PATH", "TMPDIR", "USER", "SYSTEMROOT", "TEMP", "USERPROFILE", "APPDATA",
              "LOCALAPPDATA", "SSH_AUTH_SOCK")  # fmt: skip
"""What a program sees of our environment: nothing that `env:` references may hold."""
_POLITE = (("nice", "-n", "10"), ("ionice", "-c", "3"), ("setpriv", "--pdeathsig", "TERM"))
"""Low priority for processor and disk; and the program ends, with its locks, when we are killed."""
_HASHING = 2


class HereMachine:
    """Implements `core.machine.Machine` for the machine that ict runs on."""

    def __init__(self, root: Path, name: str = "localhost") -> None:
        self._root = root
        self._name = name

    @property
    def name(self) -> str:
        """The host's name."""
        return self._name

    def path(self, text: str) -> str:
        """An absolute path; a relative one counts from the workspace."""
        return str(self._root.absolute() / Path(text).expanduser())

    def run(self, program: Program) -> Completed:
        """Run to the end."""
        started = time.monotonic()
        with self._started(program) as process:
            streams = [_Reader(process.stdout, program.limit), _Reader(process.stderr, program.limit)]
            feeder = _feed(process, program.stdin)
            in_time = _wait(process, streams, started + program.seconds)
            feeder.join(_ENDING_SECONDS)
        cut = any(stream.cut for stream in streams)
        if not in_time and not cut:
            raise self._late(program)
        stdout, stderr = (bytes(stream.content) for stream in streams)
        code = process.returncode if process.returncode is not None else 128 + signal.SIGTERM
        code = 128 - code if code < 0 else code
        return Completed(code, stdout, stderr, round((time.monotonic() - started) * 1000), cut)

    def lines(self, program: Program) -> Iterator[bytes]:
        """The lines of the output as they come."""
        with self._started(program) as process:
            late = threading.Event()

            def give_up() -> None:
                late.set()
                _end(process)

            timer = threading.Timer(program.seconds, give_up)
            timer.start()
            errors = _Reader(process.stderr, program.limit)
            feeder = _feed(process, program.stdin)
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    yield line.rstrip(b"\r\n")
                process.wait()
            finally:
                timer.cancel()
            feeder.join(_ENDING_SECONDS)
            errors.join(_ENDING_SECONDS)
            if late.is_set():
                raise self._late(program)
            if process.returncode:
                said = bytes(errors.content).decode("utf-8", "replace").strip().splitlines()
                raise self._error(said[-1] if said else f"exit code {process.returncode}", "failed")

    def tree(self, root: str, seconds: float, *, most: int = 5_000_000) -> Tree:
        """The regular files below `root`."""
        entries: list[Entry] = []
        unreadable: dict[str, str] = {}
        deadline = time.monotonic() + seconds
        top = Path(root)
        with self._explained(root):
            if top.is_file():
                return Tree([_entry(".", top.stat())])
            os.scandir(root).close()
        cut = False
        for each in _walk(root, unreadable):
            if time.monotonic() > deadline:
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
        with self._explained(str(folder)):
            found = [path for path in folder.glob(name) if not path.is_symlink()] if folder.is_dir() else []
            return [_entry(str(path), path.stat()) for path in sorted(found)]

    def hashes(self, root: str, paths: Sequence[str], seconds: float) -> Mapping[str, str]:
        """SHA-256 of each file, over two threads."""
        deadline = time.monotonic() + seconds

        def digest(path: str) -> tuple[str, str | None]:
            if time.monotonic() > deadline:
                raise self._error(f"{root}: not read within {seconds:g} s", "timeout")
            return path, _digest(_below(root, path))

        with ThreadPoolExecutor(_HASHING) as pool:
            return {path: found for path, found in pool.map(digest, paths) if found is not None}

    def heads(self, root: str, paths: Sequence[str], length: int, _seconds: float) -> Mapping[str, bytes]:
        """The first bytes of each file."""
        found: dict[str, bytes] = {}
        for path in paths:
            with suppress(OSError), _below(root, path).open("rb") as stream:
                found[path] = stream.read(length)
        return found

    def read(self, path: str, limit: int, _seconds: float) -> bytes:
        """A small file's content."""
        with self._explained(path), Path(path).open("rb") as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise self._error(f"{path} is longer than {limit} bytes", "too-large")
        return content

    def write(self, path: str, content: bytes, _seconds: float) -> None:
        """Write a file inside a scratch folder."""
        with self._explained(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
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
                if is_ours(left.name, owner):
                    _remove(left)
            made = Path(tempfile.mkdtemp(prefix=folder_name(owner), dir=base))
        try:
            yield str(made)
        finally:
            _remove(made)

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def _started(self, program: Program) -> Iterator[subprocess.Popen[bytes]]:
        """A process of its own group, ended and reaped when the block is left."""
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"} | dict(program.environment)
        environment |= {name: secret.reveal() for name, secret in program.secrets.items()}
        with self._explained(program.argv[0]):
            found = shutil.which(program.argv[0], path=environment.get("PATH"))
            if found is None:
                raise FileNotFoundError
            process = subprocess.Popen(
                [*_politely(), found, *program.argv[1:]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=program.folder or Path.home(),
                env=environment,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                _end(process)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            where = error.filename or what
            raise self._error(f"{where} is not there", "absent") from None
        except PermissionError as error:
            raise self._error(f"{error.filename or what} may not be read", "denied") from None
        except OSError as error:
            raise self._error(f"{error.filename or what}: {error.strerror}", "failed") from None

    def _late(self, program: Program) -> RemoteError:
        return self._error(
            f"{program.argv[0]}: not done within {program.seconds:g} s; it was ended", "timeout"
        )

    def _error(self, message: str, code: str) -> RemoteError:
        return RemoteError(f"{self._name}: {message}", code=code, subject=f"host:{self._name}")


class _Reader(threading.Thread):
    """Reads a stream to its end, and keeps at most `limit` bytes."""

    def __init__(self, stream: IO[bytes] | None, limit: int) -> None:
        super().__init__(daemon=True)
        assert stream is not None
        self._stream = stream
        self._limit = limit
        self.content = bytearray()
        self.cut = False
        self.start()

    def run(self) -> None:
        with suppress(ValueError, OSError):  # closed under us, because the program was ended
            while not self.cut and (data := os.read(self._stream.fileno(), _CHUNK)):
                room = self._limit - len(self.content)
                self.cut = len(data) > room
                self.content += data[:room]


def _feed(process: subprocess.Popen[bytes], content: bytes) -> threading.Thread:
    """Write standard input and close it, whatever the program does meanwhile."""

    def write() -> None:
        assert process.stdin is not None
        with suppress(OSError, ValueError):
            process.stdin.write(content)
        with suppress(OSError, ValueError):
            process.stdin.close()

    feeder = threading.Thread(target=write, daemon=True)
    feeder.start()
    return feeder


def _wait(process: subprocess.Popen[bytes], streams: Sequence[_Reader], deadline: float) -> bool:
    """Until the program and its streams end; False when the time was up or a stream passed its limit."""
    for stream in streams:
        while stream.is_alive():
            stream.join(0.05)
            if time.monotonic() > deadline or any(each.cut for each in streams):
                _end(process)
                return False
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _end(process)
        return False
    return not any(each.cut for each in streams)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started: asked first, so that it can put its locks away, then made to."""
    for ask in (_terminate, _kill):
        ask(process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDING_SECONDS)
            break
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):  # what it left behind in its group
            os.killpg(process.pid, signal.SIGKILL)


def _terminate(process: subprocess.Popen[bytes]) -> None:
    _signal(process, process.terminate, "SIGTERM")


def _kill(process: subprocess.Popen[bytes]) -> None:
    _signal(process, process.kill, "SIGKILL")


def _signal(process: subprocess.Popen[bytes], alone: Callable[[], None], name: str) -> None:
    if os.name != "posix":
        alone()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, getattr(signal, name))


@cache
def _politely() -> tuple[str, ...]:
    if os.name != "posix":
        return ()
    return tuple(word for words in _POLITE if shutil.which(words[0]) for word in words)


def _walk(root: str, unreadable: dict[str, str]) -> Iterator[Entry]:
    waiting = [("", root)]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                for each in found:
                    if each.is_dir(follow_symlinks=False):
                        waiting.append((f"{prefix}{each.name}/", each.path))
                    elif each.is_file(follow_symlinks=False):
                        yield _entry(prefix + each.name, each.stat(follow_symlinks=False))
        except OSError as error:
            unreadable[prefix.rstrip("/") or "."] = error.strerror or type(error).__name__


def _entry(path: str, status: os.stat_result) -> Entry:
    latest = status.st_mtime if os.name == "nt" else max(status.st_mtime, status.st_ctime)
    return Entry(path, status.st_size, _utc(status.st_mtime), _utc(latest))


def _utc(seconds: float) -> datetime:
    """A file's time; one that no calendar has (a damaged inode) is the nearest that has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime(1970, 1, 1, tzinfo=UTC) if seconds < 0 else datetime(9999, 12, 31, tzinfo=UTC)


def _below(root: str, path: str) -> Path:
    return Path(root) if path == "." else Path(root, path)


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _large_temporary() -> Path:
    """Where large files may lie for a while: not a memory disk where there is something else."""
    named = os.environ.get("TMPDIR")
    lasting = Path("/var/tmp")  # noqa: S108 - the folder inside is made by mkdtemp, mode 700
    return Path(named) if named else lasting if lasting.is_dir() else Path(tempfile.gettempdir())


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

    if folder.is_symlink() or not folder.is_dir():
        with suppress(OSError):
            folder.unlink()
        return
    shutil.rmtree(folder, onerror=open_up)
