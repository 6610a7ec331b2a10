"""Numbers that identify things and people: serials, MAC addresses, IMEIs, Belgian national numbers.

No message here repeats the text that it refuses.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_PLACEHOLDERS = frozenset(
    {
        "asset serial", "asset tag", "base board serial number", "chassis serial number", "default",
        "default string", "empty", "geen", "invalid", "n/a", "na", "nihil", "nil", "no asset information",
        "no asset tag", "no serial", "no serial number", "none", "not applicable", "not available",
        "not settable", "not specified", "nvt", "n.v.t.", "null", "o.e.m.", "oem", "onbekend",
        "serial", "serial number", "serialnumber", "sn", "s/n", "string", "system serial number", "tbd",
        "to be filled by oem", "to be filled by o.e.m", "to be filled by o.e.m.", "undefined", "unknown",
        "unspecified", "0123456789", "1234567", "12345678", "123456789", "1234567890",
    }
)  # fmt: skip
_SHORTEST_FILLER = 4
_MAC = re.compile(
    r"[0-9a-f]{2}(?P<sep>[:-])(?:[0-9a-f]{2}(?P=sep)){4}[0-9a-f]{2}"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}|[0-9a-f]{12}"
)
_NO_MACS = {"0" * 12, "f" * 12}
_IMEI_DIGITS = 15
_FORMATTED = re.compile(r"[0-9]{2}([. /-]?)[0-9]{2}\1[0-9]{2}[ .-][0-9]{3}[ .-]?[0-9]{2}")
_BARE = re.compile(r"[0-9]{11}")
_BARE_WITHOUT_ZEROS = re.compile(r"[0-9]{9,11}")
_NATIONAL_HEADERS = frozenset(
    {
        "insz", "inszcode", "insznr", "insznummer", "inss", "niss", "nissnummer", "nisscode", "ssin", "rrn",
        "rrnr", "rrnummer", "rn", "nationaalnummer", "nationaalnr", "nationalno", "bisnummer", "numerobis",
    }
)  # fmt: skip
_NATIONAL_WORDS = (
    "rijksregister", "registrenational", "numeronational", "nationalnumber", "nationalregist",
)  # fmt: skip


def clean_serial(text: str) -> str | None:
    """The serial number, trimmed; None for a blank and for what firmware holds where nobody filled it in."""
    serial = text.strip()
    return None if not serial or _is_placeholder(serial) else serial


def _is_placeholder(serial: str) -> bool:
    if " ".join(serial.casefold().split()) in _PLACEHOLDERS or not any(char.isalnum() for char in serial):
        return True
    if len(set(serial_key(serial))) > 1:
        return False
    return len(serial) >= _SHORTEST_FILLER or serial[0] in "0xX"


def serial_key(serial: str) -> str:
    """The serial as it is compared: upper case, without spaces."""
    return "".join(serial.upper().split())


def serial_keys(serials: Sequence[str | None]) -> list[str]:
    """The serials of a column as they are compared, empty for None."""
    text = "\n".join([serial or "" for serial in serials]).upper()
    keys = text.split("\n") if serials else []
    spaced = "".join(text.split()) != "".join(keys)
    return [serial_key(serial or "") for serial in serials] if spaced or len(keys) != len(serials) else keys


def clean_mac(text: str) -> str:
    """A MAC address as `aa:bb:cc:dd:ee:ff`, from `AA-BB-...`, `aabb.ccdd.eeff` or bare digits.

    Raises `ValueError` for any other text, for all zeros and for the broadcast address.
    """
    address = text.strip().lower()
    digits = re.sub(r"[.:-]", "", address)
    if _MAC.fullmatch(address) is None:
        raise ValueError("no MAC address; write aa:bb:cc:dd:ee:ff")
    if digits in _NO_MACS:
        raise ValueError("no MAC address of a device: all zeros or broadcast")
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))


def clean_imei(text: str) -> str:
    """An IMEI as 15 digits, from digits with spaces, dashes or slashes between them.

    Raises `ValueError` unless the check digit is right (Luhn; 3GPP TS 23.003, annex B).
    """
    digits = re.sub(r"[\s/-]", "", text)
    if len(digits) != _IMEI_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise ValueError("no IMEI: it has 15 digits")
    if not int(digits) or _luhn(digits) % 10:
        raise ValueError("no IMEI: its check digit is wrong")
    return digits


def _luhn(digits: str) -> int:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return sum(int(digit) for digit in digits[-1::-2]) + sum(doubled)


def looks_like_national_number(text: str) -> bool:
    """Whether a text is a Belgian national register or BIS number: `85.07.30-033.28` or 11 bare digits.

    It holds a date of birth (yymmdd; parts may be 0, a BIS number adds 20 or 40 to the month), a counter,
    and 97 minus the remainder by 97 of the nine digits, with a 2 before them for births from 2000
    (royal decree of 3 April 1984).
    """
    stripped = text.strip()
    return (_BARE.fullmatch(stripped) or _FORMATTED.fullmatch(stripped)) is not None and _is_national(
        stripped
    )


def _is_national(text: str) -> bool:
    digits = re.sub(r"[^0-9]", "", text)
    month, day, counter = int(digits[2:4]), int(digits[4:6]), int(digits[6:9])
    if month >= 60 or month % 20 > 12 or day > 31 or counter in {0, 999}:  # noqa: PLR2004 - calendar, BIS offsets
        return False
    number, check = int(digits[:9]), int(digits[9:])
    return check in {97 - number % 97, 97 - (2_000_000_000 + number) % 97}


def column_holds_national_numbers(values: Iterable[str]) -> bool:
    """Whether a column evidently holds national numbers, so that it is not taken in by mistake.

    One formatted number is enough. Of bare numbers more than half must pass the check, because one in a
    few hundred of any other 11 digits passes too; leading zeros may be lost, as spreadsheets lose them.
    """
    passed = failed = 0
    for value in dict.fromkeys(values):
        text = value.strip()
        if _BARE_WITHOUT_ZEROS.fullmatch(text):
            holds = _is_national(text.zfill(11))
            passed, failed = passed + holds, failed + (not holds)
        elif _FORMATTED.fullmatch(text) and _is_national(text):
            return True
    return passed > failed


def names_national_number(header: str) -> bool:
    """Whether a column's header says that it holds national numbers (`Rijksregisternr.`, `INSZ`, `NISS`)."""
    letters = unicodedata.normalize("NFKD", header).casefold()
    name = "".join(char for char in letters if char.isascii() and char.isalnum())
    return name in _NATIONAL_HEADERS or any(word in name for word in _NATIONAL_WORDS)
