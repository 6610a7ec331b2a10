"""What is planned: `20 users Adobe Acrobat Pro` as a need."""

import re
from collections.abc import Callable, Mapping

from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest, printable
from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.fields import METRIC_WORDS
from schoten_ict.licenses.judge.versions import ANY, is_versioned
from schoten_ict.licenses.judge.wording import version_of
from schoten_ict.licenses.model import Metric, Need

PLANNED = "planned"
_FORM = re.compile(r"\s*([0-9]{1,7})\s+(?:x\s+)?(\S.*?)\s*", re.ASCII)


def planned(text: str, products: Mapping[str, Product], product_of: Callable[[str], str | None]) -> Need:
    """The need in a plan: a number, perhaps a metric, and a product by id, name or a name that quotes use.

    The version may stand in the name; without one every version will do, since none is in use yet. Raises
    `UsageError` for another form or a metric that the product is not counted by, `NotFoundError` for an
    unknown product.
    """
    match = _FORM.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise UsageError(
            f"--planned {printable(text)!r} says no number",
            remedy='write --planned "20 users Adobe Acrobat Pro"',
        )
    word, _, rest = match[2].partition(" ")
    metric = METRIC_WORDS.get(word.casefold()) if rest else None
    name = rest.strip() if metric else match[2]
    product, version = _called(name, products, product_of)
    if product is None:
        known = [*products, *(each.name.casefold() for each in products.values())]
        raise NotFoundError(
            f"no product {printable(name)!r}{nearest(name.casefold(), known)}",
            subject=subject("product", printable(name)),
            remedy="ict licenses products shows them",
        )
    own = Metric(products[product].metric)
    if metric not in {None, own} and {metric, own} != {Metric.USER, Metric.SUBSCRIPTION}:
        raise UsageError(
            f"--planned {printable(text)!r}: {products[product].name} is counted by {own}, not by {metric}",
            remedy=f'write --planned "{match[1]} {own}s {products[product].name}"',
        )
    return Need(product, own, int(match[1]), PLANNED, f"planned: {printable(text)}", version)


def _called(
    name: str, products: Mapping[str, Product], product_of: Callable[[str], str | None]
) -> tuple[str | None, str | None]:
    """The product and the version that a text names; the version may be its last words."""
    words = name.split()
    for length in range(len(words), 0, -1):
        product = product_of(" ".join(words[:length]))
        if product is not None:
            version = version_of(products[product], name)
            if length < len(words) and version is None:
                return None, None
            return product, version or (ANY if is_versioned(products[product]) else None)
    return None, None
