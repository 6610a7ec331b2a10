"""The catalogue: the products that come with the package, and those that the workspace declares.

The package's files have the form of the inventory's section `licenses`, so that an entry can be copied from
one to the other. What the workspace declares under the same id goes before.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import msgspec

from schoten_ict.inventory.document import read_document
from schoten_ict.inventory.loading import evaluate
from schoten_ict.inventory.section import Section
from schoten_ict.inventory.sections.licenses import (
    LICENSES,
    LicensePolicy,
    Product,
    Threshold,
)
from schoten_ict.licenses.ask.titles import Rule, Titles, rules_of

_FOLDER = "data"
_SHIPPED = Section(
    key=LICENSES.key, shape=LICENSES.shape, empty=LICENSES.empty, purpose=LICENSES.purpose
)  # without its check, which would compile every expression of the package at each start; a test does


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products by id, the rules by which titles are taken, and the limits of procurement.

    The workspace's own rules go before those of the package. `digest` names the rules: titles that were
    taken under another one are taken anew.
    """

    products: Mapping[str, Product]
    rules: Sequence[Rule]
    thresholds: tuple[Threshold, ...]
    digest: str

    @property
    def titles(self) -> Titles:
        """What takes titles for what they are."""
        return Titles(self.rules)


def load(policy: LicensePolicy) -> Catalogue:
    """The catalogue of the package with what the workspace declares."""
    files = sorted(
        (each for each in resources.files(__package__).joinpath(_FOLDER).iterdir() if _is_data(each.name)),
        key=lambda each: each.name,
    )
    contents = {each.name: each.read_bytes() for each in files}
    values = evaluate([read_document(name, content) for name, content in contents.items()], (_SHIPPED,))
    shipped: LicensePolicy = values.get(_SHIPPED.key, _SHIPPED.empty)
    own = msgspec.json.encode((policy.products, policy.ignored), order="deterministic")
    digest = hashlib.sha256(b"\0".join((*contents.values(), own))).hexdigest()
    others = {name: each for name, each in shipped.products.items() if name not in policy.products}
    return Catalogue(
        products={**policy.products, **others},
        rules=[
            *rules_of(policy.products.items(), policy.ignored),
            *rules_of(others.items(), shipped.ignored),
        ],
        thresholds=(*policy.thresholds, *shipped.thresholds),
        digest=digest,
    )


def _is_data(name: str) -> bool:
    return name.endswith(".yaml")
