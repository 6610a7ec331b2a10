"""Volumes and what is free on them (HOST-RESOURCES-MIB)."""

from collections.abc import Iterator

from schoten_ict.core.hostfacts import Volume
from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.asking import Asker
from schoten_ict.fleet.ask.snmp.reading import Values, below, number, pointer, text, unsigned

_PART = "volumes"
_TYPE, _DESCR, _UNIT, _SIZE, _USED = range(2, 7)
_KEPT = {(*oids.STORAGE_TYPES, kind): name for kind, name in ((4, "disk"), (9, "flash"), (10, "network"))}
"""hrStorageFixedDisk, hrStorageFlashMemory, hrStorageNetworkDisk: not memory, nor what can be taken out."""
_WINDOWS_LABEL = " Label:"
_KERNEL = ("/sys/", "/proc/", "/dev/")


async def ask(asker: Asker) -> Values:
    """The table of storage areas."""
    return await asker.walk(_PART, oids.STORAGE)


def read(values: Values) -> tuple[Volume, ...]:
    """The volumes in an agent's values, by name; pure."""
    return tuple(sorted((volume for volume, _ in _areas(values)), key=lambda each: each.name))


def free(values: Values) -> dict[str, int]:
    """What is free on each volume, in bytes."""
    return {volume.name: left for volume, left in _areas(values) if left is not None}


def _areas(values: Values) -> Iterator[tuple[Volume, int | None]]:
    seen = set()
    for row in below(values, (*oids.STORAGE, _TYPE)):
        kind = pointer(values, (*oids.STORAGE, _TYPE, *row))
        name = text(values, (*oids.STORAGE, _DESCR, *row))
        if kind not in _KEPT or name is None or name.startswith(_KERNEL):
            continue
        name = name.partition(_WINDOWS_LABEL)[0]
        if name not in seen:
            seen.add(name)
            size, used = _bytes(values, _SIZE, row), _bytes(values, _USED, row)
            left = size - used if size is not None and used is not None and used <= size else None
            yield Volume(name, size_bytes=size), left


def _bytes(values: Values, column: int, row: tuple[int, ...]) -> int | None:
    """Units times their size; large volumes run over 31 bits and show as negative."""
    unit = number(values, (*oids.STORAGE, _UNIT, *row))
    count = unsigned(number(values, (*oids.STORAGE, column, *row)))
    if unit is None or unit <= 0 or count is None or count < 0:
        return None
    return unit * count
