#!/usr/bin/env python3
"""Write people.csv and assets.csv of the sample workspace: the same bytes on every run.

    python sample/generate.py [DIRECTORY]

Both tables are what Belgian Excel saves: semicolons, UTF-8 with a byte order mark, CRLF, days as dd/mm/yyyy,
amounts as 1.234,50. Every person is invented. Telephone numbers start with 03 000 or 0400 00, which no
subscriber has; MAC addresses are locally administered; IMEIs lie in the range for test equipment (001010).
What the tables are made from stands in generate.toml.
"""

import csv
import io
import random
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, count, cycle, islice
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEED, FIRST_NUMBER = 2900, 1001
FIRST_DAY, LONG_AGO, LAST_DAY = date(1989, 9, 1), date(2024, 1, 1), date(2026, 9, 1)
TODAY = date(2026, 11, 23)
STILL_HOLDING = 3  # so many of those who left have not handed everything in
WITH_SIM, SERVER_ROOM = ("smartphone", "tablet"), "serverlokaal"

IN_USE, STOCK, ORDERED, RETIRED = "in gebruik", "op voorraad", "besteld", "buiten gebruik"
IDLE = ("afgevoerd", RETIRED, "in herstelling", "verloren", "gestolen", STOCK, ORDERED)
LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTVWXYZ", "0123456789"  # without I, O and U, as makers do
CLASSES = {"#": DIGITS, "@": LETTERS, "*": LETTERS + DIGITS}
UNDECOMPOSED = str.maketrans("łıđø", "lido")

Name = tuple[str, str]  # surname, first name
Row = dict[str, str]  # a line of a table by column, in the order of the columns


@dataclass(frozen=True, slots=True)
class Department:
    """A department: where it sits, its policy field in the accounts, how many work there and as what."""

    name: str
    site: str
    cost_centre: str
    size: int
    desks: bool
    functions: list[str]


@dataclass(frozen=True, slots=True)
class Category:
    """A category of inventory.yaml, and how many of its pieces are not in use."""

    key: str
    title: str
    prefix: str
    lifetime: int  # years; 0 leaves the column empty
    holders: str  # desk, field, room, meeting or department
    network: bool
    idle: list[int]  # how many of each status of IDLE


@dataclass(frozen=True, slots=True)
class Batch:
    """One delivery: so many of one model on one purchase order."""

    category: str
    count: int
    bought: date
    make: str
    model: str
    price: str
    warranty: int  # years
    supplier: str
    serial: str


@dataclass(frozen=True, slots=True)
class Post:
    """A job in a department, and the name of who has it when that is fixed."""

    department: Department
    function: str
    name: Name | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Who or what holds a piece, and where it then stands."""

    holder: str
    site: str
    room: str
    cost_centre: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """generate.toml."""

    raw: dict[str, Any]
    departments: tuple[Department, ...]
    categories: tuple[Category, ...]
    batches: tuple[Batch, ...]

    @classmethod
    def read(cls) -> "Source":
        """The file next to this one."""
        raw = tomllib.loads((HERE / "generate.toml").read_text(encoding="utf-8"))
        return cls(
            raw,
            tuple(Department(*row) for row in raw["departments"]["rows"]),
            tuple(Category(*row) for row in raw["categories"]["rows"]),
            tuple(Batch(*row) for row in raw["batches"]["rows"]),
        )

    def leads(self) -> set[str]:
        """The functions that lead a department."""
        return {department.functions[0] for department in self.departments if department.functions}

    def desks(self, site: str) -> list[str]:
        """The rooms of a site that people have their desk in."""
        others = self.raw["categories"]["meeting_rooms"]
        return [room for room in self.raw["rooms"][site] if room not in others and SERVER_ROOM not in room]

    def site_of(self, room: str) -> str:
        """The site a room belongs to."""
        sites: dict[str, list[str]] = self.raw["rooms"]
        return next(site for site, rooms in sites.items() if room in rooms)


def main(arguments: list[str]) -> None:
    """Write both tables to the folder named, by default the one this file stands in."""
    folder = Path(arguments[0]) if arguments else HERE
    for name, content in tables().items():
        (folder / name).write_bytes(content)


def tables() -> dict[str, bytes]:
    """The content of both files, by name."""
    source = Source.read()
    rng = random.Random(SEED)  # noqa: S311 - invented data that must repeat, nothing secret
    people = PeopleMaker(source, rng).people()
    return {"people.csv": excel(people), "assets.csv": excel(AssetMaker(source, rng, people).assets())}


def excel(rows: list[Row]) -> bytes:
    """A table as Belgian Excel saves it."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


class PeopleMaker:
    """Everybody who works or worked for the municipality, numbered by first day of service."""

    def __init__(self, source: Source, rng: random.Random) -> None:
        self.source = source
        self.rng = rng
        self.accounts: set[str] = set()

    def people(self) -> list[Row]:
        """All of them, in the order of their numbers."""
        posts = [post for department in self.source.departments for post in self._posts(department)]
        self.rng.shuffle(posts)
        first_days = range(FIRST_DAY.toordinal(), LAST_DAY.toordinal())
        days = sorted(date.fromordinal(self.rng.choice(first_days)).replace(day=1) for _ in posts)
        leaving = dict(zip(self._leavers(posts, days), self.source.raw["people"]["left"], strict=True))
        names = iter(self._names(sum(post.name is None for post in posts)))
        return [
            self._person(FIRST_NUMBER + place, post.name or next(names), post, day, leaving.get(place))
            for place, (post, day) in enumerate(zip(posts, days, strict=True))
        ]

    def _posts(self, department: Department) -> Iterator[Post]:
        if not department.functions:
            for surname, first_name, function in self.source.raw["people"]["team"]:
                yield Post(department, function, (surname, first_name))
            return
        lead, *others = department.functions
        functions = islice(chain([lead], cycle(others)), department.size)
        yield from (Post(department, function) for function in functions)

    def _leavers(self, posts: list[Post], days: list[date]) -> list[int]:
        at_desks = [
            place
            for place, (post, day) in enumerate(zip(posts, days, strict=True))
            if post.department.desks and not post.name and day < LONG_AGO
            if post.function not in self.source.leads()
        ]
        self.rng.shuffle(at_desks)
        return at_desks[: len(self.source.raw["people"]["left"])]

    def _names(self, count: int) -> list[Name]:
        people = self.source.raw["people"]
        names: list[Name] = [(surname, first) for surname, first in people["named"]]
        first_names, surnames = people["first_names"].split(), [*people["surnames"]]
        self.rng.shuffle(first_names)
        self.rng.shuffle(surnames)
        for pair in zip(cycle(surnames), chain(first_names, reversed(first_names)), strict=False):
            if len(names) < count and pair not in names:
                names.append(pair)
        self.rng.shuffle(names)
        return names

    def _person(self, number: int, name: Name, post: Post, started: date, left: date | None) -> Row:
        surname, first_name = name
        address = f"{plain(first_name)}.{plain(surname)}"
        account = post.function not in self.source.raw["people"]["without_account"]
        phone = post.department.desks or post.function in self.source.leads()
        return {
            "Personeelsnummer": str(number),
            "Naam": surname,
            "Voornaam": first_name,
            "E-mail": f"{self._free(address)}@schoten.example" if account else "",
            "Dienst": post.department.name,
            "Functie": post.function,
            "Gebruikersnaam": self._free(plain(surname)[:6] + plain(first_name)[:2]) if account else "",
            "Telefoon": f"03 000 {number // 100:02} {number % 100:02}" if phone else "",
            "Locatie": post.department.site,
            "In dienst": belgian_day(started),
            "Uit dienst": belgian_day(left),
        }

    def _free(self, name: str) -> str:
        """The account name, with a number behind it when somebody has it already."""
        names = chain([name], (f"{name}{number}" for number in range(2, 100)))
        free = next(candidate for candidate in names if candidate not in self.accounts)
        self.accounts.add(free)
        return free


class AssetMaker:
    """Every piece of equipment that was ever bought, by category and day of purchase."""

    def __init__(self, source: Source, rng: random.Random, people: list[Row]) -> None:
        self.source = source
        self.rng = rng
        self.departments = {department.name: department for department in source.departments}
        self.numbers: set[str] = set()
        self.lines = (f"0400 00 {number // 100:02} {number % 100:02}" for number in count(1))
        self.queues = self._queues(people)

    def assets(self) -> list[Row]:
        """All of them, category by category."""
        assets = [asset for category in self.source.categories for asset in self._category(category)]
        blemish(assets)
        return assets

    def _queues(self, people: list[Row]) -> dict[str, list[Row]]:
        """Who gets equipment first: at a desk, and in the field (the heads of department before all)."""
        past = [belgian_day(day) for day in self.source.raw["people"]["left"] if day < TODAY]
        left = [row for day in past for row in people if row["Uit dienst"] == day]
        here = [row for row in people if row not in left]
        self.rng.shuffle(here)
        at_desks = [row for row in here if self.departments[row["Dienst"]].desks]
        afield = [row for row in here if row not in at_desks and row["E-mail"]]
        leads = self.source.leads()
        field = sorted(afield + at_desks, key=lambda row: row["Functie"] not in leads)
        return {"desk": left[:STILL_HOLDING] + at_desks, "field": left[:1] + field}

    def _category(self, category: Category) -> Iterator[Row]:
        batches = [batch for batch in self.source.batches if batch.category == category.key]
        pieces = [batch for batch in batches for _ in range(batch.count)]
        places = self._places(category)
        statuses = self._statuses(category, len(pieces))
        for number, (batch, status) in enumerate(zip(pieces, statuses, strict=True), 1):
            place = next(places) if status == IN_USE else self._depot(status)
            yield self._asset(category, f"{category.prefix}-{number:04}", batch, status, place)

    def _statuses(self, category: Category, count: int) -> list[str]:
        """One for each piece, the oldest first: what is gone is old, what waits is new."""
        parts = [[status] * many for status, many in zip(IDLE, category.idle, strict=True)]
        middle = [*chain(*parts[2:5]), *[IN_USE] * (count - sum(category.idle))]
        self.rng.shuffle(middle)
        return [*chain(*parts[:2]), *middle, *chain(*parts[5:])]

    def _places(self, category: Category) -> Iterator[Place]:
        raw = self.source.raw
        for host, room in raw["hosts"].get(category.key, []):
            yield Place(f"lokaal: {room}", self.source.site_of(room), room, "0119", f"Host {host}")
        if category.holders in self.queues:
            yield from (self._with_person(category, person) for person in self.queues[category.holders])
        elif category.holders == "department":
            for name in cycle(raw["categories"]["shared_tablets"]):
                department = self.departments[name]
                yield Place(f"dienst: {name}", department.site, "", department.cost_centre)
        else:
            rooms = list(raw["categories"]["meeting_rooms"])
            if category.holders == "room":
                rooms = [room for site in raw["rooms"] for room in self.source.desks(site)] + rooms
            for room in cycle(rooms):
                yield Place(f"lokaal: {room}", self.source.site_of(room), room, "0119")

    def _with_person(self, category: Category, person: Row) -> Place:
        fixed = category.key in ("monitor", "docking")
        room = self.rng.choice(self.source.desks(person["Locatie"])) if fixed else ""
        cost_centre = self.departments[person["Dienst"]].cost_centre
        return Place(person["Personeelsnummer"], person["Locatie"], room, cost_centre)

    def _depot(self, status: str) -> Place:
        if status in (STOCK, RETIRED):
            return Place("", "Gemeentehuis", "GH-2.11", "0119")
        return Place("", "", "", "0119", self.source.raw["notes"].get(status, ""))

    def _asset(self, category: Category, tag: str, batch: Batch, status: str, place: Place) -> Row:
        arrived = status != ORDERED
        sim = category.key in WITH_SIM and status in (IN_USE, "verloren", "gestolen")
        return {
            "Inventarisnummer": tag,
            "Categorie": category.title,
            "Merk": batch.make,
            "Model": batch.model,
            "Serienummer": self._number(batch.serial) if arrived else "",
            "Status": status,
            "Locatie": place.site,
            "Lokaal": place.room,
            "Kostenplaats": place.cost_centre,
            "Leverancier": self.source.raw["suppliers"][batch.supplier],
            "Bestelnummer": f"BB-{batch.bought.year}-{batch.bought.timetuple().tm_yday * 3:04}",
            "Aankoopdatum": belgian_day(batch.bought),
            "Aankoopprijs": belgian_amount(batch.price),
            "Garantie tot": anniversary(batch.bought, batch.warranty) if arrived else "",
            "Einde levensduur": anniversary(batch.bought, category.lifetime) if arrived else "",
            "MAC-adres": self._mac() if category.network and arrived else "",
            "IMEI": with_check_digit(self._number("001010########")) if category.key in WITH_SIM else "",
            "SIM-nummer": with_check_digit(self._number("893299############")) if sim else "",
            "Telefoonnummer": next(self.lines) if sim else "",
            "Houder": place.holder,
            "Opmerkingen": place.note,
        }

    def _number(self, pattern: str) -> str:
        """A number after the pattern of generate.toml that no other piece has."""
        while True:
            number = "".join(self.rng.choice(CLASSES.get(sign, sign)) for sign in pattern)
            if number not in self.numbers:
                self.numbers.add(number)
                return number

    def _mac(self) -> str:
        octets = [self.rng.randrange(256) for _ in range(6)]
        octets[0] = octets[0] & 0b11111100 | 0b10  # unicast, locally administered
        return "-".join(f"{octet:02X}" for octet in octets)


def blemish(assets: list[Row]) -> None:
    """Spoil a few cells the way real lists are spoiled; an import must take each of these rows."""

    def in_use(category: str, place: int) -> Row:
        rows = (row for row in assets if row["Categorie"] == category and row["Status"] == IN_USE)
        return next(islice(rows, place, None))

    in_use("Vaste pc", 4)["Serienummer"] = "To be filled by O.E.M."
    in_use("Dockingstation", 9)["Serienummer"] = ""
    in_use("Beamer", 1)["Opmerkingen"] = "=lamp vervangen op 03/02/2026"
    in_use("Documentscanner", 2)["Opmerkingen"] = '- invoerrol versleten; set "PA03810" besteld'


def plain(text: str) -> str:
    """A name as an account has it: small letters without accents, blanks or apostrophes; hyphens stay."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(UNDECOMPOSED))
    return "".join(sign for sign in letters if sign.isascii() and (sign.isalnum() or sign == "-"))


def belgian_day(day: date | None) -> str:
    """A day as dd/mm/yyyy, nothing for none."""
    return f"{day:%d/%m/%Y}" if day else ""


def belgian_amount(price: str) -> str:
    """An amount as 1.234,50."""
    return f"{Decimal(price):,.2f}".translate(str.maketrans(",.", ".,"))


def anniversary(day: date, years: int) -> str:
    """The same day so many years on, nothing for 0 years; generate.toml has no 29 February."""
    return belgian_day(day.replace(year=day.year + years) if years else None)


def with_check_digit(digits: str) -> str:
    """The number with its Luhn digit (ISO/IEC 7812-1 annex B), as IMEIs and SIM numbers carry it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return digits + str(-total % 10)


if __name__ == "__main__":
    main(sys.argv[1:])
