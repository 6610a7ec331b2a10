"""What machines need of products that are counted by core or by processor.

Windows Server: `C = max(16, sum(max(8, cores of a processor)))` per host; Standard covers two guests each
time the host is licensed, Datacenter all. A guest that can move to another host of the cluster counts there
as if it ran there. By guest `max(8, virtual cores)`, which needs Software Assurance or a subscription. SQL
Server: at least 4 per processor or per guest. After ServiceNow's pages on Microsoft's rules,
`microsoft-percore-withcal` and `microsoft-sw-license-metrics`; the Product Terms prevail.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from schoten_ict.core.finding import subject
from schoten_ict.core.text import counted
from schoten_ict.inventory.sections.licenses import CoreRule, Product
from schoten_ict.licenses.judge.lines import named
from schoten_ict.licenses.judge.versions import newest
from schoten_ict.licenses.model import Doubt, Guest, Machine, Metric, Need

_NO_RULE = CoreRule()


class Way(StrEnum):
    """Whether the cores of the host are counted, or the virtual cores of each guest."""

    HOST = "host"
    GUEST = "guest"


def usual_way(product: Product) -> Way:
    """By guest where the rule has a least per guest and none per server (SQL Server), else by host."""
    rule = product.cores or _NO_RULE
    return Way.GUEST if rule.per_guest and not rule.per_server else Way.HOST


def machine_needs(
    name: str,
    product: Product,
    machines: Sequence[Machine],
    running: Mapping[str, str | None],
    way: Way | None = None,
    under: frozenset[str] = frozenset(),
) -> tuple[list[Need], list[Doubt]]:
    """The needs of one product by core or processor, one per host or guest, and what is not known.

    `running` are the names of the machines and guests that have the product, with the version in use. A host
    that runs guests with it and has it itself only serves them, which asks nothing more (Product Terms: the
    physical instance solely to host and manage). A guest that is off is a doubt, not a need. What runs it and
    is neither a machine nor a guest of one is a doubt without a limit. `under` are those that have a lesser
    edition (`hosting`), in small letters.
    """
    count, metric = _Count(name, product, machines, running, under), Metric(product.metric)
    if metric is Metric.CORE and (way or usual_way(product)) is Way.GUEST:
        count.by_guest()
    elif metric in {Metric.CORE, Metric.PROCESSOR}:
        count.by_host()
    return count.needs, count.doubts


@dataclass(frozen=True, slots=True)
class _Load:
    """The guests with the product that are on a host or can come to it, on and off."""

    on: tuple[Guest, ...]
    off: tuple[Guest, ...]


class _Count:
    """The needs of one product while its machines are gone through."""

    def __init__(
        self,
        name: str,
        product: Product,
        machines: Sequence[Machine],
        running: Mapping[str, str | None],
        under: frozenset[str],
    ) -> None:
        self.needs: list[Need] = []
        self.doubts: list[Doubt] = []
        self._name = name
        self._product = product
        self._metric = Metric(product.metric)
        self._rule = product.cores or _NO_RULE
        self._under = under
        self._running = {each.casefold(): version for each, version in running.items()}
        self._machines = sorted(machines, key=lambda machine: machine.name)
        placed = {each.name.casefold() for each in machines}
        placed |= {guest.name.casefold() for each in machines for guest in each.guests}
        lost = [each for each in running if each.casefold() not in placed]
        if lost:
            self._doubt(f"neither the processors nor the host are known of {named(lost)}")

    def by_host(self) -> None:
        """Every host that has the product, or has or can get guests with it."""
        loads = self._loads()
        for machine in self._machines:
            load = loads[machine.name]
            itself = machine.name.casefold() in self._running
            if not itself and not load.on and not load.off:
                continue
            if not machine.processors or not all(cores > 0 for cores in machine.processors):
                self._doubt(f"the processors of {machine.name} are not known")
            elif itself or load.on:
                self._need_host(machine, load)
            else:
                most = self._units(machine, len(load.off))
                self._doubt(
                    f"{named(guest.name for guest in load.off)} on {machine.name} may be started", most
                )

    def by_guest(self) -> None:
        """Every guest by its virtual cores, wherever it is; a host that has the product by its own."""
        for machine in self._machines:
            for guest in machine.guests:
                if guest.name.casefold() in self._running:
                    self._need_guest(machine, guest)
            if machine.name.casefold() not in self._running:
                continue
            if machine.processors and all(cores > 0 for cores in machine.processors):
                why = f"{_shape(machine)}: {least(self._product, machine)}"
                self._need(machine.name, least(self._product, machine), why, [machine.name])
            else:
                self._doubt(f"the processors of {machine.name} are not known")

    def _need_host(self, machine: Machine, load: _Load) -> None:
        units = self._units(machine, len(load.on))
        more = self._units(machine, len(load.on) + len(load.off)) - units
        why = f"{_shape(machine)}: {self._sum(machine, load, units)}{self._instead(machine, load, units)}"
        names = [guest.name for guest in load.on]
        if machine.name.casefold() in self._running:
            names.append(machine.name)
        self._need(machine.name, units, why, names)
        if more:
            self._doubt(f"{named(guest.name for guest in load.off)} on {machine.name} may be started", more)

    def _need_guest(self, machine: Machine, guest: Guest) -> None:
        if guest.cores is None:
            self._doubt(f"the virtual cores of {guest.name} are not known")
            return
        units = max(self._rule.per_guest, guest.cores)
        if guest.running is False:
            self._doubt(f"{guest.name} on {machine.name} may be started", units)
            return
        least = f", at least {self._rule.per_guest}" if units > guest.cores else ""
        self._need(guest.name, units, f"{counted(guest.cores, 'virtual core')}{least}: {units}", [guest.name])

    def _units(self, machine: Machine, guests: int) -> int:
        if self._metric is Metric.PROCESSOR:
            return len(machine.processors)
        return least(self._product, machine) * self._times(guests)

    def _times(self, guests: int) -> int:
        """How many times a whole host is licensed for so many guests."""
        allowed = self._rule.guests
        return 1 if not allowed else max(1, -(-guests // allowed))

    def _sum(self, machine: Machine, load: _Load, units: int) -> str:
        if self._metric is Metric.PROCESSOR:
            return counted(units, "processor")
        guests = counted(len(load.on), "guest")
        lesser = [each for each in load.on if each.name.casefold() in self._under]
        guests += f", {len(lesser)} of them with a lesser edition" if lesser else ""
        moving = f", those that can move here from {machine.cluster} too" if machine.cluster else ""
        times = self._times(len(load.on))
        if times == 1:
            return f"{units} for {guests}{moving}" if load.on else str(units)
        once = f"{least(self._product, machine)} x {times}"
        return f"{once} = {units} for {guests}, {self._rule.guests} each time{moving}"

    def _instead(self, machine: Machine, load: _Load, units: int) -> str:
        """That its guests would need less by their own cores: information, no advice."""
        cores = [guest.cores for guest in load.on if guest.cores is not None]
        if not self._rule.per_guest or machine.cluster or not load.on or len(cores) < len(load.on):
            return ""
        instead = sum(max(self._rule.per_guest, each) for each in cores)
        if instead >= units:
            return ""
        return f"; by guest {instead}, which needs Software Assurance or a subscription"

    def _loads(self) -> dict[str, _Load]:
        """The guests of each host with the product; those of a cluster are on all of its hosts."""
        together: dict[str, dict[str, Guest]] = defaultdict(dict)
        for machine in self._machines:
            place = place_of(machine)
            for guest in machine.guests:
                key = guest.name.casefold()
                known = together[place].get(key)
                if key in self._running and (known is None or known.running is False):
                    together[place][key] = guest
        found = {}
        for machine in self._machines:
            guests = sorted(together[place_of(machine)].values(), key=lambda guest: guest.name)
            on = tuple(guest for guest in guests if guest.running is not False)
            found[machine.name] = _Load(on, tuple(guest for guest in guests if guest.running is False))
        return found

    def _need(self, name: str, units: int, why: str, users: Sequence[str]) -> None:
        version = self._newest(users)
        self.needs.append(Need(self._name, self._metric, units, subject("host", name), why, version))

    def _newest(self, users: Sequence[str]) -> str | None:
        """The newest version among those that use it, for which the host must be licensed."""
        known = list(self._versions(users))
        return None if len(known) < len(users) else newest(self._product, known)

    def _versions(self, users: Sequence[str]) -> Iterator[str]:
        for each in users:
            version = self._running[each.casefold()]
            if version is not None:
                yield version

    def _doubt(self, why: str, at_most: int | None = None) -> None:
        self.doubts.append(Doubt(self._name, why, at_most))


def least(product: Product, machine: Machine) -> int:
    """The cores of a host that count when it is licensed once."""
    rule = product.cores or _NO_RULE
    per_processor = sum(max(rule.per_processor, cores) for cores in machine.processors)
    return max(rule.per_server, per_processor)


def place_of(machine: Machine) -> str:
    """Where the guests of a machine can be: on it, or on all of its cluster."""
    return f"cluster {machine.cluster}" if machine.cluster else f"host {machine.name}"


def _shape(machine: Machine) -> str:
    """`2 x 32 cores`, or each processor where they differ."""
    processors = machine.processors
    if len(set(processors)) == 1:
        return f"{len(processors)} x {counted(processors[0], 'core')}"
    return f"processors of {' + '.join(map(str, processors))} cores"
