"""What the inventory's categories demand of an imported asset."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from schoten_ict.core.text import nearest, printable
from schoten_ict.inventory.sections.assets import Category


class Rules:
    """The declared categories, as an import asks them."""

    def __init__(self, categories: Mapping[str, Category]) -> None:
        self._categories = categories
        self.end_of_life = cache(self._end_of_life)

    def lacking(self, category: str | None, tag: str | None) -> str:
        """Why a new asset of this category cannot be added, or nothing."""
        if category is None:
            return "names no category; give --category"
        if tag is None and category not in self._categories:
            return (
                f"has no tag, and category {category} has no pattern to make one; declare it, or give a tag"
            )
        return ""

    def declared(self, category: str) -> bool:
        """Whether the inventory declares this category."""
        return category in self._categories

    def wrong_fields(self, category: str, fields: Mapping[str, str]) -> str:
        """Why a declared category does not have these fields or values, or nothing."""
        declared = self._categories.get(category)
        known = {field.name: field for field in declared.fields} if declared else {}
        for name, value in fields.items():
            if declared is not None and name not in known:
                return f"a {category} has no field {printable(name)!r}{nearest(name, list(known))}"
            if declared is not None and known[name].choices and value not in known[name].choices:
                return f"{name} {printable(value)!r} is no choice: {', '.join(known[name].choices)}"
        return ""

    def _end_of_life(self, category: str, bought: str) -> str | None:
        """The end of life in ISO from the purchase date and the category's lifetime."""
        declared = self._categories.get(category)
        if declared is None or declared.lifetime is None:
            return None
        return declared.lifetime.after(date.fromisoformat(bought)).isoformat()
