"""One device over SNMP, part by part, one request at a time."""

import time
from dataclasses import replace

from schoten_ict.core.errors import Problem
from schoten_ict.core.hostfacts import HostFacts, State
from schoten_ict.core.remote import SnmpSession
from schoten_ict.fleet.ask.snmp import batteries, clocks, interfaces, neighbours, oids, storage, supplies
from schoten_ict.fleet.ask.snmp.asking import Asker
from schoten_ict.fleet.ask.snmp.identity import candidates, identify
from schoten_ict.fleet.ask.snmp.platform import Platform, probes, recognise
from schoten_ict.fleet.ask.snmp.reading import Values

_REMEDY = "may this account see all of the agent? its view can be restricted"


async def collect(session: SnmpSession, seconds: float | None = None) -> HostFacts:
    """Ask one agent. Raises `RemoteError` when the first answer does not come; later gaps are in `missing`.

    A part that the device does not have is None; where its kind ought to have it, that is a gap. After
    `seconds`, what was read so far is the answer.
    """
    asker = Asker(session, seconds)
    asked_at = time.time()
    first = await asker.first((*oids.STANDARD, *probes()))
    answered_at = time.time()
    platform = recognise(first)
    values = await _describe(asker, platform, first)
    ports = await interfaces.ask(asker, values)
    links = await neighbours.ask(asker)
    stock = await supplies.ask(asker)
    areas = await storage.ask(asker)
    power = await _power(asker, platform, values)
    interfaces_ = interfaces.read(ports)
    uptime = clocks.uptime(first)
    facts = HostFacts(
        identity=identify(platform, values),
        interfaces=interfaces_ or None,
        volumes=storage.read(areas) or None,
        neighbours=neighbours.read({**ports, **links}, interfaces_) if _has_lldp(first, links) else None,
        supplies=supplies.read(stock) or None,
        batteries=batteries.read(power) or None,
        state=State(
            uptime_seconds=uptime,
            booted_at=clocks.booted_at(uptime, answered_at),
            clock_offset_ms=clocks.offset_ms(first, asked_at, answered_at),
            free_bytes=storage.free(areas),
            pages=supplies.pages(first),
        ),
    )
    return replace(facts, missing=_gaps(asker, platform, first, facts))


async def _describe(asker: Asker, platform: Platform, first: Values) -> Values:
    """What the platform asks for, and the rows of ENTITY-MIB that may be the chassis."""
    values = {**first, **await asker.get("identity", platform.objects())}
    for column in platform.columns:
        values |= await asker.walk("identity", column)
    values |= await asker.walk("identity", oids.ENT_CLASS)
    rows = [(*column, row) for row in candidates(values) for column in oids.ENT_COLUMNS]
    return values | await asker.get("identity", rows)


async def _power(asker: Asker, platform: Platform, values: Values) -> Values:
    if "batteries" in platform.expects or batteries.is_ups(values):
        return await batteries.ask(asker, values)
    return {}


def _has_lldp(first: Values, links: Values) -> bool:
    return bool(links) or oids.LLDP_CHASSIS in first


def _gaps(asker: Asker, platform: Platform, first: Values, facts: HostFacts) -> tuple[Problem, ...]:
    if not {oids.SYS_DESCR, oids.SYS_OBJECT_ID} & set(first):
        asker.lacks("identity", "the agent does not say what it is", _REMEDY)
    for part in sorted(platform.expects):
        if getattr(facts, part) is None:
            asker.lacks(part, f"the agent has no {part}", _REMEDY)
    return tuple(asker.missing)
