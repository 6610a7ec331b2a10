"""Products of endoflife.date: their Markdown files, and the JSON of its API v1.

Formats: https://github.com/endoflife-date/endoflife.date (`products/*.md`) and
https://endoflife.date/docs/api/v1 (`/products/NAME`, `/products/full`).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.data.tables import Cycle, End, Table

SOURCE = "endoflife.date, https://github.com/endoflife-date/endoflife.date"
LICENCE = "MIT"
AGAIN = "download it again from https://endoflife.date/api/v1/products/NAME"
MOST_MARKDOWN = 1 << 20
_FRONT = re.compile(rb"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]{0,80}")
_LONGEST = 200


def read_markdown(content: bytes, name: str) -> Table[Cycle]:
    """One product; its day is that of the newest release in it. Raises `IncompleteError` (`unreadable`)."""
    if len(content) > MOST_MARKDOWN:
        raise unreadable(name, f"a product's file is at most {MOST_MARKDOWN >> 20} MiB", remedy=AGAIN)
    front = _FRONT.match(content)
    if front is None:
        raise unreadable(name, "its front matter does not end", remedy=AGAIN)
    found = _yaml(front[1], name)
    link = found.get("permalink")
    releases = found.get("releases")
    if not isinstance(link, str) or not isinstance(releases, list):
        raise unreadable(
            name, "no product of endoflife.date: permalink or releases are missing", remedy=AGAIN
        )
    product = _slug(link.strip("/"), name)
    title = _text(found.get("title")) or product
    template = _text(found.get("releaseLabel")) or "__RELEASE_CYCLE__"
    rows = [_from_markdown(each, product, title, template, name) for each in releases]
    days = [day for each in releases for day in _days(each)]
    return _table(rows, max(days, default=None), name)


def _yaml(text: bytes, name: str) -> Mapping[str, Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = yaml.load(text, loader)  # noqa: S506 - both are safe loaders
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        words = " ".join(str(error).split())
        raise unreadable(name, f"its front matter is no YAML: {words}"[:_LONGEST], remedy=AGAIN) from error
    return found if isinstance(found, Mapping) else {}


def _days(each: Any) -> Iterator[date]:
    for key in ("releaseDate", "latestReleaseDate"):
        day = each.get(key) if isinstance(each, Mapping) else None
        if isinstance(day, date):
            yield day.date() if isinstance(day, datetime) else day


def _from_markdown(each: Any, product: str, title: str, template: str, name: str) -> Cycle:
    cycle = each.get("releaseCycle") if isinstance(each, Mapping) else None
    if isinstance(cycle, int) and not isinstance(cycle, bool):
        cycle = str(cycle)
    if not isinstance(cycle, str) or not cycle:
        raise unreadable(name, f"a release without a releaseCycle that is text: {cycle!r}"[:_LONGEST],
                         remedy=AGAIN)  # fmt: skip
    label = _label(each, cycle, template)
    released = next(iter(_days({"releaseDate": each.get("releaseDate")})), None)
    active, security, extended = (
        _end(each.get(key), f"{cycle}: {key}", name) for key in ("eoas", "eol", "eoes")
    )
    is_lts, latest = bool(each.get("lts")), _text(each.get("latest"))
    return Cycle(product, title, cycle, label, is_lts, released, active, security, extended, latest, date.min)


def _label(each: Mapping[str, Any], cycle: str, template: str) -> str:
    told = _text(each.get("releaseLabel")) or template
    told = told.replace("__RELEASE_CYCLE__", cycle).replace("'__CODENAME__'", "")
    return " ".join(told.replace("__CODENAME__", _text(each.get("codename"))).split())


def _end(value: Any, what: str, name: str) -> End:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise unreadable(name, f"{what} is no day: {value!r}"[:_LONGEST], remedy=AGAIN)


class _Latest(msgspec.Struct):
    name: str | None = None


class _Release(msgspec.Struct, rename="camel"):
    name: str
    is_eol: bool
    label: str | None = None
    release_date: date | None = None
    is_lts: bool | None = None
    is_eoas: bool | None = None
    eoas_from: date | None = None
    eol_from: date | None = None
    is_eoes: bool | None = None
    eoes_from: date | None = None
    latest: _Latest | None = None


class _Product(msgspec.Struct):
    name: str
    releases: list[_Release]
    label: str | None = None


class _Answer(msgspec.Struct):
    result: _Product | list[_Product]
    generated_at: str | None = None
    last_modified: str | None = None


def read_json(content: bytes, name: str) -> Table[Cycle]:
    """One product or all of the API; its day is the one it states. Raises `IncompleteError`."""
    try:
        found = msgspec.json.decode(content, type=_Answer)
        day = date.fromisoformat((found.generated_at or found.last_modified or "")[:10])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise unreadable(name, f"no whole answer of endoflife.date: {error}", remedy=AGAIN) from error
    products = found.result if isinstance(found.result, list) else [found.result]
    rows = [_from_api(each, product, name) for product in products for each in product.releases]
    return _table(rows, day, name)


def _from_api(each: _Release, product: _Product, name: str) -> Cycle:
    return Cycle(
        product=_slug(product.name, name),
        title=_text(product.label) or product.name,
        cycle=each.name[:_LONGEST],
        label=_text(each.label) or each.name[:_LONGEST],
        lts=bool(each.is_lts),
        released=each.release_date,
        active=each.eoas_from or each.is_eoas,
        security=each.eol_from or each.is_eol,
        extended=each.eoes_from or each.is_eoes,
        latest=_text(each.latest.name if each.latest else None),
        as_of=date.min,
    )


def _table(rows: list[Cycle], day: date | None, name: str) -> Table[Cycle]:
    if not rows or day is None:
        raise unreadable(name, "no release with its day is in it", remedy=AGAIN)
    found = {(row.product, row.cycle): row for row in rows}
    if len(found) < len(rows):
        raise unreadable(name, "a release cycle is in it twice", remedy=AGAIN)
    return dated(Table(day, SOURCE, LICENCE, tuple(found[key] for key in sorted(found))), day)


def dated(table: Table[Cycle], day: date) -> Table[Cycle]:
    """The table as being of `day`, each row too."""
    rows = tuple(msgspec.structs.replace(row, as_of=day) for row in table.rows)
    return msgspec.structs.replace(table, as_of=day, rows=rows)


def _slug(text: str, name: str) -> str:
    if not _NAME.fullmatch(text):
        raise unreadable(name, f"{text[:40]!r} is no name of a product", remedy=AGAIN)
    return text


def _text(value: object) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""
