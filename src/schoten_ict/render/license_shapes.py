"""The parts of the report on licences, as its template takes them."""

import datetime as dt
from typing import Literal

from schoten_ict.render.shape import Shape

_Standing = Literal["short", "undetermined", "forbidden", "in_order"]
_Metric = Literal[
    "device", "user", "concurrent", "subscription", "core", "processor", "server", "site", "free"
]


class LicenseSummary(Shape, frozen=True, kw_only=True):
    """What stands first: numbers of products, money in cents without VAT, and how old the data is.

    `standings` has a number per standing. `unpriced` and `idle_unpriced` are missing from the sums.
    """

    standings: dict[_Standing, int]
    forbidden: int
    forbidden_machines: int
    unknown_titles: int
    unknown_machines: int
    to_buy: int
    unpriced: int
    cost_cents: int
    vat: str
    vat_cents: int
    idle: int
    idle_unpriced: int
    idle_cents: int
    machines: int
    silent: int
    unproven: int
    collected_since: dt.date
    unseen_since: dt.date
    ending_by: dt.date
    first_notice: dt.date | None = None
    oldest: dt.date | None = None
    oldest_machine: str | None = None
    subscriptions: dt.date | None = None
    seats: dt.date | None = None


class LicenseProduct(Shape, frozen=True, kw_only=True):
    """One product in one metric. A number that is null is not known, but for a right without limit.

    `unclear` says why it cannot be determined, `accepted` until when somebody accepts what is wrong.
    """

    name: str
    metric: _Metric
    standing: _Standing
    unlimited: bool
    forbidden: bool
    covered: int
    idle: int
    owned: int | None = None
    required: int | None = None
    at_most: int | None = None
    delta: int | None = None
    to_buy: int | None = None
    cost_cents: int | None = None
    accepted: dt.date | None = None
    unclear: tuple[Literal["catalogue", "rights", "limit", "range", "cover"], ...] = ()


class LicenseAccepted(Shape, frozen=True, kw_only=True):
    """What was accepted: of which product or entitlement, how many or on which day, and why."""

    what: Literal["short", "undetermined", "forbidden", "titles", "idle", "right", "maintenance", "collected"]
    reason: str
    until: dt.date
    about: str | None = None
    count: int | None = None
    on: dt.date | None = None


class LicenseSoftware(Shape, frozen=True, kw_only=True):
    """Software on `count` machines, of which `machines` are named."""

    name: str
    count: int
    machines: tuple[str, ...]
    reason: str | None = None


class LicenseSubscription(Shape, frozen=True, kw_only=True):
    """A subscription as its tenant told it; units in grace, suspended or locked out stand apart."""

    name: str
    taken_on: dt.date
    enabled: int
    consumed: int
    free: int
    in_grace: int
    suspended: int
    locked_out: int


class LicenseEnding(Shape, frozen=True, kw_only=True):
    """A right, or its maintenance, that ends. `cost_cents` is what it cost whole, without VAT."""

    number: str
    name: str
    what: Literal["right", "maintenance"]
    on: dt.date
    notice_passed: bool
    quantity: int | None = None
    notice_by: dt.date | None = None
    supplier: str | None = None
    cost_cents: int | None = None


class LicenseMachine(Shape, frozen=True, kw_only=True):
    """A machine whose software is not known lately; `last` is the day of its last list."""

    name: str
    last: dt.date | None = None
