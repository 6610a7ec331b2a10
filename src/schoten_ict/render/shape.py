"""What the shapes of all documents have in common."""

from msgspec import Struct


class Shape(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a document's data; a key that it does not list is refused."""
