"""Changing the list of colleagues: by hand or by a plan. Every change is journalled."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.core.facts import Person
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.core.times import parse_day
from schoten_ict.formats.privacy import refuse_national_number, refused
from schoten_ict.people.ask import problems_of
from schoten_ict.people.judge import Action, Step, differences, values_of
from schoten_ict.store import Store, Transaction, journal, people

BATCH = 1000
_EDITABLE = ("name", "email", "department", "function", "username", "phone", "location", "starts", "leaves")


def add(store: Store, person: Person) -> Person:
    """Add a person; raises `ConflictError` when the key or the user name is taken.

    Raises `IncompleteError` when a value looks like a national register number.
    """
    _require_allowed(person)
    with store.transaction() as transaction:
        if people.get(transaction.connection, person.key) is not None:
            raise ConflictError(
                f"{person.key} is taken",
                subject=subject("person", person.key),
                remedy=f"ict people show {person.key}",
            )
        _require_free_username(transaction, person)
        people.put(transaction, person)
        transaction.record("person.add", subject("person", person.key), None, values_of(person))
    return person


def edit(store: Store, who: str, values: Mapping[str, Any], action: str = "person.edit") -> Person:
    """Change fields of a person; None empties one. `leaves` may be in the past. Raises as `add` does."""
    with store.transaction() as transaction:
        before = people.identify(transaction.connection, who)
        after = replace(before, **values)
        _require_allowed(after)
        changes = differences(before, after)
        if changes:
            _require_free_username(transaction, after)
            people.put(transaction, after)
            old, new = _sides(changes)
            transaction.record(action, subject("person", after.key), old, new)
    return after


def apply(store: Store, source: str, steps: Sequence[Step], seen: journal.Head) -> None:
    """Carry out what is new and changed in a plan, in one transaction; `source` names the file.

    `seen` is the journal's head when the plan was made: raises `ConflictError` when it has moved since.
    """
    wanted = [step for step in steps if step.action in {Action.NEW, Action.CHANGED}]
    with store.transaction() as transaction:
        if journal.head(transaction.connection) != seen:
            raise ConflictError("the store changed since the plan was made", remedy="run the import again")
        for step in wanted:
            if step.before is not None and step.after is not None and step.before.key != step.after.key:
                _rekey(transaction, step.before.key, step.after)
        for step in wanted:  # user names may pass from one to another: first all are taken away
            _forget_username(transaction, step)
        for step in wanted:
            if step.after is not None:
                people.put(transaction, step.after)
        for start in range(0, len(wanted), BATCH):
            changes = [change for step in wanted[start : start + BATCH] for change in _changes(step)]
            transaction.record_many("person.import", subject("import", source), changes)


def parsed(words: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` words as fields of a person; an empty value empties. Raises `UsageError`."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in _EDITABLE:
            raise UsageError(
                f"--set {word!r} names no field{nearest(name, list(_EDITABLE))}",
                remedy=f"write --set NAME=VALUE with one of {', '.join(_EDITABLE)}",
            )
        refuse_national_number(f"--set {name}", text, phone=name == "phone")
        values[name] = _value(name, text.strip())
    return values


def _value(name: str, text: str) -> str | date | None:
    if not text and name == "name":
        raise UsageError("a person needs a name")
    if name in {"starts", "leaves"} and text:
        try:
            return parse_day(text)
        except ValueError as error:
            raise UsageError(f"--set {name}: {error}") from None
    return text or None


def _require_allowed(person: Person) -> None:
    if not person.key.strip() or not person.name.strip():
        raise UsageError("a person needs a key and a name")
    values = {name: value for name, value in values_of(person).items() if name != "key"}
    for problem in problems_of(person.key, values):
        raise refused("person", problem)


def _require_free_username(transaction: Transaction, person: Person) -> None:
    if person.username is None:
        return
    row = transaction.connection.execute(
        "SELECT key, name FROM person WHERE username = ? AND key <> ?", (person.username, person.key)
    ).fetchone()
    if row is not None:
        raise ConflictError(
            f"user name {person.username} belongs to {row['name']} ({row['key']})",
            subject=subject("person", person.key),
            remedy=f"ict people show {row['key']}",
        )


def _rekey(transaction: Transaction, old: str, after: Person) -> None:
    """Give a person another key, with what they hold and what was handed over to them."""
    connection = transaction.connection
    connection.execute("UPDATE person SET username = NULL WHERE key = ?", (old,))
    people.put(transaction, after)
    connection.execute("UPDATE handover SET person = ? WHERE person = ?", (after.key, old))
    connection.execute(
        "UPDATE custody SET holder = ? WHERE holder_kind = 'person' AND holder = ?", (after.key, old)
    )
    for table in ("loss", "intake"):
        connection.execute(
            f"UPDATE {table} SET holder = ? WHERE holder = ?",  # noqa: S608 - constants
            (subject("person", after.key), subject("person", old)),
        )
    connection.execute("DELETE FROM person WHERE key = ?", (old,))


def _forget_username(transaction: Transaction, step: Step) -> None:
    if step.after is not None and "username" in step.changes:
        transaction.connection.execute("UPDATE person SET username = NULL WHERE key = ?", (step.after.key,))


def _changes(step: Step) -> Iterator[journal.Change]:
    """What the journal says of a row: of the person, and of the key they had before."""
    yield _change(step)
    if "key" in step.changes:
        old, new = step.changes["key"]
        yield journal.Change(subject("person", old), {"key": old}, {"key": new})


def _change(step: Step) -> journal.Change:
    about = subject("person", step.key)
    if step.before is None and step.after is not None:
        return journal.Change(about, None, values_of(step.after))
    return journal.Change(about, *_sides(step.changes))


def _sides(changes: Mapping[str, tuple[Any, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    return {name: old for name, (old, _) in changes.items()}, {
        name: new for name, (_, new) in changes.items()
    }
