"""The newest archives: their files, what of the source they lack, and what comes back of them."""

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
from schoten_ict.backup.ask.several import narrowed, newest_of_each
from schoten_ict.backup.facts import Churn, Fault, Kind, Point, Probe, Signs
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Entry
from schoten_ict.core.remote import RemoteError

_STEP_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found out about one archive; `share` are its files that belong to the slice to read."""

    name: str
    point: Point
    flaws: tuple[Fault, ...] = ()
    source: Probe | None = None
    sample: Probe | None = None
    signs: Signs | None = None
    drill: Probe | None = None
    churn: Churn | None = None
    share: tuple[Entry, ...] = ()


def look_at_newest(found: Opened, order: Order, scratch: str) -> list[Seen]:
    """Everything about the newest archive of each declared host and path."""
    archives = {each.point.id: each for each in found.archives or ()}
    points = newest_of_each(order, [each.point for each in archives.values()])
    return [
        _look(found, narrowed(order, point, len(points)), f"{scratch}/newest-{number}", archives[point.id])
        for number, point in enumerate(points)
    ]


def _look(found: Opened, order: Order, folder: str, archive: Archive) -> Seen:
    with source_files(order, archive.point.at) as source:
        contents = Contents(order, archive, source)
        listed = found.settled(tried(lambda: _pass_over(found, archive, contents)))
        if not listed.proven:
            return _unlisted(archive, listed, order)
        restore = Restore(found, order, folder, archive.name, contents, source)
        sample, signs = restore.sample()
        seen = Seen(
            name=archive.name,
            point=archive.point,
            flaws=contents.flaws(),
            source=_source(contents),
            sample=sample,
            signs=signs,
            drill=restore.drill() if order.drill else None,
            share=tuple(contents.share),
        )
    changed = changes(found, archive, contents.listing, order.looked)
    point = _point(archive, contents, changed)
    return replace(seen, point=point, churn=changed.churn if changed else None)


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


def _unlisted(archive: Archive, listed: Probe, order: Order) -> Seen:
    """An archive of which the files could not be listed: nothing of it comes back either."""
    blocked = listed.blocked or Fault(Kind.NOT_PROVABLE, "the files of the newest archive cannot be listed")
    return Seen(
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


def weighed(found: Opened, seen: Seen) -> Seen:
    """With the bytes that only this archive has; for a repository that is sound.

    `info` also renews what borg remembers of the repository, by which it notices a rollback.
    """
    if not found.access.proven:
        return seen
    try:
        said = found.borg.run("info", "--json", archive=seen.name, most=_STEP_SECONDS)
        return replace(seen, point=replace(seen.point, packed=stats_of(said.stdout).packed))
    except (RemoteError, BorgOutputError):
        return seen
