"""What the event log of a Windows tells of installations and searches, read from the values of each event.

Source: the template of the provider Microsoft-Windows-WindowsUpdateClient: `updateTitle`, `updateGuid`,
`serviceGuid`, `errorCode`, `updateCount`. Apps of the Microsoft Store and definitions of the virus scanner
are in the same log; they come all day long and are left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.formats.answers import Row, number, text
from schoten_ict.patch.ask.windows_told import moment
from schoten_ict.patch.ask.windows_updates import ANTIVIRUS, article_in
from schoten_ict.patch.facts import Failure

_INSTALLED, _FAILED = 19, 20
_STORE = "855e8a7c-ecb4-4ca3-b045-1dfa50104289"
_LONGEST = 300
_WORD = 2**32


@dataclass(frozen=True, slots=True)
class Event:
    """One event about one update; `update` is its article, or its title where that names none."""

    number: int
    at: datetime
    update: str
    has_article: bool
    code: str


def installs(log: Iterable[Row]) -> Iterator[datetime]:
    """When updates with an article were installed."""
    return (each.at for each in _events(log) if each.number == _INSTALLED and each.has_article)


def failures(log: Iterable[Row], since: datetime) -> tuple[Failure, ...]:
    """What did not install since then and was not installed later either, oldest first."""
    events = sorted(_events(log), key=lambda each: (each.at, each.update))
    installed: dict[str, datetime] = {each.update: each.at for each in events if each.number == _INSTALLED}
    return tuple(
        Failure(each.at, each.update, each.code)
        for each in events
        if each.number == _FAILED and each.at >= since and installed.get(each.update, since) <= each.at
    )


def searches(log: Iterable[Row]) -> Iterator[datetime | None]:
    """When searches succeeded. One that does not say whom it asked may be of the Store: it counts as none."""
    for row in log:
        service = _service(_data(row))
        if service and service != _STORE:
            yield moment(row, "at")


def _events(log: Iterable[Row]) -> Iterator[Event]:
    for row in log:
        data, at, kind = _data(row), moment(row, "at"), number(row.get("id"))
        title = (text(data, "updateTitle") or "")[:_LONGEST]
        if at is None or kind is None or not title or _service(data) == _STORE:
            continue
        article = article_in(title)
        if article not in ANTIVIRUS:
            yield Event(kind, at, article or title, article is not None, code(data.get("errorCode")))


def _data(row: Row) -> Row:
    data = row.get("data")
    return data if isinstance(data, Mapping) else {}


def _service(data: Row) -> str:
    return (text(data, "serviceGuid") or "").strip("{}").lower()


def code(value: object) -> str:
    """A code as `0x80240034`, whether it was written so or as a number with a sign; empty for no code."""
    told = value.strip() if isinstance(value, str) else value
    if isinstance(told, str):
        try:
            told = int(told, 16 if told.lower().startswith("0x") else 10)
        except ValueError:
            return ""
    if isinstance(told, bool) or not isinstance(told, int) or not -_WORD // 2 <= told < _WORD:
        return ""
    return f"0x{told % _WORD:08x}"
