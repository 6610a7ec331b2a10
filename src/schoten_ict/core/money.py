"""Amounts: whole euro cents inside, euros for people."""

import re
from decimal import Decimal

_AMOUNT = re.compile(r"(?:€\s*)?(-?[0-9]+)(?:[.,]([0-9]{1,2}))?")
_GROUPED = re.compile(
    r"(?:€\s*)?(-?[0-9]{1,3}(?:\.[0-9]{3})+(?=,)|-?[0-9]{1,3}(?:,[0-9]{3})+(?=\.))[.,]([0-9]{1,2})"
)


def parse_euros(text: str) -> int:
    """An amount given by hand, as `1234`, `1234.50`, `€ 12,50`, `1.234,50` or `1,234.50`, in cents.

    Raises `ValueError` for anything else: fractions of a cent, and `1.234`, which can be read in two ways.
    """
    bare = text.strip()
    match = _AMOUNT.fullmatch(bare) or _GROUPED.fullmatch(bare)
    if match is None:
        raise ValueError(f"{text!r} is no amount; write 1234.50 or 1234,50")
    whole = match[1].replace(".", "").replace(",", "")
    return int(whole + (match[2] or "").ljust(2, "0"))


def euros(cents: int | None) -> Decimal | None:
    """Cents as euros with two decimals; None stays None."""
    return None if cents is None else Decimal(cents).scaleb(-2)
