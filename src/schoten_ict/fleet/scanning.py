"""Looking who is there: every address of some networks, many at once, a few questions to each."""

import asyncio
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import chain
from typing import TYPE_CHECKING, overload

from schoten_ict.core.errors import UsageError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import printable
from schoten_ict.fleet.judge.scan import Sighting
from schoten_ict.store import Transaction, observations

if TYPE_CHECKING:
    from schoten_ict.connect.probe import Knock, Prober

KIND = "scan.address"
"""Observations of an address: its subject is `address:IP`."""
NAMES = "scan.name"
"""Observations of where a declared DNS name leads: its subject is `name:NAME`, its payload addresses."""
PORTS = (22, 80, 443, 445, 3389, 5985, 5986, 9100)
MOST_UNASKED = 2**16
"""More addresses than this are looked at only when that was confirmed."""
MOST = 2**20
_AT_ONCE = 256
_APART = 0.002
_LISTEN_SECONDS = 1.0
_NAME_SECONDS = 3.0
_WINRM_SECONDS = 5.0
_WINRM_PORTS = {5985: False, 5986: True}
_TICK = 0.2
_END_SECONDS = 2.0
_LONGEST = 120
AskSnmp = Callable[[str], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Scan:
    """What to ask of each address, and for how long. `snmp` gives what an agent says of itself.

    `declared` are the DNS names of hosts, which are looked up first. Without `names` no name is looked up.
    """

    addresses: Sequence[str]
    ports: tuple[int, ...] = PORTS
    seconds: float = 1.0
    run_seconds: float = 900.0
    names: bool = True
    declared: Sequence[str] = ()
    snmp: AskSnmp | None = None


def networks(words: Sequence[str]) -> list[IPv4Network | IPv6Network]:
    """The networks that `words` name, as 127.10.10.0/24 or one address; raises `UsageError`."""
    found = []
    for word in words:
        try:
            network = ip_network(word)
        except ValueError as error:
            raise UsageError(f"{word!r} is no network: {error}", remedy="write 127.10.10.0/24") from None
        if network.is_multicast or network.network_address.is_unspecified:
            raise UsageError(f"{word} is no network of machines", remedy="write 127.10.10.0/24")
        found.append(network)
    total = sum(each.num_addresses for each in found)
    if total > MOST:
        raise UsageError(
            f"{total} addresses are too many to look at one by one", remedy="name smaller networks"
        )
    return found


def addresses(words: Sequence[str]) -> list[str]:
    """The addresses of machines in the networks that `words` name, once each and in order."""
    hosts = chain.from_iterable(each.hosts() for each in networks(words))
    return [str(each) for each in dict.fromkeys(hosts)]


class Sweep:
    """Looks at all addresses; iterate over it once for what was seen, as it comes in.

    What is not looked at by the deadline is seen with a `reason`. Leaving the loop starts nothing more.
    `icmp_reasons` says afterwards why no echo requests could be sent, `places` where the declared names lead,
    `unfound` which lead nowhere.
    """

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._seen: queue.SimpleQueue[Sighting | None] = queue.SimpleQueue()
        self._open = dict.fromkeys(scan.addresses)
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._thread = threading.Thread(target=self._run, name="ict-sweep", daemon=True)
        self._error: Exception | None = None
        self._names: dict[str, tuple[str, ...]] = {}
        self.icmp_reasons: set[str] = set()
        self.places: dict[str, list[str]] = {}

    @property
    def waiting(self) -> Sequence[str]:
        """The addresses that were not looked at yet."""
        return _Names(self._open)

    @property
    def unfound(self) -> list[str]:
        """The declared names without an address, or that were not looked up."""
        return sorted({name for name in self._scan.declared if not self.places.get(name)})

    def __iter__(self) -> Iterator[Sighting]:
        """Start, and yield what is seen."""
        until = time.monotonic() + self._scan.run_seconds
        self._thread.start()
        try:
            while self._open and time.monotonic() < until:
                with suppress(queue.Empty):
                    sighting = self._seen.get(timeout=_TICK)
                    if sighting is None:
                        break
                    del self._open[sighting.address]
                    yield sighting
            if self._error is not None:
                raise self._error
            for address in list(self._open):
                names = self._names.get(address, ())
                yield Sighting(address, names=names, reason="not looked at before the deadline")
        finally:
            self._stop()

    def _stop(self) -> None:
        if self._running is not None:
            loop, sweeping = self._running
            with suppress(RuntimeError):  # it ended by itself meanwhile
                loop.call_soon_threadsafe(sweeping.cancel)
        self._thread.join(timeout=_END_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._sweep())
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - raised again where the answers are awaited
            self._error = error
        finally:
            self._seen.put(None)

    async def _sweep(self) -> None:
        from schoten_ict.connect.probe import Prober

        sweeping = asyncio.current_task()
        assert sweeping is not None
        self._running = (asyncio.get_running_loop(), sweeping)
        parsed = map(ip_address, self._scan.addresses)
        versions = frozenset(each.version for each in parsed if not each.is_loopback)
        work = iter(self._scan.addresses)
        async with Prober(versions) as prober:
            self.icmp_reasons = set(prober.reasons.values())
            if self._scan.names:
                await self._look_up(prober)
            await asyncio.gather(*(self._work(prober, work, number) for number in range(_AT_ONCE)))

    async def _look_up(self, prober: "Prober") -> None:
        """Where the declared names lead, all at once: silent name servers cost no more than one name."""
        wanted = tuple(dict.fromkeys(self._scan.declared))
        found = await asyncio.gather(*(prober.addresses_of(name, _NAME_SECONDS) for name in wanted))
        self.places = dict(zip(wanted, found, strict=True))
        self._names = by_place(self.places)

    async def _work(self, prober: "Prober", work: Iterator[str], number: int) -> None:
        await asyncio.sleep(number * _APART)  # a burst would be measured as slow answers
        for address in work:
            sighting = await look(prober, self._scan, address)
            self._seen.put(replace(sighting, names=self._names.get(address, ())))


async def look(prober: "Prober", scan: Scan, address: str) -> Sighting:
    """Everything that one address answers."""
    rtt, snmp, knocks = await asyncio.gather(
        prober.ping(address, scan.seconds),
        scan.snmp(address) if scan.snmp else _nothing(),
        asyncio.gather(*(prober.knock(address, port, scan.seconds, _LISTEN_SECONDS) for port in scan.ports)),
    )
    sighting = _sighting(address, rtt, knocks)
    if snmp:
        sighting = replace(sighting, services={"snmp": _shown(snmp)})
    if not sighting.is_there:
        return sighting
    winrm, name = await asyncio.gather(
        _winrm(prober, address, sighting.ports),
        prober.name_of(address, _NAME_SECONDS) if scan.names else _nothing(),
    )
    services = {**sighting.services, **({"winrm": winrm} if winrm else {})}
    return replace(sighting, services=services, name=name)


async def _nothing() -> None:
    return None


def _sighting(address: str, rtt: float | None, knocks: "Sequence[Knock]") -> Sighting:
    from schoten_ict.connect.probe import Door

    times = [each.rtt_ms for each in knocks if each.rtt_ms is not None]
    reasons = {each.reason for each in knocks if each.door is Door.NOT_ASKED}
    unasked = bool(knocks) and all(each.door is Door.NOT_ASKED for each in knocks) and rtt is None
    return Sighting(
        address,
        icmp=rtt is not None,
        refused=any(each.door is Door.REFUSED for each in knocks),
        ports={each.port: each.banner for each in knocks if each.door is Door.OPEN},
        rtt_ms=rtt if rtt is not None else min(times, default=None),
        reason=", ".join(sorted(reasons)) if unasked else "",
    )


async def _winrm(prober: "Prober", address: str, ports: Mapping[int, str]) -> str | None:
    from schoten_ict.connect.winrm.identify import identify

    for port, tls in _WINRM_PORTS.items():
        if port in ports:
            ask = partial(identify, address, port, tls=tls, seconds=_WINRM_SECONDS)
            found = await prober.call(ask, _WINRM_SECONDS + 1)
            if found is not None:
                return _shown(f"{found.vendor} {found.version}") or "WS-Management"
    return None


def by_place(places: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The names that lead to each address, from the addresses of each name."""
    found: dict[str, tuple[str, ...]] = {}
    for name, addresses_of_it in places.items():
        for place in addresses_of_it:
            found[place] = (*found.get(place, ()), name)
    return found


def keep_names(transaction: Transaction, places: Mapping[str, Sequence[str]]) -> None:
    """Keep where declared names lead, so that an address is recognised later without asking again."""
    for name, found in places.items():
        if found:
            observations.observe(transaction, subject("name", name), NAMES, "scan", sorted(found))


def keep(transaction: Transaction, sightings: Sequence[Sighting]) -> None:
    """Keep what was seen, and for silent addresses that they were asked in vain."""
    for each in sightings:
        about = subject("address", each.address)
        if each.is_there:
            observations.observe(transaction, about, KIND, "scan", each.payload())
        elif not each.reason:
            observations.failed(transaction, about, KIND, "scan", "no-answer", "answered nothing")


def _shown(text: str) -> str:
    return printable(" ".join(text.split()))[:_LONGEST]


class _Names(Sequence[str]):
    """The keys of a dictionary as a sequence that costs nothing to make: there may be a million."""

    def __init__(self, names: dict[str, None]) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...

    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return list(self._names)[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)
