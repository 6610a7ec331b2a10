"""zypper: which patches are needed, and which packages are newer, from what is cached.

Sources: zypper(8), libzypp's XML (update-status 0.6), and measurements with zypper 1.14.42:

- it runs as any account; a repository whose cache is not there is skipped with status 106, and without any
  repository the answer is an empty list with status 0: neither is *nothing missing*
  (`no-update-repositories` only means that no repository has patches);
- `repomd.xml` gets a new time with every refresh, also where nothing is new;
- `list-updates` leaves out locked packages, `--all` has them, but also what another vendor offers;
- `info -t patch` names the packages of a patch as conflicts with what is older.

A patch is one update, as far as it is `needed`. A package that no needed patch covers is one of its own, and
no security update only where its repository has patches at all: Tumbleweed has none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.patch.ask.linux_told import (
    Found,
    Told,
    cache_ages,
    cves,
    last_install,
    oldest,
    refusal,
    severity,
    shown,
    text,
    well,
)
from schoten_ict.patch.facts import INCOMPLETE, Hold, Update

_NAME = re.compile(r"^Name\s*:\s*(\S+)\s*$")
_CONFLICTS = re.compile(r"^Conflicts\s*:\s*(.*)$")
_OLDER = re.compile(r"^(?P<name>[^\s:]+?)(?:\.(?:noarch|x86_64|i586|i686|aarch64|ppc64le|s390x))? < \S+$")
_LTSS = re.compile(r"(?:^|[-_:])ltss(?:$|[-_:])", re.IGNORECASE)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What an XML answer has: its updates, and the first error.

    `has_repositories` is False where it says that no repository has patches; it says the same without any.
    """

    rows: tuple[Any, ...]
    error: str = ""
    has_repositories: bool = True


def read(found: Found, now: datetime) -> Told:
    """What zypper tells; pure."""
    repositories = read_repositories(text(found, "repositories"))
    updates, problems = (
        _updates(found) if repositories else (None, [_failed("zypper", "no repository is enabled")])
    )
    ages = cache_ages(found, "repomd")
    lists_at = oldest((ages.get(alias.replace("/", "_")) for alias in repositories), now)
    patched_at = last_install(found, now)
    if lists_at is None:
        problems.append(Problem("absent", "the cache of some repository has no known age", "lists_at"))
    if patched_at is None:
        problems.append(Problem("absent", "rpm tells of no installation", "patched_at"))
    extended = ("lts",) if any(_LTSS.search(alias) for alias in repositories) else ()
    return Told(updates, lists_at, patched_at, repositories, extended, tuple(problems))


def _updates(found: Found) -> tuple[tuple[Update, ...] | None, list[Problem]]:
    patches, packages = (read_answer(text(found, name)) for name in ("patches", "updates"))
    for name, tool, answer in (
        ("patches", "zypper list-patches", patches),
        ("updates", "zypper list-updates", packages),
    ):
        if not well(found, name) or answer is None or answer.error:
            reason = answer.error if answer and answer.error else ""
            return None, [_failed(tool, reason) if reason else refusal(found, name, tool)]
    assert patches is not None
    assert packages is not None
    held, gap = _held(found)
    contents = read_contents(text(found, "details"))
    problems = [gap] if gap else []
    needed = {each.get("name", ""): each for each in patches.rows if each.get("status") == "needed"}
    if any(name not in contents for name in needed):
        contents = {}
        message = "which packages belong to which patch is not told: both are, side by side"
        problems.append(Problem("absent", message, "updates"))
    told = updates_of(
        needed.values(), packages.rows, held, contents if contents or not needed else None,
        informed=cache_ages(found, "updateinfo"),
    )  # fmt: skip
    if any(each.security is None for each in told):
        message = "a repository without patches does not tell security updates apart"
        problems.append(Problem("absent", message, "updates"))
    return told, problems


def _failed(tool: str, reason: str) -> Problem:
    return Problem(
        "failed", f"{tool}: {shown(reason)}", "updates", "run it on the machine and mend what it says"
    )


def _held(found: Found) -> tuple[tuple[Any, ...], Problem | None]:
    """What is newer and locked, and why that is not known."""
    root, newer = _parsed(text(found, "locks")), read_answer(text(found, "newer"))
    if not well(found, "locks") or root is None:
        return (), _hidden(refusal(found, "locks", "zypper locks"))
    locked = [name for each in root.iter("name") if (name := each.text)]
    if locked and (not well(found, "newer") or newer is None or newer.error):
        return (), _hidden(refusal(found, "newer", "zypper list-updates --all"))
    rows = newer.rows if newer else ()
    return tuple(each for each in rows if _matches(each.get("name", ""), locked)), None


def _hidden(why: Problem) -> Problem:
    return Problem(INCOMPLETE, f"what is locked is not told: {why.message}", "updates", why.remedy)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def updates_of(
    patches: Iterable[Any],
    packages: Iterable[Any],
    held: Iterable[Any],
    contents: Mapping[str, tuple[str, ...]] | None,
    *,
    informed: Iterable[str],
) -> tuple[Update, ...]:
    """What is missing: needed patches, then packages that none of them covers; pure.

    `packages` can be installed, `held` are locked; `contents` are the packages of each patch, None where they
    are not told: then every package is one of its own as well, and may be a security update. `informed` are
    the aliases of repositories that have patches.
    """
    newer = {each.get("name", ""): each for each in packages}
    locked = {name: each for each in held if (name := each.get("name", "")) not in newer}
    everything = newer | locked
    updates = [
        _patch(each, (contents or {}).get(each.get("name", ""), ()), everything, locked) for each in patches
    ]
    covered = {name for names in (contents or {}).values() for name in names}
    known = frozenset(informed if contents is not None else ())
    updates.extend(
        _package(each, known, is_held=name in locked)
        for name, each in everything.items()
        if name and name not in covered
    )
    return tuple(updates)


def _patch(row: Any, names: Iterable[str], newer: Mapping[str, Any], locked: Mapping[str, Any]) -> Update:
    here = [name for name in dict.fromkeys(names) if name in newer]
    one = newer[here[0]] if len(here) == 1 else None
    found = row.find("issue-list")
    issues = [each.get("id", "") for each in found if each.get("type") == "cve"] if found is not None else []
    return Update(
        key=row.get("name", ""),
        title=row.findtext("summary") or row.get("name", ""),
        severity=severity(row.get("severity", "")),
        security=row.get("category") == "security",
        installed=one.get("edition-old") if one is not None else None,
        available=one.get("edition") if one is not None else None,
        packages=tuple(f"{name}-{newer[name].get('edition', '')}" for name in here),
        cves=cves(" ".join(issues)),
        published=_day(row),
        restart=row.get("restart") == "true",
        source=_alias(row),
        hold=Hold.HELD if here and all(name in locked for name in here) else None,
    )


def _package(row: Any, informed: frozenset[str], *, is_held: bool) -> Update:
    return Update(
        key=row.get("name", ""),
        title=row.get("name", ""),
        security=False if _alias(row) in informed else None,
        installed=row.get("edition-old"),
        available=row.get("edition"),
        source=_alias(row),
        hold=Hold.HELD if is_held else None,
    )


def _alias(row: Any) -> str:
    source = row.find("source")
    return source.get("alias", "") if source is not None else ""


def _day(row: Any) -> date | None:
    issued = row.find("issue-date")
    try:
        return date.fromisoformat(issued.get("text", "")[:10]) if issued is not None else None
    except ValueError:
        return None


def read_answer(answer: str) -> Answer | None:
    """The updates in the XML of list-patches or list-updates; None for anything else. Pure."""
    root = _parsed(answer)
    if root is None or root.find("update-status") is None:
        return None
    errors = [(each.text or "").strip() for each in root.iter("message") if each.get("type") == "error"]
    lacks = any(each.get("status") == "no-update-repositories" for each in root.iter("appletinfo"))
    return Answer(
        tuple(each for each in root.iter("update") if each.get("name")),
        " ".join(errors[0].split())[:_LONGEST] if errors else "",
        not lacks,
    )


def read_repositories(answer: str) -> dict[str, str]:
    """The enabled repositories in the XML of `zypper repos`: alias to address; pure."""
    root = _parsed(answer)
    return {
        each.get("alias", ""): shown(each.findtext("url") or "")
        for each in (root.iter("repo") if root is not None else ())
        if each.get("enabled") == "1" and each.get("alias")
    }


def read_contents(answer: str) -> dict[str, tuple[str, ...]]:
    """The packages of each patch in the text of `zypper info -t patch`; pure."""
    found: dict[str, list[str]] = {}
    name, is_list = "", False
    for line in answer.splitlines():
        if (told := _NAME.match(line)) is not None:
            name, is_list = told[1], False
            found.setdefault(name, [])
        elif name and (told := _CONFLICTS.match(line)) is not None:
            is_list = True
            found[name].extend(_older(told[1]))
        elif is_list and line.startswith(" "):
            found[name].extend(_older(line.strip()))
        else:
            is_list = False
    return {name: tuple(packages) for name, packages in found.items()}


def _older(text_: str) -> Iterator[str]:
    if (told := _OLDER.match(text_)) is not None:
        yield told["name"]


def _parsed(answer: str) -> Any:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        return fromstring(answer.strip())
    except (ParseError, DefusedXmlException, ValueError):
        return None
