"""What somebody copied from apt: the simulation of an upgrade, and `apt list --upgradable`.

The simulation counts what it lists, so that one that was cut shows. The list has the suites of a package and
not who they are of: a suite for security updates is known by its name, and any other tells nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from schoten_ict.core.errors import Problem
from schoten_ict.core.text import counted, printable
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.ask.apt import Simulation, read_simulation, updates_of
from schoten_ict.patch.ask.apt_policy import is_security
from schoten_ict.patch.ask.report_kind import Kind, Report, linux_report, refuse_cut, refuse_errors
from schoten_ict.patch.ask.report_text import Text
from schoten_ict.patch.facts import INCOMPLETE, Hold, Update

MANAGER = "apt"
_SIMULATED = re.compile(r"Inst [a-z0-9][a-z0-9+.:-]* [\[(]|\d{1,9} upgraded, \d{1,9} newly installed, ")
_UPGRADABLE = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]*)/(?P<suites>\S+) (?P<available>\S+) (?P<architecture>[a-z0-9-]+)"
    r" \[upgradable from: (?P<installed>\S+)\]"
)
_BESIDE = ("Listing...", "WARNING: apt does not have a stable CLI", "N: ", "W: ")
_ERROR = re.compile(r"E: ")
_NO_ARCHIVES = Problem(
    INCOMPLETE,
    "apt also upgrades nothing where no archive is configured, and a simulation does not name them",
    "updates",
    "scan the machine, which looks at its archives",
)


def is_simulation(text: Text) -> bool:
    """Whether a line installs something in a simulation, or counts what it would upgrade."""
    return any(map(_SIMULATED.match, text.lines))


def read_upgrade(text: Text, name: str) -> Report:
    """What an upgrade would bring; raises `IncompleteError` where it does not list as much as it counts."""
    refuse_errors(text, name, "apt-get", _ERROR)
    simulation = read_simulation("\n".join(text.lines))
    if not simulation.is_whole:
        raise unreadable(
            name, _not_whole(simulation), remedy="copy all that LC_ALL=C apt-get -s dist-upgrade prints"
        )
    seen = [each for line in (*simulation.upgrades, *simulation.added) for each in line.origins]
    told = updates_of(simulation, {}, frozenset(), has_security=any(map(is_security, seen)))
    kept = frozenset(simulation.lists["kept"])
    updates = [replace(each, title=f"{each.key} (kept back)") if each.key in kept else each for each in told]
    updates.extend(_closed(simulation, {each.key for each in told}))
    return linux_report(MANAGER, updates, [*_holds(kept), *([] if updates else [_NO_ARCHIVES])])


def _not_whole(simulation: Simulation) -> str:
    if simulation.unread:
        return f"has a line of an unknown shape: {printable(simulation.unread[0])[:80]}"
    if simulation.upgraded is None:
        return "does not count what it lists, so that it may have been cut"
    listed = len(simulation.upgrades) - len(simulation.lists["lowered"])
    return f"lists {counted(listed, 'upgrade')} and counts {simulation.upgraded}"


def _closed(simulation: Simulation, known: Iterable[str]) -> Iterable[Update]:
    """The updates that only subscribers get; a simulation tells their names and no versions."""
    for name, service in simulation.closed.items():
        if name not in known:
            yield Update(name, f"{name} ({service})", security=True, source=service, hold=Hold.SUBSCRIPTION)


def _holds(kept: Iterable[str]) -> list[Problem]:
    if not kept:
        return []
    return [Problem("absent", "whether somebody holds back what was kept back is not told", "updates")]


def is_list(text: Text) -> bool:
    """Whether a line names a package with the version from which it can be upgraded, or would head them."""
    is_empty = all(line.startswith(_BESIDE) for line in text.lines)
    return any(map(_UPGRADABLE.fullmatch, text.lines)) or (is_empty and text.lines[0].startswith(_BESIDE[:2]))


def read_list(text: Text, name: str) -> Report:
    """What is upgradable; raises `IncompleteError` for lines of `apt list` that are no upgrades."""
    refuse_errors(text, name, "apt", _ERROR)
    rows = [line for line in text.lines if not line.startswith(_BESIDE)]
    strange = next((line for line in rows if not _UPGRADABLE.fullmatch(line)), None)
    if strange is not None:
        message = f"has a line that is no upgrade: {printable(strange)[:80]}"
        raise unreadable(name, message, remedy="give what LC_ALL=C apt list --upgradable prints")
    if not rows:
        message = "lists nothing, which apt also does where no archive is configured"
        raise unreadable(name, message, remedy="give what LC_ALL=C apt-get -s dist-upgrade prints")
    refuse_cut(text, name)
    found: dict[str, Update] = {}
    for told in filter(None, map(_UPGRADABLE.fullmatch, rows)):
        key = f"{told['name']}:{told['architecture']}" if told["name"] in found else told["name"]
        found[key] = _upgradable(key, told)
    return linux_report(MANAGER, found.values(), ())


def _upgradable(key: str, told: re.Match[str]) -> Update:
    suites = told["suites"].split(",")
    return Update(
        key=key,
        title=key,
        security=True if any(each.endswith("-security") for each in suites) else None,
        installed=told["installed"],
        available=told["available"],
        source=", ".join(suites),
    )


SIMULATION = Kind("apt-get -s dist-upgrade", is_simulation, read_upgrade)
LIST = Kind("apt list --upgradable", is_list, read_list)
