"""Who the device says it is: what its platform declares, else what the standard MIBs hold."""

import re
from collections.abc import Iterator

from schoten_ict.core.hostfacts import Identity
from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.platform import At, Place, Places, Platform, makers
from schoten_ict.fleet.ask.snmp.reading import Values, below, number, pointer, text
from schoten_ict.formats.identifiers import clean_serial

_CHASSIS, _STACK = 3, 11
_MOST_CHASSIS = 4
_STANDARD: Places = {
    "vendor": (At(oids.ENT_VENDOR), At(oids.UPS_MANUFACTURER)),
    "model": (At(oids.ENT_MODEL), At(oids.UPS_MODEL)),
    "serial": (At(oids.ENT_SERIAL), At(oids.PRT_SERIAL)),
    "firmware": (At(oids.ENT_SOFTWARE), At(oids.UPS_SOFTWARE)),
}
_QUOTES = "\"'"
_SERIAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z ._/#+-]{2,63}")
_DATE = re.compile(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}")


def identify(platform: Platform, values: Values) -> Identity:
    """The identity in an agent's values; pure. Every word stands in a value or is declared by a platform."""
    chassis = chassis_of(values)
    found = {
        name: next(_words(platform, name, values, chassis), None)
        for name in ("os", "os_version", "os_build", "kernel", "architecture", "firmware")
    }
    vendor = _vendor(platform, values, chassis)
    return Identity(
        hostname=text(values, oids.SYS_NAME),
        vendor=vendor,
        model=_model(platform, values, chassis, vendor),
        serial=next(filter(None, map(plausible_serial, _words(platform, "serial", values, chassis))), None),
        os=found["os"] or platform.os,
        os_version=found["os_version"],
        os_build=found["os_build"],
        kernel=found["kernel"],
        architecture=found["architecture"],
        firmware=None if found["os_version"] else found["firmware"],
        location=text(values, oids.SYS_LOCATION),
    )


def candidates(values: Values) -> tuple[int, ...]:
    """The rows of ENTITY-MIB that may be the chassis, by `entPhysicalClass`; row 1 where it tells nothing.

    Row 1 of an agent without classes is what contains the others. A stack has no serial of its own, so that
    its members come first.
    """
    classes = {
        index[0]: number(values, (*oids.ENT_CLASS, *index))
        for index in below(values, oids.ENT_CLASS)
        if index
    }
    for wanted in (_CHASSIS, _STACK):
        if rows := sorted(row for row, kind in classes.items() if kind == wanted):
            return tuple(rows[:_MOST_CHASSIS])
    return (min(classes, default=1),)


def chassis_of(values: Values) -> int:
    """The chassis: the first candidate that tells its serial, else its model; of a stack its first member."""
    rows = candidates(values)
    for column in (oids.ENT_SERIAL, oids.ENT_MODEL):
        for row in rows:
            if text(values, (*column, row)):
                return row
    return rows[0]


def plausible_serial(word: str) -> str | None:
    """The word if it can be a serial number: no placeholder, no sentence, no date."""
    serial = clean_serial(word)
    fits = serial and _SERIAL.fullmatch(serial) and not _DATE.fullmatch(serial)
    return serial if fits else None


def _words(platform: Platform, name: str, values: Values, chassis: int) -> Iterator[str]:
    standard = () if name in platform.never else _STANDARD.get(name, ())
    return _read((*platform.places.get(name, ()), *standard), values, chassis)


def _read(places: tuple[Place, ...], values: Values, chassis: int) -> Iterator[str]:
    for place in places:
        word = (place.word(values, chassis) or "").strip(_QUOTES)
        if clean := clean_serial(word):  # a placeholder is no name and no version either
            yield clean


def _vendor(platform: Platform, values: Values, chassis: int) -> str | None:
    places = platform.places.get("vendor", ())
    own = next(_read(places, values, chassis), None)
    word = own or platform.vendor or next(_read(_STANDARD["vendor"], values, chassis), None)
    if word is None:
        return None
    return next((maker for name, maker in makers().items() if _begins(word, name)), word)


def _model(platform: Platform, values: Values, chassis: int, vendor: str | None) -> str | None:
    word = next(_words(platform, "model", values, chassis), None) or _printer(platform, values)
    if word is None or vendor is None:
        return word
    for name, maker in makers().items():
        if maker == vendor and _begins(word, name):
            rest = word[len(name) :].strip()
            # "VMware Virtual Platform" without its maker would say nothing
            return rest if any(char.isdigit() for char in rest) else word
    return word


def _begins(word: str, name: str) -> bool:
    return re.match(rf"{re.escape(name)}(?!\w)", word.casefold()) is not None


def _printer(platform: Platform, values: Values) -> str | None:
    """The first device of HOST-RESOURCES-MIB where it is a printer, and no computer's."""
    if "supplies" not in platform.expects and platform.signs:
        return None
    if pointer(values, oids.HR_DEVICE_TYPE) != oids.HR_DEVICE_PRINTER:
        return None
    return text(values, oids.HR_DEVICE_DESCR)
