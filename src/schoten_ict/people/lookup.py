"""What the list of colleagues knows of a word: subjects that it names, and facts about a subject."""

import sqlite3
from datetime import datetime
from typing import NamedTuple

from schoten_ict.core.facts import Person
from schoten_ict.core.finding import subject
from schoten_ict.store import people

MOST = 50


class Fact(NamedTuple):
    """One line about a subject: how it is related, what it is about, in words, and since when."""

    kind: str
    key: str
    what: str
    at: datetime | None = None


def exact(connection: sqlite3.Connection, text: str) -> list[str]:
    """The people whose key, user name, e-mail address, name or telephone number this is; the department."""
    word = text.strip().rpartition("\\")[2].casefold()
    number = digits(text)
    everybody = people.every(connection)
    found = [
        subject("person", person.key)
        for person in everybody
        if word in _names(person) or (number and number == digits(person.phone or ""))
    ]
    departments = (each.department for each in everybody if each.department)
    return list(
        dict.fromkeys(
            [*found, *(subject("department", name) for name in departments if name.casefold() == word)]
        )
    )


def similar(connection: sqlite3.Connection, text: str) -> list[str]:
    """The people in whom all words occur."""
    return [subject("person", person.key) for person in people.search(connection, text)[:MOST]]


def names(connection: sqlite3.Connection) -> list[str]:
    """What people are called, to guess from."""
    return [person.name for person in people.every(connection)]


def about(connection: sqlite3.Connection, about: str) -> list[Fact]:
    """The person, or the people of a department."""
    kind, _, key = about.partition(":")
    if kind == "person":
        person = people.get(connection, key)
        return [Fact("person", key, _described(person))] if person else []
    if kind != "department":
        return []
    found = [
        each for each in people.every(connection) if (each.department or "").casefold() == key.casefold()
    ]
    return [Fact("member", each.key, _described(each)) for each in found[:MOST]]


def digits(text: str) -> str:
    """A telephone number as it is compared: digits, in the national form; nothing for any other text."""
    bare = "".join(char for char in text if char not in " ./-()")
    bare = bare.replace("+", "00", 1) if bare.startswith("+") else bare
    bare = f"0{bare[4:]}" if bare.startswith("0032") else bare
    return bare if len(bare) >= _SHORTEST_NUMBER and bare.isdecimal() else ""


_SHORTEST_NUMBER = 8


def _names(person: Person) -> set[str]:
    return {text.casefold() for text in (person.key, person.username, person.email, person.name) if text}


def _described(person: Person) -> str:
    until = f"until {person.leaves}" if person.leaves else None
    parts = (
        person.name,
        person.function,
        person.department,
        person.email,
        person.phone,
        person.location,
        until,
    )
    return ", ".join(part for part in parts if part)
