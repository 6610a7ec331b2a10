"""What acts on licences work with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The store, the catalogue by product id, and the day in the workspace."""

    store: Store
    products: Mapping[str, Product]
    today: date

    def product(self, word: str) -> str:
        """The id of the product that is called so: its id or its name, in any case.

        Raises `NotFoundError` with the nearest one.
        """
        names = {name: name for name in self.products}
        names |= {each.name.casefold(): name for name, each in self.products.items()}
        found = names.get(word) or names.get(word.strip().casefold())
        if found is None:
            raise NotFoundError(
                f"no product {word!r}{nearest(word.casefold(), list(names))}",
                subject=subject("product", word),
                remedy="ict licenses products shows them; licenses.products in inventory.yaml adds one",
            )
        return found
