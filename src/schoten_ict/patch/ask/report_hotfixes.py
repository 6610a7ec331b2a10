"""Lists of installed hotfixes: `wmic qfe list` in its formats, Get-HotFix, and what Export-Csv makes of it.

All of them show properties of Win32_QuickFixEngineering, whose names are not translated. The list has what
component servicing installed, without what later ones superseded: it is shown, and nothing is concluded from
what is not in it. Its dates are written in the form of the machine's language and are not read.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from schoten_ict.core.errors import Problem
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.ask.report_kind import Kind, Report, host_name, in_order, untold
from schoten_ict.patch.ask.report_text import Text
from schoten_ict.patch.facts import PatchFacts

MANAGER = "hotfixes"
_PROPERTY = re.compile(r"\bHotFixID\b", re.IGNORECASE)
_ARTICLE = re.compile(r"(?<![\w(])KB[0-9]{5,8}(?![0-9]|\.\.|…)")
_OPEN = re.compile(r"(?<![\w(])KB[0-9]*$")
_FIRST = re.compile(r"\b(?:Caption|Source|CSName|Description|PSComputerName)\b")
"""The columns with which a table begins; wmic may have said something on the same line."""
_MACHINES = frozenset({"csname", "pscomputername", "source", "node"})
_WORD = re.compile(r"\w+")
_PAIR = re.compile(r"(\w+)\s*[:=]\s*(.*)")


def fits(text: Text) -> bool:
    """Whether it names the property that every form of the list has."""
    return _heading(text.lines) is not None


def read(text: Text, name: str) -> Report:
    """The hotfixes of one machine; raises `IncompleteError` where it lists none, or those of several."""
    lines = text.lines[_heading(text.lines) or 0 :]
    hosts = _hosts(_machines(text.lines, lines))
    if len(hosts) > 1:
        raise unreadable(
            name, f"lists the hotfixes of {len(hosts)} machines", remedy="give one file for each machine"
        )
    articles = [each for line in lines for each in _ARTICLE.findall(line)]
    problems = list[Problem]()
    cut = None if text.is_ended else _OPEN.search(lines[-1])
    if cut is not None:  # nothing says that its number is whole
        articles = articles[:-1] if articles[-1:] == [cut[0]] else articles
        problems.append(Problem("incomplete", "the list has no end", "installed", "copy it whole"))
    if not articles:
        raise unreadable(
            name, "has the heading of a list of hotfixes and none under it", remedy="copy it whole"
        )
    facts = PatchFacts(
        manager=MANAGER,
        installed=in_order(articles),
        missing=(*problems, *untold("a list of hotfixes", "system", "updates", "reboot")),
    )
    return Report(hosts[0] if hosts else None, None, facts)


def _hosts(values: Iterable[str]) -> list[str]:
    """The machines that are named; names that differ in their case only are one."""
    names = filter(None, map(host_name, values))
    return list({name.casefold(): name for name in names}.values())


def _heading(lines: Sequence[str]) -> int | None:
    return next((place for place, line in enumerate(lines) if _PROPERTY.search(line)), None)


def _machines(every: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
    """What stands where each form has the name of the machine; `lines` begin with the heading."""
    heading, rows = lines[0], lines[1:]
    if _PAIR.match(heading.strip()):
        pairs = (_PAIR.match(line.strip()) for line in every)
        return (pair[2] for pair in pairs if pair and pair[1].lower() in _MACHINES)
    return _from_csv(lines) if "," in heading else _from_table(heading, rows)


def _from_csv(lines: Sequence[str]) -> Iterator[str]:
    try:
        header, *rows = csv.reader(lines)
    except csv.Error:
        return
    places = [place for place, name in enumerate(header) if name.strip().lower() in _MACHINES]
    yield from (row[place].strip() for row in rows for place in places if place < len(row))


def _from_table(heading: str, rows: Sequence[str]) -> Iterator[str]:
    """Values that begin right under their name: the columns before are in ASCII and as wide as they look."""
    first = _FIRST.search(heading)
    heading = heading[first.start() :] if first else heading
    starts = [word.start() for word in _WORD.finditer(heading) if word[0].lower() in _MACHINES]
    for row in rows:
        for start in starts:
            if row[start : start + 1].strip() and not row[max(start - 1, 0) : start].strip():
                yield row[start:].split()[0]


KIND = Kind("a list of hotfixes (wmic qfe, Get-HotFix)", fits, read)
