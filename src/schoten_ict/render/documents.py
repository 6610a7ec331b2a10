"""PDF documents from typst templates. Data goes in as JSON and is only ever text there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import category

from schoten_ict.core.errors import IctError, NotFoundError, UsageError
from schoten_ict.core.text import nearest, printable, printable_lines

if TYPE_CHECKING:
    from typst import Compiler

    from schoten_ict.render.shapes import Label

Source = TypeVar("Source", Path, bytes)

LANGUAGES = ("nl", "en")
TEMPLATE_FOLDER = Path(__file__).parent / "templates"
_MULTI_LINE = frozenset({"remarks", "address"})
_MARKS = frozenset({"Mn", "Mc", "Me"})


class TypstWriter:
    """Makes PDF/A documents; a `core.protocols.DocumentWriter`.

    Equal data gives equal bytes: the date in the data is the only date in the file. Characters that the
    fonts within typst lack are taken from the fonts of this machine, unless `system_fonts` is off; what no
    font has is printed as its code point, `[U+1F600]`.
    """

    def __init__(self, *, system_fonts: bool = True) -> None:
        self._system_fonts = system_fonts

    def pdf(self, template: str, data: Mapping[str, Any], language: str) -> bytes:
        """A PDF/A of `template` (`handover`, `return`, `disposal`, `labels`) in `nl` or `en`.

        `data` has the shape that `render.shapes` declares for the template. Raises `NotFoundError` for an
        unknown template, `UsageError` for an unknown language, and `IctError` with code `template-data`
        for a key that is missing, unknown or of the wrong type.
        """
        values = _checked(template, data)
        if language not in LANGUAGES:
            known = list(LANGUAGES)
            raise UsageError(f"no language {language!r}{nearest(language, known)}", remedy="choose nl or en")
        return self._typeset(template, values, language)

    def _typeset(self, template: str, values: dict[str, Any], language: str) -> bytes:
        from typst import TypstError

        try:
            return _compiled(_compiler(system_fonts=False), template, values, language)
        except TypstError:  # as good as always a character that typst's own fonts lack
            compiler = _compiler(system_fonts=self._system_fonts)
        try:
            return _compiled(compiler, template, _without_unprintable(compiler, values), language)
        except TypstError as error:
            raise IctError(f"document {template}: {error}", code="template") from error


def label_sheet(
    labels: Sequence["Label"], sheet: str, start: int = 1, *, day: date, organisation: str | None = None
) -> bytes:
    """Label sheets as PDF. `sheet` is a name of `render.labels.SHEETS`; `start` is the first label to use.

    `start` counts from 1, row by row; `day` becomes the date of the file. Raises as `TypstWriter.pdf` and
    `labels.arranged` do.
    """
    from msgspec import to_builtins

    data = {"sheet": sheet, "date": day, "start": start, "organisation": organisation}
    return TypstWriter().pdf("labels", {**data, "labels": to_builtins(labels)}, "nl")


@cache
def _compiler(*, system_fonts: bool) -> "Compiler":
    """A compiler for the template folder; kept, because it keeps the fonts and the parsed templates."""
    from typst import Compiler, Fonts

    fonts = Fonts(include_system_fonts=system_fonts)
    return Compiler(root=TEMPLATE_FOLDER, font_paths=fonts, ignore_system_fonts=not system_fonts)


def _compiled(compiler: "Compiler", template: str, values: Mapping[str, Any], language: str) -> bytes:
    day = datetime.combine(date.fromisoformat(values["date"]), time(), UTC)
    inputs = {"data": json.dumps(values), "language": language}
    return _exported(compiler, TEMPLATE_FOLDER / f"{template}.typ", inputs, day)


def _exported(compiler: "Compiler", source: Source, inputs: dict[str, str], day: datetime) -> bytes:
    """PDF/A-2a (archiving, ISO 19005-2) that is PDF/UA-1 (accessibility, ISO 14289-1) too."""
    content = compiler.compile(
        source, format="pdf", sys_inputs=inputs, pdf_standards=["a-2a", "ua-1"], timestamp=day
    )
    assert isinstance(content, bytes)
    return content


def _checked(template: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data as the template reads it: every key present, blank text as null, dates as ISO text."""
    from msgspec import ValidationError, convert, to_builtins

    from schoten_ict.render import labels, shapes

    shape = shapes.TEMPLATES.get(template)
    if shape is None:
        known = list(shapes.TEMPLATES)
        remedy = f"known are {', '.join(known)}"
        raise NotFoundError(f"no document template {template!r}{nearest(template, known)}", remedy=remedy)
    try:
        checked = convert(_cleaned(data), shape)
    except ValidationError as error:
        raise IctError(f"data for {template}: {error}", code="template-data") from error
    if isinstance(checked, shapes.LabelSheet):
        return labels.arranged(checked)
    values: dict[str, Any] = to_builtins(checked)
    return values


def _cleaned(value: Any, *, keep_lines: bool = False) -> Any:
    """`value` with its text made printable and blank text made null, all the way down."""
    if isinstance(value, str):
        text = printable_lines(value) if keep_lines else printable(value)
        return text.strip() or None
    if isinstance(value, Mapping):
        return {key: _cleaned(each, keep_lines=key in _MULTI_LINE) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(each) for each in value]
    return value


def _without_unprintable(compiler: "Compiler", values: dict[str, Any]) -> dict[str, Any]:
    """The values with each character that no font has, or that PDF/A forbids, spelled as a code point."""
    unusual = {char for text in _texts(values) for char in text if not char.isascii()}
    spelled = {ord(char): f"[U+{ord(char):04X}]" for char in unusual if not _has_glyph(compiler, char)}
    replaced: dict[str, Any] = json.loads(json.dumps(values, ensure_ascii=False).translate(spelled))
    return replaced


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _has_glyph(compiler: "Compiler", char: str) -> bool:
    """Whether a PDF/A can show `char`: asked of typst itself, for it alone knows its fonts."""
    from typst import TypstError

    source = b'#set document(title: "-")\n#set text(lang: "nl")\n#sys.inputs.char'
    shown = f"x{char}" if category(char) in _MARKS else char  # a mark stands on a letter
    try:
        _exported(compiler, source, {"char": shown}, datetime(2000, 1, 1, tzinfo=UTC))
    except TypstError:
        return False
    return True
