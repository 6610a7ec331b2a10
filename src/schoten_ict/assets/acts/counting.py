"""Counting equipment: start, scan by scan, finish. Every scan is a transaction of its own."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from schoten_ict.assets.acts.keeping import category_of
from schoten_ict.assets.judge import counting
from schoten_ict.assets.judge.counting import Counted, Outcome, Recorded, Scan, Scope
from schoten_ict.assets.model import changed
from schoten_ict.assets.records import assets, counts
from schoten_ict.assets.records.counts import Count
from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.facts import Holder, HolderKind
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.text import nearest, printable
from schoten_ict.formats.identifiers import looks_like_national_number
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.sites import SITES, Site
from schoten_ict.store import Store, Transaction, custody, findings
from schoten_ict.store.journal import Change

LONGEST_CODE = 200
CHECKS = "assets.count.*"


@dataclass(frozen=True, slots=True)
class Places:
    """The declared sites and the known rooms, to recognise how people write them."""

    sites: tuple[Site, ...]
    rooms: frozenset[str]

    def site(self, text: str | None) -> str | None:
        """The name of the site that is written as its name or its title; other text as it is."""
        known = (site.name for site in self.sites if _is(text, site.name) or _is(text, site.title))
        return next(known, text)

    def room(self, text: str) -> str:
        """The room as it is recorded; raises `NotFoundError` with the nearest one."""
        for room in self.rooms:
            if _is(text, room):
                return room
        raise NotFoundError(
            f"no room {text!r}{nearest(text, sorted(self.rooms))}",
            remedy="rooms stand under sites in inventory.yaml, or with an asset",
        )

    def site_of(self, room: str) -> str | None:
        """The site that declares a room."""
        return next((site.name for site in self.sites if any(_is(room, each) for each in site.rooms)), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one scan gave. `before` is the earlier scan of the same thing, if there was one.

    `several` are the tags where a code belongs to more than one asset.
    """

    counted: Counted
    before: Scan | None = None
    several: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """A finished count: how it turned out, and the tags whose record was put right."""

    count: Count
    rows: tuple[Counted, ...]
    findings: tuple[Finding, ...]
    corrected: frozenset[str]


def places(connection: sqlite3.Connection, inventory: Inventory) -> Places:
    """The rooms that are declared, written with an asset, or hold one."""
    sites = inventory.get(SITES)
    declared = {room for site in sites for room in site.rooms}
    used = {thing.location for thing in counts.recorded(connection) if thing.location}
    by_word = {room.casefold(): room for room in sorted(used)} | {room.casefold(): room for room in declared}
    return Places(sites, frozenset(by_word.values()))


def start(store: Store, inventory: Inventory, name: str, scope: Scope) -> Count:
    """Begin a count and fix what it looks for.

    Raises `NotFoundError` for a site, room or category that is nowhere known, `UsageError` for a name that
    cannot be typed again, and `ConflictError` when the name is taken.
    """
    if not name.strip() or name != printable(name).strip() or name.startswith("-"):
        raise UsageError(f"{printable(name)!r} is no name for a count", remedy="as voorjaar-2026")
    with store.transaction() as transaction:
        known = places(transaction.connection, inventory)
        things = _things(transaction.connection, known)
        checked = _checked(scope, inventory, known, things.values())
        tags = [tag for tag, thing in things.items() if checked.covers(thing)]
        count = counts.start(transaction, name, checked, tags)
        values = {"site": checked.site, "location": checked.location, "category": checked.category}
        transaction.record("count.start", count.subject, None, {**values, "expected": len(tags)})
    return count


def scan(store: Store, known: Places, name: str, code: str, room: str | None) -> Seen:
    """Keep one scanned code; an asset that is scanned again in another room moves there.

    Raises `NotFoundError` and `ConflictError` as `counts.running` does, and `UsageError` for a text that
    is no code and is not kept.
    """
    with store.transaction() as transaction:
        connection = transaction.connection
        count = counts.running(connection, name)
        tags = counts.tags_of(connection, code)
        _require_code(code, tags)
        asset = tags[0] if len(tags) == 1 else None
        before = counts.earlier(connection, name, code, asset)
        made = Scan(code, asset, room)
        if before is not None:
            made = Scan(before.code, asset, room or before.location)
        if made != before:
            counts.put_scan(transaction, name, made)
            _journal_scan(transaction, count, made, before)
        thing = _recorded(connection, known, made.asset)
        expected = thing is not None and counts.is_expected(connection, name, thing.tag)
        counted = counting.judged(made, thing, count.scope, expected=expected)
    return Seen(counted, before, tuple(tags) if len(tags) > 1 else ())


def tally(connection: sqlite3.Connection, known: Places, count: Count) -> list[Counted]:
    """How a count stands; of a finished one, how it turned out."""
    if count.finished_at is not None:
        return counts.kept_outcomes(connection, count.name)
    expected = counts.expected(connection, count.name)
    scans = [_recognised(connection, each) for each in counts.scans(connection, count.name)]
    return counting.outcomes(count.scope, expected, scans, _things(connection, known))


def moves(rows: Iterable[Counted]) -> dict[str, str]:
    """The rooms that `finish` may write, by tag: those in which misplaced assets were seen."""
    return {
        row.tag: row.seen_location
        for row in rows
        if row.outcome is Outcome.MISPLACED and row.tag and row.seen_location
    }


def finish(store: Store, inventory: Inventory, name: str, wanted: Mapping[str, str]) -> Closed:
    """Close a count, keep its findings, and write the room of those in `wanted` that were seen there.

    Raises `ConflictError` when it is finished already. What other counts found stands until an asset of
    theirs is counted again.
    """
    with store.transaction() as transaction:
        connection = transaction.connection
        count = counts.running(connection, name)
        known = places(connection, inventory)
        rows = tally(connection, known, count)
        seen = moves(rows)
        corrected = frozenset(tag for tag, room in wanted.items() if seen.get(tag) == room)
        told = counting.findings(name, rows, _things(connection, known), corrected, transaction.now)
        moved = [_move(transaction, known, count, tag, seen[tag]) for tag in sorted(corrected)]
        counts.finish(transaction, name, rows)
        kept = _keep_findings(transaction, rows, told)
        totals = {str(outcome): number for outcome, number in counts.totals(rows).items()}
        transaction.record_many("count.finish", count.subject, [Change(count.subject, None, totals), *moved])
    return Closed(replace(count, finished_at=transaction.now), tuple(rows), tuple(kept), corrected)


def preview(
    reader: sqlite3.Connection, inventory: Inventory, name: str, wanted: Mapping[str, str], now: datetime
) -> Closed:
    """What `finish` would give, with nothing written; raises as it does."""
    count = counts.running(reader, name)
    known = places(reader, inventory)
    rows = tally(reader, known, count)
    told = counting.findings(name, rows, _things(reader, known), wanted, now)
    return Closed(count, tuple(rows), tuple(told), frozenset(wanted))


def _recognised(connection: sqlite3.Connection, scan: Scan) -> Scan:
    """An unknown code that has got an asset since it was scanned is that asset."""
    tags = [] if scan.asset else counts.tags_of(connection, scan.code)
    return replace(scan, asset=tags[0]) if len(tags) == 1 else scan


def _keep_findings(transaction: Transaction, rows: list[Counted], told: list[Finding]) -> list[Finding]:
    """Record what this count tells and keep what stands of other counts about other things."""
    looked_at = {subject("asset", row.tag) for row in rows if row.tag} | {each.subject for each in told}
    standing = [
        each
        for each in findings.open_findings(transaction.connection, transaction.now, scope=CHECKS)
        if each.subject not in looked_at and (each.valid_until is None or transaction.now <= each.valid_until)
    ]
    return findings.record(transaction, [CHECKS], [*standing, *told])[len(standing) :]


def _move(transaction: Transaction, known: Places, count: Count, tag: str, room: str) -> Change:
    """Write the room of an asset, and its site where that is another; a room that held it holds it there."""
    before = assets.get(transaction.connection, tag)
    site = known.site_of(room) or count.scope.site or before.site
    site = before.site if _is(known.site(before.site), site) else site
    counts.put_place(transaction, tag, room, site)
    old, new = changed(before, replace(before, location=room, site=site))
    held = custody.current(transaction.connection, tag)
    if held is not None and held.holder.kind is HolderKind.ROOM:
        custody.end(transaction, tag)
        custody.begin(transaction, tag, Holder(HolderKind.ROOM, room), due_back=held.due_back)
        old["holder"], new["holder"] = str(held.holder), f"room:{room}"
    return Change(before.subject, old, new)


def _journal_scan(transaction: Transaction, count: Count, scan: Scan, before: Scan | None) -> None:
    about = subject("asset", scan.asset) if scan.asset else count.subject
    after = {"count": count.name, "code": scan.code, "location": scan.location}
    earlier = None
    if before is not None:
        earlier = {"count": count.name, "code": before.code, "location": before.location}
    transaction.record_many("count.scan", count.subject, [Change(about, earlier, after)])


def _require_code(code: str, tags: list[str]) -> None:
    if len(code) > LONGEST_CODE:
        raise UsageError(f"{len(code)} characters are no code")
    if not tags and looks_like_national_number(code):
        raise UsageError("this looks like a national register number and is not kept")


def _checked(scope: Scope, inventory: Inventory, known: Places, things: Iterable[Recorded]) -> Scope:
    """The scope with the recorded spelling of its places; raises `NotFoundError` for unknown ones."""
    if scope.category is not None:
        category_of(inventory, scope.category)
    site = known.site(scope.site)
    names = {each.name for each in known.sites} | {thing.site for thing in things if thing.site}
    if site is not None and not any(_is(site, name) for name in names):
        raise NotFoundError(
            f"no site {site!r}{nearest(site, sorted(names))}", remedy="sites stand in inventory.yaml"
        )
    room = known.room(scope.location) if scope.location is not None else None
    return replace(scope, site=site, location=room)


def _things(connection: sqlite3.Connection, known: Places) -> dict[str, Recorded]:
    return {thing.tag: thing for thing in _named(counts.recorded(connection), known)}


def _recorded(connection: sqlite3.Connection, known: Places, tag: str | None) -> Recorded | None:
    return next(_named([counts.recorded_one(connection, tag)], known)) if tag else None


def _named(things: Iterable[Recorded], known: Places) -> Iterator[Recorded]:
    return (replace(thing, site=known.site(thing.site)) for thing in things)


def _is(one: str | None, other: str | None) -> bool:
    return bool(one) and counting.same(one, other)
