"""How restic is called: its repository, secrets and options, and who holds a lock."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.ask.restic.messages import fault_in, faults_in, messages
from schoten_ict.backup.ask.restic.output import (
    Holder,
    NotUnderstoodError,
    files_in,
    holder_of,
    ids_in,
    version_of,
)
from schoten_ict.backup.facts import Fault, Kind, Lock, Probe
from schoten_ict.backup.order import Order
from schoten_ict.core.amounts import parse_size
from schoten_ict.core.errors import IctError
from schoten_ict.core.machine import Entry, Machine, Program
from schoten_ict.core.remote import Completed
from schoten_ict.core.text import printable

_SHORT_SECONDS = 600
_FILE_SECONDS = 60
_LIMIT = 64 * 1024 * 1024
_MOST_LOCKS = 10
_OLDEST = (0, 12, 0)
_ELSEWHERE = re.compile(r"(sftp|rest|s3|b2|azure|gs|swift|rclone):")
_OPENING = frozenset({Kind.PASSWORD, Kind.KEY, Kind.CONFIG, Kind.NO_REPOSITORY})


def probe_of(
    faults: Sequence[Fault], seconds: float = 0.0, told: Mapping[str, int | float | str] | None = None
) -> Probe:
    """A probe that failed: what only kept it from being done is no fault."""
    hard = tuple(fault for fault in faults if not fault.kind.is_ignorance)
    blocked = next((fault for fault in faults if fault.kind.is_ignorance), None)
    return Probe(hard, blocked, seconds, told or {})


class ResticError(Exception):
    """Restic did not do what it was asked to: `faults` say why, at least one."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


class Restic:
    """The restic of one machine with one repository. What looks takes no lock and writes nothing to it.

    `local` is the repository's folder where it is one; there a file is named by the SHA-256 of its content
    (restic's design document, "Repository Layout"), which tells damaged files without a password.
    """

    def __init__(self, machine: Machine, order: Order) -> None:
        repository = order.job.repository
        url = repository.url
        self.machine = machine
        self.local = None if _ELSEWHERE.match(url) else _folder(machine, url.removeprefix("local:"))
        self._order = order
        self._program = repository.program or "restic"
        self._cache: tuple[str, ...] = ("--no-cache",)
        self._environment = {"RESTIC_REPOSITORY": self.local or url}
        self._secrets = {
            "RESTIC_PASSWORD" if name == "password" else name: secret
            for name, secret in order.secrets.items()
        }

    def keep_in(self, folder: str) -> None:
        """Keep what is fetched from a repository elsewhere in `folder`, so that it is fetched once.

        Without it nothing is kept: what an earlier run kept would hide damage.
        """
        if self.local is None:
            self._cache = ("--cache-dir", f"{folder}/cache")

    def version(self) -> tuple[int, int, int]:
        """The version of the program; raises `ResticError` for one that is too old."""
        done = self.run(("version",), _FILE_SECONDS)
        try:
            found = version_of(text(done.stdout))
        except NotUnderstoodError as error:
            raise ResticError(Fault(Kind.PROTOCOL, str(error))) from None
        if found < _OLDEST:
            words = f"restic {'.'.join(map(str, found))} is too old; 0.12 is the oldest that is known"
            raise ResticError(Fault(Kind.PROTOCOL, words))
        return found

    def look(self, *words: str, most: float = float("inf")) -> Completed:
        """Run a command that only looks, within what is left of the time."""
        return self.run((*words, *self._options()), most)

    def check(self, *words: str) -> Completed:
        """Run `check`, with what other commands keep where they keep something."""
        kept = () if self._cache == ("--no-cache",) else ("--with-cache",)
        return self.look("check", *words, *kept)

    def run(self, words: Sequence[str], most: float = float("inf")) -> Completed:
        """Run a command as it stands. Raises `ResticError` when it could not be run to its end."""
        try:
            done = self.machine.run(self._started(words, most))
        except IctError as error:
            raise ResticError(fault_of(error)) from None
        if done.cut:
            raise ResticError(Fault(Kind.PROTOCOL, f"restic {words[0]} printed more than {_LIMIT} bytes"))
        return done

    def files(self, snapshot: str) -> Iterator[Entry]:
        """The files of a snapshot as they come, with the paths that it has. Raises `ResticError`."""
        words = ("ls", "--json", snapshot, *self._options())
        try:
            yield from files_in(self.machine.lines(self._started(words)), snapshot)
        except NotUnderstoodError as error:
            raise ResticError(Fault(Kind.PROTOCOL, str(error))) from None
        except IctError as error:
            raise ResticError(self._listing_fault(error)) from None

    def _listing_fault(self, error: IctError) -> Fault:
        if error.problems[0].code != "failed":
            return fault_of(error)
        said = next(messages(error.problems[0].message.partition(": ")[2]), "")
        fault = fault_in(self._without_place(said))
        return replace(fault, message=f"the files cannot be listed: {fault.message or 'restic ls failed'}")

    def _started(self, words: Sequence[str], most: float = float("inf")) -> Program:
        return Program(
            (self._program, *words),
            environment=self._environment,
            secrets=self._secrets,
            seconds=self._order.deadline.left(most),
            limit=_LIMIT,
        )

    def _options(self) -> tuple[str, ...]:
        bandwidth = self._order.job.verify.bandwidth
        limit = ("--limit-download", kibibytes(bandwidth)) if bandwidth else ()
        return ("--no-lock", *self._cache, *limit)

    def faults_of(self, done: Completed) -> tuple[Fault, ...]:
        """What a failed command complained of, the telling first; at least its exit code."""
        found = faults_in(messages(self.said(done)))
        telling = tuple(fault for fault in found if fault.kind is not Kind.OTHER)
        return telling or found or (Fault(Kind.OTHER, f"restic ended with exit code {done.exit_code}"),)

    def said(self, done: Completed) -> str:
        """What a command wrote to stderr, without the place of the repository: its words mean nothing."""
        return self._without_place(text(done.stderr))

    def _without_place(self, said: str) -> str:
        place = self._environment["RESTIC_REPOSITORY"]
        return said.replace(place, "REPOSITORY") if len(place) > 1 else said

    def opening_fault(self, fault: Fault) -> Fault:
        """What kept a repository from being opened, by its right name where its files can tell.

        To restic a damaged key is a wrong password (before 0.17), and a lost `config` is no repository.
        """
        if self.local is None or fault.kind not in _OPENING:
            return fault
        try:
            if fault.kind is Kind.NO_REPOSITORY:
                return self._config_fault() or fault
            return self._key_fault(fault)
        except IctError:
            return fault

    def _config_fault(self) -> Fault | None:
        there = {_name(entry.path) for entry in self.machine.glob(f"{self.local}/*", _FILE_SECONDS)}
        if {"keys", "data"} <= there and "config" not in there:
            return Fault(Kind.CONFIG, "config is missing; keys and data are there", "config")
        return None

    def _key_fault(self, fault: Fault) -> Fault:
        keys, broken = self._keys()
        if not keys:
            return Fault(Kind.KEY, "there is no key file", "keys")
        if broken:
            return self._broken(broken[0])
        if fault.kind is Kind.PASSWORD:
            return replace(fault, message="wrong password: the key files are whole")
        return fault

    def broken_keys(self) -> tuple[Fault, ...]:
        """The key files whose content is not what it was; empty where the files cannot be looked at."""
        try:
            return tuple(self._broken(name) for name in self._keys()[1]) if self.local else ()
        except IctError:
            return ()

    def _broken(self, name: str) -> Fault:
        return Fault(Kind.KEY, f"key {name[:8]} is not what was written: its SHA-256 is another", name)

    def _keys(self) -> tuple[list[str], list[str]]:
        """The names of all key files, and of those whose SHA-256 is another."""
        folder = f"{self.local}/keys"
        names = [_name(entry.path) for entry in self.machine.glob(f"{folder}/*", _FILE_SECONDS)]
        sums = self.machine.hashes(folder, names, _FILE_SECONDS)
        return names, [name for name in names if sums.get(name, name) != name]

    def whole_id(self, beginning: str) -> str:
        """The id of the snapshot that begins so; the beginning itself where none or several are found."""
        if len(beginning) == 64 or not beginning:  # noqa: PLR2004 - SHA-256 in hexadecimal
            return beginning
        try:
            ids = ids_in(text(self.look("list", "snapshots", most=_SHORT_SECONDS).stdout))
        except ResticError:
            return beginning
        alike = [each for each in ids if each.startswith(beginning)]
        return alike[0] if len(alike) == 1 else beginning

    def locks(self) -> tuple[Lock, ...]:
        """The locks, and whether their holders live; raises `ResticError` when they cannot be listed."""
        found = (self._lock(each) for each in islice(self._lock_ids(), _MOST_LOCKS))
        return tuple(lock for lock in found if lock is not None)

    def _lock_ids(self) -> Iterator[str]:
        if self.local is not None:
            try:
                entries = self.machine.glob(f"{self.local}/locks/*", _FILE_SECONDS)
            except IctError as error:
                raise ResticError(fault_of(error)) from None
            yield from ids_in("\n".join(_name(entry.path) for entry in entries))
            return
        done = self.look("list", "locks", most=_SHORT_SECONDS)
        if done.exit_code:
            raise ResticError(*self.faults_of(done))
        yield from ids_in(text(done.stdout))

    def _lock(self, name: str) -> Lock | None:
        """One lock; None when it was given back meanwhile."""
        done = self.look("cat", "lock", name, most=_SHORT_SECONDS)
        if done.exit_code == 0:
            try:
                holder = holder_of(done.stdout)
            except NotUnderstoodError:
                return Lock(f"an unreadable lock {printable(name[:8])}", None, None, None)
            return replace(holder.lock, alive=self._is_alive(holder))
        if any(fault.kind is Kind.MISSING_DATA for fault in self.faults_of(done)):
            return None
        return Lock(f"an unreadable lock {printable(name[:8])}", None, None, None)

    def _is_alive(self, holder: Holder) -> bool | None:
        """Whether the holder's process runs, where it is one of this machine (Linux)."""
        try:
            here = text(self.machine.read("/proc/sys/kernel/hostname", 256, _FILE_SECONDS)).strip()
            if here != holder.host:
                return None
            if not self.machine.glob(f"/proc/{holder.pid}", _FILE_SECONDS):
                return False
            name = self.machine.read(f"/proc/{holder.pid}/comm", 256, _FILE_SECONDS)
        except IctError:
            return None
        return True if b"restic" in name else None  # the number may be another program's by now


def text(content: bytes) -> str:
    """What a program printed."""
    return content.decode("utf-8", "replace")


def _folder(machine: Machine, path: str) -> str:
    try:
        return machine.path(path)
    except IctError as error:
        raise ResticError(fault_of(error)) from None


def _name(path: str) -> str:
    return re.split(r"[\\/]", path)[-1]


def kibibytes(size: str) -> str:
    """A bandwidth per second (`20MB`) as restic counts it."""
    return str(max(1, parse_size(size) // 1024))
