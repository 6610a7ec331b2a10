"""dnf 4 and 5: which packages and advisories are newer than what is installed, from the cache alone.

Sources: dnf(8), dnf.conf(5), dnf5-advisory(8), outputs of dnf 4.14 and of dnf5's own tests, and measurements
with dnf 4.14:

- `-C` reads the system's cache for every account and never asks the network; without a cache it answers
  *nothing newer* with status 0 where repositories may be unavailable, so that this is switched off;
- `check-update` leaves out what versionlock and `exclude=` keep back, `repoquery` with `disable_excludes`
  does not: the difference is what is held;
- only `primary` gets a new time when the repository has nothing new, so that it tells the age of the cache.

An advisory is one update, whatever packages it has. A package that no advisory covers is one of its own, and
no security update only where its repository has advisories at all: CentOS Stream has none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from schoten_ict.core.errors import Problem
from schoten_ict.patch.ask.linux_told import (
    Found,
    Told,
    cache_ages,
    cves,
    installed_versions,
    last_install,
    oldest,
    refusal,
    severity,
    text,
    well,
)
from schoten_ict.patch.facts import INCOMPLETE, Hold, Severity, Update

UPDATES = 100
"""The status of check-update where there are updates."""
_ARCHITECTURE = r"(?:noarch|[a-z][a-z0-9_]{2,15})"
_ROW = re.compile(rf"^(?P<name>\S+)\.(?P<architecture>{_ARCHITECTURE})$")
_NEVRA = re.compile(
    rf"^(?P<name>\S+?)-(?:(?P<epoch>\d+):)?(?P<version>[^-\s]+)-(?P<release>[^-\s]+)\.(?P<architecture>{_ARCHITECTURE})$"
)
_ADVISORY = re.compile(r"^[A-Z][A-Za-z0-9_]*-\S*\d\S*$")
_HASH = re.compile(r"-[0-9a-f]{16}$")
_FIELD = re.compile(r"^ *(?P<key>[A-Z][A-Za-z ]*?) *: ?(?P<value>.*)$")
_RULE = re.compile(r"^={20,}$")
_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})\b")
_KERNELS = ("kernel", "kernel-core", "kernel-rt", "kernel-rt-core", "kernel-uek", "kernel-uek-core")
_EXTENDED = re.compile(r"-(eus|aus|tus|e4s|els)-")


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a package. `version` is `[EPOCH:]VERSION-RELEASE` without an epoch of 0."""

    name: str
    architecture: str
    version: str
    repository: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """What it is a version of."""
        return self.name, self.architecture


@dataclass(frozen=True, slots=True)
class Advisory:
    """What is known of an advisory apart from its packages."""

    kind: str = ""
    severity: Severity = Severity.UNRATED
    title: str = ""
    cves: tuple[str, ...] = ()
    published: date | None = None


def read(found: Found, now: datetime) -> Told:
    """What dnf tells; pure."""
    repositories = read_repositories(text(found, "repositories"))
    updates, problems = _updates(found)
    lists_at = _lists_at(found, repositories, now) if well(found, "repositories") else None
    patched_at = last_install(found, now)
    if lists_at is None:
        problems.append(Problem("absent", "the cache of some repository has no known age", "lists_at"))
    if patched_at is None:
        problems.append(Problem("absent", "rpm tells of no installation", "patched_at"))
    extended = {told[1] for name in repositories if (told := _EXTENDED.search(f"-{name}-")) is not None}
    return Told(updates, lists_at, patched_at, repositories, tuple(sorted(extended)), tuple(problems))


def _updates(found: Found) -> tuple[tuple[Update, ...] | None, list[Problem]]:
    for name, tool, statuses in (
        ("available", "dnf check-update", (UPDATES,)),
        ("newer", "dnf repoquery", ()),
        ("advisories", "dnf updateinfo", ()),
    ):
        if not well(found, name, *statuses):
            return None, [refusal(found, name, tool, "Error")]
    if well(found, "repositories") and not read_repositories(text(found, "repositories")):
        return None, [Problem("absent", "dnf: no repository is enabled", "updates")]
    available = {each.identity: each for each in read_check_update(text(found, "available"))}
    if bool(available) != (found["available"].status == UPDATES):
        return None, [Problem("protocol", "dnf check-update gave an answer of another shape", "updates")]
    newer = {each.identity: each for each in read_newer(text(found, "newer"))}
    advisories = read_advisories(text(found, "advisories"), text(found, "details"))
    told = updates_of(
        newer | available,
        advisories,
        held=newer.keys() - available.keys(),
        installed=installed_versions(found),
        informed={_HASH.sub("", folder) for folder in cache_ages(found, "updateinfo")},
    )
    problems = list(_beside(found, advisories, available, newer))
    if any(each.security is None for each in told):
        message = "a repository without advisories does not tell security updates apart"
        problems.append(Problem("absent", message, "updates"))
    return told, problems


def _beside(
    found: Found,
    advisories: Iterable[str],
    available: Mapping[tuple[str, str], Package],
    newer: Mapping[tuple[str, str], Package],
) -> Iterator[Problem]:
    """What the questions beside the lists did not tell: how bad advisories are, and what is kept back.

    Without excludes everything that can be installed is newer as well, so that a row less is an answer that
    was not understood.
    """
    known = {name for name, _ in read_details(text(found, "details"))} if well(found, "details") else ()
    unknown = [name for name in advisories if name not in known]
    if unknown:
        problem = refusal(found, "details", "dnf updateinfo info", "Error")
        why = "" if well(found, "details") else f" ({problem.message})"
        message = f"what {unknown[0][:100]} is about was not told{why}: its CVEs may be exploited"
        yield Problem(INCOMPLETE, message, "updates", problem.remedy)
    rows = [line for line in text(found, "newer").splitlines() if line.strip()]
    if len(rows) != len(list(read_newer(text(found, "newer")))) or not available.keys() <= newer.keys():
        message = "dnf repoquery gave an answer of another shape: what is locked or excluded is not told"
        yield Problem(INCOMPLETE, message, "updates", "see dnf versionlock list, and excludes in /etc/dnf")


def updates_of(
    newer: Mapping[tuple[str, str], Package],
    advisories: Mapping[str, tuple[Advisory, tuple[Package, ...]]],
    *,
    held: Iterable[tuple[str, str]],
    installed: Mapping[tuple[str, str], str],
    informed: Iterable[str],
) -> tuple[Update, ...]:
    """What is missing: advisories, then packages that none of them covers; pure.

    `held` are packages that are newer and not to be installed, `informed` repositories that have advisories.
    """
    held, informed = frozenset(held), frozenset(informed)
    updates, covered = list[Update](), set[tuple[str, str]]()
    for name, (advisory, packages) in advisories.items():
        covered.update(each.identity for each in packages if _is_newest(each, newer))
        updates.append(_from_advisory(name, advisory, packages, newer, installed, held))
    for identity, package in newer.items():
        if identity not in covered:
            updates.append(_uncovered(package, installed.get(identity), identity in held, informed))
    return tuple(updates)


def _is_newest(package: Package, newer: Mapping[tuple[str, str], Package]) -> bool:
    """Whether the advisory brings the newest version: an older advisory does not cover it."""
    newest = newer.get(package.identity)
    return newest is None or _without_epoch(newest) == _without_epoch(package)


def _without_epoch(package: Package) -> str:
    return package.version.rpartition(":")[2]


def _from_advisory(
    name: str,
    advisory: Advisory,
    packages: tuple[Package, ...],
    newer: Mapping[tuple[str, str], Package],
    installed: Mapping[tuple[str, str], str],
    held: frozenset[tuple[str, str]],
) -> Update:
    identities = [each.identity for each in packages]
    repositories = {newer[each].repository for each in identities if each in newer}
    one = packages[0] if len({each.name for each in packages}) == 1 else None
    return Update(
        key=name,
        title=advisory.title or name,
        severity=advisory.severity,
        security=advisory.kind == "security" if advisory.kind else None,
        installed=installed.get(one.identity) if one else None,
        available=one.version if one else None,
        packages=tuple(dict.fromkeys(f"{each.name}-{each.version}" for each in packages)),
        cves=advisory.cves,
        published=advisory.published,
        restart=any(each.name in _KERNELS for each in packages),
        source=", ".join(sorted(repositories)),
        hold=Hold.HELD if all(each in held for each in identities) else None,
    )


def _uncovered(package: Package, installed: str | None, is_held: bool, informed: frozenset[str]) -> Update:
    return Update(
        key=".".join(package.identity),
        title=package.name,
        security=False if package.repository in informed else None,
        installed=installed,
        available=package.version,
        restart=package.name in _KERNELS,
        source=package.repository,
        hold=Hold.HELD if is_held else None,
    )


def read_check_update(answer: str) -> Iterator[Package]:
    """The rows `NAME.ARCH [EPOCH:]VERSION-RELEASE REPOSITORY`; whatever has another shape is none. Pure.

    Long rows are folded in some versions. What is installed (`@repository`) and what comes after *Obsoleting
    Packages* is no update.
    """
    words = list[str]()
    for line in answer.splitlines():
        if line.startswith("Obsoleting"):
            return
        words = [*words, *line.split()] if line[:1].isspace() and len(words) in {1, 2} else line.split()
        match words:
            case [label, version, repository] if (row := _ROW.match(label)) is not None:
                if "-" in version and not repository.startswith("@"):
                    yield Package(row["name"], row["architecture"], version.removeprefix("0:"), repository)


def read_newer(answer: str) -> Iterator[Package]:
    """The rows of our own repoquery: name, epoch, version, release, architecture and repository; pure."""
    for line in answer.splitlines():
        match line.split():
            case [name, epoch, version, release, architecture, repository] if epoch.isdecimal():
                lead = "" if epoch == "0" else f"{epoch}:"
                yield Package(name, architecture, f"{lead}{version}-{release}", repository)


def read_advisories(listed: str, details: str) -> dict[str, tuple[Advisory, tuple[Package, ...]]]:
    """Advisories with the packages that concern this machine, from `updateinfo list` and `info`; pure.

    dnf 4 lists `ID KIND PACKAGE` with `Important/Sec.` for a kind, dnf 5 `ID KIND SEVERITY PACKAGE DAY TIME`.
    """
    known = {name: _advisory(fields) for name, fields in read_details(details)}
    packages: dict[str, dict[Package, None]] = {}
    kinds: dict[str, Advisory] = {}
    for line in listed.splitlines():
        match line.split():
            case [name, kind, *words] if _ADVISORY.match(name):
                for package in filter(None, map(_package, words)):
                    packages.setdefault(name, {})[package] = None
                    kinds[name] = _kind(kind, words[0])
    return {name: (known.get(name, kinds[name]), tuple(each)) for name, each in packages.items()}


def _package(word: str) -> Package | None:
    told = _NEVRA.match(word)
    if told is None:
        return None
    epoch = f"{told['epoch']}:" if (told["epoch"] or "").strip("0") else ""
    return Package(told["name"], told["architecture"], f"{epoch}{told['version']}-{told['release']}")


def _kind(kind: str, word: str) -> Advisory:
    rated, slash, _ = kind.partition("/Sec")
    if slash:
        return Advisory("security", severity(rated))
    return Advisory(kind, severity(word))


def read_details(answer: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """The fields of each advisory in `updateinfo info`, by its ID; pure.

    dnf 4 begins each with its title between two rules, dnf 5 with `Name`; a field goes on behind `: `.
    """
    rules, key = 0, ""
    fields: dict[str, list[str]] = {}
    for line in answer.splitlines():
        if _RULE.match(line):
            rules += 1
            if rules % 2:
                yield from _complete(fields)
                fields = {}
        elif rules % 2:
            fields["Title"] = [" ".join([*fields.get("Title", ()), line.strip()])]
        elif (told := _FIELD.match(line)) is not None:
            key = told["key"]
            if key == "Name" and "Name" in fields:
                yield from _complete(fields)
                fields = {}
            fields.setdefault(key, []).append(told["value"].strip())
        elif key and line.lstrip().startswith(": "):
            fields.setdefault(key, []).append(line.lstrip()[2:].strip())
    yield from _complete(fields)


def _complete(fields: dict[str, list[str]]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    for key in ("Update ID", "Name"):
        if key in fields:
            yield fields[key][0], fields
            return


def _advisory(fields: Mapping[str, list[str]]) -> Advisory:
    def first(*names: str) -> str:
        return next((fields[name][0] for name in names if fields.get(name)), "")

    return Advisory(
        kind=first("Type"),
        severity=severity(first("Severity")),
        title=first("Title"),
        cves=cves(" ".join([*fields.get("CVEs", ()), *fields.get("Id", ())])),
        published=_day(first("Updated", "Issued")),
    )


def _day(told: str) -> date | None:
    day = _DAY.match(told)
    try:
        return date(int(day[1]), int(day[2]), int(day[3])) if day else None
    except ValueError:
        return None


def read_repositories(answer: str) -> dict[str, str]:
    """The enabled repositories of `repolist`, by ID; pure. Its table follows the line `repo id`."""
    found: dict[str, str] = {}
    is_table = False
    for line in answer.splitlines():
        name, _, title = line.strip().partition(" ")
        if line.startswith("repo id"):
            is_table = True
        elif is_table and name:
            found[name] = title.strip()
    return found


def _lists_at(found: Found, repositories: Iterable[str], now: datetime) -> datetime | None:
    """The age of the oldest cache of an enabled repository; None where one has none that is known."""
    ages: dict[str, datetime] = {}
    for folder, when in cache_ages(found, "primary").items():
        name = _HASH.sub("", folder)
        ages[name] = max(when, ages.get(name, when))
    return oldest((ages.get(name) for name in repositories), now)
