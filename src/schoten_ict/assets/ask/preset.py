"""What a preset says: which columns of another tool's list mean which field."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module

NAMES = ("generic", "snipe-it", "lansweeper", "glpi")
TEXTS = (
    "tag", "category", "manufacturer", "model", "serial", "status", "site", "location", "cost_centre",
    "supplier", "order_number", "imei", "sim", "phone_number", "macs", "notes", "holder",
)  # fmt: skip
DATES = ("purchase_date", "warranty_until", "end_of_life")
AMOUNTS = ("purchase_cost",)
FIELDS = (*TEXTS, *DATES, *AMOUNTS)
"""What `--map FIELD=COLUMN` may name."""


@dataclass(frozen=True)
class Preset:
    """Headers by field, folded (see `formats.headers.fold`) and separated by spaces.

    Besides FIELDS a preset may name `tag_hint` (a tag that counts only where it looks like one of ours),
    `warranty_months`, and the parts of a holder: `holder_username`, `holder_first_name`,
    `holder_last_name`, `holder_email`, `holder_room`. With `own_categories` a category that the inventory
    does not declare is accepted under its own name, and people whom the file names in full are added.
    """

    headers: Mapping[str, str]
    own_categories: bool = False

    @cached_property
    def known(self) -> dict[str, str]:
        """Field by folded header."""
        return {word: field for field, words in self.headers.items() for word in words.split()}


def named(name: str) -> Preset:
    """The preset of that name, one of NAMES."""
    preset: Preset = import_module(f"schoten_ict.assets.ask.{name.replace('-', '_')}").PRESET
    return preset
