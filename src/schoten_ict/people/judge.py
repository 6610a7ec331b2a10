"""What an import of colleagues would do: pure, from the people there are and the rows of a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

from schoten_ict.core.facts import Person
from schoten_ict.people.ask import Entry


class Action(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the plan. `changes` holds, by field, the values before and after, JSON-like."""

    row: int
    action: Action
    key: str
    name: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""
    before: Person | None = None
    after: Person | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Every row of the file once, in order, and the people whom the file does not name."""

    steps: tuple[Step, ...]
    absent: int


def plan(people: Iterable[Person], entries: Sequence[Entry]) -> Plan:
    """Match rows with people by key. A row is refused when it clashes with another row or person.

    A person whose key is their user name gets the file's key: that is how another import named them.
    """
    desk = _Desk(people)
    steps = tuple(desk.step(entry) for entry in entries)
    named = {step.before.key for step in steps if step.before is not None}
    return Plan(steps, len(desk.by_key.keys() - named))


class _Desk:
    """The people there are, and the rows seen so far."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.by_key = {person.key: person for person in people}
        self._users = {
            person.username.casefold(): person for person in self.by_key.values() if person.username
        }
        self._mails: dict[str, set[str]] = {}
        for person in self.by_key.values():
            if person.email:
                self._mails.setdefault(person.email.casefold(), set()).add(person.key)
        self._rows: dict[tuple[str, str], int] = {}

    def step(self, entry: Entry) -> Step:
        name = str(entry.values.get("name", ""))
        username = str(entry.values.get("username", "")).casefold()
        mail = str(entry.values.get("email", "")).casefold()
        reason = self._repeated(entry.row, (("key", entry.key), ("user name", username), ("e-mail", mail)))
        before, taken = self._match(entry.key, username)
        taken = taken or self._mail_taken(mail, before)
        reason = entry.problem or reason or taken
        if reason:
            return Step(entry.row, Action.REFUSED, entry.key, name, reason=reason)
        if before is None:
            after = Person(key=entry.key, **_typed(entry))
            return Step(entry.row, Action.NEW, entry.key, name, after=after)
        after = replace(before, key=entry.key, **_typed(entry))
        if after.starts and after.leaves and after.leaves < after.starts:
            reason = f"leaves on {after.leaves}, before the start on {after.starts}"
            return Step(entry.row, Action.REFUSED, entry.key, name, reason=reason)
        changes = differences(before, after)
        action = Action.CHANGED if changes else Action.UNCHANGED
        return Step(entry.row, action, entry.key, after.name, changes, before=before, after=after)

    def _mail_taken(self, mail: str, before: Person | None) -> str:
        """Why the e-mail address cannot be theirs: somebody else has it."""
        others = sorted(self._mails.get(mail, set()) - ({before.key} if before else set()))
        return f"the e-mail address belongs to {self.by_key[others[0]].name} ({others[0]})" if others else ""

    def _repeated(self, row: int, words: Iterable[tuple[str, str]]) -> str:
        """Why a row clashes with an earlier one."""
        reasons = []
        for kind, word in words:
            if word:
                first = self._rows.setdefault((kind, word), row)
                if first != row:
                    reasons.append(f"row {first} has the same {kind}")
        return "; ".join(reasons)

    def _match(self, key: str, username: str) -> tuple[Person | None, str]:
        """The person whom a row means, and why it cannot be them."""
        owner = self._users.get(username) if username else None
        known = self.by_key.get(key)
        if owner is None or owner.key == key:
            return known, ""
        if known is None and owner.key.casefold() == username:
            return owner, ""
        return known, f"the user name belongs to {owner.name} ({owner.key})"


def differences(before: Person, after: Person) -> dict[str, tuple[Any, Any]]:
    """The fields that differ, with their values before and after, JSON-like."""
    pairs = {each.name: (getattr(before, each.name), getattr(after, each.name)) for each in fields(Person)}
    return {name: (_plain(old), _plain(new)) for name, (old, new) in pairs.items() if old != new}


def values_of(person: Person) -> dict[str, Any]:
    """The fields that have a value, JSON-like: for the journal."""
    values = {each.name: getattr(person, each.name) for each in fields(Person)}
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _typed(entry: Entry) -> dict[str, Any]:
    return dict(entry.values)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
