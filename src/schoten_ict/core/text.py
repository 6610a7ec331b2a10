"""Untrusted text made safe to show. Text from devices, files and directories is data, never markup."""

import unicodedata

_KEPT = {"\t": " ", "\n": " ", "\r": " "}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def is_hidden(char: str) -> bool:
    """Whether a character steers a terminal or hides text: controls, bidi overrides, surrogates."""
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char != "\u00ad"


def printable(text: str) -> str:
    """`text` on one line, without the characters that steer a terminal (ESC, CSI, bidi overrides)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_KEPT.get(char, "\ufffd" if is_hidden(char) else char) for char in text)


def printable_lines(text: str) -> str:
    """Like `printable`, but keeps line breaks: for blocks such as a command's output."""
    return "\n".join(printable(line) for line in text.splitlines())


def spoken(text: str) -> str:
    r"""`text` without the surrogates that stand for bytes of no UTF-8 (PEP 383): `caf\xe9.txt`.

    Names of files may hold them; a store, a terminal and JSON cannot.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def spreadsheet_safe(text: str) -> str:
    """`text` as a cell that Excel and LibreOffice do not run as a formula (OWASP CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 asset`, `3 assets`; `many` where it is not the one with an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def nearest(word: str, known: list[str]) -> str:
    """` (did you mean ...?)` with the nearest known word, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
