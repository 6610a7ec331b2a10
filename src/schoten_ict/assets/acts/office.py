"""What every act needs besides its own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from schoten_ict.assets.model import Asset
from schoten_ict.core.errors import UsageError
from schoten_ict.core.protocols import DocumentWriter
from schoten_ict.core.text import nearest
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.letterhead import letterhead
from schoten_ict.store import Store, Transaction
from schoten_ict.store.documents import Document

HANDOVER = "GO"
INTAKE = "IN"
DISPOSAL = "AF"


@dataclass(frozen=True, slots=True)
class Office:
    """The store, the intent, and who acts when and in which language."""

    store: Store
    inventory: Inventory
    writer: DocumentWriter
    today: date
    issuer: str
    language: str

    def number(self, transaction: Transaction, series: str) -> str:
        """The next document number of a series: `GO-2026-0042`."""
        return transaction.document_number(series, self.today)

    def file(self, transaction: Transaction, template: str, number: str, data: Mapping[str, Any]) -> Document:
        """Make the PDF of `number` and file it with the transaction."""
        head = letterhead(self.inventory.organisation)
        frame = {"number": number, "date": self.today.isoformat(), "organisation": head}
        content = self.writer.pdf(template, {**frame, **data}, self.language)
        return transaction.shelf.add(number, template, f"{number}.pdf", content, self.today)

    def title(self, category: str) -> str:
        """The name of a category for people."""
        declared = self.inventory.categories.get(category)
        return declared.title if declared else category


def described(office: Office, asset: Asset) -> dict[str, Any]:
    """What identifies an asset on every document."""
    return {
        "tag": asset.tag,
        "category": office.title(asset.category),
        "manufacturer": asset.manufacturer,
        "model": asset.model,
        "serial": asset.serial,
    }


def per_item(option: str, words: Sequence[str], tags: Sequence[str]) -> dict[str, list[str]]:
    """Words such as `LT-0001=charger` by tag; a word without a tag belongs to the first one.

    Raises `UsageError` for a tag that is not among `tags`.
    """
    found: dict[str, list[str]] = {tag: [] for tag in tags}
    known = {tag.upper(): tag for tag in tags}
    for word in words:
        name, equals, value = word.partition("=")
        tag = known.get(name.strip().upper()) if equals else tags[0]
        if tag is None:
            raise UsageError(
                f"{option} {word!r}: {name} is not in this list of tags{nearest(name.upper(), list(known))}",
                remedy=f"write {option} TAG=TEXT with one of {', '.join(tags)}",
            )
        found[tag].append((value if equals else word).strip())
    return found
