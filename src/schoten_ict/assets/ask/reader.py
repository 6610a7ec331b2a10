"""From a table and a preset to proposals: what each row says of an asset, in the form of the store.

Columns are read as a whole, and each distinct text once: lists have 100,000 rows and few different words.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from types import MappingProxyType
from typing import Any

from schoten_ict.assets.ask.preset import AMOUNTS, DATES, FIELDS, Preset
from schoten_ict.assets.ask.words import Categories, Holders, Meant, months_in, status
from schoten_ict.core.errors import UsageError
from schoten_ict.core.facts import Person
from schoten_ict.core.text import nearest, printable
from schoten_ict.core.times import add_months
from schoten_ict.formats import typed
from schoten_ict.formats.columns import Number, distinct
from schoten_ict.formats.dates import DateOrder
from schoten_ict.formats.headers import Chosen, choose
from schoten_ict.formats.identifiers import clean_imei, clean_mac, clean_serial, looks_like_national_number
from schoten_ict.formats.money import DecimalMark
from schoten_ict.formats.privacy import LAW, refuse_national_numbers, texts_with_national_numbers
from schoten_ict.formats.tables import RawTable
from schoten_ict.formats.writing import unquoted

LONGEST = 200
LONGEST_NOTES = 10_000
_PLAIN = (
    "tag", "manufacturer", "model", "location", "cost_centre", "supplier", "order_number", "sim",
    "phone_number", "notes",
)  # fmt: skip
_NUMBERS = frozenset({"serial", "order_number", "sim", "phone_number", "imei", "macs", *DATES, *AMOUNTS})
"""Fields in which eleven digits are usual: one number in a few hundred looks like a national one."""

_CUSTOM = re.compile(r"(?:veld|field)\s*:\s*(\S.*)", re.IGNORECASE)
_PARTS = re.compile(r"[\s,;]+")
_USUAL_MAC = re.compile(
    r"(?!(?:00[:-]?){6}|(?:[Ff]{2}[:-]?){6})[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_ORDERS = {DateOrder.DMY: "day/month/year", DateOrder.MDY: "month/day/year", DateOrder.YMD: "year-month-day"}


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of a file. `category` is an id for all rows."""

    maps: Sequence[str] = ()
    category: str | None = None
    order: DateOrder | None = None
    decimal: DecimalMark | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What words mean here. `tag_hint` says whether a text looks like one of our tags."""

    categories: Categories
    holders: Holders
    sites: Mapping[str, str]
    tag_hint: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Proposals:
    """What the rows say, column by column; every list has one value per row, None where nothing is said.

    `columns` holds fields of the asset as the store keeps them (dates in ISO, cents, MAC addresses as JSON).
    `assigned` says that a row calls the asset in use, `holders` are written as `person:1042`, `custom` are
    fields of the category by name. `problems` are by place in the lists. `misfits` are rows that fit no
    columns, by line. `newcomers` are people whom the file names in full and nobody knows, by key.
    """

    lines: Sequence[int]
    columns: Mapping[str, Sequence[Any]]
    assigned: Sequence[bool]
    holders: Sequence[str | None] | None
    custom: Mapping[str, Sequence[str | None]]
    problems: Mapping[int, list[str]]
    misfits: Mapping[int, str]
    newcomers: Mapping[str, Person] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read(table: RawTable, preset: Preset, options: Options, context: Context) -> Proposals:
    """The proposals in a table.

    Raises `IncompleteError` when a column holds national register numbers, `UsageError` when a word of
    `options` fits nothing, or a column of dates or amounts is undecided.
    """
    refuse_national_numbers(table)
    custom = _custom_columns(table.header)
    chosen = choose(table.header, preset.known, options.maps, FIELDS)
    reading = _Reading(table, chosen)
    reading.private({own: table.header.index(name) for name, own in custom.items()})
    if not chosen.columns.keys() & {"tag", "tag_hint", "serial"}:
        raise UsageError(
            f"{printable(table.name)}: no column holds tags or serial numbers",
            remedy=f"give --map tag=COLUMN; its columns: {', '.join(map(printable, table.header))}",
        )
    reading.plain()
    reading.typed(options)
    reading.words(options, context)
    newcomers = reading.holder(context, add=preset.own_categories)
    unused = [name for name in chosen.unused if name not in custom]
    if unused:
        reading.notes.append(f"Columns not used: {', '.join(printable(name) for name in unused)}")
    return Proposals(
        lines=[line for line, _ in table.rows],
        columns=reading.columns,
        assigned=reading.assigned,
        holders=reading.holders,
        custom={own: reading.texts_at(table.header.index(name)) for name, own in custom.items()},
        problems=reading.problems,
        misfits={
            int(each.subject.rpartition(":")[2]): each.message
            for each in table.problems
            if each.code == "row"
        },
        newcomers=newcomers,
        notes=tuple(reading.notes),
    )


def _custom_columns(header: Sequence[str]) -> dict[str, str]:
    """The fields of categories that headers such as `Veld: keyboard` name, by header."""
    matches = ((name, _CUSTOM.fullmatch(name)) for name in header)
    return {name: match[1].strip() for name, match in matches if match}


class _Reading:
    """One table on its way to proposals."""

    def __init__(self, table: RawTable, chosen: Chosen) -> None:
        self._table = table
        self._chosen = chosen
        self._cells = table.columns()
        self._size = len(table.rows)
        self.columns: dict[str, Sequence[Any]] = {}
        self.assigned: Sequence[bool] = [False] * self._size
        self.holders: Sequence[str | None] | None = None
        self.problems: dict[int, list[str]] = {}
        self.notes: list[str] = []

    def private(self, custom: Mapping[str, int]) -> None:
        """Refuse rows whose cells hold a national register number, and forget these cells."""
        for name, place in (*self._chosen.columns.items(), *custom.items()):
            column = self._cells[place]
            numbers = texts_with_national_numbers(
                column, bare=name not in _NUMBERS, phone=name == "phone_number"
            )
            if numbers:
                title = printable(self._table.header[place])
                for index, text in enumerate(column):
                    if text in numbers:
                        self._wrong(index, f"{title} holds a national register number, which {LAW}")
                self._cells[place] = ["" if text in numbers else text for text in column]

    def texts_at(self, place: int) -> list[str | None]:
        """A column's cells, trimmed, None for blank ones."""
        column = self._cells[place]
        few = distinct(column)
        if few is column:
            return _trimmed(column)
        return list(map(dict(zip(few, _trimmed(few), strict=True)).__getitem__, column))

    def texts(self, name: str) -> list[str | None] | None:
        """The cells of a field, None when no column holds it."""
        place = self._chosen.columns.get(name)
        return None if place is None else self.texts_at(place)

    def plain(self) -> None:
        """Fields that are kept as they are written."""
        for name in _PLAIN:
            found = self.texts(name)
            if found is not None:
                self._limit(name, found)
                self.columns[name] = found
        serials = self.texts("serial")
        if serials is not None:
            self._limit("serial", serials)
            self.columns["serial"] = [
                text if text is None or _is_usual_serial(text) else clean_serial(text) for text in serials
            ]

    def typed(self, options: Options) -> None:
        """Dates, amounts, and numbers with a check."""
        self._dates(options.order)
        for name in AMOUNTS:
            raw = self.texts(name)
            if raw is not None:
                title = self._title(name)
                cells = self._cells[self._chosen.columns[name]]
                texts = [
                    cell if type(cell) is Number else text or ""
                    for cell, text in zip(cells, raw, strict=True)
                ]
                amounts, errors, mark = typed.cents(title, texts, options.decimal)
                for error in errors:
                    self._wrong(error.index, f"{title} {error.message}")
                for index in (each for each, amount in enumerate(amounts) if (amount or 0) < 0):
                    self._wrong(index, f"{title} is negative")
                self.columns["purchase_cents"] = amounts
                if mark:
                    self.notes.append(
                        f"Amounts are read with a decimal {'comma' if mark == ',' else 'point'}"
                    )
        self._mapped("imei", _imei)
        self._mapped("macs", _macs, _usual_macs(self.texts("macs") or ()))
        self._warranty_months()

    def words(self, options: Options, context: Context) -> None:
        """Fields whose words have a meaning: status, category, site, a hint of a tag."""
        self._mapped("status", status)
        if "status" in self.columns:
            self.assigned = [each == "assigned" for each in self.columns["status"]]
            self.columns["status"] = [
                "in-stock" if each == "assigned" else each for each in self.columns["status"]
            ]
        if options.category is not None:
            self.columns["category"] = list(repeat(options.category, self._size))
        else:
            self._mapped("category", context.categories.meant)
        self._sites(context.sites)
        hints = self.texts("tag_hint")
        if hints is not None and "tag" not in self.columns:
            self.columns["tag"] = [text if text and context.tag_hint(text) else None for text in hints]

    def _sites(self, sites: Mapping[str, str]) -> None:
        """The site of each row; a word that is no declared site is where the asset stands."""
        raw = self.texts("site")
        if raw is None:
            return
        self._limit("site", raw)
        named = {text: sites.get(text.casefold()) for text in dict.fromkeys(raw) if text}
        self.columns["site"] = [named[text] if text else None for text in raw]
        others = {text for text, site in named.items() if site is None}
        if not others:
            return
        places = list(self.columns.get("location") or repeat(None, self._size))
        close = {text: nearest(text.casefold(), list(sites)) for text in others}
        for index, text in enumerate(raw):
            if text in others and places[index] is None:
                places[index] = text
            elif text in others and places[index] != text:
                word = printable(str(text))
                self._wrong(index, f"{self._title('site')}: {word!r} is no site{close[str(text)]}")
        self.columns["location"] = places

    def holder(self, context: Context, *, add: bool) -> dict[str, Person]:
        """Who holds each asset; returns the people to add, by key, where `add` allows it."""
        names = ("holder", "holder_username", "holder_email", "holder_room")
        parts = {name: self.texts(name) for name in names}
        given = [column for column in parts.values() if column is not None]
        if not given:
            return {}
        newcomers = self._newcomers(context, parts) if add else {}
        rooms = parts.pop("holder_room") or list(repeat(None, self._size))
        people = [column for column in parts.values() if column is not None]
        firsts = [next(filter(None, row), None) for row in zip(*people, strict=True)] if people else rooms
        words = [
            text or (f"room: {room}" if room else None) for text, room in zip(firsts, rooms, strict=True)
        ]
        meant = {word: context.holders.meant(word) for word in dict.fromkeys(words) if word}
        found: list[str | None] = []
        for index, word in enumerate(words):
            value = None
            if word is not None:
                value, problem = meant[word]
                if problem is not None and word.casefold() in newcomers:
                    value = f"person:{word.casefold()}"
                elif problem is not None:
                    self._wrong(index, problem)
            found.append(value)
        self.holders = found
        return newcomers

    def _newcomers(
        self, context: Context, parts: Mapping[str, Sequence[str | None] | None]
    ) -> dict[str, Person]:
        """People whom the file names by user name and full name, and whom nobody knows."""
        users = parts["holder_username"]
        if users is None:
            return {}
        blank: list[str | None] = [None] * self._size
        first, last, mails = (
            self.texts(name) or blank for name in ("holder_first_name", "holder_last_name", "holder_email")
        )
        found: dict[str, Person] = {}
        for user, *names, mail in zip(users, first, last, mails, strict=True):
            name = " ".join(filter(None, names))
            if not user or not name or user.casefold() in found or looks_like_national_number(user):
                continue
            if context.holders.meant(user).value is None:
                found[user.casefold()] = Person(user.casefold(), name, email=mail, username=user)
        return found

    def _dates(self, order: DateOrder | None) -> None:
        names = {name: self._title(name) for name in DATES if name in self._chosen.columns}
        raw = {title: [text or "" for text in self.texts(name) or ()] for name, title in names.items()}
        read = typed.days(raw, order)
        for title, errors in read.errors.items():
            for error in errors:
                self._wrong(error.index, f"{title} {error.message}")
        for name, title in names.items():
            self.columns[name] = read.columns[title]
        if read.order is not None:
            self.notes.append(f"Dates are read as {_ORDERS[read.order]}")

    def _warranty_months(self) -> None:
        """The end of the warranty from its length, where the file has no date for it."""
        months = self.texts("warranty_months")
        bought = self.columns.get("purchase_date")
        if months is None or bought is None or "warranty_until" in self.columns:
            return
        lengths = {text: months_in(text) for text in dict.fromkeys(months) if text}
        found: list[str | None] = []
        for index, (text, day) in enumerate(zip(months, bought, strict=True)):
            number = lengths[text] if text else 0
            if number is None:
                self._wrong(index, f"{self._title('warranty_months')} is no length; write 36 or 3 years")
            found.append(add_months(date.fromisoformat(day), number).isoformat() if number and day else None)
        self.columns["warranty_until"] = found

    def _mapped(self, name: str, reader: Callable[[str], Meant], known: Mapping[str, str] = _NOTHING) -> None:
        """Read a column word by word; a word that means nothing is a problem of its rows.

        `known` are words whose values need no reading.
        """
        raw = self.texts(name)
        if raw is None:
            return
        self._limit(name, raw)
        meant = {text: reader(text) for text in dict.fromkeys(raw) if text and text not in known}
        problems = {
            text: f"{self._title(name)}: {each.problem}" for text, each in meant.items() if each.problem
        }
        values = {**known, **{text: each.value for text, each in meant.items()}}
        self.columns[name] = [values[text] if text else None for text in raw]
        if problems:
            for index, text in enumerate(raw):
                if text in problems:
                    self._wrong(index, problems[text])

    def _limit(self, name: str, column: Sequence[str | None]) -> None:
        """Refuse what is no value but a mistake: endless texts, tags that nobody could read aloud."""
        most = LONGEST_NOTES if name == "notes" else LONGEST
        longest = max(map(len, filter(None, distinct(column))), default=0)
        if longest > most:
            self._refuse(name, column, f"is longer than {most} characters", lambda text: len(text) > most)
        if name == "tag" and not "".join(filter(None, column)).isprintable():
            self._refuse(name, column, "holds a control character", lambda text: not text.isprintable())

    def _refuse(
        self, name: str, column: Sequence[str | None], why: str, wrong: Callable[[str], bool]
    ) -> None:
        for index, text in enumerate(column):
            if text and wrong(text):
                self._wrong(index, f"{self._title(name)} {why}")

    def _title(self, name: str) -> str:
        return printable(self._table.header[self._chosen.columns[name]])

    def _wrong(self, index: int, message: str) -> None:
        self.problems.setdefault(index, []).append(message)


def _is_usual_serial(text: str) -> bool:
    """Whether letters and digits are mixed, as no placeholder does: a short way for most serials."""
    return text.isalnum() and not text.isalpha() and not text.isnumeric()


def _imei(text: str) -> Meant:
    try:
        return Meant(clean_imei(text))
    except ValueError as error:
        return Meant(None, str(error))


def _trimmed(cells: Iterable[str]) -> list[str | None]:
    return [unquoted(text) if text.startswith("'") else text or None for text in map(str.strip, cells)]


def _usual_macs(column: Iterable[str | None]) -> dict[str, str]:
    """The cells with one address in a usual form, as the store's JSON: a short way for most."""
    usual = _USUAL_MAC.fullmatch
    return {text: f'["{text.lower().replace("-", ":")}"]' for text in column if text and usual(text)}


def _macs(text: str) -> Meant:
    """MAC addresses with commas, semicolons or spaces between them, as the store's JSON."""
    try:
        return Meant(json.dumps([clean_mac(part) for part in _PARTS.split(text) if part]))
    except ValueError as error:
        return Meant(None, str(error))
