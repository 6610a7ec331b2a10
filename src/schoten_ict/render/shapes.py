"""The data that each template takes. `documents.TypstWriter.pdf` checks a mapping against these shapes.

Keys are the field names; a field with a default may be absent or null. Dates are ISO strings
(`2026-11-26`) or `datetime.date`, money is in cents. A key that is not listed is refused: its value would
be missing from a document that people sign. No shape has a place for a national register number.
"""

import datetime as dt
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from schoten_ict.render.license_shapes import (
    LicenseAccepted,
    LicenseEnding,
    LicenseMachine,
    LicenseProduct,
    LicenseSoftware,
    LicenseSubscription,
    LicenseSummary,
)
from schoten_ict.render.shape import Shape

Sha256 = Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]


class Privacy(Shape, frozen=True, kw_only=True):
    """The notice of article 13 GDPR. A part that is absent is left out of the document."""

    controller: str | None = None
    dpo: str | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    recipients: str | None = None
    retention: str | None = None


class Organisation(Shape, frozen=True, kw_only=True):
    """The authority. `kbo` is printed as given; `privacy.controller` defaults to `name`."""

    name: str
    address: str | None = None
    kbo: str | None = None
    representative: str | None = None
    privacy: Privacy | None = None


class Person(Shape, frozen=True, kw_only=True):
    """The user. `key` is the personnel number; a department or a room that holds an item has none."""

    name: str
    key: str | None = None
    function: str | None = None
    department: str | None = None


class Policy(Shape, frozen=True, kw_only=True):
    """The policy that is acknowledged; `sha256` is that of its text, of which 16 digits are printed."""

    id: str
    version: str
    title: str
    valid_from: dt.date
    sha256: Sha256


class Wipe(Shape, frozen=True, kw_only=True):
    """Whether and how data was wiped. `certificate` is printed on a disposal record only."""

    status: Literal["yes", "no", "not_applicable"]
    method: str | None = None
    date: dt.date | None = None
    by: str | None = None
    certificate: str | None = None


class _Item(Shape, frozen=True, kw_only=True):
    """What identifies an item on every document."""

    tag: str
    category: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None


class HandoverItem(_Item, frozen=True, kw_only=True):
    """An item that is handed over."""

    imei: str | None = None
    sim: str | None = None
    phone_number: str | None = None
    accessories: tuple[str, ...] = ()
    state: str | None = None


class ReturnItem(_Item, frozen=True, kw_only=True):
    """An item that came back."""

    state: str | None = None
    accessories_back: tuple[str, ...] = ()
    accessories_missing: tuple[str, ...] = ()
    wipe: Wipe | None = None


class DisposalItem(_Item, frozen=True, kw_only=True):
    """An item that leaves the inventory. `reason` may differ from that of the whole document."""

    reason: str | None = None
    wipe: Wipe | None = None


class _Signed(Shape, frozen=True, kw_only=True):
    """What every signed document has. `date` is also the creation date of the PDF."""

    number: str
    date: dt.date
    organisation: Organisation
    remarks: str | None = None


class Handover(_Signed, frozen=True, kw_only=True):
    """Template `handover`. `issuer` is the name of the ICT colleague."""

    issuer: str
    person: Person
    items: Annotated[tuple[HandoverItem, ...], Meta(min_length=1)]
    due_back: dt.date | None = None
    policies: tuple[Policy, ...] = ()


class Return(_Signed, frozen=True, kw_only=True):
    """Template `return`. `handovers` are the numbers of the agreements that it refers to."""

    receiver: str
    person: Person
    handovers: tuple[str, ...]
    items: Annotated[tuple[ReturnItem, ...], Meta(min_length=1)]


class Disposal(_Signed, frozen=True, kw_only=True):
    """Template `disposal`. `processor` is who takes the items; `proceeds_cents` what was paid for them."""

    responsible: str
    method: Literal["recycler", "sold", "donated", "other"]
    items: Annotated[tuple[DisposalItem, ...], Meta(min_length=1)]
    reason: str | None = None
    processor: str | None = None
    processor_reference: str | None = None
    proceeds_cents: int | None = None


class Label(Struct, frozen=True, forbid_unknown_fields=True):
    """One label: the tag in large type, what the QR code says, and further lines in small type."""

    tag: str
    qr: str
    lines: tuple[str, ...] = ()


class LabelSheet(Shape, frozen=True, kw_only=True):
    """Template `labels`. `start` is the first label to use, counted from 1, row by row from the top left.

    `date` is the creation date of the PDF; `organisation` stands on every label.
    """

    sheet: str
    date: dt.date
    labels: Annotated[tuple[Label, ...], Meta(min_length=1)]
    start: Annotated[int, Meta(ge=1)] = 1
    organisation: str | None = None


class Drill(_Signed, frozen=True, kw_only=True):
    """Template `drill`: a restore that was tried. Times are text in the workspace's zone.

    `how` is `automatic` or `by_hand`; `took` and `allowed` are lengths as people write them; `evidence` is
    the SHA-256 of what was seen, as JSON.
    """

    tester: str
    job: str
    engine: str
    source: tuple[str, ...]
    repository: str
    began: str
    result: Literal["ok", "fail", "unknown"]
    how: Literal["automatic", "by_hand"]
    evidence: Sha256
    version: str | None = None
    services: tuple[str, ...] = ()
    owner: str | None = None
    point: str | None = None
    point_at: str | None = None
    took: str | None = None
    allowed: str | None = None
    files: int | None = None
    size: str | None = None
    compared: int | None = None
    late: int | None = None
    faults: tuple[str, ...] = ()


class EvidenceJob(Shape, frozen=True, kw_only=True):
    """One job in the evidence: its limits, and when each thing was proven last (days as text)."""

    job: str
    engine: str
    verdict: Literal["ok", "warn", "fail", "unknown"]
    services: tuple[str, ...] = ()
    rpo: str | None = None
    last_backup: str | None = None
    looks: int = 0
    restored: str | None = None
    read: str | None = None
    drilled: str | None = None


class EvidenceService(Shape, frozen=True, kw_only=True):
    """One service against the 3-2-1-1-0 rule."""

    service: str
    score: str
    met: bool
    jobs: tuple[str, ...]


class EvidenceLimit(Shape, frozen=True, kw_only=True):
    """One thing that the engine of a job cannot prove, and why."""

    job: str
    check: str
    reason: str


class EvidenceFault(Shape, frozen=True, kw_only=True):
    """One thing that was wrong in the period, with whom (`job:app`, `host:srv-1`), and until when."""

    subject: str
    check: str
    summary: str
    since: str
    until: str | None = None
    accepted: str | None = None


class EvidenceDrill(Shape, frozen=True, kw_only=True):
    """One drill in the period."""

    number: str | None = None
    day: str
    job: str
    result: Literal["ok", "warn", "fail", "unknown"]
    took: str | None = None


class Evidence(_Signed, frozen=True, kw_only=True):
    """Template `evidence`: what was proven in a period. `chain` is the last hash over all its lines."""

    since: str
    until: str
    maker: str
    jobs: tuple[EvidenceJob, ...]
    services: tuple[EvidenceService, ...] = ()
    not_proven: tuple[EvidenceLimit, ...] = ()
    faults: tuple[EvidenceFault, ...] = ()
    drills: tuple[EvidenceDrill, ...] = ()
    looks: int = 0
    chain: Sha256
    journal: str


class Licenses(_Signed, frozen=True, kw_only=True):
    """Template `licenses`: what is owned, used, missing and idle. `planned` was counted on top.

    Of `unknown` and `silent` the first are named; the summary counts all.
    """

    maker: str
    summary: LicenseSummary
    products: tuple[LicenseProduct, ...]
    planned: tuple[str, ...] = ()
    accepted: tuple[LicenseAccepted, ...] = ()
    forbidden: tuple[LicenseSoftware, ...] = ()
    unknown: tuple[LicenseSoftware, ...] = ()
    subscriptions: tuple[LicenseSubscription, ...] = ()
    endings: tuple[LicenseEnding, ...] = ()
    silent: tuple[LicenseMachine, ...] = ()


TEMPLATES: dict[str, type[Any]] = {
    "handover": Handover,
    "return": Return,
    "disposal": Disposal,
    "labels": LabelSheet,
    "drill": Drill,
    "evidence": Evidence,
    "licenses": Licenses,
}
