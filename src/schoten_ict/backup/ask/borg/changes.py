"""What the newest archive changed against the one before it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from schoten_ict.backup.ask.borg.lists import Archive, BorgOutputError, Change, change_of
from schoten_ict.backup.ask.borg.opening import Opened
from schoten_ict.backup.ask.borg.tool import escaped
from schoten_ict.backup.ask.magic import suffix_of
from schoten_ict.backup.ask.proving import Listing
from schoten_ict.backup.facts import Churn
from schoten_ict.backup.judge.series import compared_with, earlier
from schoten_ict.core.remote import RemoteError

_STEP_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Changes:
    """The files that changed, and the bytes in new files and in new parts of changed ones."""

    churn: Churn
    added: int


@dataclass(slots=True)
class _Counted:
    """Differences, counted as they pass by."""

    files: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    added: int = 0

    def feed(self, change: Change) -> None:
        self.files[change.what] += 1
        self.added += change.added
        if change.what == "added":
            self.new[suffix_of(change.path)] += 1
        elif change.what == "removed":
            self.gone[suffix_of(change.path)] += 1


def changes(found: Opened, archive: Archive, listing: Listing, looked: Collection[str]) -> Changes | None:
    """The difference by content, from the chunks of both; None where there is nothing to compare with.

    `listing` are the files of `archive`: what was there before follows from them and the difference.
    """
    before = _before(found, archive, looked)
    if before is None:
        return None
    counted = _Counted()
    words = ("diff", "--json-lines")
    after = (escaped(archive.name),)
    try:
        for line in found.borg.lines(*words, archive=before.name, after=after, most=_STEP_SECONDS):
            if (change := change_of(line)) is not None:
                counted.feed(change)
    except (RemoteError, BorgOutputError):  # damage is told by other steps
        return None
    files = counted.files
    churn = Churn(
        new=files["added"],
        changed=files["modified"],
        removed=files["removed"],
        total=listing.files - files["added"] + files["removed"],
        suffixes=dict(listing.suffixes),
        suffixes_before=dict(listing.suffixes - counted.new + counted.gone),
    )
    return Changes(churn, counted.added)


def _before(found: Opened, archive: Archive, looked: Collection[str]) -> Archive | None:
    """The archive before, of the same host and paths; one that was looked at, where there is one."""
    archives = {each.point.id: each for each in found.archives or ()}
    older = earlier(archive.point, [each.point for each in archives.values()])
    before = compared_with(older, looked)
    return archives[before.id] if before is not None else None
