"""How many updates lack, by class, and how many of them are late: from rows, without what is accepted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase

from schoten_ict.core.finding import ExceptionRule, subject
from schoten_ict.patch.judge.case import PREFIX
from schoten_ict.patch.judge.deadlines import Edges, Grade, HostPolicy, grade_of
from schoten_ict.patch.known import Missing, Tally

UPDATE = f"{PREFIX}update"


def is_accepted(missing: Missing, rules: Sequence[ExceptionRule], today: date) -> bool:
    """Whether an exception accepts today that this update lacks on its host."""
    about = subject("host", missing.host)
    return any(
        rule.until >= today
        and fnmatchcase(UPDATE, rule.check)
        and fnmatchcase(about, rule.subject)
        and fnmatchcase(missing.key, rule.key)
        for rule in rules
    )


def concerns(host: str, rules: Sequence[ExceptionRule], today: date) -> bool:
    """Whether an exception may accept something that a host lacks."""
    about = subject("host", host)
    return any(
        rule.until >= today and fnmatchcase(UPDATE, rule.check) and fnmatchcase(about, rule.subject)
        for rule in rules
    )


def tally(missing: Iterable[Missing], policy: HostPolicy, today: date) -> Mapping[Grade, Tally]:
    """The same as `patch.records.tallies` counts in the store. What is held back has no deadline."""
    clocks: dict[Grade, list[date]] = defaultdict(list)
    for each in missing:
        if each.hold is None:
            clocks[grade_of(each)].append(each.clock)
    return {grade: _counted(found, policy.edges(grade, today)) for grade, found in clocks.items()}


def added(counted: Mapping[Grade, Tally], missing: Missing, edges: Edges) -> Mapping[Grade, Tally]:
    """The numbers with one update more; `edges` are those of its class."""
    kind = grade_of(missing)
    one, known = _counted([missing.clock], edges), counted.get(kind)
    return {**counted, kind: one if known is None else _together(known, one)}


def _together(one: Tally, other: Tally) -> Tally:
    following = [each.next for each in (one, other) if each.next is not None]
    return Tally(
        one.count + other.count, one.late + other.late, one.near + other.near,
        min(one.oldest, other.oldest), min(following, default=None),
    )  # fmt: skip


def _counted(clocks: list[date], edges: Edges) -> Tally:
    late = sum(each < edges.late_before for each in clocks)
    soon = sum(each < edges.near_before for each in clocks)
    later = min((each for each in clocks if each >= edges.near_before), default=None)
    return Tally(len(clocks), late, soon - late, min(clocks), later)
