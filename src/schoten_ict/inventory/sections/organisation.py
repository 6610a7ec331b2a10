"""`organisation`: who runs this workspace, in which zone and language."""

from collections.abc import Iterator
from typing import Annotated, Literal

from schoten_ict.inventory.fields import Declared, Text, pattern
from schoten_ict.inventory.flaws import Flaw, shown
from schoten_ict.inventory.section import Known, Section

Kbo = Annotated[
    str,
    pattern(r"(BE ?)?[01][0-9]{3}\.?[0-9]{3}\.?[0-9]{3}", "an enterprise number such as 0123.456.749"),
]


class Privacy(Declared, frozen=True, kw_only=True):
    """The privacy notice of the handover form (GDPR article 13): one free text per heading."""

    controller: str = ""
    dpo: str = ""
    purpose: str = ""
    legal_basis: str = ""
    data: str = ""
    recipients: str = ""
    transfers: str = ""
    retention: str = ""
    rights: str = ""
    complaint: str = ""


class Organisation(Declared, frozen=True, kw_only=True):
    """The organisation. `timezone` is an IANA name; `language` is that of documents for colleagues.

    `kbo` is the Belgian enterprise number, `representative` signs for the organisation, `dpo` is how to
    reach the data protection officer.
    """

    name: Text
    timezone: str = "Europe/Brussels"
    language: Literal["nl", "en"] = "nl"
    address: str = ""
    kbo: Kbo | None = None
    representative: str = ""
    dpo: str = ""
    privacy: Privacy = Privacy()


def _check(value: Organisation, _known: Known) -> Iterator[Flaw]:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value.timezone)
    except (KeyError, ValueError, OSError):
        message = f"{shown(value.timezone)} is no IANA time zone"
        known = sorted(available_timezones())
        yield Flaw(("timezone",), message, "write Europe/Brussels", word=value.timezone, known=known)
    if value.kbo and not _kbo_adds_up(value.kbo):
        yield Flaw(
            ("kbo",), "the check digits of this enterprise number do not add up", "compare it with KBO"
        )


def _kbo_adds_up(number: str) -> bool:
    """Whether the last two digits are 97 minus the first eight modulo 97 (KBO/BCE)."""
    digits = "".join(char for char in number if char.isdigit())
    return int(digits[8:]) == 97 - int(digits[:8]) % 97


ORGANISATION: Section[Organisation] = Section(
    key="organisation",
    shape=Organisation,
    empty=Organisation(name="(organisation.name is not set)"),
    purpose="Who runs this workspace, in which time zone and language.",
    check=_check,
)
SECTION = ORGANISATION
