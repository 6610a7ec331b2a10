"""SNMP with gufo-snmp: fast (Rust), where it can be installed.

Used as a codec below its public session, which ends a walk at an error as at the end of the MIB, cannot go on
from where it was, does not verify the authentication of SNMPv3 answers, and panics on some broken ones. Its
socket is exchanged for one end of a pair: what it sends is passed on from the other end, and it gets exactly
the SNMPv3 answers that were looked at and found to be sound and genuine. It decodes those that are encrypted;
what is in the open was read when it was looked at, and is not read twice.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from gufo.snmp import NoSuchInstance, SnmpAuthError, User
from gufo.snmp import _fast as fast
from gufo.snmp import user as keys

from schoten_ict.connect.snmp import wire
from schoten_ict.connect.snmp.backend import (
    AUTHORIZATION_ERROR,
    TOO_BIG,
    UNKNOWN_STATUS,
    Batch,
    DeclinedError,
    Patience,
    UnansweredError,
)
from schoten_ict.connect.snmp.guards import dotted
from schoten_ict.connect.snmp.security import (
    AUTH_PROTOCOLS,
    Security,
    is_about_time,
    is_genuine,
    localized,
    refusal,
)
from schoten_ict.connect.snmp.values import native, native_oid
from schoten_ict.core.remote import Oid, SnmpValue, Target

LACKS = frozenset({"3DES"})
"""Privacy protocols that the library does not have."""

_FRESH_SECONDS = 120.0  # an engine accepts requests up to 150 s beside its clock (RFC 3414 section 3.2)
_LARGEST = 65_535
_NOWHERE = "127.0.0.1:9"
_AUTH_KEYS = {
    "MD5": keys.Md5Key, "SHA": keys.Sha1Key, "SHA224": keys.Sha224Key, "SHA256": keys.Sha256Key,
    "SHA384": keys.Sha384Key, "SHA512": keys.Sha512Key,
}  # fmt: skip
_PRIV_KEYS = {
    "DES": keys.DesKey, "AES128": keys.Aes128Key, "AES192": keys.Aes192Key, "AES256": keys.Aes256Key,
    "AES192C": keys.Aes192Key, "AES256C": keys.Aes256Key,
}  # fmt: skip
_ABSENT, _REFUSED = object(), object()


@dataclass(frozen=True, slots=True)
class _Request:
    """Names of the socket's methods and what they get: nothing here keeps the socket itself alive."""

    send: str
    sent: tuple[Any, ...] = ()
    receive: str = ""
    received: tuple[Any, ...] = ()


_REFRESH = _Request("send_refresh", (), "recv_refresh")


class _OtherTimeError(Exception):
    """The engine's clock is another; the library has taken over the time that it told."""


class GufoBackend:
    """One agent asked with gufo-snmp. Made inside the event loop that uses it."""

    def __init__(self, target: Target, security: Security, peer: tuple[str, int], ipv6: bool) -> None:
        self._target, self._security = target, security
        self._loop, self._patience = asyncio.get_running_loop(), Patience()
        self._socket = _open(security)
        self._inside, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._outside = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
        for each in (self._inside, end, self._outside):
            each.setblocking(False)
        os.dup2(end.fileno(), self._socket.get_fd())
        end.close()
        self._outside.connect(peer)
        self._loop.add_reader(self._outside, self._on_datagram)
        self._waiting: tuple[asyncio.Future[tuple[Any, wire.Message]], _Request] | None = None
        self._heard = self._unreadable = self._number = 0
        self._engine_id = self._key = b""
        self._synchronised = 0.0

    def close(self) -> None:
        """See `Backend`."""
        if self._socket is not None:
            self._patience.close()
            self._loop.remove_reader(self._outside)
            self._outside.close()
            self._inside.close()
            self._socket = None

    @property
    def walking(self) -> AbstractAsyncContextManager[object]:
        """See `Backend`."""
        return nullcontext()

    async def discover(self, seconds: float) -> None:
        """See `Backend`."""
        if self._security.version == "3":
            await self._exchange(_REFRESH, seconds)
            self._engine_id = self._socket.get_engine_id()

    async def login(self, seconds: float) -> None:
        """See `Backend`."""
        if self._security.version != "3":
            return
        who = _user(self._security)
        self._socket.set_keys(
            who.name, who.get_auth_alg(), who.get_auth_key(), who.get_priv_alg(), who.get_priv_key()
        )
        if self._security.level:
            hash_name, _ = AUTH_PROTOCOLS[self._security.auth_protocol]
            self._key = localized(hash_name, who.get_auth_key(), self._engine_id)
        await self._synchronise(seconds)

    async def get(self, oids: tuple[Oid, ...], seconds: float) -> Mapping[Oid, SnmpValue]:
        """See `Backend`."""
        names = [dotted(oid) for oid in oids]
        answer, pdu = await self._ask(_Request("send_get_many", (names,), "recv_get_many"), seconds)
        if pdu is not None:
            told = dict(pdu.values)
            return {oid: told[oid] for oid in oids if oid in told}
        found = {
            oid: value for oid, name in zip(oids, names, strict=True) if (value := native(answer.get(name)))
        }
        if found:
            return found
        if len(oids) > 1:
            raise DeclinedError(UNKNOWN_STATUS)
        return await self._doubted_value(oids[0], seconds)

    async def following(self, oid: Oid, repetitions: int, seconds: float) -> Batch:
        """See `Backend`. Hidden values outside the first two arcs are not told apart: they end the walk."""
        start, near = fast.GetIter(dotted(oid), repetitions), fast.GetIter(dotted(oid[:2]), repetitions)
        send = "send_get_next" if self._security.version == "1" else "send_get_bulk"
        answer, pdu = await self._ask(_Request(send, (start,), "recv_get_bulk", (near,)), seconds)
        if pdu is not None:
            return Batch(pdu.values, pdu.last, end=pdu.ends)
        if answer is None:
            return await self._doubted_end(oid, seconds)
        found = [row for row in answer if row is not None]
        rows = tuple((native_oid(name), value) for name, each in found if (value := native(each)))
        left = bool(answer) and answer[-1] is None
        return Batch(rows, rows[-1][0] if rows else None, end=left)

    async def _doubted_value(self, oid: Oid, seconds: float) -> Mapping[Oid, SnmpValue]:
        """Whether an encrypted answer without values meant that there is none, or an error."""
        answer, _ = await self._ask(_Request("send_get", (dotted(oid),), "recv_get"), seconds)
        if answer is None:
            raise DeclinedError(UNKNOWN_STATUS)
        value = None if answer is _ABSENT else native(answer)
        return {oid: value} if value else {}

    async def _doubted_end(self, oid: Oid, seconds: float) -> Batch:
        """Whether an encrypted answer without values meant the end of the MIB, or an error."""
        start = fast.GetIter(dotted(oid))
        answer, _ = await self._ask(_Request("send_get_next", (start,), "recv_get"), seconds)
        if answer is _ABSENT:
            return Batch((), None, end=True)
        raise DeclinedError(UNKNOWN_STATUS if answer is None else TOO_BIG)

    async def _ask(self, request: _Request, seconds: float) -> tuple[Any, wire.Pdu | None]:
        """One exchange as the account; raises what `Backend` says."""
        if self._security.version != "3":
            return await self._answered(request, seconds)
        if self._loop.time() - self._synchronised > _FRESH_SECONDS:
            await self._synchronise(seconds)
        try:
            return await self._answered(request, seconds)
        except _OtherTimeError:
            await self._synchronise(seconds)
            return await self._answered(request, seconds)
        except UnansweredError:
            self._synchronised = 0.0
            raise

    async def _synchronise(self, seconds: float) -> None:
        """Learn the engine's time, which also shows whether it accepts the keys."""
        try:
            await self._answered(_REFRESH, seconds)
        except _OtherTimeError:
            await self._answered(_REFRESH, seconds)
        self._synchronised = self._loop.time()

    async def _answered(self, request: _Request, seconds: float) -> tuple[Any, wire.Pdu | None]:
        answer, message = await self._exchange(request, seconds)
        if message.pdu is not None and message.pdu.kind == wire.REPORT:
            if is_about_time(message.pdu.last):
                raise _OtherTimeError
            raise refusal(message.pdu.last, self._target, self._security)
        if message.pdu is not None and message.pdu.status:
            raise DeclinedError(message.pdu.status)
        if answer is _REFUSED:
            raise DeclinedError(AUTHORIZATION_ERROR)
        return answer, message.pdu

    async def _exchange(self, request: _Request, seconds: float) -> tuple[Any, wire.Message]:
        answer: asyncio.Future[tuple[Any, wire.Message]] = self._loop.create_future()
        self._waiting, self._heard, self._unreadable = (answer, request), 0, 0
        try:
            self._send(request)
            return await self._patience.wait(answer, seconds)
        except TimeoutError:
            raise UnansweredError(self._heard, self._unreadable) from None
        except OSError:
            raise UnansweredError(refused=True) from None
        finally:
            self._waiting = None

    def _send(self, request: _Request) -> None:
        getattr(self._socket, request.send)(*request.sent)
        datagram = self._inside.recv(_LARGEST)
        if self._security.version != "3":
            self._number = wire.number_of(datagram)
        self._outside.send(datagram)

    def _on_datagram(self) -> None:
        """Look at what came; have it decoded when it is sound and is waited for."""
        try:
            data = self._outside.recv(_LARGEST)
            message = wire.inspect(data)
        except BlockingIOError:
            return
        except OSError as error:
            if self._waiting is not None and not self._waiting[0].done():
                self._waiting[0].set_exception(error)
            return
        except wire.MalformedError:
            self._unreadable += 1
            return
        self._heard += 1
        if self._waiting is None or self._waiting[0].done():
            return
        if self._security.version != "3":
            if self._is_answer(message):
                self._waiting[0].set_result((None, message))
        elif self._is_trustworthy(data, message):
            self._inside.send(data)
            self._decode(message, *self._waiting)

    def _decode(
        self, message: wire.Message, answer: asyncio.Future[tuple[Any, wire.Message]], request: _Request
    ) -> None:
        try:
            decoded = getattr(self._socket, request.receive)(*request.received)
        except StopAsyncIteration:
            decoded = None
        except NoSuchInstance:
            decoded = _ABSENT
        except SnmpAuthError:
            decoded = _REFUSED
        except BlockingIOError:
            return  # not what the library waits for: the answer to another request, or another community
        except BaseException as error:  # the library's panics are no `Exception`
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            self._unreadable += 1
            return
        answer.set_result((decoded, message))

    def _is_answer(self, message: wire.Message) -> bool:
        """Whether a message of version 1 or 2c answers the request, with the same community."""
        security, pdu = self._security, message.pdu
        if pdu is None or pdu.kind != wire.RESPONSE or message.version != security.version:
            return False
        assert security.community is not None
        return message.number == self._number and message.community == security.community.reveal().encode()

    def _is_trustworthy(self, data: bytes, message: wire.Message) -> bool:
        """Whether an answer has the protection that the request had. Reports may have less."""
        if not self._key or (message.pdu is not None and message.pdu.kind == wire.REPORT):
            return True
        encrypted = bool(message.flags & wire.ENCRYPTED)
        if message.engine_id != self._engine_id or encrypted != bool(self._security.priv):
            return False
        return is_genuine(data, message, self._security.auth_protocol, self._key)


def _open(security: Security) -> Any:
    if security.version == "3":
        return fast.SnmpV3ClientSocket(_NOWHERE, b"", "", 0, b"", 0, b"", 0, 0, 0, 0)
    assert security.community is not None
    kind = fast.SnmpV1ClientSocket if security.version == "1" else fast.SnmpV2cClientSocket
    return kind(_NOWHERE, security.community.reveal(), 0, 0, 0, 0)


def _user(security: Security) -> User:
    """The library's user, with keys made of the passwords (RFC 3414 section 2.6)."""
    if security.auth is None:
        return User(security.user)
    auth_kind = _AUTH_KEYS[security.auth_protocol]
    auth, priv = (
        fast.get_master_key(auth_kind.AUTH_ALG, secret.reveal().encode()) if secret else b""
        for secret in (security.auth, security.priv)
    )
    master = keys.KeyType.Master
    return User(
        security.user,
        auth_key=auth_kind(auth, key_type=master),
        priv_key=_PRIV_KEYS[security.priv_protocol](priv, key_type=master) if priv else None,
        key_expansion=_expansion(security.priv_protocol),
    )


def _expansion(priv_protocol: str) -> keys.KeyExpansion:
    return keys.KeyExpansion.Cisco if priv_protocol.endswith("C") else keys.KeyExpansion.Blumenthal
