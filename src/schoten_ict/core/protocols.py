"""What a room needs from above and is handed by its command."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class DocumentWriter(Protocol):
    """Makes documents from templates."""

    def pdf(self, template: str, data: Mapping[str, Any], language: str) -> bytes:
        """A PDF/A of the named template, filled with `data` (JSON-like), in `nl` or `en`."""


class Progress(Protocol):
    """Shows that work goes on, on stderr and only where a person looks."""

    def step(self, name: str, *, failed: bool, waiting: Sequence[str]) -> None:
        """`name` is done, well or not; `waiting` are those that are not done yet."""

    def close(self) -> None:
        """Take the line away; safe to call twice."""
