"""What the update agent and WSUS call an update, read into `Update`; the rules are the same for both.

Sources: the classification GUIDs of Microsoft's page *WSUS Classification GUIDs*, to which *Upgrades* and
*Drivers* are added as public WSUS tools list them; IUpdate and IInstallationBehavior of the Windows Update
Agent API. Titles and names of categories are in the machine's language and nothing is read from them, but for
the number of the article in them.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from schoten_ict.formats.answers import Row, number, text
from schoten_ict.patch.ask.windows_told import flag, moment, texts
from schoten_ict.patch.facts import Hold, Severity, Update

SECURITY = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
DEFINITIONS = "e0789628-ce08-4437-be74-2495b842f43b"
UPGRADES = "3689bdc8-b205-4af4-8d4a-a63924c5e9d5"
DRIVERS = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0"
_OTHERS = frozenset({
    UPGRADES, DRIVERS, DEFINITIONS,
    "5c9376ab-8ce6-464a-b136-22113dd69801",  # applications
    "434de588-ed14-48f5-8eed-a15e09a991f6",  # connectors
    "e6cf1350-c01b-414d-a61f-263d14d133b4",  # critical updates: bugs that are critical, and no security
    "e140075d-8433-45c3-ad87-e72345b36078",  # developer kits
    "b54e7d24-7add-428f-8b75-90a396fa584f",  # feature packs
    "9511d615-35b2-47bb-927f-f73d8e9260bb",  # guidance
    "68c5b0a3-d1a6-4553-ae49-01d3a7827828",  # service packs
    "b4832bd8-e735-4761-8daf-37f882276dab",  # tools
    "28bc880e-0592-4cbf-8f95-c79b17911d5f",  # update rollups
    "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83",  # updates
})  # fmt: skip
ANTIVIRUS = frozenset({"KB2267602", "KB915597", "KB2310138", "KB2461484", "KB4052623"})
"""Definitions and platform of Microsoft Defender, of its predecessors and of Endpoint Protection."""
_DRIVER_TYPE = 2
ARTICLE = re.compile(r"KB\d{5,8}(?!\d)", re.IGNORECASE)
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.IGNORECASE)
_LONGEST = 300


def article_in(title: str) -> str | None:
    """`KB5034123` of a title, which has it in brackets at its end; of several the last one."""
    found = ARTICLE.findall(title)
    return found[-1].upper() if found else None


def articles(row: Row) -> list[str]:
    """The articles of an update; the agent gives numbers, and publishers of their own give any word."""
    return [
        each.upper() if each.upper().startswith("KB") else f"KB{each}"
        for each in (word.replace(" ", "") for word in texts(row, "articles"))
    ]


def is_antivirus(row: Row) -> bool:
    """Whether an update is one of definitions, which come several times a day and are judged elsewhere."""
    named = {*articles(row), article_in(text(row, "title") or "")}
    return DEFINITIONS in _categories(row) or not ANTIVIRUS.isdisjoint(named)


def update(row: Row, source: str) -> Update | None:
    """One missing update; None where neither a title nor an article was told."""
    title = (text(row, "title") or "")[:_LONGEST]
    known = articles(row)
    key = known[0] if known else article_in(title) or title
    if not key:
        return None
    published = moment(row, "published")
    return Update(
        key=key[:_LONGEST],
        title=title or key,
        severity=severity(row),
        security=is_security(row),
        cves=tuple(sorted({each.upper() for each in texts(row, "cves") if _CVE.fullmatch(each)})),
        published=published.date() if published else None,
        restart=bool(number(row.get("reboot"))),
        source=source,
        hold=_hold(row),
    )


def severity(row: Row) -> Severity:
    """MsrcSeverity, which Microsoft does not translate; it is empty or `Unspecified` for most updates."""
    word = (text(row, "severity") or "").lower()
    return Severity(word) if word in _RATED else Severity.UNRATED


_RATED = frozenset(each.value for each in Severity)


def is_security(row: Row) -> bool | None:
    """By its classification, or because it has a severity; None where no classification is known."""
    classes = _categories(row)
    if SECURITY in classes or severity(row) is not Severity.UNRATED:
        return True
    return None if classes.isdisjoint(_OTHERS) else False


def _hold(row: Row) -> Hold | None:
    """Hidden by somebody, or offered to be chosen: drivers, previews, and the next version of Windows.

    An update that Windows does not choose by itself is optional only where it is no security update.
    """
    if flag(row, "hidden"):
        return Hold.HELD
    is_driver = number(row.get("type")) == _DRIVER_TYPE or DRIVERS in _categories(row)
    if is_driver or flag(row, "optional") or UPGRADES in _categories(row):
        return Hold.OPTIONAL
    unselected = flag(row, "selected") is False and is_security(row) is False
    return Hold.OPTIONAL if unselected else None


def _categories(row: Row) -> set[str]:
    return {each.strip("{}").lower() for each in texts(row, "categories")}


def by_key(updates: Iterable[Update]) -> tuple[Update, ...]:
    """Updates by their key: several packages of one article are one, as bad as the worst of them.

    It is held only where all of them are.
    """
    found: dict[str, Update] = {}
    for each in updates:
        before = found.get(each.key)
        found[each.key] = each if before is None else _joined(before, each)
    return tuple(found[key] for key in sorted(found))


def _joined(one: Update, other: Update) -> Update:
    first, second = (one, other) if other.hold is not None or one.hold is None else (other, one)
    securities = {one.security, other.security}
    return replace(
        first,
        severity=min(one.severity, other.severity, key=list(Severity).index),
        security=True if True in securities else None if None in securities else False,
        cves=tuple(sorted({*one.cves, *other.cves})),
        published=_earliest(one.published, other.published),
        restart=one.restart or other.restart,
        hold=first.hold if second.hold is not None else second.hold,
    )


def _earliest(one: date | None, other: date | None) -> date | None:
    return min(filter(None, (one, other)), default=None)
