"""SNMP with pysnmp: works everywhere, verifies what SNMPv3 promises, and is slow (pure Python).

An engine is dear (a tenth of a second), belongs to one event loop and knows users by name only: so the
sessions of a loop share one per account, as long as there are any.
"""

import asyncio
import selectors
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.proto import errind
from pysnmp.proto.rfc1902 import Null, ObjectName
from pysnmp.proto.rfc1905 import EndOfMibView

from schoten_ict.connect.snmp import wire
from schoten_ict.connect.snmp.backend import Batch, DeclinedError, Patience, UnansweredError
from schoten_ict.connect.snmp.discovery import find_engine
from schoten_ict.connect.snmp.security import Security, refusal, report_of
from schoten_ict.connect.snmp.values import ADDRESS, INTEGER, OID, STRING
from schoten_ict.core.remote import Oid, SnmpValue, Target

Peer = tuple[str, int]
Rows = list[tuple[Any, Any]]

_WALKS_AT_ONCE = 8
_LATEST = 6_000  # in hundredths of a second: pysnmp forgets a request then; the caller has its own deadline
_SYS_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_ACCOUNT = "account"
_MODELS = {"1": 0, "2c": 1, "3": 3}
_LEVELS = ("noAuthNoPriv", "authNoPriv", "authPriv")
_AUTH = {
    "": config.USM_AUTH_NONE, "MD5": config.USM_AUTH_HMAC96_MD5, "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA224": config.USM_AUTH_HMAC128_SHA224, "SHA256": config.USM_AUTH_HMAC192_SHA256,
    "SHA384": config.USM_AUTH_HMAC256_SHA384, "SHA512": config.USM_AUTH_HMAC384_SHA512,
}  # fmt: skip
_PRIV = {
    "": config.USM_PRIV_NONE, "DES": config.USM_PRIV_CBC56_DES, "3DES": config.USM_PRIV_CBC168_3DES,
    "AES128": config.USM_PRIV_CFB128_AES, "AES192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES256": config.USM_PRIV_CFB256_AES_BLUMENTHAL, "AES192C": config.USM_PRIV_CFB192_AES,
    "AES256C": config.USM_PRIV_CFB256_AES,
}  # fmt: skip
_REPORTS: tuple[tuple[type[errind.ErrorIndication], int], ...] = (
    (errind.UnsupportedSecurityLevel, 1), (errind.NotInTimeWindow, 2), (errind.UnknownUserName, 3),
    (errind.UnknownSecurityName, 3), (errind.UnknownEngineID, 4), (errind.WrongDigest, 5),
    (errind.AuthenticationFailure, 5), (errind.AuthenticationError, 5), (errind.DecryptionError, 6),
)  # fmt: skip
_KINDS = {
    "Integer": INTEGER, "Integer32": INTEGER, "Counter32": INTEGER, "Gauge32": INTEGER, "Unsigned32": INTEGER,
    "TimeTicks": INTEGER, "Counter64": INTEGER, "OctetString": STRING, "Opaque": STRING, "Bits": STRING,
    "ObjectIdentifier": OID, "ObjectName": OID, "IpAddress": ADDRESS,
}  # fmt: skip
_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    INTEGER: int, STRING: bytes, OID: tuple, ADDRESS: lambda value: ".".join(map(str, bytes(value)))
}  # fmt: skip


class _Ears:
    """What came from the agents that are being asked, before pysnmp saw it."""

    def __init__(self) -> None:
        self.asked: Counter[Peer] = Counter()
        self.heard: Counter[Peer] = Counter()
        self.unreadable: Counter[Peer] = Counter()


class _Listening:
    """Takes only well-formed datagrams, from agents that are being asked; mixed into pysnmp's transports."""

    ears: _Ears
    transport: Any
    _callback_function: Any

    def datagram_received(self, datagram: bytes, sender: tuple[Any, ...]) -> None:
        """Hand a datagram to pysnmp, which says nothing when it cannot use it."""
        peer = (sender[0], sender[1])
        if not self.ears.asked[peer] or self._callback_function is None:
            return
        try:
            wire.inspect(datagram)
            self._callback_function(self, sender, datagram)
        except Exception:  # noqa: BLE001 - whatever pysnmp stumbles over, it came from the network
            self.ears.unreadable[peer] += 1
        else:
            self.ears.heard[peer] += 1

    def behind(self) -> bool:
        """Whether datagrams wait to be read."""
        if self.transport is None:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self.transport.get_extra_info("socket"), selectors.EVENT_READ)
            return bool(selector.select(0))


class _Udp(_Listening, udp.UdpAsyncioTransport):  # type: ignore[misc]
    """UDP over IPv4."""


class _Udp6(_Listening, udp6.Udp6AsyncioTransport):  # type: ignore[misc]
    """UDP over IPv6."""


class _Engine:
    """pysnmp's engine for one account, and how many sessions use it."""

    def __init__(self, security: Security) -> None:
        self.sessions = 0
        self.walks = asyncio.Semaphore(_WALKS_AT_ONCE)
        self.ears = _Ears()
        self.snmp = SnmpEngine()
        self._names = count()
        self._transports: dict[Any, _Listening] = {}
        if security.version == "3":
            self._add_user(security)
        else:
            assert security.community is not None
            config.add_v1_system(self.snmp, _ACCOUNT, security.community.reveal().encode())
        level, model = _LEVELS[security.level], _MODELS[security.version]
        config.add_target_parameters(self.snmp, _ACCOUNT, security.user or _ACCOUNT, level, model)

    def _add_user(self, security: Security) -> None:
        auth, priv = (
            secret.reveal().encode() if secret else None for secret in (security.auth, security.priv)
        )
        config.add_v3_user(
            self.snmp, security.user, _AUTH[security.auth_protocol], auth, _PRIV[security.priv_protocol], priv
        )

    def add_target(self, peer: Peer, *, ipv6: bool) -> str:
        """A name for the agent at `peer`."""
        domain, transport = (udp6.DOMAIN_NAME, _Udp6) if ipv6 else (udp.DOMAIN_NAME, _Udp)
        if domain not in self._transports:
            opened = transport()
            opened.ears = self.ears
            config.add_transport(self.snmp, domain, opened.open_client_mode())
            self._transports[domain] = opened
        name = f"target{next(self._names)}"
        config.add_target_address(self.snmp, name, domain, peer, _ACCOUNT, _LATEST, 0)
        self.ears.asked[peer] += 1
        return name

    def behind(self) -> bool:
        """Whether answers wait to be read: then what did not come is not yet missing."""
        return any(transport.behind() for transport in self._transports.values())

    def remove_target(self, peer: Peer, name: str) -> None:
        """Forget the agent at `peer`."""
        self.ears.asked[peer] -= 1
        config.delete_target_address(self.snmp, name)


_ENGINES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bytes, _Engine]] = WeakKeyDictionary()


class PysnmpBackend:
    """One agent asked with pysnmp. Made inside the event loop that uses it."""

    def __init__(self, target: Target, security: Security, peer: Peer, ipv6: bool) -> None:
        self._target, self._security, self._peer = target, security, peer
        self._engines = _ENGINES.setdefault(asyncio.get_running_loop(), {})
        self._identity = security.identity()
        if self._identity not in self._engines:
            self._engines[self._identity] = _Engine(security)
        self._engine = self._engines[self._identity]
        self._engine.sessions += 1
        self._ipv6, self._patience = ipv6, Patience(self._engine.behind)
        self._name = self._engine.add_target(peer, ipv6=ipv6)

    def close(self) -> None:
        """See `Backend`."""
        if not self._name:
            return
        self._patience.close()
        self._engine.remove_target(self._peer, self._name)
        self._name = ""
        self._engine.sessions -= 1
        if self._engine.sessions == 0:
            self._engines.pop(self._identity)
            self._engine.snmp.close_dispatcher()

    @property
    def walking(self) -> AbstractAsyncContextManager[object]:
        """See `Backend`."""
        return self._engine.walks

    async def discover(self, seconds: float) -> None:
        """See `Backend`. pysnmp finds the engine itself, but not without the user."""
        if self._security.version == "3":
            await find_engine(self._peer, seconds, ipv6=self._ipv6)

    async def login(self, seconds: float) -> None:
        """See `Backend`."""
        if self._security.version == "3":
            await self._ask(cmdgen.GetCommandGenerator, (_SYS_UPTIME,), seconds)

    async def get(self, oids: tuple[Oid, ...], seconds: float) -> Mapping[Oid, SnmpValue]:
        """See `Backend`."""
        rows = await self._ask(cmdgen.GetCommandGenerator, oids, seconds)
        found = {tuple(oid): _value(value) for oid, value in rows}
        return {oid: value for oid in oids if (value := found.get(oid))}

    async def following(self, oid: Oid, repetitions: int, seconds: float) -> Batch:
        """See `Backend`."""
        if self._security.version == "1":
            return _batch(await self._ask(cmdgen.NextCommandGeneratorSingleRun, (oid,), seconds))
        return _batch(await self._ask(cmdgen.BulkCommandGeneratorSingleRun, (oid,), seconds, 0, repetitions))

    async def _ask(self, generator: Any, oids: tuple[Oid, ...], seconds: float, *how_much: int) -> Rows:
        """One exchange as the account; raises what `Backend` says."""
        indication, status, rows = await self._exchange(generator, oids, seconds, *how_much)
        if indication is not None:
            number = next((number for kind, number in _REPORTS if isinstance(indication, kind)), 0)
            raise refusal(report_of(number), self._target, self._security)
        if status:
            raise DeclinedError(status)
        return rows

    async def _exchange(
        self, generator: Any, oids: tuple[Oid, ...], seconds: float, *how_much: int
    ) -> tuple[errind.ErrorIndication | None, int, Rows]:
        ears, peer = self._engine.ears, self._peer
        heard, unreadable = ears.heard[peer], ears.unreadable[peer]
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def answered(_engine: Any, _handle: Any, *said: Any) -> None:
            if not answer.done():
                answer.set_result(said[:4])

        wanted = [(ObjectName(oid), Null("")) for oid in oids]
        try:
            generator().send_varbinds(self._engine.snmp, self._name, None, b"", *how_much, wanted, answered)
        except PySnmpError:
            raise UnansweredError from None
        try:
            indication, status, _, rows = await self._patience.wait(answer, seconds)
        except TimeoutError:
            indication = errind.requestTimedOut
        if isinstance(indication, errind.RequestTimedOut):
            raise UnansweredError(ears.heard[peer] - heard, ears.unreadable[peer] - unreadable)
        return indication, int(status), list(rows)


def _batch(rows: Rows) -> Batch:
    found = [(tuple(oid), _value(value)) for oid, value in rows]
    kept = tuple((oid, value) for oid, value in found if value is not None)
    ends = bool(rows) and isinstance(rows[-1][1], EndOfMibView)
    return Batch(kept, found[-1][0] if found else None, end=ends)


def _value(value: Any) -> SnmpValue | None:
    """In the words of the project; None for NULL and for what the agent lacks."""
    kind = _KINDS.get(type(value).__name__)
    return None if kind is None else SnmpValue(kind, _CONVERTERS[kind](value))
