"""Taking a backup with `borg create`."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from schoten_ict.backup.ask.borg.lists import BorgOutputError, stats_of
from schoten_ict.backup.ask.borg.log import Message, short
from schoten_ict.backup.ask.borg.proofs import Ended
from schoten_ict.backup.ask.borg.tool import bandwidth, borg_for, folder_of
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import Fault, Kind, Taken
from schoten_ict.backup.order import Order
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import counted

_SHORT_SECONDS = 60.0
_LIFE = re.compile(r"file changed while we backed it up|Replaying segments|Permanently added|^Hint: ")
_GONE = re.compile(r"^(.*?): (?:\w+: )?\[Errno 2\]", re.DOTALL)


def take(machine: Machine, order: Order) -> Taken:
    """Back up the declared paths into an archive of its own, `JOB-TIME`.

    It is complete when there are files in it, every declared path was there and borg could read all that it
    found: that a file changes or goes meanwhile is life. Raises `ConfigurationError` for a job without paths.
    """
    job = order.job
    if not job.source.paths:
        raise ConfigurationError(
            f"{job.name}: no paths to back up", subject=f"job:{job.name}", remedy="add source: {paths: [...]}"
        )
    paths = [machine.path(path) for path in job.source.paths]
    try:
        with machine.scratch(order.owner, job.verify.scratch, _SHORT_SECONDS) as scratch:
            return taken(_create(machine, order, paths, scratch), paths)
    except RemoteError as error:
        return Taken("", complete=False, faults=(fault_of(error),))


def _create(machine: Machine, order: Order, paths: list[str], scratch: str) -> Ended:
    borg = borg_for(machine, order, scratch)
    here = folder_of(machine, order.job.repository.url)
    words = [word for pattern in order.job.source.exclude for word in ("--exclude", f"fm:{pattern}")]
    words += () if here else bandwidth(order)
    name = f"{order.job.name}-{order.now:%Y-%m-%dT%H:%M:%S}"
    borg = replace(borg, location=here or borg.location)
    return borg.run("create", "--json", *words, archive=name, after=paths)


def taken(said: Ended, paths: Collection[str]) -> Taken:
    """What `create --json` of these paths made."""
    faults = tuple(_unread(said.log, paths)) or (() if _is_life(said) else said.faults)
    try:
        stats = stats_of(said.stdout)
    except BorgOutputError as error:
        none = Fault(Kind.PROTOCOL, f"no archive was made: {error}")
        return Taken("", complete=False, faults=faults or (none,))
    if not stats.files:
        faults = (Fault(Kind.EMPTY, "there is no file in the new archive"), *faults)
    told = {"files": stats.files, "bytes": stats.size, "packed": stats.packed}
    return Taken(stats.id, complete=not faults, faults=faults, told=told)


def _unread(log: Sequence[Message], paths: Collection[str]) -> Iterator[Fault]:
    """What borg warned of: declared paths that are not there, and files that it could not read."""
    warned = [each.text for each in log if each.level == "WARNING" and not _LIFE.search(each.text)]
    gone = {said: found[1] for said in warned if (found := _GONE.match(said))}
    for path in gone.values():
        if path in paths:
            yield Fault(Kind.MISSING_FILES, f"{path} is not there", path)
    unread = [said for said in warned if said not in gone]
    if unread:
        words = f"{counted(len(unread), 'file')} not backed up: {short(unread[0])}"
        yield Fault(Kind.INCOMPLETE, words, unread[0].partition(": ")[0])


def _is_life(said: Ended) -> bool:
    """Whether the exit code of a warning comes from nothing but files that changed or went meanwhile."""
    warned = [each.text for each in said.log if each.level not in {"INFO", "DEBUG"}]
    return bool(warned) and all(_LIFE.search(each) or _GONE.match(each) for each in warned)
