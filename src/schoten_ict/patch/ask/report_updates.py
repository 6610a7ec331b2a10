"""Lists of updates that a Windows lacks, as scripts around its update agent print them: `KB5034123: title`.

Source: the scripts that come with wesng, which search for `IsInstalled=0` and print a line for every update:
its articles before the colon, none for an update that has none, or one line where nothing is missing. The
list rates nothing and does not tell security updates apart, and its titles are in the machine's language.
"""

import re
from collections.abc import Iterable

from schoten_ict.core.errors import Problem
from schoten_ict.core.text import printable
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.ask.report_kind import Kind, Report, refuse_cut, untold
from schoten_ict.patch.ask.report_text import Text
from schoten_ict.patch.facts import PatchFacts, Update

MANAGER = "updates"
_LINE = re.compile(r"(?P<articles>(?:KB[0-9]{5,8}(?:, KB[0-9]{5,8})*)?): (?P<title>\S.*)")
_NOTHING = "There are no applicable updates."
_BANNER = ("Microsoft (R) Windows Script Host", "Copyright (C) Microsoft Corporation")
_LONGEST = 300


def fits(text: Text) -> bool:
    """Whether a line is an update with its article, or says that there is none."""
    return any(line == _NOTHING or ((told := _LINE.match(line)) and told["articles"]) for line in text.lines)


def read(text: Text, name: str) -> Report:
    """The missing updates; raises `IncompleteError` where a line is none, or the last one has no end."""
    lines = [line for line in text.lines if not line.startswith(_BANNER)]
    if lines == [_NOTHING]:
        lines = []
    strange = next((line for line in lines if not _LINE.match(line)), None)
    if strange is not None:
        message = f"has a line that is no update: {printable(strange)[:80]}"
        raise unreadable(name, message, remedy="give the list alone, as it was printed")
    refuse_cut(text, name)
    updates = tuple(_updates(lines).values())
    facts = PatchFacts(
        manager=MANAGER,
        updates=updates,
        missing=(
            *(_NO_SECURITY if updates else ()),
            *untold("a list of updates", "system", "installed", "reboot", "lists_at"),
        ),
    )
    return Report(None, None, facts)


_NO_SECURITY = (Problem("absent", "a list of updates does not tell security updates apart", "updates"),)


def _updates(lines: Iterable[str]) -> dict[str, Update]:
    """The updates by their identity: the first article, or the title where there is none."""
    found: dict[str, Update] = {}
    for told in filter(None, map(_LINE.match, lines)):
        title = told["title"][:_LONGEST]
        key = told["articles"].partition(",")[0] or title
        found.setdefault(key, Update(key=key, title=title))
    return found


KIND = Kind("a list of missing updates (KB5034123: title)", fits, read)
