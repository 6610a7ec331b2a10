"""Which column of a file means which field: by known names, and by what the command line says."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import nearest, printable


@dataclass(frozen=True, slots=True)
class Chosen:
    """The column of each field, by index, and the headers that no field uses."""

    columns: Mapping[str, int]
    unused: tuple[str, ...]


def fold(header: str) -> str:
    """A header as it is compared: letters and digits without case or accents (`E-mail` is `email`)."""
    letters = unicodedata.normalize("NFKD", header).casefold()
    return "".join(char for char in letters if char.isalnum())


def choose(
    header: Sequence[str], known: Mapping[str, str], words: Sequence[str], fields: Collection[str]
) -> Chosen:
    """The column of each field; `known` maps folded headers to fields, `words` are `FIELD=COLUMN`.

    Of several columns that mean one field the first counts. `FIELD=` leaves a field out. Raises
    `UsageError` for a word that names no field or no column.
    """
    columns: dict[str, int] = {}
    for index, name in enumerate(header):
        field = known.get(fold(name))
        if field is not None:
            columns.setdefault(field, index)
    for word in words:
        field, place = _given(header, word, fields)
        columns.pop(field, None)
        if place is not None:
            columns[field] = place
    used = set(columns.values())
    return Chosen(columns, tuple(name for index, name in enumerate(header) if index not in used))


def _given(header: Sequence[str], word: str, fields: Collection[str]) -> tuple[str, int | None]:
    field, equals, column = word.partition("=")
    field = field.strip().casefold().replace("-", "_")
    if not equals or field not in fields:
        raise UsageError(
            f"--map {printable(word)!r} names no field{nearest(field, list(fields))}",
            remedy=f"write --map FIELD=COLUMN with one of {', '.join(fields)}",
        )
    if not column.strip():
        return field, None
    folded = [fold(name) for name in header]
    if fold(column) not in folded:
        raise UsageError(
            f"--map {field}: the file has no column {printable(column)!r}{nearest(column, list(header))}",
            remedy=f"its columns: {', '.join(printable(name) for name in header)}",
        )
    return field, folded.index(fold(column))
