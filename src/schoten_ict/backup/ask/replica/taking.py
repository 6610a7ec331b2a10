"""Bringing a replica up to date with rsync, within limits that an empty source cannot pass."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import Fault, Kind, Taken
from schoten_ict.backup.order import Order
from schoten_ict.core.amounts import parse_size
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import Completed, RemoteError
from schoten_ict.core.text import counted, printable

_LISTING_SECONDS = 600.0
_STALLED = 600
_SHOWN = 3
_FILES, _SENT, _DELETED, _SIZE = (
    "Number of files",
    "Number of regular files transferred",
    "Number of deleted files",
    "Total transferred file size",
)
_COUNT = re.compile(r"^([NT][A-Za-z ]+): ([0-9.,]+)(?: bytes)?(?: \((.*)\))?$", re.MULTILINE)
_REGULAR = re.compile(r"reg: ([0-9.,]+)")
_VANISHED, _PARTIAL, _STOPPED = 24, 23, 25
_CODES = {
    10: Kind.UNREACHABLE, 11: Kind.INCOMPLETE, 12: Kind.UNREACHABLE, 23: Kind.INCOMPLETE, 25: Kind.INCOMPLETE,
    30: Kind.TIMEOUT, 35: Kind.TIMEOUT, 127: Kind.NO_PROGRAM, 255: Kind.UNREACHABLE,
}  # fmt: skip
"""What rsync's exit codes mean (rsync(1), EXIT VALUES); any other is a fault too."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What rsync counted: files of the source, and what was, or would be, copied and deleted."""

    files: int
    sent: int
    deleted: int
    deleted_files: int
    size: int


@dataclass(frozen=True, slots=True)
class _Leg:
    """One path of the source and the folder of its copy, as rsync names them."""

    source: str
    target: str
    folder: str
    exclude: tuple[str, ...]


def take(machine: Machine, order: Order) -> Taken:
    """Make the replica like its source; what would empty it is refused.

    Raises `ConfigurationError` for a declaration that rsync cannot follow.
    """
    begun, faults, total = monotonic(), list[Fault](), Stats(0, 0, 0, 0, 0)
    vanished = 0
    try:
        for leg in _legs(machine, order):
            stats, wrong, code = _synced(machine, order, leg)
            faults += wrong
            vanished += code == _VANISHED
            total = Stats(
                *(left + right for left, right in zip(_numbers(total), _numbers(stats), strict=True))
            )
    except RemoteError as error:
        faults.append(fault_of(error))
    told = {
        "files": total.files, "sent": total.sent, "deleted": total.deleted, "bytes": total.size,
        "vanished": vanished, "seconds": round(monotonic() - begun, 1),
    }  # fmt: skip
    made = bool(total.files)
    return Taken("replica" if made else "", complete=made and not faults, faults=tuple(faults), told=told)


def _numbers(stats: Stats) -> tuple[int, ...]:
    return stats.files, stats.sent, stats.deleted, stats.deleted_files, stats.size


def _legs(machine: Machine, order: Order) -> Iterator[_Leg]:
    job = order.job
    if len(job.source.hosts) > 1:
        raise ConfigurationError(
            f"{job.name}: a replica is made of one host",
            subject=f"job:{job.name}",
            remedy="declare one job per host of the source",
        )
    host = next((host for host in job.source.hosts if host != machine.name), "")
    url = machine.path(job.repository.url)
    for declared in job.source.paths:
        path = declared.rstrip("/") if host else machine.path(declared)
        folder = url if len(job.source.paths) == 1 else f"{url}/{path.rpartition('/')[2]}"
        remote = f"{host}:" if host else ""
        exclude = tuple(_pattern(order, path, pattern) for pattern in job.source.exclude)
        yield _Leg(f"{remote}{path}/", f"{folder}/", folder, exclude)


def _pattern(order: Order, root: str, pattern: str) -> str:
    """A pattern on whole paths as rsync takes it, whose `*` stops at a slash and whose root is the source."""
    wide = pattern.replace("*", "**")
    if pattern.startswith("*"):
        return wide
    if pattern.startswith(f"{root}/"):
        return wide[len(root) :]
    raise ConfigurationError(
        f"{order.job.name}: rsync cannot leave out {pattern!r}",
        subject=f"job:{order.job.name}",
        remedy=f"begin it with * or with {root}/",
    )


def _synced(machine: Machine, order: Order, leg: _Leg) -> tuple[Stats, list[Fault], int]:
    """Try, look at what would happen, and do it."""
    planned = _rsync(machine, order, leg, ("--dry-run",))
    plan = stats_of(planned.stdout.decode("utf-8", "replace"))
    if plan is None or planned.exit_code not in {0, _VANISHED, _PARTIAL}:
        return Stats(0, 0, 0, 0, 0), [fault_after(planned, leg.source)], planned.exit_code
    if plan.files == 0:
        why = f" ({fault_after(planned, '').message})" if planned.exit_code == _PARTIAL else ""
        words = f"{leg.source} holds no file{why}: the replica was left as it is"
        return Stats(0, 0, 0, 0, 0), [Fault(Kind.EMPTY, words, leg.source)], planned.exit_code
    there = _count(machine, order, leg.folder)
    if plan.deleted_files * 2 > there:
        words = (
            f"{leg.source} lacks {plan.deleted_files} of the {counted(there, 'file')} in the replica, "
            "more than half: the replica was left as it is"
        )
        return Stats(0, 0, 0, 0, 0), [Fault(Kind.MISSING_FILES, words, leg.source)], planned.exit_code
    done = _rsync(machine, order, leg, (f"--max-delete={max(plan.deleted, there // 2)}",))
    stats = stats_of(done.stdout.decode("utf-8", "replace"))
    if stats is None or done.exit_code not in {0, _VANISHED}:
        return stats or Stats(0, 0, 0, 0, 0), [fault_after(done, leg.source)], done.exit_code
    return stats, [], done.exit_code


def _rsync(machine: Machine, order: Order, leg: _Leg, more: Sequence[str]) -> Completed:
    bandwidth = order.job.verify.bandwidth
    limit = (f"--bwlimit={max(1, parse_size(bandwidth) // 1024)}",) if bandwidth else ()
    program = Program(
        (
            order.job.repository.program or "rsync",
            "-a", "-s", "--delete", "--stats", "--no-human-readable", f"--timeout={_STALLED}",
            "--rsh=ssh -o BatchMode=yes",
            *(f"--exclude={pattern}" for pattern in leg.exclude),
            *limit, *more, "--", leg.source, leg.target,
        ),
        seconds=order.deadline.left(),
    )  # fmt: skip
    return machine.run(program)


def _count(machine: Machine, order: Order, folder: str) -> int:
    """How many files the replica holds."""
    try:
        return len(machine.tree(folder, order.deadline.left(_LISTING_SECONDS)).entries)
    except RemoteError as error:
        if error.problems[0].code == "absent":
            return 0
        raise


def stats_of(output: str) -> Stats | None:
    """The numbers of `rsync --stats`; None when they are not there: then nothing was done to the end."""
    found = {match[1]: (_number(match[2]), match[3] or "") for match in _COUNT.finditer(output)}
    if _FILES not in found:
        return None
    total, kinds = found[_FILES]
    deleted, deleted_kinds = found.get(_DELETED, (0, ""))
    return Stats(
        files=_regular(kinds, 0 if kinds else total),
        sent=found.get(_SENT, (0, ""))[0],
        deleted=deleted,
        deleted_files=_regular(deleted_kinds, 0 if deleted_kinds else deleted),
        size=found.get(_SIZE, (0, ""))[0],
    )


def _regular(kinds: str, otherwise: int) -> int:
    match = _REGULAR.search(kinds)
    return _number(match[1]) if match else otherwise


def _number(text: str) -> int:
    return int(re.sub(r"[.,]", "", text) or 0)


def fault_after(done: Completed, where: str) -> Fault:
    """What an end of rsync means, with what it said of files."""
    said = [printable(line) for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    about = [line for line in said if not line.startswith("rsync error:")] or said
    kind = _CODES.get(done.exit_code, Kind.OTHER)
    if "No space left" in " ".join(said) or "Disk quota" in " ".join(said):
        kind = Kind.NO_SPACE
    words = {
        _PARTIAL: "not everything could be copied",
        _STOPPED: "more would be deleted than may be",
    }.get(done.exit_code, "rsync did not come to its end")
    more = "; ".join(about[:_SHOWN]) or "it said nothing"
    return Fault(kind, f"{words} (exit code {done.exit_code}): {more}", where)
