"""How old apt's lists are.

Measured with apt 2.6 against a server of our own:

- a list has the time at which the archive published it (Last-Modified), not that of the download;
- where nothing is new, and where no server answers, apt-get update touches no list, and ends with 0 both
  times;
- pkgcache.bin is written in both cases, so that it proves nothing;
- the folder changes when something was fetched, and update-success-stamp (update-notifier-common, on every
  Ubuntu server) when not everything failed.

So the newest of list, folder and stamp is when apt last had something from some archive. That proves nothing
of the archives of security updates, which change on nearly every day (Debian's at least once a week, or they
expire): where there are any, they alone count. Of several releases the oldest does; that of Ubuntu Pro stands
in for that of everybody, which rests once its support is over, and esm-apps for neither. A list beyond its
own Valid-Until was not refreshed, whatever the others say. A source that was never fetched is left out of
every answer in silence: then nothing is known of the age.
"""

import re
from collections.abc import Container, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from schoten_ict.core.errors import Problem
from schoten_ict.patch.ask.linux_told import moment, past, shown

_SECURITY = re.compile(r"_dists_(?P<release>[^_]+?)(?:(?:-infra)?-security|_updates)_(?:In)?Release$")
_FOR_APPS = "-apps"
_SOURCE = re.compile(r"^'(?P<address>\S*)InRelease' (?P<name>\S*)InRelease ", re.MULTILINE)


def lists_age(text: str, sources: str, now: datetime) -> tuple[datetime | None, list[Problem]]:
    """When the lists were last known to be those of the archives, and what is wrong with them; pure.

    Lines of `text` are `list SECONDS NAME VALID-UNTIL` for Release files and `checked SECONDS PATH`, split by
    tabs; `sources` is the answer of `apt-get --print-uris update`.
    """
    lists, checked, expired = dict[str, datetime](), list[datetime](), list[tuple[datetime, str]]()
    for line in text.splitlines():
        kind, seconds, name, until = [*line.split("\t"), "", "", "", ""][:4]
        when = past(moment(seconds), now)
        if when is not None and kind != "list":
            checked.append(when)
        elif when is not None:
            lists[name] = when
            if (end := _day(until)) is not None and end < now:
                expired.append((when, name))
    if not lists:
        return None, [Problem("absent", "/var/lib/apt/lists has no Release file", "lists_at")]
    if absent := _never_fetched(sources, lists):
        return None, [absent]
    if expired:
        when, name = min(expired)
        return when, [Problem("stale", f"the list {name[:200]} is past its Valid-Until", "lists_at")]
    return min(_of_security(lists).values(), default=max([*lists.values(), *checked])), []


def _of_security(lists: Mapping[str, datetime]) -> dict[str, datetime]:
    """When the security updates of each release were last published here; of several mirrors the newest."""
    found: dict[str, datetime] = {}
    for name, when in lists.items():
        told = _SECURITY.search(name)
        if told is not None and not told["release"].endswith(_FOR_APPS):
            found[told["release"]] = max(when, found.get(told["release"], when))
    return found


def _never_fetched(sources: str, lists: Container[str]) -> Problem | None:
    for source in _SOURCE.finditer(sources):
        if not any(f"{source['name']}{kind}" in lists for kind in ("InRelease", "Release")):
            message = f"the list of {shown(source['address'])[:200]} was never fetched"
            return Problem("absent", message, "lists_at", "see what apt-get update says on the machine")
    return None


def _day(text: str) -> datetime | None:
    """A date as Release files have it: `Sat, 22 Nov 2026 10:00:00 UTC`."""
    try:
        when = parsedate_to_datetime(text.strip())
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
