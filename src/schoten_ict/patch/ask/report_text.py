"""The text of a report, whatever wrote it: a mail, an editor, PowerShell or a redirect of cmd.exe."""

import codecs
import re
from dataclasses import dataclass

from schoten_ict.formats.refusal import unreadable

MOST_BYTES = 8 * 1024 * 1024
"""A report is some kilobytes; the longest recorded answer has 0.2 MB."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_SAMPLE = 4096
_WIDE = 0.25
"""Every language writes its spaces, digits and line breaks below 256: a quarter of one half is NUL."""
_LOCALE = re.compile(rb'[\s"]([a-z]{2})(?:-([a-z]{2,4}))?;[^\s;]')
_WESTERN = ("cp850", "cp1252")
_PAGES = {
    "zh": ("gbk",), "zh-tw": ("cp950",), "zh-hk": ("cp950",), "ja": ("cp932",), "ko": ("cp949",),
    "th": ("cp874",), "vi": ("cp1258",), "el": ("cp737", "cp1253"), "tr": ("cp857", "cp1254"),
    "he": ("cp862", "cp1255"), "ar": ("cp720", "cp1256"), "fa": ("cp720", "cp1256"),
    **dict.fromkeys(("ru", "uk", "be", "bg"), ("cp866", "cp1251")),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "sl", "hr", "ro", "sq"), ("cp852", "cp1250")),
    **dict.fromkeys(("et", "lv", "lt"), ("cp775", "cp1257")),
}  # fmt: skip
"""The OEM and ANSI code pages of a system locale (Microsoft's National Language Support reference)."""
_SIGNS = frozenset("®©™°«»‘’“”–…·¿¡")


@dataclass(frozen=True, slots=True)
class Text:
    """A report as lines without their ends; blank lines are left out.

    `is_ended` says whether the last line has its end: one that has none may have been cut.
    """

    lines: tuple[str, ...]
    is_ended: bool


def read_text(content: bytes, name: str) -> Text:
    """The lines of the file `name`; raises `IncompleteError` for one that is empty, too large or no text."""
    if len(content) > MOST_BYTES:
        raise unreadable(
            name, f"has more than {MOST_BYTES >> 20} MB, which no report has", remedy="give the report itself"
        )
    text = _decoded(content)
    if "\0" in text:
        raise unreadable(name, "is no text", remedy="save the report as a text file")
    # wmic.exe writes CR CR LF when it is redirected
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = tuple(line.rstrip() for line in text.split("\n") if line.strip())
    if not lines:
        raise unreadable(
            name, "is empty, which tells nothing", remedy="run the command again, with the rights it needs"
        )
    return Text(lines, text.endswith("\n"))


def _decoded(content: bytes) -> str:
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(codec, errors="replace")
    wide = _wide(content[:_SAMPLE])
    if wide:
        return content.decode(wide, errors="replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(content)  # a cut last character is no error
    except UnicodeDecodeError:
        texts = [content.decode(page, errors="replace") for page in _pages(content)]
        return min(texts, key=_oddities)


def _wide(sample: bytes) -> str | None:
    """UTF-16 without its mark, told by where the NULs are."""
    even, odd = sample[::2], sample[1::2]
    if odd.count(0) > _WIDE * len(odd) and even.count(0) < odd.count(0):
        return "utf-16-le"
    if even.count(0) > _WIDE * len(even) and odd.count(0) < even.count(0):
        return "utf-16-be"
    return None


def _pages(content: bytes) -> tuple[str, ...]:
    """The code pages to try: those of the system locale where the text names it (`zh-cn;...`)."""
    told = _LOCALE.search(content)
    if told is None:
        return _WESTERN
    language, country = told[1].decode(), (told[2] or b"").decode()
    return _PAGES.get(f"{language}-{country}") or _PAGES.get(language, _WESTERN)


def _oddities(text: str) -> int:
    """How many characters no language writes: frames, controls and what did not decode."""
    strange = {char for char in set(text) if not (char.isascii() or _is_written(char))}
    return sum(text.count(char) for char in strange)


def _is_written(char: str) -> bool:
    return char.isalpha() or char.isspace() or char in _SIGNS
