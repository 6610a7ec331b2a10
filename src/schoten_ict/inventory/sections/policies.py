"""`policies`: what a colleague signs for, in versions. Loading does not open the files."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from msgspec import Meta

from schoten_ict.inventory.fields import Declared, Name, RelativeFile, Sha256, Text
from schoten_ict.inventory.flaws import Flaw, cut
from schoten_ict.inventory.section import Known, Section


class PolicyVersion(Declared, frozen=True, kw_only=True):
    """One version: the `file` that holds its text and the first day it is valid."""

    version: Text
    file: RelativeFile
    valid_from: date
    sha256: Sha256 | None = None


class Policy(Declared, frozen=True, kw_only=True):
    """A policy that goes with what is handed over."""

    id: Name
    title: Text
    versions: Annotated[
        tuple[PolicyVersion, ...], Meta(min_length=1, extra={"expected": "a list with at least one version"})
    ]

    def valid_on(self, day: date) -> PolicyVersion | None:
        """The version in force on `day`: the latest that is valid from then or earlier."""
        begun = [version for version in self.versions if version.valid_from <= day]
        return max(begun, key=lambda version: version.valid_from, default=None)


def _check(policies: tuple[Policy, ...], _known: Known) -> Iterator[Flaw]:
    for index, policy in enumerate(policies):
        for field in ("version", "valid_from"):
            seen: set[object] = set()
            for position, version in enumerate(policy.versions):
                value = getattr(version, field)
                if value in seen:
                    path = (index, "versions", position, field)
                    yield Flaw(path, f"two versions have {field} {cut(str(value))}", "change one of them")
                seen.add(value)


POLICIES: Section[tuple[Policy, ...]] = Section(
    key="policies",
    shape=tuple[Policy, ...],
    empty=(),
    purpose="What a colleague signs for, in versions.",
    named_by="id",
    check=_check,
)
SECTION = POLICIES
