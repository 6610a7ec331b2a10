"""The newest archive: its files, what of the source it lacks, and what comes back of it."""

from dataclasses import dataclass, replace
from time import monotonic

from schoten_ict.backup.ask.borg.changes import Changes, changes
from schoten_ict.backup.ask.borg.contents import Contents
from schoten_ict.backup.ask.borg.lists import Archive, BorgOutputError, item_of, stats_of
from schoten_ict.backup.ask.borg.opening import Opened
from schoten_ict.backup.ask.borg.proofs import probe_of, tried
from schoten_ict.backup.ask.borg.restoring import Restore
from schoten_ict.backup.ask.borg.tool import failure_of
from schoten_ict.backup.ask.proving import source_files
from schoten_ict.backup.facts import Churn, Fault, Kind, Point, Probe, Signs
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Entry
from schoten_ict.core.remote import RemoteError

_STEP_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Newest:
    """What was found out about the newest archive; `share` are its files that belong to the slice to read."""

    name: str = ""
    point: Point | None = None
    flaws: tuple[Fault, ...] = ()
    source: Probe | None = None
    sample: Probe | None = None
    signs: Signs | None = None
    drill: Probe | None = None
    churn: Churn | None = None
    share: tuple[Entry, ...] = ()


def look_at_newest(found: Opened, order: Order, scratch: str) -> Newest:
    """Everything about the newest archive; empty where there is none."""
    if not found.archives:
        return Newest()
    archive = found.archives[-1]
    with source_files(order, archive.point.at) as source:
        contents = Contents(order, archive, source)
        listed = found.settled(tried(lambda: _pass_over(found, archive, contents)))
        if not listed.proven:
            return _unlisted(archive, listed, order)
        restore = Restore(found, order, scratch, archive.name, contents, source)
        sample, signs = restore.sample()
        newest = Newest(
            name=archive.name,
            flaws=contents.flaws(),
            source=_source(contents),
            sample=sample,
            signs=signs,
            drill=restore.drill() if order.drill else None,
            share=tuple(contents.share),
        )
    changed = changes(found, archive, contents.listing, order.looked)
    point = _point(archive, contents, changed)
    return replace(newest, point=point, churn=changed.churn if changed else None)


def _pass_over(found: Opened, archive: Archive, contents: Contents) -> Probe:
    begun = monotonic()
    faults: tuple[Fault, ...] = ()
    try:
        for line in found.borg.lines("list", "--json-lines", archive=archive.name, most=_STEP_SECONDS):
            contents.feed(item_of(line))
    except BorgOutputError as error:
        faults = (Fault(Kind.PROTOCOL, str(error)),)
    except RemoteError as error:
        faults = found.ours(failure_of(error))
    return probe_of(faults, monotonic() - begun)


def _unlisted(archive: Archive, listed: Probe, order: Order) -> Newest:
    """The newest archive when its files could not be listed: nothing of it comes back either."""
    blocked = listed.blocked or Fault(Kind.NOT_PROVABLE, "the files of the newest archive cannot be listed")
    return Newest(
        name=archive.name,
        point=archive.point,
        flaws=listed.faults,
        source=Probe(blocked=blocked) if order.source is not None else None,
        sample=listed if order.sample else None,
        drill=listed if order.drill else None,
    )


def _source(contents: Contents) -> Probe | None:
    """The comparison with the source, and what the archive was told to hold and does not."""
    probe, absent = contents.check.probe(), contents.absent()
    if not absent:
        return probe
    return replace(probe or Probe(), faults=(*absent, *(probe.faults if probe else ())))


def _point(archive: Archive, contents: Contents, changed: Changes | None) -> Point:
    return replace(
        archive.point,
        files=contents.listing.files,
        size=contents.listing.size,
        complete=False if contents.absent() else archive.point.complete,
        new_files=changed.churn.new if changed else None,
        changed_files=changed.churn.changed if changed else None,
        added=changed.added if changed else None,
    )


def weighed(found: Opened, newest: Newest) -> Newest:
    """With the bytes that only this archive has; for a repository that is sound.

    `info` also renews what borg remembers of the repository, by which it notices a rollback.
    """
    if newest.point is None or not found.access.proven:
        return newest
    try:
        said = found.borg.run("info", "--json", archive=newest.name, most=_STEP_SECONDS)
        return replace(newest, point=replace(newest.point, packed=stats_of(said.stdout).packed))
    except (RemoteError, BorgOutputError):
        return newest
