"""`assets`: the categories of what is handed out, and the departments."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from schoten_ict.inventory.fields import Declared, DurationField, Name, Text, pattern
from schoten_ict.inventory.flaws import Flaw
from schoten_ict.inventory.section import Known, Section, dangling

TagPattern = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9._/-]*\{:0?[1-9]\}[A-Za-z0-9._/-]*", "a pattern with one number in it, such as LT-{:04}"
    ),
]
Euros = Annotated[float, Meta(ge=0, le=10_000_000, extra={"expected": "an amount in euros"})]


class AssetField(Declared, frozen=True, kw_only=True):
    """A field that this category has besides those of every asset; `choices` are its accepted values."""

    name: Name
    title: str = ""
    required: bool = False
    choices: tuple[Text, ...] = ()


class Category(Declared, frozen=True, kw_only=True):
    """A kind of asset. `policy` is the id of what its holder signs, `replacement_cost` is in euros.

    `wipe` says that it holds data, and must be wiped before the next person gets it.
    """

    title: Text
    tag: TagPattern
    policy: Name | None = None
    lifetime: DurationField | None = None
    replacement_cost: Euros | None = None
    wipe: bool = False
    fields: tuple[AssetField, ...] = ()

    def tag_of(self, number: int) -> str:
        """The asset tag with this number: `LT-0042`."""
        return self.tag.format(number)


class Labels(Declared, frozen=True, kw_only=True):
    """How labels are printed: the name of the `sheet`, such as L4732, and a line of `text` on each."""

    sheet: str = ""
    text: str = ""


class AssetRules(Declared, frozen=True, kw_only=True):
    """Categories by id, the departments that can hold assets, and how labels are printed."""

    categories: dict[Name, Category] = msgspec.field(default_factory=dict)
    departments: tuple[Text, ...] = ()
    labels: Labels = Labels()


def _check(assets: AssetRules, known: Known) -> Iterator[Flaw]:
    owners: dict[str, str] = {}
    for name, category in assets.categories.items():
        path = ("categories", name)
        if category.policy is not None and category.policy not in known["policies"]:
            yield dangling("policies", category.policy, (*path, "policy"), known)
        if category.tag in owners:
            message = f"category {owners[category.tag]} has the same tag pattern"
            yield Flaw((*path, "tag"), message, "give each category its own prefix")
        owners.setdefault(category.tag, name)
        yield from _repeated_fields(category.fields, path)


def _repeated_fields(fields: tuple[AssetField, ...], path: tuple[str, ...]) -> Iterator[Flaw]:
    seen: set[str] = set()
    for index, field in enumerate(fields):
        if field.name in seen:
            yield Flaw(
                (*path, "fields", index, "name"), f"field {field.name} is declared twice", "rename one"
            )
        seen.add(field.name)


ASSETS: Section[AssetRules] = Section(
    key="assets",
    shape=AssetRules,
    empty=AssetRules(),
    purpose="The categories of what is handed out, and the departments.",
    check=_check,
)
SECTION = ASSETS
