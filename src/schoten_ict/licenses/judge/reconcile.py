"""Which rows of a list are new, changed or as they were: against what is recorded."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace

from schoten_ict.licenses.model import Entitlement, Metric
from schoten_ict.licenses.proposals import Proposal

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
_WORD = re.compile(r"[^a-z0-9]+")
_LONGEST = 60
_SUFFIX = re.compile(r"(:[0-9a-f]{16})-[0-9]+$")
_TELLING = ("version", "starts", "expires")
_SHOWN = ("metric", "quantity", "version", "kind", "starts", "expires", "maintenance_until", "notice")


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one row. `before` is the recorded entitlement, `after` what it will be."""

    row: int
    action: str
    name: str
    product: str
    after: Entitlement | None
    before: Entitlement | None = None
    reason: str = ""


def reconcile(
    proposals: Iterable[Proposal],
    known: Iterable[Entitlement],
    product_of: Callable[[str], str | None],
    metric_of: Callable[[str], Metric | None],
    *,
    keep_unknown: bool,
) -> list[Step]:
    """A step per proposal, in their order.

    A product that the catalogue lacks keeps the name that the list gives it, or is refused where the list
    is none of licences (`keep_unknown`); there a subscription without an end is refused too.
    """
    steps = (
        _step(proposal, before, product_of, metric_of) for proposal, before in _paired([*proposals], [*known])
    )
    if keep_unknown:
        return list(steps)
    return [_refused(each, why) if (why := _unproven(each, product_of)) else each for each in steps]


def missing(
    steps: Iterable[Step], proposals: Iterable[Proposal], known: Iterable[Entitlement]
) -> list[Entitlement]:
    """What earlier lists of the same kind told and this one lacks, as far as nobody ended it."""
    kinds = {each.source.partition(":")[0] for each in proposals}
    found = {each.before.number for each in steps if each.before is not None}
    return [
        each
        for each in known
        if each.ended_on is None
        and each.number not in found
        and (each.source or "").partition(":")[0] in kinds
    ]


def _unproven(step: Step, product_of: Callable[[str], str | None]) -> str:
    """Why a line of a document that lists no licences is no right by itself; "" where it may be one."""
    after = step.after
    if after is None:
        return ""
    if after.product != product_of(step.name):
        return "no product of the catalogue is called so: add a pattern to its names, or record it by hand"
    if after.metric is Metric.SUBSCRIPTION and after.expires is None:
        return "a subscription, and its end is not said: record it by hand with expires"
    return ""


def _refused(step: Step, why: str) -> Step:
    return Step(step.row, REFUSED, step.name, "", None, step.before, why)


def named(name: str) -> str:
    """The id of a product that only a list knows: its name in small letters and dashes."""
    return _WORD.sub("-", name.casefold()).strip("-")[:_LONGEST].strip("-") or "unnamed"


def _paired(proposals: list[Proposal], known: list[Entitlement]) -> list[tuple[Proposal, Entitlement | None]]:
    """Each proposal with what was recorded of its row. Of rows with one name the likest go together.

    Rows that nothing else tells apart have sources with numbers, in the order in which they were recorded.
    """
    free: dict[str, list[Entitlement]] = defaultdict(list)
    for each in sorted(known, key=lambda each: each.number):
        if each.source:
            free[_base(each.source)].append(each)
    found: dict[int, Entitlement] = {}
    for likeness in (None, _TELLING, ()):
        for place, proposal in enumerate(proposals):
            records = [] if place in found else free[_base(proposal.source)]
            like = next((each for each in records if _alike(proposal, each, likeness)), None)
            if like is not None:
                found[place] = like
                records.remove(like)
    used = {each.source for each in known}
    return [(_apart(each, found.get(place), used), found.get(place)) for place, each in enumerate(proposals)]


def _alike(proposal: Proposal, recorded: Entitlement, fields: Iterable[str] | None) -> bool:
    """Whether they agree on these fields, or on everything that is proposed."""
    values = proposal.values
    if fields is None:
        return all(getattr(recorded, name) == value for name, value in values.items())
    return all(getattr(recorded, name) == values.get(name) for name in fields)


def _apart(proposal: Proposal, recorded: Entitlement | None, used: set[str | None]) -> Proposal:
    """The proposal with the source of its record, or with one that no other has."""
    source = recorded.source if recorded is not None else None
    base, number = _base(proposal.source), 2
    if source is None:
        source = base
        while source in used:
            source, number = f"{base}-{number}", number + 1
        used.add(source)
    return replace(proposal, source=source)


def _base(source: str) -> str:
    return _SUFFIX.sub(r"\1", source)


def _step(
    proposal: Proposal,
    before: Entitlement | None,
    product_of: Callable[[str], str | None],
    metric_of: Callable[[str], Metric | None],
) -> Step:
    if proposal.refused:
        return Step(proposal.row, REFUSED, proposal.name, "", None, before, proposal.refused)
    product = product_of(proposal.name)
    remarks = list(proposal.doubts)
    if product is None:
        remarks.insert(0, "no product of the catalogue: kept under its own name")
    if before is None:
        chosen = product or named(proposal.name)
        start = Entitlement("", chosen, metric_of(chosen), source=proposal.source)
    else:
        start = before
    after = replace(start, **proposal.values)
    action = NEW if before is None else UNCHANGED if after == before else CHANGED
    if after.starts is not None and after.expires is not None and after.expires < after.starts:
        why = f"it would expire on {after.expires}, before it starts on {after.starts}"
        return Step(proposal.row, REFUSED, proposal.name, "", None, before, why)
    if action == CHANGED:
        remarks.insert(0, _changes(start, after))
    if action == NEW and after.metric is None:
        remarks.append("what is counted is not known: give it with ict licenses edit")
    if action == NEW and after.metric is Metric.SUBSCRIPTION and after.expires is None:
        remarks.append("a subscription without an end: it counts until it is ended")
    return Step(proposal.row, action, proposal.name, after.product, after, before, "; ".join(remarks))


def _changes(before: Entitlement, after: Entitlement) -> str:
    """What differs, with its value before: a correction by hand that a list undoes is seen."""
    names = [each.name for each in fields(Entitlement)]
    told = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return ", ".join(
        f"{name} {'none' if old is None else old} -> {new}" if name in _SHOWN else name
        for name, old, new in told
        if old != new
    )
