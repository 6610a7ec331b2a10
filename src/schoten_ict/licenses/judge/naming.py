"""Which product lists, invoices, quotes and people mean by a name."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from schoten_ict.inventory.sections.licenses import Product


def product_by_name(products: Mapping[str, Product]) -> Callable[[str], str | None]:
    """Finds the product that is called so: by its id, its name, an id of Microsoft, or a pattern of names.

    Case and spaces do not count. What fits nothing is None.
    """
    plain = {sku.casefold(): name for name, each in products.items() for sku in each.skus}
    plain |= {each.name.casefold(): name for name, each in products.items()}
    plain |= {name.casefold(): name for name in products}

    @cache
    def patterns() -> list[tuple[re.Pattern[str], str]]:  # hundreds, compiled only where a name needs them
        return [
            (re.compile(text, re.IGNORECASE), name) for name, each in products.items() for text in each.names
        ]

    @cache
    def find(word: str) -> str | None:
        text = " ".join(word.split())
        found = plain.get(text.casefold())
        if found is None:
            found = next((name for fits, name in patterns() if fits.fullmatch(text)), None)
        return found

    return find
