"""The order of versions of packages, as dpkg has it and rpm nearly: a tilde comes before nothing at all."""

import re

_PIECE = re.compile(r"([^0-9]*)([0-9]*)")
_Number = tuple[int, str]
_Key = tuple[_Number, tuple[tuple[tuple[int, ...], _Number], ...]]


def order(version: str) -> _Key:
    """A version's place: its epoch, then text and numbers in turn; letters come before other signs.

    Source: deb-version(7). Numbers are compared as text, so that there is none that is too long.
    """
    epoch, colon, rest = version.partition(":")
    if not colon or not (epoch.isascii() and epoch.isdigit()):
        epoch, rest = "", version
    pieces = tuple((_text(text), _number(digits)) for text, digits in _PIECE.findall(rest))
    return _number(epoch), pieces


def _text(text: str) -> tuple[int, ...]:
    return (*(_sign(each) for each in text), 0)


def _sign(sign: str) -> int:
    if sign == "~":
        return -1
    return ord(sign) if sign.isascii() and sign.isalpha() else ord(sign) + 0x100


def _number(digits: str) -> _Number:
    kept = digits.lstrip("0")
    return len(kept), kept
