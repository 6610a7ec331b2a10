"""Reading a list of colleagues: which columns of an HR export mean what, and what its rows say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats import typed
from schoten_ict.formats.dates import DateOrder
from schoten_ict.formats.headers import Chosen, choose
from schoten_ict.formats.privacy import LAW, holds_national_number, refuse_national_numbers
from schoten_ict.formats.tables import RawTable
from schoten_ict.formats.writing import unquoted

LONGEST = 200
FIELDS = (
    "key", "first_name", "last_name", "name", "email", "department", "function", "username", "phone",
    "location", "starts", "leaves",
)  # fmt: skip
KEYS = ("key", "username", "email")
_DATES = ("starts", "leaves")
_HEADERS = {
    "key": "key personeelsnummer personeelsnr personeelsno stamnummer employeenumber employeeno employeeid "
    "employeenum personnelnumber",
    "first_name": "voornaam firstname givenname",
    "last_name": "naam achternaam familienaam lastname surname",
    "name": "volledigenaam fullname displayname name weergavenaam",
    "email": "email emailadres emailaddress mail mailadres",
    "department": "dienst afdeling department",
    "function": "functie jobtitle function title",
    "username": "gebruikersnaam username login loginnaam samaccountname",
    "phone": "telefoon telefoonnummer phone telephone phonenumber",
    "location": "locatie werkplek location office",
    "starts": "indienst indienstsinds datumindienst startdate hiredate",
    "leaves": "uitdienst uitdienstsinds datumuitdienst enddate leavedate",
}
_KNOWN = {word: field for field, words in _HEADERS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says of a person: the fields that are filled in, or why the row cannot be used."""

    row: int
    key: str
    values: Mapping[str, str | date]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a file, in order, and what a person should know about the reading."""

    entries: tuple[Entry, ...]
    notes: tuple[str, ...]


def read(table: RawTable, words: Sequence[str], key: str, order: DateOrder | None) -> Listing:
    """The people in a table. `words` are `FIELD=COLUMN`, `key` is the field that names a person.

    Raises `IncompleteError` when a column holds national register numbers, `UsageError` when no column
    names people, a word fits nothing, or dates are undecided.
    """
    refuse_national_numbers(table)
    chosen = choose(table.header, _KNOWN, words, FIELDS)
    if not chosen.columns.keys() & {"name", "first_name", "last_name"}:
        raise UsageError(
            f"{table.name}: no column holds names",
            remedy=f"give --map last_name=COLUMN; its columns: {', '.join(table.header)}",
        )
    days, wrong = _days(table, chosen, order)
    entries = tuple(
        _entry(table, chosen, key, index, days, wrong.get(index, ())) for index in range(len(table.rows))
    )
    bad = tuple(
        Entry(_line(each.subject), "", {}, each.message) for each in table.problems if each.code == "row"
    )
    ignored = f"Columns not used: {', '.join(chosen.unused)}" if chosen.unused else ""
    return Listing(tuple(sorted((*entries, *bad), key=lambda each: each.row)), (ignored,) if ignored else ())


def _line(subject: str) -> int:
    """The line in a problem's subject `FILE:LINE`."""
    return int(subject.rpartition(":")[2])


def _days(
    table: RawTable, chosen: Chosen, order: DateOrder | None
) -> tuple[dict[str, Sequence[str | None]], dict[int, list[str]]]:
    """The dates by field, and by row what is wrong with them."""
    names = {field: table.header[chosen.columns[field]] for field in _DATES if field in chosen.columns}
    cells = {name: table.column(name) for name in names.values()}
    read = typed.days(cells, order)
    wrong: dict[int, list[str]] = {}
    for name, errors in read.errors.items():
        for error in errors:
            wrong.setdefault(error.index, []).append(
                f"{name}{_quoted(cells[name][error.index])} {error.message}"
            )
    return {field: read.columns[name] for field, name in names.items()}, wrong


def _quoted(text: str) -> str:
    """A cell as a message repeats it; nothing for a national register number."""
    return "" if holds_national_number(text) else f" {printable(text.strip()[:LONGEST])!r}"


def _entry(
    table: RawTable,
    chosen: Chosen,
    key: str,
    index: int,
    days: Mapping[str, Sequence[str | None]],
    wrong: Sequence[str],
) -> Entry:
    line, cells = table.rows[index]
    texts = {field: unquoted(cells[place].strip()) for field, place in chosen.columns.items()}
    values: dict[str, str | date] = {
        field: text for field, text in texts.items() if text and field in FIELDS[4:10]
    }
    name = " ".join(filter(None, (texts.get("first_name"), texts.get("last_name")))) or texts.get("name", "")
    if name:
        values["name"] = name
    for field, column in days.items():
        text = column[index]
        if text is not None:
            values[field] = date.fromisoformat(text)
    own = texts.get(key, "")
    problems = [*wrong, *_problems(own, key, values)]
    shown = {field: value for field, value in values.items() if not holds_national_number(str(value))}
    safe = "" if holds_national_number(own) else own
    return Entry(line, safe, shown if problems else values, "; ".join(problems))


def _problems(key: str, field: str, values: Mapping[str, str | date]) -> Iterator[str]:
    if not key:
        yield (
            "has no employee number; --key username takes the user name"
            if field == "key"
            else f"has no {field}"
        )
    if "name" not in values:
        yield "has no name"
    mail = str(values.get("email", ""))
    if mail and not all(mail.rpartition("@")[::2]):
        yield "email has no @ with a name before and a domain behind it"
    starts, leaves = values.get("starts"), values.get("leaves")
    if isinstance(starts, date) and isinstance(leaves, date) and leaves < starts:
        yield f"leaves on {leaves}, before the start on {starts}"
    yield from problems_of(key, values)


def problems_of(key: str, values: Mapping[str, object]) -> Iterator[str]:
    """What forbids these values: national register numbers and endless texts. Values are not repeated."""
    for field, value in (("key", key), *values.items()):
        text = str(value)
        if len(text) > LONGEST:
            yield f"{field} is longer than {LONGEST} characters"
        if holds_national_number(text, phone=field == "phone"):
            yield f"{field} holds a national register number, which {LAW}"
