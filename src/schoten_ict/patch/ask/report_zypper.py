"""What somebody copied from zypper: list-patches and list-updates, as tables or in XML.

A patch counts as far as it is `needed`. Which packages belong to it is not told: where list-updates is there
too, they stand beside it. A table of patches counts them, so that one that was cut shows. An answer without a
row is none: zypper gives the same one where no repository is enabled.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from schoten_ict.core.errors import Problem
from schoten_ict.core.text import printable
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.ask.report_kind import Kind, Report, linux_report, refuse_cut, refuse_errors
from schoten_ict.patch.ask.report_text import Text
from schoten_ict.patch.ask.zypper import read_answer, updates_of
from schoten_ict.patch.facts import INCOMPLETE

MANAGER = "zypper"
_STREAM = re.compile(r"<stream\b")
_PATCHES = frozenset({"Name", "Category", "Severity", "Status", "Summary"})
_PACKAGES = frozenset({"Name", "Current Version", "Available Version", "Arch"})
_NEEDED = re.compile(r"(\d{1,6}) patch(?:es)? needed\b")
_NOTHING = "No updates found."
_ERROR = re.compile(
    r"Error|Problem |Skipping repository|Some of the repositories|Warning: No repositories|File '|Unable to"
)
_AGAIN = "copy all that LC_ALL=C zypper --non-interactive --xmlout list-patches prints"
_ONLY_PATCHES = Problem(
    INCOMPLETE, "only patches are told, and not the packages that none of them covers", "updates"
)

Row = dict[str, str]


def is_xml(text: Text) -> bool:
    """Whether the XML of zypper begins in it."""
    return any(map(_STREAM.search, text.lines))


def read_xml(text: Text, name: str) -> Report:
    """What is needed; raises `IncompleteError` for errors of zypper and for XML that is not whole."""
    joined = "\n".join(text.lines)
    begin = _STREAM.search(joined)
    answer = read_answer(joined[begin.start() :]) if begin else None
    if answer is None:
        raise unreadable(name, "is no whole answer of list-patches or list-updates", remedy=_AGAIN)
    if answer.error:
        message = f"has an error of zypper: {printable(answer.error)}"
        raise unreadable(name, message, remedy="mend it on the machine, and run the command again")
    _refuse_nothing(answer.rows, name)
    return _report([each for each in answer.rows if each.get("kind") == "patch"],
                   [each for each in answer.rows if each.get("kind") != "patch"])  # fmt: skip


def is_table(text: Text) -> bool:
    """Whether it has the heading of such a table, or says that there is nothing to list."""
    return any(_is_heading(_cells(line)) for line in text.lines) or _NOTHING in text.lines


def read_tables(text: Text, name: str) -> Report:
    """What is needed; raises `IncompleteError` for errors of zypper and for tables that are cut."""
    refuse_errors(text, name, "zypper", _ERROR)
    rows = list(_rows(text.lines, name))
    _refuse_nothing(rows, name)
    patches = [_patch(row) for row in rows if row.keys() >= _PATCHES]
    packages = [_package(row) for row in rows if row.keys() >= _PACKAGES]
    if patches:
        _refuse_fewer(text, name, sum(each.get("status") == "needed" for each in patches))
    if packages:
        refuse_cut(text, name)
    return _report(patches, packages)


def _refuse_nothing(rows: Sequence[Any], name: str) -> None:
    """Raise `IncompleteError` where there are no rows."""
    if not rows:
        message = "lists nothing, which zypper also does where no repository is enabled"
        raise unreadable(name, message, remedy="scan the machine, which looks at its repositories")


def _refuse_fewer(text: Text, name: str, listed: int) -> None:
    """Raise `IncompleteError` where fewer patches are listed than the line under the table counts."""
    needed = next((int(told[1]) for line in text.lines if (told := _NEEDED.match(line))), None)
    if needed is None:
        raise unreadable(name, "does not count the patches, so that it may have been cut", remedy=_AGAIN)
    if listed < needed:
        raise unreadable(name, f"lists {listed} of the {needed} patches that it counts", remedy=_AGAIN)


def _report(patches: Sequence[Any], packages: Sequence[Any]) -> Report:
    needed = [each for each in patches if each.get("status") == "needed"]
    updates = updates_of(needed, packages, (), None if patches else {}, informed=())
    return linux_report(MANAGER, updates, [_ONLY_PATCHES] if patches and not packages else [])


def _cells(line: str, most: int = -1) -> list[str]:
    return [cell.strip() for cell in line.replace("│", "|").split("|", most)]


def _is_heading(cells: Sequence[str]) -> bool:
    return set(cells) >= _PATCHES or set(cells) >= _PACKAGES


def _rows(lines: Sequence[str], name: str) -> Iterator[Row]:
    """The rows under each heading; what is no row has no bars."""
    heading = list[str]()
    for line in lines:
        cells = _cells(line)
        if _is_heading(cells):
            heading = cells
        elif heading and len(cells) > 1:
            if len(cells) < len(heading):
                raise unreadable(name, f"has a row that is not whole: {printable(line)[:80]}", remedy=_AGAIN)
            yield dict(zip(heading, _cells(line, len(heading) - 1), strict=True))


def _patch(row: Row) -> Element:
    """The row as it stands in the XML."""
    element = Element("update", name=row["Name"], status=row["Status"], category=row["Category"])
    element.set("severity", row["Severity"])
    element.set("restart", "true" if "reboot" in row.get("Interactive", "") else "false")
    SubElement(element, "summary").text = row["Summary"]
    SubElement(element, "source", alias=row.get("Repository", ""))
    return element


def _package(row: Row) -> Element:
    element = Element("update", name=row["Name"], edition=row["Available Version"])
    element.set("edition-old", row["Current Version"])
    SubElement(element, "source", alias=row.get("Repository", ""))
    return element


XML = Kind("zypper --xmlout list-patches or list-updates", is_xml, read_xml)
TABLE = Kind("zypper list-patches or list-updates", is_table, read_tables)
