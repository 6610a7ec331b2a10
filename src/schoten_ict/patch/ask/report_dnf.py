"""What somebody copied from dnf: check-update, `updateinfo list`, and `updateinfo info` with either of them.

Packages alone do not tell security updates apart, and advisories alone leave out what none of them covers; in
one file they complete each other.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from schoten_ict.core.errors import Problem
from schoten_ict.core.text import printable
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.ask.dnf import (
    Package,
    read_advisories,
    read_check_update,
    read_repositories,
    updates_of,
)
from schoten_ict.patch.ask.report_kind import Kind, Report, linux_report, refuse_cut, refuse_errors
from schoten_ict.patch.ask.report_text import Text
from schoten_ict.patch.facts import INCOMPLETE

MANAGER = "dnf"
_ARCHITECTURES = frozenset({"noarch", "x86_64", "aarch64", "i386", "i586", "i686", "ppc64le", "s390x"})
_ADVISORY = re.compile(r"[A-Z][^\s\d]*\d")
_OTHERS = ("Available Packages", "Installed Packages", "Recently Added Packages", "Extra Packages")
_BANNER = "Last metadata expiration check: "
_BESIDE = (_BANNER, "Updating Subscription Management repositories.", "Updating and loading repositories:",
           "Repositories loaded.")  # fmt: skip
_ERROR = re.compile(r"Error\b|error:|Failed to |Cannot |\[Errno ")
_ONLY_ADVISORIES = Problem(
    INCOMPLETE,
    "only advisories are told, and not the packages that none of them covers",
    "updates",
    "add what dnf check-update prints",
)


def fits(text: Text) -> bool:
    """Whether it has a row of a package with its version and repository, or of an advisory, or heads them."""
    is_headed = any(line.startswith(_BANNER) for line in text.lines)
    return is_headed or bool(_packages(text)) or any(map(_is_advisory, text.lines))


def _is_advisory(line: str) -> bool:
    """Whether it begins with a number and has a package third or fourth, as dnf 4 and 5 print it."""
    words = line.split(maxsplit=4)
    packages = [word for word in words[2:4] if _is_of_architecture(word) and word.count("-") > 1]
    return _ADVISORY.match(line) is not None and bool(packages)


def _is_of_architecture(word: str) -> bool:
    return word.rpartition(".")[2] in _ARCHITECTURES


def read(text: Text, name: str) -> Report:
    """What is newer; raises `IncompleteError` for errors of dnf and for lists of something else."""
    refuse_errors(text, name, "dnf", _ERROR)
    joined = "\n".join(text.lines)
    packages, advisories = _packages(text), read_advisories(joined, joined)
    _refuse_others(text, name, advisories)
    if not packages and not advisories:
        return _nothing(text, name)
    if not advisories and _has_more(text.lines, len(packages)):
        raise unreadable(name, "has lines among its rows that are none", remedy="give the answer alone")
    refuse_cut(text, name)
    updates = updates_of(
        {each.identity: each for each in packages}, advisories, held=(), installed={}, informed=()
    )
    return linux_report(MANAGER, updates, () if packages else (_ONLY_ADVISORIES,))


def _nothing(text: Text, name: str) -> Report:
    """An answer without a row, which proves something only where enabled repositories stand beside it."""
    start = next((place for place, line in enumerate(text.lines) if line.startswith("repo id")), None)
    beside = text.lines[:start]
    strange = next((line for line in beside if not line.startswith(_BESIDE)), None)
    if strange is not None:
        message = f"has a line that is no update: {printable(strange)[:80]}"
        raise unreadable(name, message, remedy="give the answer alone")
    if start is None or not read_repositories("\n".join(text.lines)):
        message = "lists nothing, which dnf also does where no repository is enabled"
        raise unreadable(name, message, remedy="add what dnf repolist prints, or scan the machine")
    refuse_cut(text, name)
    return linux_report(MANAGER, (), ())


def _packages(text: Text) -> list[Package]:
    found = read_check_update("\n".join(text.lines))
    return [each for each in found if each.architecture in _ARCHITECTURES]


def _refuse_others(text: Text, name: str, advisories: Iterable[str]) -> None:
    heading = next((line for line in text.lines if line in _OTHERS), None)
    if heading is not None:
        raise unreadable(name, f"lists {heading.lower()}, not updates", remedy="give dnf check-update")
    if any(each.startswith("CVE-") for each in advisories):
        raise unreadable(name, "lists CVE numbers, not advisories", remedy="give dnf updateinfo list")


def _has_more(lines: Sequence[str], rows: int) -> bool:
    """Whether there is more than rows, from the first one on: long rows are folded, so that words count."""
    start = next((place for place, line in enumerate(lines) if _is_of_architecture(line.split()[0])), 0)
    body = takewhile(lambda line: not line.startswith("Obsoleting"), lines[start:])
    words = [len(line.split()) for line in body if not line.startswith("Security: ")]
    return sum(words) != rows * len(("package", "version", "repository"))


KIND = Kind("dnf check-update or dnf updateinfo list", fits, read)
