"""Which rows of a list are new, changed or as they were: against what is recorded."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from schoten_ict.licenses.ask.proposals import Proposal
from schoten_ict.licenses.model import Entitlement, Metric

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
_WORD = re.compile(r"[^a-z0-9]+")
_LONGEST = 60


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
    known: Mapping[str, Entitlement],
    product_of: Callable[[str], str | None],
    metric_of: Callable[[str], Metric | None],
    *,
    keep_unknown: bool,
) -> list[Step]:
    """A step per proposal.

    A product that the catalogue lacks keeps the name that the list gives it, or is refused where the list
    is none of licences (`keep_unknown`).
    """
    steps = (_step(each, known.get(each.source), product_of, metric_of) for each in proposals)
    return [
        each if keep_unknown or each.product in {"", product_of(each.name)} else _refused(each)
        for each in steps
    ]


def _refused(step: Step) -> Step:
    why = "no product of the catalogue is called so: add a pattern to its names, or record it by hand"
    return Step(step.row, REFUSED, step.name, "", None, step.before, why)


def named(name: str) -> str:
    """The id of a product that only a list knows: its name in small letters and dashes."""
    return _WORD.sub("-", name.casefold()).strip("-")[:_LONGEST].strip("-") or "unnamed"


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
    chosen = product or named(proposal.name)
    values: dict[str, Any] = {"metric": metric_of(chosen), **proposal.values}
    start = before or Entitlement("", chosen, source=proposal.source)
    after = replace(start, product=before.product if before else chosen, **values)
    action = NEW if before is None else UNCHANGED if after == before else CHANGED
    if action == NEW and after.metric is None:
        remarks.append("what is counted is not known: give it with ict licenses edit")
    return Step(proposal.row, action, proposal.name, after.product, after, before, "; ".join(remarks))
