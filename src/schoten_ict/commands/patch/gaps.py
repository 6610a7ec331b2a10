"""What lists about patches leave out: hosts of which nothing is known, nothing of late, or not all."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from schoten_ict.core.errors import Problem
from schoten_ict.core.text import counted
from schoten_ict.inventory.sections.patch import PATCH

if TYPE_CHECKING:
    from schoten_ict.inventory.sections.hosts import Host
    from schoten_ict.patch.desk import Desk
    from schoten_ict.patch.facts import PatchFacts
    from schoten_ict.patch.known import Scan

Part = Literal["updates", "system"]
_SHOWN = 5
_REASONS = {
    "never-scanned": "never answered",
    "stale": "not scanned lately",
    "untold": "did not tell what a list needs, or not all of it",
}
"""By the code of the problem, in the order in which they are told."""


def unanswered(
    desk: "Desk", hosts: "Sequence[Host]", words: Collection[str], *, part: Part = "updates"
) -> list[Problem]:
    """Why a list of `part` of the facts of these hosts is not whole: one problem for each reason.

    Hosts that cannot be asked and are no computers lack in no list.
    """
    from schoten_ict.patch.desk import is_judged
    from schoten_ict.patch.records import scans

    known, found = scans.every(desk.store.reader), defaultdict[str, list[str]](list)
    for host in hosts:
        code = _code(desk, known.get(host.name), part) if is_judged(desk, host, known, words) else ""
        found[code].append(host.name)
    return list(_problems(found))


def _problems(found: dict[str, list[str]]) -> Iterator[Problem]:
    for code, words in _REASONS.items():
        if hosts := sorted(found.get(code, ())):
            more = f" and {len(hosts) - _SHOWN} more" if len(hosts) > _SHOWN else ""
            message = f"{counted(len(hosts), 'host')} {words}: {', '.join(hosts[:_SHOWN])}{more}"
            yield Problem(code, message, remedy="ict patch status")


def _code(desk: "Desk", scan: "Scan | None", part: Part) -> str:
    if scan is None or scan.facts is None:
        return "never-scanned"
    if scan.is_older(desk.inventory.get(PATCH).scanned_within.before(desk.now), desk.now):
        return "stale"
    return "" if _is_told(desk, scan.facts, part) else "untold"


def _is_told(desk: "Desk", facts: "PatchFacts", part: Part) -> bool:
    """Whether it tells the part whole; a Windows that was not asked for more tells updates by its build."""
    from schoten_ict.patch.facts import INCOMPLETE
    from schoten_ict.patch.judge.builds import State, standing

    gaps = {each.code for each in facts.missing if each.subject == part}
    if getattr(facts, part) is not None:
        return INCOMPLETE not in gaps
    if part != "updates" or gaps or facts.lacking or facts.system is None:
        return False
    build = standing(facts.system, desk.knowledge.builds, desk.today)
    return build is not None and build.state is not State.UNKNOWN
