"""What tests ask an agent for: the few values that each has, with one GET, else with a walk."""

from dataclasses import dataclass

from lab.snmp_rig import SYSTEM
from schoten_ict.connect.snmp import values
from schoten_ict.core.remote import Oid, RemoteError, SnmpSession
from schoten_ict.fleet.ask.snmp import oids

_ASKED = (
    oids.SYS_DESCR, oids.SYS_OBJECT_ID, oids.SYS_UPTIME, oids.SYS_NAME, oids.SYS_LOCATION,
    oids.ENGINE_TIME, oids.HR_UPTIME,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class System:
    """An agent about itself; None for what it does not tell.

    The uptimes are in seconds: of the agent (`up`, wraps after 497 days), of its SNMP engine and of the host.
    """

    description: str | None = None
    object_id: Oid | None = None
    up: int | None = None
    name: str | None = None
    location: str | None = None
    engine_up: int | None = None
    host_up: int | None = None


async def system(session: SnmpSession) -> System:
    """Ask for the values above: one GET where the agent can, else a walk of the system group.

    Raises `RemoteError` when the agent gives no answer at all.
    """
    found = dict(await session.get(_ASKED))
    if oids.SYS_DESCR not in found and oids.SYS_OBJECT_ID not in found:
        try:
            found |= (await session.walk(SYSTEM, rows=50)).values
        except RemoteError:
            if not found:
                raise
    return System(
        description=values.text(found, oids.SYS_DESCR),
        object_id=values.name(found, oids.SYS_OBJECT_ID),
        up=_seconds(values.number(found, oids.SYS_UPTIME)),
        name=values.text(found, oids.SYS_NAME),
        location=values.text(found, oids.SYS_LOCATION),
        engine_up=values.number(found, oids.ENGINE_TIME),
        host_up=_seconds(values.number(found, oids.HR_UPTIME)),
    )


def _seconds(hundredths: int | None) -> int | None:
    return None if hundredths is None else hundredths // 100
