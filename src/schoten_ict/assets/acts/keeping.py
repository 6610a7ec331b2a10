"""Adding and editing assets by hand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from schoten_ict.assets.model import FIELD_NAMES, Asset, Status
from schoten_ict.assets.records import assets
from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.finding import subject
from schoten_ict.core.money import parse_euros
from schoten_ict.core.text import nearest
from schoten_ict.core.times import parse_day
from schoten_ict.formats import identifiers
from schoten_ict.formats.privacy import refuse_national_number
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.assets import Category
from schoten_ict.store import Store

_FIXED = frozenset({"tag", "status", "fields"})
_LONGEST_TAG = 40
_TAG = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._/-]{{0,{_LONGEST_TAG - 1}}}")


@dataclass(frozen=True, slots=True)
class Draft:
    """An asset to add: its category, its values by field name, and a tag where one was given."""

    category: str
    values: Mapping[str, Any]
    tag: str | None = None
    status: Status = Status.IN_STOCK
    fields: Mapping[str, str] | None = None


def add(store: Store, inventory: Inventory, drafts: list[Draft]) -> list[Asset]:
    """Add assets, all or none; tags that were not given are allocated inside the transaction.

    Raises `NotFoundError` for an unknown category, `UsageError` for a wrong value, `ConflictError` for a
    tag or serial number that is taken, `IncompleteError` for a value with a national register number.
    """
    for draft in drafts:
        _require_allowed({"tag": draft.tag, **draft.values, **(draft.fields or {})})
    with store.transaction() as transaction:
        added = []
        for draft in drafts:
            category = category_of(inventory, draft.category)
            fields = checked_fields(category, draft.category, draft.fields or {})
            given = None if draft.tag is None else checked_tag(draft.tag)
            tag = given or assets.allocate_tag(transaction, category.tag)
            asset = Asset(
                tag=tag, category=draft.category, status=draft.status, fields=fields, **draft.values
            )
            asset = with_end_of_life(asset, category)
            assets.insert(transaction, asset)
            added.append(asset)
    return added


def edit(
    store: Store, inventory: Inventory, tag: str, values: Mapping[str, Any], fields: Mapping[str, str]
) -> Asset:
    """Change fields of an asset; a value of None empties it. Raises as `add` does."""
    _require_allowed({**values, **fields})
    with store.transaction() as transaction:
        before = assets.get(transaction.connection, tag)
        name = values.get("category", before.category)
        if name is None:
            raise UsageError("category cannot be empty", remedy="write --set category=NAME")
        kept = {key: value for key, value in {**before.fields, **fields}.items() if value != ""}
        category = category_of(inventory, name)
        after = replace(before, **values, fields=checked_fields(category, name, kept))
        assets.update(transaction, before, after, "asset.edit")
    return after


def _require_allowed(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, str):
            refuse_national_number(name, value, phone=name == "phone_number")


def checked_tag(text: str) -> str:
    """A tag given by hand; raises `UsageError` for what a label, a file name or `TAG=TEXT` cannot hold."""
    tag = text.strip()
    if not _TAG.fullmatch(tag):
        raise UsageError(
            f"--tag {text!r} is no tag", remedy=f"use letters, digits and . _ / - (at most {_LONGEST_TAG})"
        )
    return tag


def category_of(inventory: Inventory, name: str) -> Category:
    """A declared category; raises `NotFoundError` with the nearest one."""
    category = inventory.categories.get(name)
    if category is None:
        known = list(inventory.categories)
        raise NotFoundError(
            f"no category {name!r}{nearest(name, known)}",
            subject=subject("category", name),
            remedy=f"declared are {', '.join(known) or 'none'}; see assets.categories in inventory.yaml",
        )
    return category


def checked_fields(category: Category, name: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The custom fields of a category; raises `UsageError` for an unknown one, a wrong choice or a lack."""
    declared = {field.name: field for field in category.fields}
    for key, value in fields.items():
        if key not in declared:
            known = ", ".join(declared) or "none"
            raise UsageError(
                f"{name} has no field {key!r}{nearest(key, list(declared))}", remedy=f"its fields: {known}"
            )
        if declared[key].choices and value not in declared[key].choices:
            raise UsageError(
                f"{key}={value!r} is no choice", remedy=f"choose {', '.join(declared[key].choices)}"
            )
    for key, field in declared.items():
        if field.required and not fields.get(key):
            raise UsageError(f"a {name} needs {key}", remedy=f"give --set {key}=...")
    return dict(fields)


def with_end_of_life(asset: Asset, category: Category) -> Asset:
    """The asset with its end of life from purchase date and lifetime, unless it has one of its own."""
    if asset.end_of_life is not None or asset.purchase_date is None or category.lifetime is None:
        return asset
    return replace(asset, end_of_life=category.lifetime.after(asset.purchase_date))


def parsed(words: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """`--set NAME=VALUE` words as values of the asset and as custom fields; an empty value empties.

    Raises `UsageError` that names the word.
    """
    values: dict[str, Any] = {}
    fields: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise UsageError(f"--set {word!r} has no =", remedy="write --set NAME=VALUE")
        refuse_national_number(f"--set {name}", text, phone=name == "phone_number")
        if name in _FIXED:
            raise UsageError(
                f"{name} is not set by hand", remedy="a tag stays; a status moves by its own command"
            )
        if name == "purchase_cents":
            raise UsageError(
                "--set purchase_cents: amounts are in euros", remedy="write --set purchase_cost=12,50"
            )
        if name in FIELD_NAMES or name == "purchase_cost":
            values.update([_value(name, text.strip())])
        else:
            fields[name] = text.strip()
    return values, fields


def _value(name: str, text: str) -> tuple[str, Any]:
    field = "purchase_cents" if name == "purchase_cost" else name
    if not text:
        return field, () if field == "macs" else None
    reader = _READERS.get(field, str)
    try:
        return field, reader(text)
    except ValueError as error:
        raise UsageError(f"--set {name}: {error}") from None


def _macs(text: str) -> tuple[str, ...]:
    return tuple(identifiers.clean_mac(part) for part in text.replace(",", " ").split())


_READERS: dict[str, Callable[[str], Any]] = {
    "purchase_cents": parse_euros,
    "purchase_date": parse_day,
    "warranty_until": parse_day,
    "end_of_life": parse_day,
    "serial": identifiers.clean_serial,
    "imei": identifiers.clean_imei,
    "macs": _macs,
}
