"""Dated tables: Windows builds, lifecycles, exploited CVEs; from the package or renewed in the workspace."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from schoten_ict.core.errors import IncompleteError
from schoten_ict.core.times import add_months

Row = TypeVar("Row")
End = date | bool | None
"""When something ends, through that day: a day; True for ended at some day, False for no end that is
announced; None where the source does not state it."""
_WEEK, _TUESDAY = 7, 1
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_BYTES = 64 << 20


class Kind(StrEnum):
    """The three kinds of data; each is one file of that name."""

    BUILDS = "builds"
    LIFECYCLE = "lifecycle"
    EXPLOITED = "exploited"


class Origin(StrEnum):
    """Where a table came from: the package, or `data/patch` in the workspace."""

    PACKAGE = "package"
    WORKSPACE = "workspace"


class Release(msgspec.Struct, frozen=True, array_like=True):
    """A cumulative security update of one Windows: a host at this `ubr` of `build`, or a later one, has it.

    `month` (`2026-03`) is the first in which the data names it: it came out then or earlier, since months may
    be absent from the data. `hotpatch` ones are for machines on that track, which skip the ordinary ones.
    `cves` are the vulnerabilities that it mends; empty where the data does not name them.
    """

    product: str
    server: bool
    build: int
    ubr: int
    hotpatch: bool
    month: str
    kb: str
    cves: tuple[str, ...] = ()

    @property
    def published(self) -> date:
        """The second Tuesday of the month, on which Microsoft brings out its updates."""
        return patch_tuesday(self.month)


class Cycle(msgspec.Struct, frozen=True, array_like=True):
    """A release cycle of a product, as endoflife.date has it; `as_of` is the day of its file.

    `active` is the end of active (mainstream, full) support, `security` that of the security support that
    everybody has, `extended` that of what most vendors sell. `latest` is the last version; for Windows its
    build (`10.0.26100`).
    """

    product: str
    title: str
    cycle: str
    label: str
    lts: bool
    released: date | None
    active: End
    security: End
    extended: End
    latest: str
    as_of: date


Cycles = Mapping[str, Mapping[str, Cycle]]
"""Release cycles by product and by name, as the rules look them up."""


class Exploited(msgspec.Struct, frozen=True, array_like=True):
    """A vulnerability that is exploited in the wild, by CISA's catalogue. `due` holds for US agencies."""

    cve: str
    added: date
    due: date | None
    ransomware: bool
    name: str


class Table(msgspec.Struct, Generic[Row], frozen=True):
    """One kind of data. `as_of` is the last day of which it is known to tell everything."""

    as_of: date
    source: str
    licence: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Known(Generic[Row]):
    """A table with where it came from."""

    table: Table[Row]
    origin: Origin


def patch_tuesday(month: str) -> date:
    """The second Tuesday of a month such as `2026-03`. Raises `ValueError` for anything else."""
    first = date.fromisoformat(f"{month}-01")
    return first + timedelta(days=(_TUESDAY - first.weekday()) % _WEEK + _WEEK)


def absent_between(first: str, last: str, known: Collection[str]) -> tuple[str, ...]:
    """The months after `first` and before `last` that are not `known`."""
    found, day = list[str](), add_months(patch_tuesday(first), 1)
    while (month := f"{day:%Y-%m}") < last:
        if month not in known:
            found.append(month)
        day = add_months(day, 1)
    return tuple(found)


def months_text(months: Sequence[str]) -> str:
    """Months that follow each other: `2026-04`, or `2026-04 to 2026-09`."""
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"


def releases(folder: Path | None) -> Known[Release]:
    """The builds of Windows; `folder` is the workspace's, None for what the package has.

    These three readers raise `IncompleteError` for a file of the workspace that is broken.
    """
    return _newest(Kind.BUILDS, folder, Table[Release])


def cycles(folder: Path | None) -> Known[Cycle]:
    """The lifecycles, each release cycle by the newest of both."""
    shipped = _shipped(Kind.LIFECYCLE, Table[Cycle])
    own = _own(path_in(folder, Kind.LIFECYCLE), Table[Cycle]) if folder else None
    if own is None:
        return Known(shipped, Origin.PACKAGE)
    return Known(newest_cycles(shipped, own), Origin.WORKSPACE)


def exploited(folder: Path | None) -> Known[Exploited]:
    """What is exploited in the wild."""
    return _newest(Kind.EXPLOITED, folder, Table[Exploited])


def newest_cycles(one: Table[Cycle], other: Table[Cycle]) -> Table[Cycle]:
    """All cycles of both; of a cycle that both have the newer, and of two of one day that of `other`."""
    found = {(row.product, row.cycle): row for row in one.rows}
    for row in other.rows:
        known = found.get((row.product, row.cycle))
        if known is None or known.as_of <= row.as_of:
            found[row.product, row.cycle] = row
    rows = tuple(found[key] for key in sorted(found))
    return msgspec.structs.replace(other, as_of=max(one.as_of, other.as_of), rows=rows)


def oldest_product(table: Table[Cycle]) -> date:
    """The day of the product whose lifecycle was renewed longest ago: one new product makes no table new."""
    products: dict[str, date] = {}
    for row in table.rows:
        products[row.product] = max(row.as_of, products.get(row.product, row.as_of))
    return min(products.values(), default=table.as_of)


def content(table: Table[Any]) -> bytes:
    """The table as a file: JSON with one row on a line, so that changes can be read."""
    head = {"as_of": table.as_of.isoformat(), "source": table.source, "licence": table.licence}
    start = json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": [\n'
    rows = b",\n".join(msgspec.json.encode(row) for row in table.rows)
    return start.encode() + rows + b"\n]}\n"


def path_in(folder: Path, kind: Kind) -> Path:
    """The file of a kind in the workspace's folder."""
    return folder / f"{kind}.json"


def _newest(kind: Kind, folder: Path | None, shape: type[Table[Row]]) -> Known[Row]:
    """The workspace's table where it is of the same day as the package's, or newer."""
    shipped = _shipped(kind, shape)
    own = _own(path_in(folder, kind), shape) if folder else None
    if own is None or own.as_of < shipped.as_of:
        return Known(shipped, Origin.PACKAGE)
    return Known(own, Origin.WORKSPACE)


def _own(path: Path, shape: type[Table[Row]]) -> Table[Row] | None:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _broken(path, error.strerror or "cannot be read") from error
    if len(data) > _MOST_BYTES:
        raise _broken(path, f"is larger than {_MOST_BYTES >> 20} MiB")
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _broken(path, f"is no table of this version: {error}") from error


def _broken(path: Path, why: str) -> IncompleteError:
    remedy = "remove it, then `ict patch data update --from FILE`"
    return IncompleteError(f"{path}: {why}", remedy=remedy, subject=path.name, code="unreadable")


@cache
def _shipped(kind: Kind, shape: type[Table[Row]]) -> Table[Row]:
    return msgspec.json.decode(path_in(Path(__file__).parent, kind).read_bytes(), type=shape)
