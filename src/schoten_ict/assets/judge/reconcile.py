"""What an import would do to each row: pure, from the assets there are and what the rows say.

Values are in the form of the store: dates in ISO, amounts in cents, MAC addresses and custom fields as JSON.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from schoten_ict.assets.ask.reader import Proposals
from schoten_ict.assets.judge.fields import Rules
from schoten_ict.assets.judge.holding import GONE, circles
from schoten_ict.assets.judge.lifecycle import TRANSITIONS
from schoten_ict.assets.model import Status
from schoten_ict.formats.identifiers import serial_keys

HELD_IN = frozenset({Status.IN_STOCK.value, Status.IN_REPAIR.value})
"""Statuses in which an asset can have a holder."""

_KEPT = frozenset({"tag", "category", "status"})
"""Fields that a blank cell never erases."""

_MOVES = {(before.value, after.value): act for act, (froms, after) in TRANSITIONS.items() for before in froms}
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_BLANK = {"macs": "[]", "fields": "{}"}


class Action(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Stored:
    """An asset of the store: its values by field, who holds it, and on which handover that rests."""

    values: Mapping[str, Any]
    holder: str | None = None
    handover: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The assets there are: by tag in lower case, and that tag by serial key."""

    by_tag: Mapping[str, Stored]
    by_serial: Mapping[str, str]


class Step(NamedTuple):
    """One row of the plan.

    `tag` is None for a new asset that gets its tag when it is added. `values` holds all values of a new
    asset, the changed ones of an existing one; `before` what those were. `holder` is who holds it after,
    `held` who did before. `act` is the transition of a status that changes.
    """

    row: int
    action: Action
    key: str
    tag: str | None
    category: str | None
    values: Mapping[str, Any]
    before: Mapping[str, Any]
    holder: str | None
    held: str | None
    act: str | None
    reason: str


def reconcile(known: Known, proposals: Proposals, rules: Rules, *, erase_blank: bool = False) -> list[Step]:
    """Every row of the file once, in the order of the lines.

    An asset is recognised by its tag, else by its serial number. Of rows that speak of one asset the first
    counts. What contradicts the store is refused: another asset's serial number, a holder who signed.
    """
    desk = _Desk(known, proposals, rules, erase_blank=erase_blank)
    steps = list(desk.steps())
    if proposals.misfits:
        steps += [_refused(line, "", None, None, reason) for line, reason in proposals.misfits.items()]
        steps.sort(key=lambda step: step.row)
    return _without_circles(known, steps)


def _without_circles(known: Known, steps: list[Step]) -> list[Step]:
    """Refuse rows that make assets hold themselves through others, or give them to an asset that is gone.

    Holders count as they are after the whole file. A refused row leaves its asset with its old holder, who
    may close another circle: so it goes on until no row is refused any more.
    """
    given = {
        place: step.holder[6:].casefold()
        for place, step in enumerate(steps)
        if step.holder and step.holder != step.held and step.holder.startswith("asset:")
    }
    refused = True
    while given and refused:
        reasons = _unholdable(known, steps, given)
        for place, reason in reasons.items():
            step = steps[place]
            steps[place] = _refused(step.row, step.key, step.tag, step.category, reason)
            del given[place]
        refused = bool(reasons)
    return steps


def _unholdable(known: Known, steps: Sequence[Step], given: Mapping[int, str]) -> dict[int, str]:
    """By place why an asset cannot get the asset `given` as its holder."""
    statuses = {key: str(stored.values["status"]) for key, stored in known.by_tag.items()}
    holders = {key: stored.holder for key, stored in known.by_tag.items()}
    for step in steps:
        if step.tag and step.action is not Action.REFUSED:
            key = step.tag.casefold()
            holders[key] = step.holder
            statuses[key] = str(step.values.get("status", statuses.get(key)))
    above = {
        key: holder[6:].casefold()
        for key, holder in holders.items()
        if holder and holder.startswith("asset:")
    }
    round_and_round = circles(above)
    reasons = {}
    for place, holder in given.items():
        step = steps[place]
        if statuses.get(holder) in GONE:
            reasons[place] = f"{step.holder} is {statuses[holder]} and cannot hold anything"
        elif step.tag and step.tag.casefold() in round_and_round:
            reasons[place] = "would hold itself through the assets that other rows name"
    return reasons


class _Desk:
    """The rows of one file beside the assets there are."""

    def __init__(self, known: Known, proposals: Proposals, rules: Rules, *, erase_blank: bool) -> None:
        self._known = known
        self._proposals = proposals
        self._rules = rules
        self._erase = erase_blank
        self._names = tuple(proposals.columns)
        self._holding_others = {stored.holder for stored in known.by_tag.values()}
        self._first_by_tag: dict[str, int] = {}
        self._first_by_serial: dict[str, int] = {}

    def steps(self) -> Iterator[Step]:
        """One step for each row, in order."""
        said = self._proposals
        size = len(said.lines)
        blank: Sequence[Any] = [None] * size
        tags = said.columns.get("tag", blank)
        serials = said.columns.get("serial", blank)
        holders = said.holders if said.holders is not None else blank
        rows = zip(*said.columns.values(), strict=True)
        keys = serial_keys(serials)
        for index, (line, row, tag, serial, key, holder) in enumerate(
            zip(said.lines, rows, tags, serials, keys, holders, strict=True)
        ):
            problems = said.problems.get(index, ())
            stored, clash = self._target(line, tag.casefold() if tag else "", key)
            if problems or clash:
                reason = "; ".join((*problems, clash) if clash else problems)
                target = stored.values["tag"] if stored is not None else tag
                yield _refused(line, tag or serial or "", target, None, reason)
            elif stored is None:
                yield self._new(index, line, row, tag or serial or "", holder)
            else:
                yield self._existing(index, line, row, stored, holder)

    def _target(self, line: int, tag: str, serial: str) -> tuple[Stored | None, str]:
        """The asset that a row means, if there is one, and why the row cannot be used."""
        by_tag = self._known.by_tag
        stored = by_tag.get(tag) if tag else None
        owner = by_tag.get(self._known.by_serial.get(serial, "")) if serial else None
        meant = stored or (owner if not tag else None)
        own_key = meant.values["tag"].casefold() if meant is not None else tag
        if own_key:
            first = self._first_by_tag.setdefault(own_key, line)
            if first != line:
                return None, f"row {first} speaks of the same asset"
        if serial:
            first = self._first_by_serial.setdefault(serial, line)
            if first != line:
                return None, f"row {first} has the same serial number"
        if not tag and not serial:
            return None, "has neither a tag nor a serial number, so it could not be recognised the next time"
        if owner is not None and owner is not meant:
            other = owner.values["tag"]
            whose = f"the tag is {meant.values['tag']}" if meant is not None else "the tag is new"
            return None, f"{whose}, but the serial number belongs to {other}"
        return meant, ""

    def _new(self, index: int, line: int, row: Sequence[Any], key: str, holder: str | None) -> Step:
        values = dict(zip(self._names, row, strict=True))
        if not all(row):
            values = {name: value for name, value in values.items() if value is not None}
        category = values.get("category")
        status = values.setdefault("status", "in-stock")
        tag = values.get("tag")
        reason = "" if tag and category else self._rules.lacking(category, tag)
        if holder and status not in HELD_IN:
            reason = reason or _unheld(status)
        if not reason and self._proposals.custom:
            reason = self._custom(index, category, values, {})
        if reason:
            return _refused(line, key, tag, category, reason)
        if "end_of_life" not in values and "purchase_date" in values:
            end = self._rules.end_of_life(category, values["purchase_date"])
            if end:
                values["end_of_life"] = end
        note = "in use, but no holder is named" if self._proposals.assigned[index] and not holder else ""
        return Step(line, Action.NEW, key, tag, category, values, _NOTHING, holder, None, None, note)

    def _existing(
        self, index: int, line: int, row: Sequence[Any], stored: Stored, holder: str | None
    ) -> Step:
        old, tag = stored.values, str(stored.values["tag"])
        values: dict[str, Any] = {}
        for name, said in zip(self._names, row, strict=True):
            if said is None and (not self._erase or name in _KEPT):
                continue
            value = _BLANK.get(name) if said is None else said
            if value != old.get(name) and name != "tag":
                values[name] = value
        category = values.get("category", old["category"])
        reason = self._custom(index, category, values, old) if self._proposals.custom else ""
        after, refusal, act = self._holding(values, stored, holder)
        reason = reason or refusal
        if reason:
            return _refused(line, tag, tag, category, reason)
        action = Action.CHANGED if values or after != stored.holder else Action.UNCHANGED
        before = {name: old.get(name) for name in values}
        note = self._note(index, after, holder)
        return Step(line, action, tag, tag, category, values, before, after, stored.holder, act, note)

    def _holding(
        self, values: Mapping[str, Any], stored: Stored, holder: str | None
    ) -> tuple[str | None, str, str | None]:
        """Who holds an asset after the row, why the row is refused, and the act that moves its status."""
        status = str(stored.values["status"])
        wanted = str(values.get("status", status))
        act = _MOVES.get((status, wanted))
        after = holder or stored.holder
        if holder is None and self._erase and self._proposals.holders is not None:
            after = None
        if act in {"lost", "stolen"} and not holder:
            return None, "", act
        reason = self._immovable(stored, status, wanted, act) or self._ungivable(
            stored, wanted, after, holder
        )
        return (None, reason, None) if reason else (after, "", act)

    def _immovable(self, stored: Stored, status: str, wanted: str, act: str | None) -> str:
        """Why the status cannot change as the row wants."""
        if wanted != status and (act is None or act == "dispose"):
            way = "; ict assets dispose asks for the proof of wiping" if wanted == Status.DISPOSED else ""
            return f"a status cannot go from {status} to {wanted} by import{way}"
        if act == "repair-end":
            return f"is in repair; ict assets repair end {stored.values['tag']} says when it came back"
        if act == "retire" and f"asset:{stored.values['tag']}" in self._holding_others:
            return "holds other assets; take those back first"
        return ""

    @staticmethod
    def _ungivable(stored: Stored, status: str, after: str | None, holder: str | None) -> str:
        """Why the holder cannot be who the row says."""
        if after != stored.holder and stored.handover is not None:
            return f"is held by {stored.holder} under {stored.handover}; take it back first"
        if after is not None and status not in HELD_IN:
            return _unheld(status) if holder else f"is held by {after}; take it back first"
        return "would hold itself" if after == f"asset:{stored.values['tag']}" else ""

    def _custom(self, index: int, category: Any, values: dict[str, Any], old: Mapping[str, Any]) -> str:
        """Put the custom fields of a row into `values`; returns why they cannot be."""
        present = json.loads(old.get("fields") or "{}")
        said = {name: column[index] for name, column in self._proposals.custom.items()}
        kept = {name: text for name, text in present.items() if not (self._erase and name in said)}
        after = {**kept, **{name: text for name, text in said.items() if text is not None}}
        if after == present:
            return ""
        values["fields"] = json.dumps(after, ensure_ascii=False)
        return self._rules.wrong_fields(str(category), {name: text for name, text in said.items() if text})

    def _note(self, index: int, after: str | None, holder: str | None) -> str:
        said = self._proposals
        if said.assigned[index] and after is None:
            return "in use, but no holder is named"
        statuses = said.columns.get("status")
        says_stock = statuses is not None and statuses[index] == "in-stock" and not said.assigned[index]
        return (
            f"in stock according to the file, but held by {after}"
            if says_stock and after and not holder
            else ""
        )


def _unheld(status: str) -> str:
    return f"an asset that is {status} cannot have a holder"


def _refused(line: int, key: str, tag: str | None, category: str | None, reason: str) -> Step:
    return Step(line, Action.REFUSED, key, tag, category, {}, {}, None, None, None, reason)
