"""`licenses`: products besides the known ones, declared use, and within what the audit judges."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schoten_ict.core.times import Duration
from schoten_ict.inventory.fields import Declared, DurationField, Name, Text, pattern
from schoten_ict.inventory.flaws import Flaw, Path, shown
from schoten_ict.inventory.section import Known, Section

MetricName = Literal[
    "device", "user", "concurrent", "subscription", "core", "processor", "server", "site", "free"
]
Amount = Annotated[int, Meta(ge=0, le=10_000_000, extra={"expected": "a whole number"})]
Percent = Annotated[str, pattern(r"[0-9]{1,2}(\.[0-9]{1,2})?%", "a share such as 21%")]
_DAY = 86400


class TitleRule(Declared, frozen=True, kw_only=True):
    """How installed software is recognised: regular expressions that must fit the whole text, in any case.

    A group `(?P<version>...)` in `title` (or in `version`) says which version is in use. `unless` is looked
    for anywhere in the title. `source` is that of the list (`dpkg`, `registry` ...).
    """

    title: Text
    publisher: Text | None = None
    version: Text | None = None
    source: Text | None = None
    unless: Text | None = None


class CoreRule(Declared, frozen=True, kw_only=True):
    """How cores are counted: the least per processor, per server and per guest.

    `guests` is how many guests come with licensing a whole server once; without it there is no limit.
    """

    per_processor: Amount = 0
    per_server: Amount = 0
    per_guest: Amount = 0
    guests: Amount | None = None


class Product(Declared, frozen=True, kw_only=True):
    """A product of the catalogue.

    `includes` are products that a right for this one covers too, and that need none of their own on a
    machine that has this one (suites). `versions` are in order of age where their text does not sort by
    itself. `downgrade` says that a right covers earlier versions, `latest` that it covers every version
    while it is valid. `forbidden` is the reason why it must not be used. `skus` are ids or part numbers of
    Microsoft 365, `names` patterns of how quotes and invoices call it, `support` the last day per version.
    """

    name: Text
    publisher: Text
    family: Text
    edition: str = ""
    metric: MetricName
    rules: tuple[TitleRule, ...] = ()
    includes: tuple[Name, ...] = ()
    versions: tuple[Text, ...] = ()
    released: dict[str, date] = msgspec.field(default_factory=dict)
    support: dict[str, date] = msgspec.field(default_factory=dict)
    downgrade: bool = True
    latest: bool = False
    cores: CoreRule | None = None
    forbidden: str = ""
    skus: tuple[Text, ...] = ()
    names: tuple[Text, ...] = ()


class Ignored(Declared, frozen=True, kw_only=True):
    """Titles that are nothing to count by themselves, and why: updates, language packs, drivers, runtimes."""

    reason: Text
    rules: tuple[TitleRule, ...]


class Use(Declared, frozen=True, kw_only=True):
    """Use that no machine tells: a number, or everyone who works here (`people`), or every device.

    `metric` is that of the product where it is left out.
    """

    product: Name
    count: Amount | Literal["people", "devices"]
    version: Text | None = None
    note: Text


class Threshold(Declared, frozen=True, kw_only=True):
    """A limit of the law on public procurement, from a day on; `below` is in euros without VAT.

    `source` is where it can be looked up. A quote that reaches it is told; nothing is decided.
    """

    name: Text
    below: Amount
    since: date
    until: date | None = None
    source: Text


class LicensePolicy(Declared, frozen=True, kw_only=True):
    """What the audit goes by.

    `computers` are the categories of assets that have software: those that no machine accounts for are told.
    `collected_within` is how old the list of a machine's software may be; `unseen_after` is how long a
    machine may be silent before its licences lie idle. `gone` are machines that are no more, each with the
    last day on which it was there: what it told by then counts no longer. `expiring_within` is how long
    before its end an entitlement is told. `vat` is that of software.
    """

    products: dict[Name, Product] = msgspec.field(default_factory=dict)
    ignored: tuple[Ignored, ...] = ()
    use: tuple[Use, ...] = ()
    computers: tuple[Name, ...] = ()
    gone: dict[Text, date] = msgspec.field(default_factory=dict)
    collected_within: DurationField = Duration(seconds=35 * _DAY)
    unseen_after: DurationField = Duration(seconds=60 * _DAY)
    expiring_within: DurationField = Duration(seconds=90 * _DAY)
    reassign_after: DurationField = Duration(seconds=90 * _DAY)
    vat: Percent = "21%"
    thresholds: tuple[Threshold, ...] = ()


def product_flaws(name: str, product: Product) -> Iterator[Flaw]:
    """What types cannot say of a product, with paths that start at its id."""
    for index, rule in enumerate(product.rules):
        yield from rule_flaws(rule, (name, "rules", index))
    for index, text in enumerate(product.names):
        yield from _regex_flaws(text, (name, "names", index))
    if product.cores is None and product.metric == "core":
        yield Flaw((name, "metric"), "core says nothing without cores", "add cores: {per_processor: ...}")


def rule_flaws(rule: TitleRule, path: Path) -> Iterator[Flaw]:
    """The regular expressions of a rule that are none."""
    for field in ("title", "publisher", "version", "unless"):
        text = getattr(rule, field)
        if text is not None:
            yield from _regex_flaws(text, (*path, field))


def _regex_flaws(text: str, path: Path) -> Iterator[Flaw]:
    try:
        re.compile(text)
    except re.error as error:
        yield Flaw(path, f"{shown(text)} is no regular expression: {error}", "correct it")


def _check(policy: LicensePolicy, _known: Known) -> Iterator[Flaw]:
    for name, product in policy.products.items():
        for flaw in product_flaws(name, product):
            yield Flaw(("products", *flaw.path), flaw.message, flaw.remedy)
    for index, ignored in enumerate(policy.ignored):
        for place, rule in enumerate(ignored.rules):
            yield from rule_flaws(rule, ("ignored", index, "rules", place))


LICENSES: Section[LicensePolicy] = Section(
    key="licenses",
    shape=LicensePolicy,
    empty=LicensePolicy(),
    purpose="Products besides the known ones, declared use, and within what the audit judges.",
    check=_check,
)
SECTION = LICENSES
