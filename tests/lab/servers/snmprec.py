"""Recorded walks as files: one `OID|TAG|VALUE` per line (the format of snmpsim)."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.servers import ber

OPAQUE, ADDRESS = 68, 64
_NUMBERS = {2, 65, 66, 67, 70, 71}


class SnmprecError(ValueError):
    """A line is not of the format."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What an agent answers: encoded variable bindings by OID, in the order in which a walk gives them.

    `unreadable` are the numbers of the lines that are not of the format.
    """

    rows: Mapping[ber.Oid, bytes]
    order: tuple[ber.Oid, ...]
    unreadable: tuple[int, ...] = ()
    after: Mapping[ber.Oid, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Mapping[ber.Oid, bytes], order: tuple[ber.Oid, ...] = ()) -> "Recording":
        """From encoded values by OID; `order` is another one than that of the OIDs."""
        bindings = {oid: ber.encode(ber.SEQUENCE, ber.encode_oid(oid) + value) for oid, value in rows.items()}
        order = order or tuple(sorted(bindings))
        return cls(bindings, order, after={oid: place + 1 for place, oid in enumerate(order)})


def read_recording(path: Path) -> Recording:
    """The whole file. Lines that are not of the format are left out and named; of two with one OID the
    last counts."""
    rows, unreadable = {}, []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            oid, value = read_line(line)
        except SnmprecError:
            unreadable.append(number)
        else:
            rows[oid] = value
    made = Recording.of(rows)
    return Recording(made.rows, made.order, tuple(unreadable), made.after)


def read_line(line: bytes) -> tuple[ber.Oid, bytes]:
    """OID and encoded value; raises `SnmprecError`."""
    parts = line.rstrip(b"\r\n").split(b"|", 2)
    if len(parts) != 3:
        raise SnmprecError("a line is OID|TAG|VALUE")
    name, tag, text = parts
    hexadecimal = tag.endswith(b"x")
    try:
        number = int(tag.removesuffix(b"x").decode("ascii"))
        raw = bytes.fromhex(text.decode("ascii")) if hexadecimal else text
        return _oid(name), _value(number, raw, hexadecimal)
    except (ValueError, OverflowError) as error:
        raise SnmprecError(str(error)) from None


def _value(tag: int, raw: bytes, hexadecimal: bool) -> bytes:
    if tag in {ber.STRING, OPAQUE}:
        return ber.encode(tag, raw)
    if tag == ber.NULL:
        return ber.encode(tag, b"")
    if tag == ber.OBJECT:
        return ber.encode_oid(_oid(raw))
    if tag == ADDRESS:
        address = raw if hexadecimal else ipaddress.IPv4Address(raw.decode("ascii")).packed
        return ber.encode(tag, address)
    if tag not in _NUMBERS:
        raise SnmprecError(f"tag {tag} is not known")
    number = int.from_bytes(raw, "big") if hexadecimal else int(raw.decode("ascii"))
    return ber.encode_integer(number, tag)


def _oid(text: bytes) -> ber.Oid:
    arcs = tuple(int(arc) for arc in text.decode("ascii").strip(".").split("."))
    if len(arcs) < 2 or min(arcs) < 0 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise SnmprecError("an OID has two arcs or more, the first up to 2, the second up to 39")
    return arcs
