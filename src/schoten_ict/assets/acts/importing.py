"""Importing a list of equipment: the plan from the store as it is, and its application in one transaction."""

import gc
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from schoten_ict.assets.ask import preset, reader
from schoten_ict.assets.ask.reader import Context, Options, Proposals
from schoten_ict.assets.ask.words import SEVERAL, Categories, Holders, slugged
from schoten_ict.assets.judge.fields import Rules
from schoten_ict.assets.judge.reconcile import Action, Known, Step, reconcile
from schoten_ict.assets.records import assets, bulk, losses, repairs
from schoten_ict.core.errors import ConflictError, NotFoundError, UsageError
from schoten_ict.core.facts import Person
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest, printable
from schoten_ict.formats.tables import RawTable
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.assets import ASSETS
from schoten_ict.inventory.sections.sites import SITES
from schoten_ict.store import Store, Transaction, journal, people

BATCH = 1000
"""So many changes in one entry of the journal."""

_ONE_MAC = len('["00:00:00:00:00:00"]')


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: a preset by name, how to read the file, and what its words mean.

    `categories` are `WORD=ID`; with `erase_blank` a blank cell empties a field.
    """

    preset: str = "generic"
    options: Options = Options()
    categories: Sequence[str] = ()
    erase_blank: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Every row of a file, the people it adds, and the journal's head when it was made."""

    source: str
    steps: list[Step]
    newcomers: Mapping[str, Person]
    seen: journal.Head
    notes: tuple[str, ...]


def plan(connection: sqlite3.Connection, inventory: Inventory, table: RawTable, request: Request) -> Plan:
    """What an import would do. See `reader.read` and `reconcile` for what they refuse.

    Raises `NotFoundError` for a category that is neither declared nor used.
    """
    seen = journal.head(connection)
    known = bulk.known(connection)
    chosen = preset.named(request.preset)
    context = _context(connection, inventory, known, request, own=chosen.own_categories)
    if request.options.category is not None:
        _require_category(context.categories, request.options.category)
    proposals = reader.read(table, chosen, request.options, context)
    rules = Rules(inventory.categories)
    steps = reconcile(known, proposals, rules, erase_blank=request.erase_blank)
    notes = (*proposals.notes, *_undeclared(steps, rules), *_newcomers(proposals))
    return Plan(table.name, steps, proposals.newcomers, seen, notes)


def apply(store: Store, inventory: Inventory, made: Plan) -> list[Step]:
    """Carry out what is new and changed, all of it or nothing; returns the steps with the tags given.

    Raises `ConflictError` when the store has changed since the plan was made.
    """
    with store.transaction() as transaction:
        if journal.head(transaction.connection) != made.seen:
            raise ConflictError("the store changed since the plan was made", remedy="run the import again")
        _add_people(transaction, made)
        steps = _add(transaction, inventory, made.steps)
        _change(transaction, [step for step in steps if step.action is Action.CHANGED])
        _journal(transaction, made.source, steps)
    return steps


@contextmanager
def without_collector() -> Iterator[None]:
    """Let Python's cycle collector rest: it would walk through millions of new values that stay."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _add_people(transaction: Transaction, made: Plan) -> None:
    """Add the people whom applied rows name as holders and nobody knows."""
    wanted = {step.holder for step in made.steps if step.holder and step.action is not Action.REFUSED}
    added = [person for key, person in made.newcomers.items() if f"person:{key}" in wanted]
    for person in added:
        people.put(transaction, person)
    changes = [
        journal.Change(
            subject("person", each.key),
            None,
            {"name": each.name, "username": each.username, "email": each.email},
        )
        for each in added
    ]
    if changes:
        transaction.record_many("person.import", subject("import", made.source), changes)


def _add(transaction: Transaction, inventory: Inventory, steps: Sequence[Step]) -> list[Step]:
    """Add the new assets: first those with a tag, so that no tag is given that the file uses itself."""
    bulk.insert(transaction, [step.values for step in steps if step.action is Action.NEW and step.tag])
    done = []
    untagged = []
    for step in steps:
        if step.action is Action.NEW and step.tag is None:
            tag = assets.allocate_tag(transaction, inventory.categories[str(step.category)].tag)
            given = step._replace(tag=tag, key=tag, values={"tag": tag, **step.values})
            untagged.append(given.values)
            done.append(given)
        else:
            done.append(step)
    bulk.insert(transaction, untagged)
    new = [step for step in done if step.action is Action.NEW]
    bulk.begin_custody(transaction, ((str(step.tag), step.holder) for step in new if step.holder))
    bulk.begin_repairs(transaction, (str(each.tag) for each in new if each.values["status"] == "in-repair"))
    return done


def _change(transaction: Transaction, steps: Sequence[Step]) -> None:
    moved = [step for step in steps if step.act]
    for step in moved:
        _follow(transaction, str(step.tag), str(step.act), step.held)
    bulk.update(transaction, ((str(step.tag), step.values) for step in steps if step.values))
    passed = [step for step in steps if step.holder != step.held]
    bulk.end_custody(transaction, (str(step.tag) for step in passed if step.held))
    bulk.begin_custody(transaction, ((str(step.tag), step.holder) for step in passed if step.holder))


def _follow(transaction: Transaction, tag: str, act: str, held: str | None) -> None:
    """Keep the records that go with a transition: repairs and losses."""
    if act == "repair-start":
        bulk.begin_repairs(transaction, [tag])
    elif act in {"repair-end", "retire", "lost", "stolen"}:
        repairs.close_open(transaction, tag, act)
    if act in {"lost", "stolen"}:
        losses.insert(transaction, losses.Report(tag, act, held, transaction.now, None, None, None))
    if act in {"found", "reinstate"}:
        losses.close(transaction, tag)


def _journal(transaction: Transaction, source: str, steps: Iterable[Step]) -> None:
    """Record the applied rows, BATCH to an entry, for each asset and for each person who is a holder."""
    about = subject("import", source)
    written = (step for step in steps if step.action in {Action.NEW, Action.CHANGED})
    while batch := list(islice(written, BATCH)):
        changes = [journal.Change(f"asset:{step.tag}", _before(step), _after(step)) for step in batch]
        received: dict[str, list[str]] = {}
        for step in batch:
            if step.holder and step.holder != step.held and step.holder.startswith("person:"):
                received.setdefault(step.holder, []).append(str(step.tag))
        changes += [journal.Change(who, None, {"received": tags}) for who, tags in received.items()]
        transaction.record_many("asset.import", about, changes)


def _before(step: Step) -> dict[str, Any] | None:
    if step.action is Action.NEW:
        return None
    return _with_holder(step, step.before, step.held)


def _after(step: Step) -> dict[str, Any]:
    return _with_holder(step, step.values, step.holder)


def _with_holder(step: Step, values: Mapping[str, Any], holder: str | None) -> dict[str, Any]:
    found = as_json(values)
    if step.holder != step.held:
        found["holder"] = holder
    return found


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the form of the store as the journal has them: lists and objects, not their text."""
    found = dict(values)
    macs = found.get("macs")
    if macs is not None:
        found["macs"] = [macs[2:-2]] if len(macs) == _ONE_MAC else json.loads(macs)
    if found.get("fields") is not None:
        found["fields"] = json.loads(found["fields"])
    return found


def _context(
    connection: sqlite3.Connection, inventory: Inventory, known: Known, request: Request, *, own: bool
) -> Context:
    rules = inventory.get(ASSETS)
    used = {str(stored.values["category"]) for stored in known.by_tag.values()}
    words = {name.casefold(): name for name in used}
    for name, category in rules.categories.items():
        words |= {category.title.casefold(): name, name.casefold(): name}
    for word, name in _categories(request.categories, words).items():
        words[word] = name
    sites: dict[str, str] = {}
    for site in inventory.get(SITES):
        sites |= {site.name.casefold(): site.name, (site.title or site.name).casefold(): site.name}
    holders = Holders(
        _people_by_word(connection),
        {name.casefold(): name for name in rules.departments},
        {key: str(stored.values["tag"]) for key, stored in known.by_tag.items()},
    )
    patterns = [re.compile(_pattern(category.tag)) for category in rules.categories.values()]

    def is_tag(text: str) -> bool:
        return text.casefold() in known.by_tag or any(each.fullmatch(text) for each in patterns)

    return Context(Categories(words, own), holders, sites, is_tag)


def _pattern(tag: str) -> str:
    head, _, rest = tag.partition("{")
    return f"{re.escape(head)}[0-9]+{re.escape(rest.partition('}')[2])}"


def _categories(given: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """`WORD=ID` words by word in lower case; raises `UsageError` or `NotFoundError`."""
    found = {}
    for each in given:
        word, equals, name = each.rpartition("=")
        if not equals or not word.strip() or not name.strip():
            raise UsageError(
                f"--map-category {printable(each)!r} has no =", remedy='write --map-category "WORD=ID"'
            )
        _require_category(Categories(known), name.strip())
        found[word.strip().casefold()] = known[name.strip().casefold()]
    return found


def _require_category(categories: Categories, name: str) -> None:
    if name not in categories.by_word.values():
        ids = sorted(set(categories.by_word.values()))
        raise NotFoundError(
            f"no category {printable(name)!r}{nearest(slugged(name), ids)}",
            subject=subject("category", printable(name)),
            remedy=f"declared are {', '.join(ids) or 'none'}; see assets.categories in inventory.yaml",
        )


def _people_by_word(connection: sqlite3.Connection) -> dict[str, str]:
    """Keys by what people are called, in lower case; a key goes before a user name, that before a name."""
    found: dict[str, str] = {}
    everybody = people.every(connection)
    for field in ("key", "username", "email", "name"):
        mine: dict[str, str] = {}
        for person in everybody:
            word = (getattr(person, field) or "").casefold()
            if word:
                mine[word] = SEVERAL if mine.get(word, person.key) != person.key else person.key
        found = {**mine, **found}
    return found


def _undeclared(steps: Iterable[Step], rules: Rules) -> list[str]:
    names = {step.category for step in steps if step.action is Action.NEW and step.category}
    unknown = sorted(name for name in names if not rules.declared(name))
    if not unknown:
        return []
    return [f"Categories that inventory.yaml does not declare: {', '.join(unknown)}"]


def _newcomers(proposals: Proposals) -> list[str]:
    if not proposals.newcomers:
        return []
    return [f"People whom the file names and nobody knows are added: {', '.join(proposals.newcomers)}"]
