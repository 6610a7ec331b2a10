"""Adding, changing and ending entitlements by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from schoten_ict.core.errors import ConflictError, IncompleteError, NotFoundError, UsageError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest, printable
from schoten_ict.formats.privacy import refuse_national_number
from schoten_ict.licenses import fields
from schoten_ict.licenses.acts.desk import Desk
from schoten_ict.licenses.model import Entitlement, Kind, Metric
from schoten_ict.licenses.records import entitlements
from schoten_ict.store import Transaction

PROOF = "license-proof"
"""The kind of document that proves a purchase."""


def parsed(words: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` words as fields of `Entitlement`; an empty value empties. Raises `UsageError`."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise UsageError(f"--set {printable(name)!r} has no =", remedy="write --set NAME=VALUE")
        if name not in fields.FIELDS:
            raise UsageError(
                f"an entitlement has no field {printable(name)!r}{nearest(name, list(fields.FIELDS))}",
                remedy=f"its fields: {', '.join(fields.FIELDS)}",
            )
        refuse_national_number(f"--set {name}", text)
        try:
            found.update([fields.read(name, text.strip())])
        except ValueError as error:
            raise UsageError(f"--set {name}: {error}") from None
    return found


def add(desk: Desk, product: str, values: Mapping[str, Any], proof: Path | None = None) -> Entitlement:
    """Record a right that was bought. Its metric is that of the product where none is given.

    Raises `NotFoundError` for an unknown product, base, asset or file, `UsageError` for what contradicts
    itself.
    """
    name = desk.product(product)
    content = _content(proof)
    with desk.store.transaction() as transaction:
        number = entitlements.next_number(transaction)
        metric = values.get("metric") or Metric(desk.products[name].metric)
        new = replace(Entitlement(number, name), **{**values, "product": name, "metric": metric})
        _require_sound(transaction, new)
        entitlements.insert(transaction, new)
        if proof is not None and content is not None:
            new = _file(desk, transaction, new, proof, content)
        transaction.record("entitlement.add", entitlements.about(number), None, entitlements.values_of(new))
    return new


def edit(desk: Desk, number: str, values: Mapping[str, Any], proof: Path | None = None) -> Entitlement:
    """Change fields of an entitlement; None empties one. Raises as `add` does."""
    content = _content(proof)
    wanted = dict(values)
    if "product" in wanted:
        wanted["product"] = desk.product(wanted["product"] or "")
    with desk.store.transaction() as transaction:
        before = entitlements.get(transaction.connection, number)
        after = replace(before, **wanted)
        _require_sound(transaction, after)
        if proof is not None and content is not None:
            after = _file(desk, transaction, after, proof, content)
        _change(transaction, before, after, "entitlement.edit")
    return after


def end(desk: Desk, number: str, on: date, because: str) -> Entitlement:
    """Record that an entitlement counts no more from that day (cancelled, sold, replaced).

    Raises `ConflictError` where it ended before.
    """
    with desk.store.transaction() as transaction:
        before = entitlements.get(transaction.connection, number)
        if before.ended_on is not None:
            raise ConflictError(
                f"{before.number} ended on {before.ended_on}: {before.ended_because}",
                subject=entitlements.about(before.number),
            )
        after = replace(before, ended_on=on, ended_because=because)
        _change(transaction, before, after, "entitlement.end")
    return after


def _change(transaction: Transaction, before: Entitlement, after: Entitlement, action: str) -> None:
    old, new = entitlements.changed(before, after)
    if new:
        entitlements.update(transaction, after)
        transaction.record(action, entitlements.about(after.number), old, new)


def _require_sound(transaction: Transaction, new: Entitlement) -> None:
    """Raise where an entitlement names what is not there, or its fields contradict each other."""
    connection = transaction.connection
    if new.kind is Kind.OEM and new.asset is None:
        raise UsageError("an OEM licence lives on one machine", remedy="give --set asset=TAG")
    if new.kind is Kind.UPGRADE and new.base is None:
        raise UsageError("an upgrade counts only with its base", remedy="give --set base=LIC-0001")
    if new.base is not None and new.kind is not Kind.UPGRADE:
        raise UsageError("only an upgrade has a base", remedy="give --set kind=upgrade, or leave base out")
    if new.base is not None and entitlements.get(connection, new.base).number == new.number:
        raise UsageError(f"{new.number} cannot be its own base")
    if new.asset is not None:
        row = connection.execute("SELECT 1 FROM asset WHERE tag = ?", (new.asset,)).fetchone()
        if row is None:
            raise NotFoundError(
                f"no asset {new.asset!r}",
                subject=subject("asset", new.asset),
                remedy="ict assets find TEXT looks in all fields",
            )
    if new.starts is not None and new.expires is not None and new.expires < new.starts:
        raise UsageError(f"it would expire on {new.expires}, before it starts on {new.starts}")
    if new.quantity is None and new.metric is not Metric.SITE:
        raise UsageError(
            "how many is not said", remedy="give --set quantity=N (only a site licence has none)"
        )


def _content(proof: Path | None) -> bytes | None:
    if proof is None:
        return None
    try:
        return proof.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"no file {printable(str(proof))}", remedy="check the path") from None
    except OSError as error:
        raise IncompleteError(
            f"{printable(proof.name)} cannot be read: {error.strerror}", code="unreadable"
        ) from None


def _file(desk: Desk, transaction: Transaction, new: Entitlement, proof: Path, content: bytes) -> Entitlement:
    """File the proof with its hash; one that was filed before stays where it is."""
    number = f"{new.number}-{transaction.next_number(f'proof:{new.number}')}"
    name = f"{number}{proof.suffix.lower() or '.bin'}"
    transaction.shelf.add(number, PROOF, name, content, desk.today)
    after = replace(new, proof=number)
    entitlements.update(transaction, after)
    return after
