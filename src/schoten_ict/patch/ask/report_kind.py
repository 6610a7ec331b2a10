"""What a report by hand gives, and what every kind of report is: how it is known, and how it is read."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.core.errors import Problem
from schoten_ict.core.text import printable
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.ask.linux_told import shown
from schoten_ict.patch.ask.report_text import Text
from schoten_ict.patch.facts import PatchFacts, Update

_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}")
_OTHERWISE = {
    "updates": "import a list of the updates that it lacks as well",
    "system": "import its systeminfo as well",
}
"""What else to bring of a Windows; of Linux no report tells it."""
_KB = re.compile(r"KB[0-9]{5,8}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `host` is the name that it states, `made_at` when it was made (UTC); None where untold."""

    host: str | None
    made_at: datetime | None
    facts: PatchFacts


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report. `name` is what a person calls it.

    `fits` says whether a text is of this kind; `read` reads one that is, and raises `IncompleteError` with
    the name of the file where it cannot be trusted.
    """

    name: str
    fits: Callable[[Text], bool]
    read: Callable[[Text, str], Report]


def host_name(value: str) -> str | None:
    """A name that a machine can have; None for anything else, such as a name that was blacked out."""
    return value if _HOST.fullmatch(value) else None


def article(value: str) -> str | None:
    """`KB893803` of an entry such as `KB893803v2 - Update`; None for one that names no article as KB."""
    found = _KB.match(value)
    return found[0] if found else None


def in_order(articles: Iterable[str]) -> tuple[str, ...]:
    """Each article once, by its number."""
    return tuple(sorted(set(articles), key=lambda each: (len(each), each)))


def untold(what: str, *fields: str, otherwise: Mapping[str, str] = _OTHERWISE) -> tuple[Problem, ...]:
    """Why fields of `PatchFacts` are None that a report of this kind (`a list of hotfixes`) never tells."""
    return tuple(
        Problem("absent", f"{what} does not tell it", name, otherwise.get(name, "")) for name in fields
    )


def linux_report(manager: str, updates: Iterable[Update], problems: Iterable[Problem]) -> Report:
    """The report of a package manager: it tells what is newer than what is installed, and nothing else."""
    told = tuple(updates)
    missing = [*problems, *untold(f"a report of {manager}", "system", "reboot", "lists_at", otherwise={})]
    if any(each.security is None for each in told):
        message = f"not every row of {manager} tells whether it is a security update"
        missing.append(Problem("absent", message, "updates"))
    return Report(None, None, PatchFacts(manager=manager, updates=told, missing=tuple(missing)))


def refuse_errors(text: Text, name: str, tool: str, error: re.Pattern[str]) -> None:
    """Raise `IncompleteError` for an answer with a line that begins as errors of the tool do."""
    said = next(filter(error.match, text.lines), None)
    if said is not None:
        message = f"has an error of {tool}: {printable(shown(said))[:120]}"
        raise unreadable(name, message, remedy="mend it on the machine, and run the command again")


def refuse_cut(text: Text, name: str) -> None:
    """Raise `IncompleteError` for a list that tells no count and whose last line has no end."""
    if not text.is_ended:
        raise unreadable(
            name,
            "ends within a line, so that it may have been cut",
            remedy="copy it whole, or put an empty line under it",
        )
