"""Which update goes on under another name: a cumulative one in the next, a package in its advisory."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from schoten_ict.patch.facts import Hold, Update

_CUMULATIVE = re.compile(r"20\d\d-\d\d\b(?!.*\.NET\b).*umulati", re.ASCII)
"""`2026-11 Cumulative Update for Windows ...`; the word differs little between the languages of Windows."""
_MAY_INHERIT = {None, Hold.HELD}


def is_cumulative(update: Update) -> bool:
    """Whether an update is, by its title, a cumulative one of Windows, which brings all that came before."""
    return _CUMULATIVE.match(update.title) is not None


def successors(
    lacked: Iterable[Update], seen: Sequence[Update], releases: Collection[str], unproven: Collection[str]
) -> dict[str, str]:
    """Where updates that are not told any more go on: by the key of each the key of another that is told.

    Windows tells the newest cumulative update only: an older one was not installed where the build says so
    (`unproven`, of the known `releases`), or where it stands as it stood. What a list of packages told is in
    the advisory that names the package.
    """
    keys = {each.key for each in seen}
    newest = _newest(
        each for each in seen if each.hold in _MAY_INHERIT and (each.key in releases or is_cumulative(each))
    )
    found: dict[str, str] = {}
    for each in lacked:
        if each.key not in keys:
            is_in_newest = newest is not None and (
                each.key in unproven or (is_cumulative(each) and _stands_as_before(each, newest))
            )
            heir = newest if is_in_newest else _advisory_of(each, seen)
            if heir is not None:
                found[each.key] = heir.key
    return found


def _newest(cumulative: Iterable[Update]) -> Update | None:
    return max(cumulative, key=lambda each: (each.published or date.min, each.key), default=None)


def _stands_as_before(gone: Update, heir: Update) -> bool:
    return gone.installed is not None and gone.installed == heir.installed


def _advisory_of(gone: Update, seen: Sequence[Update]) -> Update | None:
    if gone.packages or gone.available is None:
        return None
    name, _, _architecture = gone.key.rpartition(".")
    named = re.compile(rf"(?:{re.escape(gone.key)}|{re.escape(name or gone.key)})-\d")
    heirs = [each for each in seen if any(named.match(package) for package in each.packages)]
    return min(heirs, key=lambda each: (each.published or date.max, each.key), default=None)
