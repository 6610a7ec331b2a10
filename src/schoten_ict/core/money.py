"""Amounts: whole euro cents inside, euros for people."""

import re
from decimal import Decimal

_AMOUNT = re.compile(r"^(?:€\s*)?(-?\d+)(?:[.,](\d{1,2}))?$")


def parse_euros(text: str) -> int:
    """An amount given by hand, as `1234`, `1234.50`, `1234,50` or `€ 12,50`, in cents.

    Raises `ValueError` for anything else: thousands separators and fractions of a cent too.
    """
    match = _AMOUNT.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no amount; write 1234.50 or 1234,50")
    return int(match[1] + (match[2] or "").ljust(2, "0"))


def euros(cents: int | None) -> Decimal | None:
    """Cents as euros with two decimals; None stays None."""
    return None if cents is None else Decimal(cents).scaleb(-2)
