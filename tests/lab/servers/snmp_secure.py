"""An SNMPv3 agent with authentication and privacy that answers with errors when asked to (pysnmp's engine)."""

import asyncio
import threading
from bisect import bisect_right
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Self

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdrsp
from pysnmp.entity.rfc3413.context import SnmpContext
from pysnmp.proto.api import v2c
from pysnmp.proto.rfc1902 import ObjectName, OctetString
from pysnmp.proto.rfc1905 import endOfMibView, noSuchInstance
from pysnmp.smi import error, instrum

from lab.servers.ber import Oid

USER, AUTH, PRIV = "lab-secure", "auth-of-secure", "priv-of-secure"
_ENGINE = OctetString(hexValue="80004fb805736563757265")


class _Values(instrum.AbstractMibInstrumController):  # type: ignore[misc]
    """What the agent has; `broken` are OIDs at which it fails with genErr."""

    def __init__(self, values: Mapping[Oid, Any], broken: frozenset[Oid]) -> None:
        self._values, self._broken, self._order = values, broken, sorted([*values, *broken])

    def read_variables(self, *wanted: Any, **_context: Any) -> list[Any]:
        return [(name, self._read(tuple(name), noSuchInstance)) for name, _ in wanted]

    def read_next_variables(self, *wanted: Any, **_context: Any) -> list[Any]:
        found = []
        for name, _ in wanted:
            place = bisect_right(self._order, tuple(name))
            at_end = place == len(self._order)
            following = tuple(name) if at_end else self._order[place]
            found.append((ObjectName(following), endOfMibView if at_end else self._read(following, None)))
        return found

    def _read(self, oid: Oid, otherwise: Any) -> Any:
        if oid in self._broken:
            raise error.GenError(idx=0)
        return self._values.get(oid, otherwise)


def _limited(kind: Any, most: int) -> Any:
    """A responder of pysnmp that answers tooBig to more names or repetitions than `most`."""

    class Limited(kind):  # type: ignore[misc]
        def handle_management_operation(self, engine: Any, state: Any, context: Any, pdu: Any) -> None:
            bulk = kind is cmdrsp.BulkCommandResponder
            asked = (
                int(v2c.apiBulkPDU.get_max_repetitions(pdu)) if bulk else len(v2c.apiPDU.get_varbinds(pdu))
            )
            if asked > most:
                raise error.TooBigError(idx=0)
            super().handle_management_operation(engine, state, context, pdu)

    return Limited


class SecureAgent(AbstractContextManager["SecureAgent"]):
    """At `place` in a thread of its own until the block ends; authPriv with SHA256 and AES128.

    `port` is that of the place, or the one that was free.
    """

    def __init__(
        self,
        values: Mapping[Oid, Any],
        *,
        broken: frozenset[Oid] = frozenset(),
        most: int = 50,
        place: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self._values, self._most, self._place = _Values(values, broken), most, place
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._serve, name="replay-secure")
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._answer())

    async def _answer(self) -> None:
        self._over = asyncio.Event()
        engine = SnmpEngine(_ENGINE)
        transport = udp.UdpAsyncioTransport().open_server_mode(self._place)
        config.add_transport(engine, udp.DOMAIN_NAME, transport)
        config.add_v3_user(
            engine, USER, config.USM_AUTH_HMAC192_SHA256, AUTH, config.USM_PRIV_CFB128_AES, PRIV
        )
        config.add_vacm_user(engine, 3, USER, "authPriv", (1,), ())
        context = SnmpContext(engine)
        context.unregister_context_name(b"")
        context.register_context_name(b"", self._values)
        for kind in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder, cmdrsp.BulkCommandResponder):
            _limited(kind, self._most)(engine, context)
        while transport.transport is None:  # noqa: ASYNC110 - pysnmp tells nobody that its socket is open
            await asyncio.sleep(0.01)
        self.port = transport.transport.get_extra_info("sockname")[1]
        self._ready.set()
        await self._over.wait()
        engine.close_dispatcher()
        await asyncio.sleep(0)
