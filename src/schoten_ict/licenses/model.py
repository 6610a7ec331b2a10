"""The words of this room: entitlements, needs, and what becomes of a title of software.

Terms after ISO/IEC 19770-3 (entitlements) and the effective licence position: owned - required, per product
and metric. Unknown is None and never 0.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from schoten_ict.core.times import Duration


class Metric(StrEnum):
    """What is counted. `free` needs no right; `site` covers everything while it is valid."""

    DEVICE = "device"
    USER = "user"
    CONCURRENT = "concurrent"
    SUBSCRIPTION = "subscription"
    CORE = "core"
    PROCESSOR = "processor"
    SERVER = "server"
    SITE = "site"
    FREE = "free"


class Kind(StrEnum):
    """What sort of right an entitlement is."""

    FULL = "full"
    UPGRADE = "upgrade"
    """Counts only together with its `base`: the two are one right."""
    OEM = "oem"
    """Lives and dies with the `asset` it was sold with."""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One right to use a product, as bought.

    `number` is ours (`LIC-0042`). `quantity` is in units of `metric` (a pack of two cores is 2); None is not
    stated. `version` is the version bought; None is not stated. `starts` and `expires` are the first and the
    last day on which it counts; None is perpetual. Maintenance (Software Assurance) until
    `maintenance_until` gives the versions released by then. `notice` is how long before `expires` it must be
    cancelled. `cost_cents` is the whole cost without VAT. `key_reference` says where the key is kept, never
    the key. `proof` is the number of the filed document. `ended_on` is the day from which it counts no
    more (sold, cancelled, replaced).
    """

    number: str
    product: str
    metric: Metric | None = None
    quantity: int | None = None
    version: str | None = None
    kind: Kind = Kind.FULL
    base: str | None = None
    asset: str | None = None
    starts: date | None = None
    expires: date | None = None
    maintenance_until: date | None = None
    notice: Duration | None = None
    supplier: str | None = None
    order_number: str | None = None
    contract: str | None = None
    cost_cents: int | None = None
    key_reference: str | None = None
    proof: str | None = None
    notes: str | None = None
    source: str | None = None
    ended_on: date | None = None
    ended_because: str | None = None

    def counts(self, today: date) -> bool:
        """Whether it gives a right on that day."""
        begun = self.starts is None or self.starts <= today
        expired = self.expires is not None and self.expires < today
        ended = self.ended_on is not None and self.ended_on <= today
        return begun and not expired and not ended


@dataclass(frozen=True, slots=True)
class Need:
    """What one subject must have a right for: `quantity` units of `metric` of a product.

    `version` is the version in use; None where it is not known. `subject` is `host:NAME`, `person:KEY`,
    `tenant:ID` or `declared`. `why` is one line that an auditor can follow: the title found, or the sum.
    `host` is the only machine on which a person has it; None where there are more.
    """

    product: str
    metric: Metric
    quantity: int
    subject: str
    why: str
    version: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why what a product requires or owns is not known exactly.

    `at_most` is how many units more it could require; None where nobody can tell. `why` is one line.
    """

    product: str
    why: str
    at_most: int | None = None


class Outcome(StrEnum):
    """What a title of software is; there is no fourth."""

    PRODUCT = "product"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Titled:
    """What a title of software is taken for. `reason` says why it is ignored, or which rule knew it."""

    outcome: Outcome
    product: str | None = None
    version: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Install:
    """A product on a machine, by the title that told it. `version` is the one in use; None is not known."""

    product: str
    version: str | None
    host: str
    title: str


@dataclass(frozen=True, slots=True)
class Guest:
    """A virtual machine on a host. `cores` are its virtual cores; None is not told."""

    name: str
    cores: int | None = None
    running: bool | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A physical machine: the cores of each processor, and its guests.

    `processors` is empty where they are not known. Guests may move between the machines of one `cluster`.
    """

    name: str
    processors: tuple[int, ...] = ()
    cluster: str | None = None
    guests: tuple[Guest, ...] = ()
    source: str = ""
    seen_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sku:
    """One subscription of a Microsoft 365 tenant on one day (`subscribedSkus`).

    `enabled` can be assigned; `warning` ones have expired and are in grace, `suspended` ones cannot be
    assigned. Only those with `applies_to` User are for people.
    """

    tenant: str
    sku: str
    part_number: str
    taken_on: date
    applies_to: str = "User"
    status: str = "Enabled"
    enabled: int = 0
    warning: int = 0
    suspended: int = 0
    locked_out: int = 0
    consumed: int = 0

    def apart(self) -> str:
        """The units that nobody new can get, in words: `10 in grace, 3 suspended`."""
        units = ((self.warning, "in grace"), (self.suspended, "suspended"), (self.locked_out, "locked out"))
        return ", ".join(f"{number} {word}" for number, word in units if number)


@dataclass(frozen=True, slots=True)
class Seat:
    """A licence that a directory says is assigned to somebody. `blocked` is None where it is not told."""

    product: str
    user: str
    blocked: bool | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Units of a product with a holder: `person:KEY`, `host:NAME`, or `asset:TAG` where no host is known."""

    product: str
    holder: str
    quantity: int = 1
    version: str | None = None
