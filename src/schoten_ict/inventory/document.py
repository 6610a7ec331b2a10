"""One YAML file as plain values, with the line of every entry.

The reader takes libyaml's events and builds the values itself, because PyYAML's own constructor follows
YAML 1.1 (`NO` is false, `10:20:30` a number in base 60, `0123` octal) and lets duplicate keys pass. Here
scalars follow the YAML 1.2 core schema, read narrowly: `true` and `false`, `null` and `~`, decimal numbers
without sign `+`, leading zero or exponent. Everything else is text, dates, MAC addresses and phone numbers
too. Not accepted: tags, merge keys (`<<`), keys that are no text, a second document.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from schoten_ict.inventory.flaws import Path

Lines = dict[str, int] | list[int]
_MAX_DEPTH = 40
_MAX_NOTES = 100
_MAX_ALIASED = 100_000
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_NUMBER_STARTS = frozenset("-0123456789")

# libyaml's words (scanner.c, parser.c) and what they mean to the person who wrote the file
_EXPLAINED = {
    "found character that cannot start any token": (
        "a tab, or one of @ ` %, starts something here",
        "indent with spaces; put a value that starts with such a character in quotes",
    ),
    "mapping values are not allowed in this context": (
        "a second ': ' on one line, or a line that is indented too far",
        "put a value that holds ': ' in quotes and align the keys",
    ),
    "did not find expected key": (
        "the line does not fit the ones above it",
        "align the keys of one entry, and close quotes and brackets",
    ),
    "did not find expected '-' indicator": (
        "the line does not fit the list above it",
        "align the dashes of one list",
    ),
    "could not find expected ':'": ("a key without ': ' after it", "write 'key: value'"),
    "found unexpected end of stream": ("a quote that is opened here is never closed", "close the quote"),
    "did not find expected node content": ("a value is missing here", "write it, or close the bracket"),
    "did not find expected ',' or ']'": ("a list that is opened here is not closed", "close it with ]"),
    "did not find expected ',' or '}'": ("a mapping that is opened here is not closed", "close it with }"),
    "control characters are not allowed": ("a control character", "remove it, or write it escaped in quotes"),
}


_UNCLOSED = ("end of stream", "',' or ']'", "',' or '}'")
"""Errors whose cause stands where something was opened, not where the parser noticed."""


@dataclass(frozen=True, slots=True)
class Misread:
    """One error in the YAML of a file. `line` counts from 1."""

    line: int
    path: Path
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A file's values. `lines` holds, per container (by identity), the line of each of its entries."""

    name: str
    root: dict[str, Any]
    lines: dict[int, Lines] = field(repr=False)
    misread: tuple[Misread, ...] = ()

    def line(self, path: Path) -> int:
        """The line, from 1, of the entry at `path`, or of the nearest entry above it."""
        line = 1
        value: Any = self.root
        for part in path:
            places: Any = self.lines.get(id(value))
            known = range(len(places)) if isinstance(places, list) else places or ()
            if part not in known:
                break
            line, value = places[part], value[part]
        return line


def read_document(name: str, data: bytes) -> Document:
    """The document in `data` (the content of the file `name`). Never raises; errors are in `misread`."""
    if wrong := _not_utf8(data):
        return Document(name, {}, {}, (wrong,))
    reader = _Reader()
    root = reader.read(data)
    return Document(name, root, reader.lines, tuple(reader.misread))


def scalar(text: str) -> bool | float | str | None:
    """The value of a scalar written without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMBER_STARTS:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return float(text)
    return text


def _not_utf8(data: bytes) -> Misread | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8 text (byte 0x{data[error.start]:02x})"
        return Misread(line, (), message, "save the file as UTF-8")
    return None


class _StopError(Exception):
    """Reading on makes no sense; the error is noted."""


class _Reader:
    """Builds values from events. `path` is where it is, so that an error can name the place."""

    def __init__(self) -> None:
        self.lines: dict[int, Lines] = {}
        self.misread: list[Misread] = []
        self._path: list[str | int] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._aliased = 0

    def read(self, data: bytes) -> dict[str, Any]:
        """The root mapping of the only document, empty when there is none or an error was noted."""
        import yaml

        self._scalar_event: type = yaml.ScalarEvent
        self._mapping_start: type = yaml.MappingStartEvent
        self._mapping_end: type = yaml.MappingEndEvent
        self._sequence_start: type = yaml.SequenceStartEvent
        self._sequence_end: type = yaml.SequenceEndEvent
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            self._next = loader(data).get_event
            return self._document(yaml.StreamEndEvent)
        except yaml.reader.ReaderError as error:
            line = data.count(b"\n", 0, max(error.position, 0)) + 1
            self._note(line, "a control character", _EXPLAINED["control characters are not allowed"][1])
        except yaml.MarkedYAMLError as error:
            self._note_syntax(error)
        except _StopError:
            pass
        return {}

    def _document(self, stream_end: type) -> dict[str, Any]:
        self._next()
        if isinstance(self._next(), stream_end):
            return {}
        first = self._next()
        root = self._value(first)
        self._next()
        extra = self._next()
        if not isinstance(extra, stream_end):
            self._note(extra.start_mark.line + 1, "a second document starts here", "keep one document a file")
        if root is None or isinstance(root, dict):
            return root or {}
        line = first.start_mark.line + 1
        self._note(line, "the file is no mapping of sections", "start with a section such as 'hosts:'")
        return {}

    def _value(self, event: Any) -> Any:
        self._count += 1
        kind = type(event)
        if kind is self._scalar_event:
            value = self._scalar(event)
        elif kind is self._mapping_start or kind is self._sequence_start:
            return self._container(event)
        else:
            return self._alias(event)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _container(self, event: Any) -> Any:
        if event.tag is not None:
            self._note_tag(event)
        if len(self._path) >= _MAX_DEPTH:
            self._note(event.start_mark.line + 1, "nested too deeply", f"keep within {_MAX_DEPTH} levels")
            raise _StopError
        anchor, before = event.anchor, self._count
        if anchor:
            self._anchors.pop(anchor, None)
        value = self._mapping() if type(event) is self._mapping_start else self._sequence()
        if anchor:
            self._anchors[anchor] = (value, self._count - before + 1)
        return value

    def _mapping(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        lines: dict[str, int] = {}
        path = self._path
        path.append("")
        while type(event := self._next()) is not self._mapping_end:
            line = event.start_mark.line + 1
            key = self._key(event, line)
            value = self._value(self._next())
            if key in result:
                self._note(line, f"written twice, first on line {lines[key]}", "keep one of the two")
            else:
                result[key] = value
                lines[key] = line
        path.pop()
        self.lines[id(result)] = lines
        return result

    def _sequence(self) -> list[Any]:
        result: list[Any] = []
        lines: list[int] = []
        path = self._path
        path.append(0)
        while type(event := self._next()) is not self._sequence_end:
            path[-1] = len(result)
            lines.append(event.start_mark.line + 1)
            result.append(self._value(event))
        path.pop()
        self.lines[id(result)] = lines
        return result

    def _key(self, event: Any, line: int) -> str:
        kind = type(event)
        if kind is not self._scalar_event:
            self._path[-1] = f"?{line}"
            self._note(line, "a key must be text", "write 'key: value'; lists and mappings are no keys")
            self._value(event)
            return f"?{line}"
        key: str = event.value
        self._path[-1] = key
        if event.tag is not None:
            self._note_tag(event)
        if key == "<<" and event.implicit[0]:
            self._note(line, "merge keys (<<) are not part of YAML 1.2", "write the keys out, or use groups")
        return key

    def _scalar(self, event: Any) -> Any:
        if event.tag is not None:
            self._note_tag(event)
        return scalar(event.value) if event.implicit[0] else event.value

    def _alias(self, event: Any) -> Any:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            # the name is not repeated: it may be a password that starts with *
            self._note(
                line,
                "an alias (*) without an anchor (&) that ends above it",
                "put a value that starts with * in quotes",
            )
            raise _StopError
        value, size = self._anchors[event.anchor]
        self._count += size
        self._aliased += size
        if self._aliased > _MAX_ALIASED:
            self._note(
                line, f"aliases expand to more than {_MAX_ALIASED} values", "write them out, or use groups"
            )
            raise _StopError
        return value

    def _note(self, line: int, message: str, remedy: str) -> None:
        self.misread.append(Misread(line, tuple(self._path), message, remedy))
        if len(self.misread) >= _MAX_NOTES:
            raise _StopError

    def _note_tag(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self._note(line, "tags (!) are not accepted", "remove it; put a value that starts with ! in quotes")

    def _note_syntax(self, error: Any) -> None:
        problem = error.problem or error.context or "cannot be read"
        mark = error.problem_mark or error.context_mark
        if error.context_mark and any(words in problem for words in _UNCLOSED):
            mark = error.context_mark
        message, remedy = _EXPLAINED.get(problem, (problem, "see the line named"))
        self._note(mark.line + 1 if mark else 1, f"not valid YAML: {message}", remedy)
