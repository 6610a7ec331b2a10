"""What a room needs from above and is handed by its command."""

from collections.abc import Mapping
from typing import Any, Protocol


class DocumentWriter(Protocol):
    """Makes documents from templates."""

    def pdf(self, template: str, data: Mapping[str, Any], language: str) -> bytes:
        """A PDF/A of the named template, filled with `data` (JSON-like), in `nl` or `en`."""


class Progress(Protocol):
    """Shows that work goes on, on stderr and only where a person looks."""

    def step(self, done: int, total: int, note: str) -> None:
        """`done` of `total` are finished; `note` names the last one."""
