"""Shares and sizes as people write them: `10%`, `20GB`."""

import re

_SHARE = re.compile(r"^([0-9]{1,3}(?:\.[0-9]+)?) ?%$")
_SIZE = re.compile(r"^([0-9]+(?:\.[0-9]+)?) ?([kMGT]i?)?B$")
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
          "ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}  # fmt: skip
_WHOLE = 100
_STEP = 1000


def parse_share(text: str) -> float:
    """`10%` as 0.1; raises `ValueError` for anything else and for more than the whole."""
    match = _SHARE.match(text.strip())
    if match is None or float(match[1]) > _WHOLE:
        raise ValueError(f"{text!r} is no share; write 10%")
    return float(match[1]) / _WHOLE


def parse_size(text: str) -> int:
    """`20GB` or `512MiB` in bytes; raises `ValueError` for anything else."""
    match = _SIZE.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no size; write 500MB, 20GB or 1TiB")
    return round(float(match[1]) * _UNITS[match[2] or ""])


def size_text(amount: int) -> str:
    """Bytes for a person, in decimal units: `824 MB`."""
    value, units = float(amount), ["B", "kB", "MB", "GB", "TB"]
    while value >= _STEP and len(units) > 1:
        value /= _STEP
        units.pop(0)
    return f"{value:.0f} {units[0]}" if value >= 10 or units[0] == "B" else f"{value:.1f} {units[0]}"  # noqa: PLR2004
