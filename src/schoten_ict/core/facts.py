"""Facts that more than one room reads: people, and what was entrusted to whom."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague. `key` is stable (employee number; later the directory's SID); leaving deletes nothing."""

    key: str
    name: str
    email: str | None = None
    department: str | None = None
    function: str | None = None
    username: str | None = None
    phone: str | None = None
    location: str | None = None
    starts: date | None = None
    leaves: date | None = None

    def has_left(self, today: date) -> bool:
        """Whether the last day of work lies before `today`."""
        return self.leaves is not None and self.leaves < today


class HolderKind(StrEnum):
    """Who or what can hold an asset."""

    PERSON = "person"
    DEPARTMENT = "department"
    ROOM = "room"
    ASSET = "asset"


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of an asset: `person:1042`, `department:Burgerzaken`, `room:...`, `asset:LT-0001`."""

    kind: HolderKind
    key: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Custody:
    """One period in which an asset was held. `until` is None while it lasts; times are in UTC.

    `handover` is the number of the document it rests on, None for an imported or a room's custody.
    """

    asset: str
    holder: Holder
    since: datetime
    until: datetime | None
    due_back: date | None
    handover: str | None
