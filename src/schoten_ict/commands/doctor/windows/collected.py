"""What the collectors themselves read of the answers, judged: pure."""

from collections.abc import Sequence

from schoten_ict.commands.doctor.windows.about import About
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding
from schoten_ict.core.hostfacts import HostFacts
from schoten_ict.core.text import counted
from schoten_ict.patch.facts import PatchFacts

_NOT_ASKED_FOR = frozenset({"manager", "missing", "lacking", "updates"})
"""What is no part, or not asked without a search."""

_TITLES = {"inventory": "the collection", "patch": "the scan of updates"}


def inventory(about: About, facts: HostFacts, milliseconds: int) -> Finding:
    """The collection of the inventory, read to its end."""
    if facts.identity is None:
        remedy = "see read.registry above: without it nothing is known"
        return about.fail("inventory", _words("inventory", list(facts.parts()), facts.missing), remedy)
    return _judged(about, "inventory", list(facts.parts()), facts.missing, milliseconds)


def patch(about: About, facts: PatchFacts, milliseconds: int) -> Finding:
    """The scan of updates without a search, read to its end."""
    asked = [name for name in facts.__slots__ if name not in _NOT_ASKED_FOR]
    told = [name for name in asked if getattr(facts, name) is not None]
    if facts.system is None or facts.system.build is None:
        remedy = "see read.registry above: without the build nothing is judged"
        return about.fail("patch", _words("patch", told, facts.missing), remedy)
    return _judged(about, "patch", told, facts.missing, milliseconds)


def _judged(
    about: About, step: str, told: Sequence[str], missing: Sequence[Problem], milliseconds: int
) -> Finding:
    evidence = {
        "told": list(told),
        "not_told": {each.subject: f"{each.code}: {each.message}" for each in missing},
        "duration_ms": milliseconds,
    }
    if missing:
        remedy = next((each.remedy for each in missing if each.remedy), "see the rows read.* above")
        return about.warn(step, _words(step, told, missing), remedy, **evidence)
    return about.ok(step, _words(step, told, missing), **evidence)


def _words(step: str, told: Sequence[str], missing: Sequence[Problem]) -> str:
    words = f"{_TITLES[step]}: {counted(len(told), 'part')} told"
    if not missing:
        return f"{words}, none missing"
    by_code: dict[str, list[str]] = {}
    for each in missing:
        by_code.setdefault(each.code, []).append(each.subject)
    lacking = [f"{code}: {', '.join(parts)}" for code, parts in by_code.items()]
    return f"{words}; {'; '.join(lacking)}"
