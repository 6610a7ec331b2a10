"""Where PostgreSQL's programs are, of which versions."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from schoten_ict.backup.ask.postgres.heads import major_of
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import RemoteError

_PLACES = (("/usr/lib/postgresql/*", "bin"), ("/usr/pgsql-*", "bin"))
"""Debian's folders and those of the PostgreSQL project's own packages."""
_SECONDS = 30.0
_VERSION = re.compile(rb"\(PostgreSQL\) (\d+[^\s]*)")


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs of one version; `folder` is empty where they are on PATH."""

    folder: str
    major: int

    def path(self, name: str) -> str:
        """How a program is called."""
        return posixpath.join(self.folder, name) if self.folder else name


def installed(machine: Machine, order: Order) -> list[Tools]:
    """The versions that a machine has, oldest first; the declared one alone where one is declared."""
    if order.job.repository.program:
        return _at(machine, order, _folder(machine.path(order.job.repository.program)))
    found = []
    for pattern, below in _PLACES:
        for entry in machine.glob(pattern, order.deadline.left(_SECONDS)):
            major = re.search(r"(\d+)$", entry.path)
            if major and entry.is_folder:
                found.append(Tools(posixpath.join(entry.path, below), int(major[1])))
    return sorted(found, key=lambda tools: tools.major) or _at(machine, order, "")


def _folder(declared: str) -> str:
    """The declaration names the folder of the programs, or one of them."""
    folder, name = posixpath.split(declared)
    return folder if name.startswith(("pg_", "psql", "postgres")) and "." not in name else declared


def _at(machine: Machine, order: Order, folder: str) -> list[Tools]:
    program = posixpath.join(folder, "pg_restore") if folder else "pg_restore"
    try:
        done = machine.run(Program((program, "--version"), seconds=order.deadline.left(_SECONDS)))
    except RemoteError as error:
        if error.problems[0].code == "absent":
            return []
        raise
    match = _VERSION.search(done.stdout)
    major = major_of(match[1].decode("ascii", "replace")) if match else None
    return [Tools(folder, major)] if major is not None else []


def newest(found: Sequence[Tools], at_least: int | None) -> Tools | Fault:
    """The newest programs, which must not be older than those that made a dump."""
    if not found:
        return Fault(Kind.NO_PROGRAM, "PostgreSQL's programs are not there (pg_restore)")
    if at_least is not None and found[-1].major < at_least:
        words = f"made by version {at_least}; the newest programs here are of version {found[-1].major}"
        return Fault(Kind.NO_PROGRAM, words)
    return found[-1]


def exact(found: Sequence[Tools], major: int) -> Tools | Fault:
    """The programs of one version, which a copy of a cluster's files needs."""
    for tools in found:
        if tools.major == major:
            return tools
    here = ", ".join(str(tools.major) for tools in found) or "none"
    return Fault(Kind.NO_PROGRAM, f"needs PostgreSQL {major}; here are versions: {here}")
