"""What the fields of an entitlement may hold, whether typed by hand or imported."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from schoten_ict.core.errors import UsageError
from schoten_ict.core.money import parse_euros
from schoten_ict.core.secrets import SecretReference
from schoten_ict.core.times import Duration, parse_day
from schoten_ict.formats.privacy import LAW, holds_national_number, refuse_national_number
from schoten_ict.licenses.model import Kind, Metric

FIELDS = (
    "product", "metric", "quantity", "version", "kind", "base", "asset", "starts", "expires",
    "maintenance_until", "notice", "supplier", "order_number", "contract", "cost", "key_reference", "notes",
)  # fmt: skip
"""What may be set by hand; `cost` is in euros without VAT."""
MOST = 10_000_000
"""So many units an entitlement has at most."""
_DASHED = re.compile(r"(?<![A-Z0-9-])(?:[A-Z0-9]{4,8}-){3,}[A-Z0-9]{4,12}(?![A-Z0-9-])", re.IGNORECASE)
_SPACED = re.compile(r"(?<![A-Z0-9])(?:(?:[A-Z0-9]{5} ){3,}[A-Z0-9]{5}|(?:[0-9]{4} ){5}[0-9]{4})(?![A-Z0-9])")
_JOINED = re.compile(r"(?<![A-Z0-9])[A-Z0-9]{20,32}(?![A-Z0-9])", re.IGNORECASE)
_WINDOWS = re.compile(r"(?<![A-Za-z0-9-])(?:(?:[A-Z0-9]{5}[ -]){3,}[A-Z0-9]{5}|[A-Z0-9]{25})(?![A-Za-z0-9-])")
_SWITCH = re.compile(r"[0-9](?=[A-Z])|[A-Z](?=[0-9])", re.IGNORECASE)
_SWITCHES = 5
"""So often a key of random characters goes from letters to digits and back; names and IBANs less often."""
_DIGITS_OF_KEY = 24
"""Keys of Adobe are so many digits."""


def holds_key(text: str) -> bool:
    """Whether a text has what looks like a product key: in groups with dashes or spaces, or as one word."""
    grouped = (*_DASHED.finditer(text), *_SPACED.finditer(text))
    return any(_has_digit(match[0]) for match in grouped) or any(
        _is_random(match[0]) for match in _JOINED.finditer(text)
    )


@lru_cache(maxsize=1 << 16)
def why_not_kept(text: str, *, name: bool = False) -> str:
    """Why a text is not taken over: it has a product key or a national register number; "" where it may be.

    The answer never repeats the text. With `name` it is that of software or of a machine, which may have
    dashes and hexadecimal ids: then only keys in the form of Windows and Office count.
    """
    key = any(_is_random(match[0]) for match in _WINDOWS.finditer(text)) if name else holds_key(text)
    if key:
        return "looks like a product key: keep it in the safe"
    if any(map(holds_national_number, (text, text.partition("@")[0]))):
        return f"holds a national register number, which {LAW}"
    return ""


def refuse_secrets(option: str, text: str) -> None:
    """Raise `UsageError` or `IncompleteError` that names `option` for a text that may not be kept."""
    refuse_national_number(option, text)
    if holds_key(text):
        raise UsageError(f"{option} looks like a product key", remedy="keep it in the safe")


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _is_random(text: str) -> bool:
    word = text.replace("-", "").replace(" ", "")
    return len(_SWITCH.findall(word)) >= _SWITCHES or (len(word) == _DIGITS_OF_KEY and word.isdigit())


def read(name: str, text: str) -> tuple[str, Any]:
    """A field of `Entitlement` by its name in FIELDS, and its value; an empty text is None.

    Raises `ValueError` that says what is wrong, without the text where it may hold a key.
    """
    field = "cost_cents" if name == "cost" else name
    if not text:
        return field, Kind.FULL if name == "kind" else None
    if holds_key(text):
        raise ValueError("looks like a product key: keep it in the safe, and give key_reference")
    return field, _READERS.get(name, str)(text)


_UNITS = {
    **dict.fromkeys(("maand", "maanden", "month", "months"), "m"),
    **dict.fromkeys(("dag", "dagen", "day", "days"), "d"),
    **dict.fromkeys(("week", "weken", "weeks"), "w"),
    **dict.fromkeys(("jaar", "year", "years"), "y"),
}
_LENGTH = re.compile(rf"([0-9]{{1,3}}) ?({'|'.join(_UNITS)})", re.ASCII)
METRIC_WORDS: Mapping[str, Metric] = {
    **{each.value: each for each in Metric},
    **{f"{each.value}s": each for each in Metric},
    **{
        word: metric
        for metric, words in {
            Metric.USER: "gebruiker gebruikers named-user persoon personen",
            Metric.DEVICE: "toestel toestellen pc pcs machine machines computer computers",
            Metric.CONCURRENT: "gelijktijdig gelijktijdige floating",
            Metric.SUBSCRIPTION: "abonnement abonnementen seat seats",
            Metric.CORE: "kern kernen",
            Metric.PROCESSOR: "cpu cpus processoren",
            Metric.SITE: "onbeperkt unlimited bedrijfsbreed",
            Metric.FREE: "gratis vrij",
        }.items()
        for word in words.split()
    },
}
"""How people call metrics, in Dutch and English, in small letters."""


def metric(text: str) -> Metric:
    """A metric by its name, as `user`, `per gebruiker` or `Named User`; raises `ValueError`."""
    word = "-".join(text.strip().lower().removeprefix("per ").split())
    if word not in METRIC_WORDS:
        raise ValueError(f"{text!r} is none of {', '.join(Metric)}")
    return METRIC_WORDS[word]


def notice(text: str) -> Duration:
    """A length such as `3m`, `28d`, `3 maanden` or `28 dagen`; raises `ValueError`."""
    match = _LENGTH.fullmatch(text.strip().lower())
    return Duration.parse(f"{match[1]}{_UNITS[match[2]]}" if match else text)


def quantity(text: str) -> int:
    """A whole number of units; raises `ValueError`."""
    if not re.fullmatch(r"[0-9]{1,8}", text, re.ASCII) or int(text) > MOST:
        raise ValueError(f"{text!r} is no number of licences")
    return int(text)


def _one_of(kind: type[StrEnum], text: str) -> str:
    word = text.strip().lower()
    if word not in list(kind):
        raise ValueError(f"{text!r} is none of {', '.join(kind)}")
    return word


def _kind(text: str) -> Kind:
    return Kind(_one_of(Kind, text))


def _reference(text: str) -> str:
    return str(SecretReference.parse(text))


def _number(text: str) -> str:
    return text.strip().upper()


_READERS: dict[str, Callable[[str], Any]] = {
    "metric": metric,
    "notice": notice,
    "quantity": quantity,
    "kind": _kind,
    "base": _number,
    "starts": parse_day,
    "expires": parse_day,
    "maintenance_until": parse_day,
    "cost": parse_euros,
    "key_reference": _reference,
}
