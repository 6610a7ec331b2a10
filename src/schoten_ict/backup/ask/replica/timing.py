"""When a replica last took something from its source, and whether a copy is being made right now."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic, sleep

from schoten_ict.backup.ask.replica.comparing import Held, is_temporary
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Entry, Machine, Program
from schoten_ict.core.remote import RemoteError

_SECONDS = 60.0
_LISTING_SECONDS = 600.0
_WATCHED = 3.0
"""So long a replica is watched: a copy that goes on writes meanwhile (rsync in pieces of 256 KiB)."""
_STALLED = timedelta(minutes=10)
"""A file of rsync's that nobody wrote to for so long was left behind."""
_STEP = timedelta(seconds=1)
_CLOCK = re.compile(rb"(\d{1,12}(?:\.\d{1,9})?)[^\d]{0,4}\s*")
_SLOW = 10_000_000
"""Bytes per second: one run of a copy writes its files at least this fast, one after the other."""


def last_taken(source: Mapping[str, Held], replica: Mapping[str, Entry]) -> datetime | None:
    """When the run that wrote into the replica last wrote its first file, by the clock of the replica.

    A file that changed in the source before that was there to be copied; one that changed while the run was
    going on may have been passed by. The files of one run follow each other as fast as their sizes allow.
    None where no file of the source is in the replica.
    """
    written = sorted(
        ((entry.changed or entry.modified, entry.size) for path, entry in replica.items() if path in source),
        reverse=True,
    )
    begun, size = written[0] if written else (None, 0)
    for at, before in written[1:]:
        if begun is None or begun - at > _STEP + timedelta(seconds=size / _SLOW):
            break
        begun, size = at, before
    return begun


def ahead(replica: Machine, source: Machine, order: Order) -> timedelta:
    """How far the clock of the replica may be ahead of that of the source, at most; 0 where nobody tells.

    Raises `RemoteError` when a host cannot be reached.
    """
    if replica.name == source.name:
        return timedelta(0)
    begun = monotonic()
    here, there = _clock(replica, order), _clock(source, order)
    if here is None or there is None:
        return timedelta(0)
    return timedelta(seconds=here - there + monotonic() - begun)


def _clock(machine: Machine, order: Order) -> float | None:
    """The seconds of a machine's clock; None where it has no `date` that tells them."""
    try:
        done = machine.run(Program(("date", "+%s.%N"), seconds=order.deadline.left(_SECONDS)))
    except RemoteError as error:
        if error.problems[0].code == "absent":
            return None
        raise
    return clock_of(done.stdout) if not done.exit_code else None


def clock_of(output: bytes) -> float | None:
    """The seconds that `date +%s.%N` tells; that of busybox has no fraction. None for anything else."""
    match = _CLOCK.fullmatch(output)
    return float(match[1]) if match else None


def goes_on(machine: Machine, root: str, order: Order, files: Mapping[str, Entry]) -> bool:
    """Whether a copy is being made: the replica is no longer what it was when `files` were listed.

    What rsync is writing shows it too, while it waits for the next bytes. Raises `RemoteError`.
    """
    since = order.now - _STALLED
    if any(is_temporary(path) and (each.changed or each.modified) > since for path, each in files.items()):
        return True
    sleep(order.deadline.left(_WATCHED))
    again = machine.tree(root, order.deadline.left(_LISTING_SECONDS))
    return {entry.path: entry for entry in again.entries} != dict(files)
