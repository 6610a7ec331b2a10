"""What a package manager tells of a Linux machine, and the small readings that all of them share."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from schoten_ict.core.errors import Problem
from schoten_ict.formats.framed import Section
from schoten_ict.patch.facts import Severity, Update

Found = Mapping[str, Section]
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,19}\b")
_LONGEST = 300
_MOST_DIGITS = 12
_ACCOUNT = re.compile(r"//[^/\s]*@")
_QUERY = re.compile(r"(\w://[^\s?\"'<>]*\?)[^\s\"'<>]+")
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """One package manager's part of `PatchFacts`; `sources` are its repositories by name."""

    updates: tuple[Update, ...] | None = None
    lists_at: datetime | None = None
    patched_at: datetime | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    subscriptions: tuple[str, ...] = ()
    missing: tuple[Problem, ...] = ()


def text(found: Found, name: str) -> str:
    """What a part says; empty for one that is not there."""
    return found[name].text if name in found else ""


def well(found: Found, name: str, *others: int) -> bool:
    """Whether a part is there and ended with 0 or one of `others`."""
    return name in found and found[name].status in {0, *others}


def refusal(found: Found, name: str, tool: str, sign: str = "") -> Problem:
    """Why `updates` are not told: the first complaint that begins with `sign`, else the first one."""
    if name not in found:
        return Problem("absent", f"{tool} gave no answer", "updates")
    lines = [line.strip() for line in found[name].said.splitlines() if line.strip()]
    lines = [line for line in lines if line.startswith(sign)] or lines
    reason = shown(lines[0])[:_LONGEST] if lines else f"exit status {found[name].status}"
    return Problem("failed", f"{tool}: {reason}", "updates", "run it on the machine and mend what it says")


def moment(seconds: str) -> datetime | None:
    """A time from whole seconds since 1970; None for what is none."""
    seconds = seconds.strip()
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > _MOST_DIGITS:
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def past(when: datetime | None, now: datetime) -> datetime | None:
    """A time of a file that can be: one that lies ahead proves nothing, but clocks differ a little."""
    if when is None or when - _AHEAD > now:
        return None
    return min(when, now)


def pairs(told: str) -> dict[str, str]:
    """`NAME=value` lines, values without their quotes (os-release(5))."""
    found = {}
    for line in told.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip().isidentifier():
            found[name.strip()] = value.strip().strip("\"'")
    return found


def severity(word: str) -> Severity:
    """The vendor's word (Red Hat, SUSE, Fedora); any other rates nothing."""
    word = word.strip().lower()
    return Severity(word) if word in _RATED else Severity.UNRATED


_RATED = frozenset(each.value for each in Severity)


def cves(words: str) -> tuple[str, ...]:
    """The CVE numbers in a text, each once, in their order."""
    return tuple(dict.fromkeys(_CVE.findall(words)))


def shown(words: str) -> str:
    """Words without the accounts in the addresses that stand there, nor what stands behind `?` (a token)."""
    return _QUERY.sub(r"\1...", _ACCOUNT.sub("//", words))


def last_install(found: Found, now: datetime) -> datetime | None:
    """When an RPM was last installed: `rpm -qa` with INSTALLTIME first. Keys are no packages."""
    times = []
    for line in text(found, "packages").splitlines():
        seconds, _, name = line.partition("\t")
        when = past(moment(seconds), now)
        if when is not None and not name.startswith("gpg-pubkey\t"):
            times.append(when)
    return max(times, default=None)


def installed_versions(found: Found) -> dict[tuple[str, str], str]:
    """The version of each installed RPM by name and architecture; of several the one that came last."""
    rows = []
    for line in text(found, "packages").splitlines():
        match line.split("\t"):
            case [seconds, name, version, architecture] if moment(seconds):
                rows.append((int(seconds), name, architecture, version.removeprefix("0:")))
    return {(name, architecture): version for _, name, architecture, version in sorted(rows)}


def cache_ages(found: Found, kind: str) -> dict[str, datetime]:
    """When each repository's cached file of a `kind` (`repomd`, `primary`, `updateinfo`) was last confirmed.

    The key is the folder that holds `repodata`: dnf's `ID-HASH`, zypper's alias.
    """
    ages: dict[str, datetime] = {}
    for line in text(found, "caches").splitlines():
        seconds, _, path = line.partition("\t")
        parts = path.split("/")
        when = moment(seconds)
        if when is None or len(parts) < len(("folder", "repodata", "file")) or parts[-2] != "repodata":
            continue
        if kind in parts[-1]:
            ages[parts[-3]] = max(when, ages.get(parts[-3], when))
    return ages


def oldest(times: Iterable[datetime | None], now: datetime) -> datetime | None:
    """The oldest of times that must all be known; None without one."""
    known = [past(when, now) for when in times]
    complete = [when for when in known if when is not None]
    return min(complete) if complete and len(complete) == len(known) else None
