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
        """The next document number of a series: `GO-2026-0042`.

        A number whose file lies on disk was given before, by a store that has since been replaced by an
        older one: it is left out.
        """
        name = f"{series}-{self.today:%Y}"
        while True:
            number = f"{name}-{transaction.next_number(f'document:{name}'):04}"
            if not transaction.shelf.holds(f"{number}.pdf", self.today):
                return number

    def file(self, transaction: Transaction, template: str, number: str, data: Mapping[str, Any]) -> Document:
        """Make the PDF of `number` and file it with the transaction."""
        frame = {"number": number, "date": self.today.isoformat(), "organisation": self._organisation()}
        content = self.writer.pdf(template, {**frame, **data}, self.language)
        return transaction.shelf.add(number, template, f"{number}.pdf", content, self.today)

    def _organisation(self) -> dict[str, Any]:
        organisation = self.inventory.organisation
        notice = organisation.privacy
        return {
            "name": organisation.name,
            "address": organisation.address or None,
            "kbo": organisation.kbo,
            "representative": organisation.representative or None,
            "privacy": {
                "controller": notice.controller or None,
                "dpo": notice.dpo or organisation.dpo or None,
                "purpose": notice.purpose or None,
                "legal_basis": notice.legal_basis or None,
                "recipients": notice.recipients or None,
                "retention": notice.retention or None,
            },
        }

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
