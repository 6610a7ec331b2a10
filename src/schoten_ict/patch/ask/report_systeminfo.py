"""The output of systeminfo.exe, as its list or as CSV, in any language.

It is read by shape and place, as its labels are translated: the line of the version holds the build twice
(`10.0.17763 N/A Build 17763`), the product is the field before it and the host name the one before that. The
hotfixes are the one block whose entries are numbers of hotfixes. The revision of the build (UBR) is nowhere
in it, and of long lists it shows the beginning only, under the full count.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schoten_ict.core.errors import Problem
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.ask.report_kind import Kind, Report, article, host_name, in_order, untold
from schoten_ict.patch.ask.report_product import edition, installation
from schoten_ict.patch.ask.report_text import Text
from schoten_ict.patch.facts import PatchFacts, System

MANAGER = "systeminfo"
_FIELD = re.compile(r"[^\s:：][^:：]{0,99}[:：]\s*(.*)")
_VERSION = re.compile(r"\d{1,2}\.\d{1,2}\.(\d{4,6})\s(.*?)(?<!\d)\1(?!\d)")
_SERVICE_PACK = re.compile(r"Service Pack \d{1,2}")
_ENTRY = re.compile(r"\[\d{1,4}\]\s?:\s*(\S.*)")
_HOTFIX = re.compile(r"KB\d{5,8}|Q\d{6}\b|File 1$|\d{6,7}$|\{[0-9A-Fa-f-]{36}\}$")
"""What Windows has used as identity of a hotfix; `File 1` is that of an old one that gives none."""
_WORD = re.compile(r"[a-z0-9]+")
_COUNT = re.compile(r"\d{1,4}")
_CELL = re.compile(r",(?=\[\d{1,4}\]\s?:)")
_ARCHITECTURES = frozenset({"x64", "x86", "arm64"})
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Block:
    """One field: its value, and the lines that stand under it."""

    value: str
    under: list[str] = field(default_factory=list)


def fits(text: Text) -> bool:
    """Whether it states the version and build of a Windows as systeminfo does."""
    return any(_versions(machine) for machine in _machines(text))


def read(text: Text, name: str) -> Report:
    """The one machine of a report; raises `IncompleteError` for several of them."""
    found = [(blocks, index) for blocks in _machines(text) for index in _versions(blocks)]
    if len(found) > 1:
        raise unreadable(name, f"tells of {len(found)} machines", remedy="give one file for each machine")
    blocks, index = found[0]
    system = _system(blocks, index)
    installed, problems = _installed(blocks[index + 1 :], text)
    facts = PatchFacts(
        manager=MANAGER, system=system, installed=installed, missing=(*problems, *_untold(system))
    )
    return Report(host_name(blocks[index - 2].value) if index > 1 else None, None, facts)


def _untold(system: System) -> Iterable[Problem]:
    yield from untold(MANAGER, "updates", "reboot")
    yield Problem("absent", f"systeminfo tells build {system.build} without its revision (UBR)", "system")


def _machines(text: Text) -> list[list[Block]]:
    """The fields of each machine: a list is one text, a CSV has a machine in every row."""
    if text.lines[0].startswith('"'):
        try:
            rows = list(csv.reader(text.lines))
        except csv.Error:
            return []
        return [[_cell(value) for value in row] for row in rows]
    return [_blocks(text.lines)]


def _cell(value: str) -> Block:
    head, *under = _CELL.split(value)
    return Block(head.strip(), [each.strip() for each in under])


def _blocks(lines: Sequence[str]) -> list[Block]:
    found: list[Block] = []
    for line in lines:
        if line[0].isspace() and found:
            found[-1].under.append(line.strip())
        else:
            told = _FIELD.match(line)
            found.append(Block(told[1].strip() if told else ""))
    return found


def _versions(blocks: Sequence[Block]) -> list[int]:
    """Where the version stands: after the product, whose value is never empty."""
    return [
        index
        for index, block in enumerate(blocks)
        if index and blocks[index - 1].value and _VERSION.match(block.value)
    ]


def _system(blocks: Sequence[Block], index: int) -> System:
    product = " ".join(blocks[index - 1].value.split())[:_LONGEST]  # French has no-break spaces in it
    told = _VERSION.match(blocks[index].value)
    pack = _SERVICE_PACK.search(told[2]) if told else None
    return System(
        family="windows",
        name=product,
        version=pack[0] if pack else None,
        edition=edition(product),
        installation=installation(product),
        build=int(told[1]) if told else None,
        architecture=_architecture(blocks[index + 1 :]),
    )


def _architecture(blocks: Iterable[Block]) -> str | None:
    """`x64` of `x64-based PC`, in whatever order a language puts these words."""
    for block in blocks:
        words = _WORD.findall(block.value.lower())
        named = [word for word in words if word in _ARCHITECTURES]
        if "pc" in words and named:
            return str(named[0])
    return None


def _installed(blocks: Sequence[Block], text: Text) -> tuple[tuple[str, ...] | None, tuple[Problem, ...]]:
    """The articles of the hotfixes, and why these are not all of them."""
    for place, block in enumerate(blocks, start=1):
        entries = [told[1] for line in block.under if (told := _ENTRY.match(line))]
        if any(map(_HOTFIX.match, entries)):
            if place == len(blocks) and not text.is_ended:
                entries.pop()  # nothing says that its number is whole
            articles = in_order(each for entry in entries if (each := article(entry)))
            gap = _gap(block.value, len(entries))
            return (None if gap and not articles else articles), gap
    return None, (_more("absent", "no hotfixes are listed"),)


def _gap(head: str, listed: int) -> tuple[Problem, ...]:
    """Why a list is not whole: its head tells how many there are, in every language."""
    told = _COUNT.search(head)
    if told is None:
        return (_more("incomplete", f"lists {listed} hotfixes and not how many there are"),)
    if listed < int(told[0]):
        return (_more("incomplete", f"lists {listed} of {told[0]} hotfixes"),)
    return ()


def _more(code: str, message: str) -> Problem:
    return Problem(code, message, "installed", "import what Get-HotFix lists as well")


KIND = Kind("the output of systeminfo", fits, read)
