"""Virtual machines and the hosts that they run on, from a table: one's own, or an export of RVTools.

A row is a host (with sockets and cores) or a guest (with the host that it runs on). RVTools' headers (sheets
vHost and vInfo, version 4) are from its documentation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats.headers import choose, fold
from schoten_ict.formats.privacy import refuse_national_numbers
from schoten_ict.formats.tables import RawTable
from schoten_ict.licenses.fields import why_not_kept
from schoten_ict.licenses.model import Guest, Machine

FIELDS = ("host", "guest", "sockets", "cores", "cores_each", "guest_cores", "cluster", "running")
_KNOWN: Mapping[str, str] = {
    word: field
    for field, words in {
        "host": "host hypervisor esxhost server",
        "guest": "vm guest virtualmachine vmname gast",
        "sockets": "sockets cpu numcpu processors processoren aantalcpu",
        "cores": "cores totalcores aantalcores kernen",
        "cores_each": "corespercpu corespersocket corespercpu kernenpercpu",
        "guest_cores": "cpus vcpus vcpu guestcores virtualcores",
        "cluster": "cluster",
        "running": "powerstate status toestand running",
    }.items()
    for word in words.split()
}
_ON = frozenset({"poweredon", "running", "on", "true", "yes", "aan", "ja"})
_OFF = frozenset({"poweredoff", "off", "false", "no", "uit", "nee", "suspended", "saved"})
_MOST_CORES = 4096


@dataclass(frozen=True, slots=True)
class Machines:
    """The machines of a list, in the order of their names, and the rows that could not be taken.

    `guests` is whether the list tells guests at all: one of hosts alone says nothing of them.
    """

    machines: tuple[Machine, ...]
    rows: int
    wrong: tuple[tuple[int, str], ...]
    guests: bool = True


def is_table(table: RawTable) -> bool:
    """Whether a table lists hosts with cores, or guests with their host."""
    fields = {_KNOWN[word] for word in map(fold, table.header) if word in _KNOWN}
    return "host" in fields and bool(fields & {"guest", "cores", "cores_each"})


def read(table: RawTable, maps: Sequence[str], day: date) -> Machines:
    """The machines in a table, as of `day`. Raises `UsageError` where no column holds the host."""
    chosen = choose(table.header, _KNOWN, maps, FIELDS)
    if "host" not in chosen.columns:
        raise UsageError(
            f"{printable(table.name)}: no column holds the host", remedy="give --map host=COLUMN"
        )
    refuse_national_numbers(table)
    machines: dict[str, Machine] = {}
    wrong = [
        (int(each.subject.rpartition(":")[2]), each.message) for each in table.problems if each.code == "row"
    ]
    for line, cells in table.rows:
        told = {field: printable(cells[at]).strip() for field, at in chosen.columns.items()}
        try:
            _take(told, machines, day)
        except ValueError as error:
            wrong.append((line, str(error)))
    whole = tuple(sorted(machines.values(), key=lambda each: each.name))
    return Machines(
        whole, len(table.rows) + len(table.problems), tuple(sorted(wrong)), "guest" in chosen.columns
    )


def joined(known: Iterable[Machine], found: Machines) -> list[tuple[Machine | None, Machine]]:
    """What is known of each machine after a list, beside what was known before; only what differs.

    Hosts and guests may come in two lists, in any order. A guest that the list names is on no other machine.
    An older list only fills in what a newer one left open.
    """
    before = {each.name.casefold(): each for each in known}
    day = max((each.seen_on for each in found.machines if each.seen_on), default=date.min)
    newer = {name for name, each in before.items() if (each.seen_on or date.min) > day}
    moved = _guests(before[name] for name in newer)
    told = {each.name.casefold(): _without(each, moved) for each in found.machines}
    named = _guests(told.values())
    after = {
        name: _without(each, named) for name, each in before.items() if name not in told and name not in newer
    }
    after |= {name: _merged(before.get(name), each, guests=found.guests) for name, each in told.items()}
    pairs = [(before.get(name), each) for name, each in sorted(after.items())]
    return [pair for pair in pairs if pair[0] != pair[1]]


def _guests(machines: Iterable[Machine]) -> set[str]:
    return {guest.name.casefold() for each in machines for guest in each.guests}


def _without(machine: Machine, guests: set[str]) -> Machine:
    left = (each for each in machine.guests if each.name.casefold() not in guests)
    return replace(machine, guests=tuple(left))


def _merged(before: Machine | None, told: Machine, *, guests: bool) -> Machine:
    if before is None:
        return told
    older = (told.seen_on or date.min) < (before.seen_on or date.min)
    first, second = (before, told) if older else (told, before)
    kept = before.guests or told.guests if older or not guests else told.guests
    return replace(
        first, name=before.name, processors=first.processors or second.processors,
        cluster=first.cluster or second.cluster, guests=kept,
    )  # fmt: skip


def _take(told: Mapping[str, str], machines: dict[str, Machine], day: date) -> None:
    """Add what a row tells to its machine. Raises `ValueError` where it cannot be taken."""
    _require_keepable(told)
    key = told["host"].casefold()
    before = machines.get(key) or Machine(told["host"], source="list", seen_on=day)
    after = replace(before, cluster=told.get("cluster") or before.cluster)
    if told.get("guest"):
        guest = Guest(told["guest"], _number("guest cores", told.get("guest_cores", "")), _running(told))
        if any(each.name.casefold() == guest.name.casefold() for each in before.guests):
            raise ValueError(f"{guest.name} on {before.name} is listed before")
        after = replace(after, guests=(*before.guests, guest))
    elif before.processors:
        raise ValueError(f"{before.name} is listed before")
    else:
        after = replace(after, processors=_processors(told))
    machines[key] = after


def _require_keepable(told: Mapping[str, str]) -> None:
    if not told["host"]:
        raise ValueError("names no host")
    for name in ("host", "guest", "cluster"):
        why = why_not_kept(told.get(name, ""), name=True)
        if why:
            raise ValueError(f"{name} {why}")


def _processors(told: Mapping[str, str]) -> tuple[int, ...]:
    """The cores of each processor; empty where they are not told. Raises `ValueError`."""
    sockets = _number("sockets", told.get("sockets", ""))
    each, total = (_number(name, told.get(name, "")) for name in ("cores_each", "cores"))
    if sockets is None or (each is None and total is None):
        return ()
    if sockets == 0:
        raise ValueError("a host without processors")
    if each is not None:
        return (each,) * sockets
    assert total is not None
    if total % sockets:
        raise ValueError(f"{total} cores do not divide over {sockets} processors: give the cores of each")
    return (total // sockets,) * sockets


def _running(told: Mapping[str, str]) -> bool | None:
    word = fold(told.get("running", ""))
    return True if word in _ON else False if word in _OFF else None


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_CORES:
        raise ValueError(f"{name} {text!r} is no number")
    return int(text)
