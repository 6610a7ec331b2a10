"""Virtual machines and the hosts that they run on, from a table: one's own, or an export of RVTools.

A row is a host (with sockets and cores) or a guest (with the host that it runs on). RVTools' headers (sheets
vHost and vInfo, version 4) are from its documentation.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats.headers import choose, fold
from schoten_ict.formats.tables import RawTable
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
    """The machines of a list, in the order of their names, and the rows that could not be taken."""

    machines: tuple[Machine, ...]
    rows: int
    wrong: tuple[tuple[int, str], ...]


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
    machines: dict[str, Machine] = {}
    guests: dict[str, list[Guest]] = defaultdict(list)
    wrong = [
        (int(each.subject.rpartition(":")[2]), each.message) for each in table.problems if each.code == "row"
    ]
    for line, cells in table.rows:
        told = {field: printable(cells[at]).strip() for field, at in chosen.columns.items()}
        try:
            _take(told, machines, guests, day)
        except ValueError as error:
            wrong.append((line, str(error)))
    whole = [
        replace(machines.get(host) or Machine(host, source="list", seen_on=day), guests=tuple(guests[host]))
        for host in sorted({*machines, *guests})
    ]
    return Machines(tuple(whole), len(table.rows) + len(table.problems), tuple(sorted(wrong)))


def _take(
    told: Mapping[str, str], machines: dict[str, Machine], guests: dict[str, list[Guest]], day: date
) -> None:
    host = told["host"]
    if not host:
        raise ValueError("names no host")
    if told.get("guest"):
        guests[host].append(
            Guest(told["guest"], _number("guest cores", told.get("guest_cores", "")), _running(told))
        )
        if told.get("cluster") and host not in machines:
            machines[host] = Machine(host, (), told["cluster"], source="list", seen_on=day)
        return
    before = machines.get(host)
    if before is not None and before.processors:
        raise ValueError(f"{host} is listed before")
    processors = _processors(told)
    cluster = told.get("cluster") or (before.cluster if before else None)
    machines[host] = Machine(host, processors, cluster, source="list", seen_on=day)


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
