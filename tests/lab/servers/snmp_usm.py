"""A replaying agent that speaks SNMPv3: the user security model with SHA-256 and AES-128.

Sources: RFC 3412 section 6 (the message), RFC 3414 (users, discovery, time), RFC 3826 (AES), RFC 7860 (SHA-2).
"""

import hashlib
import hmac
import os
import time
from dataclasses import dataclass, replace

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from lab.servers import ber
from lab.servers.snmp_replay import Agent, Reply
from lab.servers.snmprec import Recording

REPORT = 0xA8
_STATISTICS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_LEVEL, _TIME, _USER, _ENGINE, _DIGEST, _DECRYPTION = range(1, 7)
_AUTH, _PRIV = 1, 2
_MODEL, _VERSION = 3, 3
_DIGEST_BYTES, _KEY_BYTES = 24, 16
_WINDOW_SECONDS = 150
_LARGEST_MESSAGE = 65_507
_BOOTS = 1
_COUNTER32 = 65


@dataclass(frozen=True, slots=True)
class SecureUser:
    """Who may ask; both passwords are needed."""

    name: str
    auth: str
    priv: str


@dataclass(frozen=True, slots=True)
class _Message:
    """A message as it came; `data` is its scoped PDU, encrypted or not."""

    whole: bytes
    number: int
    flags: int
    engine: bytes
    boots: int
    time: int
    user: bytes
    digest: bytes
    salt: bytes
    data: bytes

    @property
    def level(self) -> int:
        return self.flags & (_AUTH | _PRIV)


class SecureReplay(Agent):
    """Answers one user out of a recording, authenticated and encrypted; everybody else gets a report."""

    def __init__(self, recording: Recording, user: SecureUser) -> None:
        super().__init__(recording)
        self._user = user
        self._engine = b"\x80\x00\x1f\x88\x05" + os.urandom(8)
        self._auth = localized(user.auth, self._engine)
        self._priv = localized(user.priv, self._engine)[:_KEY_BYTES]
        self._started = time.monotonic()

    def replies(self, data: bytes) -> list[Reply]:
        """What goes back for one datagram: nothing for garbage."""
        try:
            message = _read(data)
            return self._answers(message)
        except ber.BerError:
            return []

    def _answers(self, message: _Message) -> list[Reply]:
        refusal = self._refusal(message)
        if refusal:
            level = _AUTH if refusal == _TIME else 0
            return [Reply(self._message(message, self._report(refusal), level))]
        scope = self._decrypted(message)
        if scope is None:
            return [Reply(self._message(message, self._report(_DECRYPTION), _AUTH))]
        plain = ber.encode(
            ber.SEQUENCE, ber.encode_integer(1) + ber.encode(ber.STRING, self.community) + _pdu_of(scope)
        )
        return [
            replace(reply, data=self._message(message, self._scoped(_pdu_of(reply.data)), _AUTH | _PRIV))
            for reply in super().replies(plain)
        ]

    def _refusal(self, message: _Message) -> int:
        """Which of the statistics of RFC 3414 counts this message; 0 when it may be answered."""
        if message.engine != self._engine:
            return _ENGINE
        if message.user != self._user.name.encode():
            return _USER
        if message.level != _AUTH | _PRIV:
            return _LEVEL
        blank = message.whole.replace(message.digest, bytes(_DIGEST_BYTES), 1)
        if not hmac.compare_digest(self._digest(blank), message.digest):
            return _DIGEST
        late = abs(message.time - self._now()) > _WINDOW_SECONDS
        return _TIME if message.boots != _BOOTS or late else 0

    def _report(self, which: int) -> bytes:
        value = ber.encode_oid((*_STATISTICS, which, 0)) + ber.encode_integer(1, _COUNTER32)
        binding = ber.encode(ber.SEQUENCE, ber.encode(ber.SEQUENCE, value))
        return self._scoped(ber.encode(REPORT, ber.encode_integer(0) * 3 + binding))

    def _scoped(self, pdu: bytes) -> bytes:
        return ber.encode(
            ber.SEQUENCE, ber.encode(ber.STRING, self._engine) + ber.encode(ber.STRING, b"") + pdu
        )

    def _message(self, asked: _Message, scope: bytes, level: int) -> bytes:
        now, salt, data = self._now(), b"", scope
        if level & _PRIV:
            salt = os.urandom(8)
            data = ber.encode(ber.STRING, self._cipher(_BOOTS, now, salt).encryptor().update(scope))
        digest = bytes(_DIGEST_BYTES) if level & _AUTH else b""
        whole = _written(asked.number, level, (self._engine, now, asked.user, digest, salt), data)
        # Only zeros are replaced, and the digest's are the first of such a length.
        return whole.replace(digest, self._digest(whole), 1) if digest else whole

    def _decrypted(self, message: _Message) -> bytes | None:
        tag, body, _ = ber.decode(message.data)
        if tag != ber.STRING:
            return None
        scope = self._cipher(message.boots, message.time, message.salt).decryptor().update(body)
        try:
            kind, content, _ = ber.decode(scope)
            _, engine, _ = ber.decode(content)
        except ber.BerError:
            return None
        return scope if (kind, engine) == (ber.SEQUENCE, self._engine) else None

    def _cipher(self, boots: int, seconds: int, salt: bytes) -> Cipher[CFB]:
        vector = boots.to_bytes(4, "big") + seconds.to_bytes(4, "big") + salt
        return Cipher(AES(self._priv), CFB(vector))

    def _digest(self, whole: bytes) -> bytes:
        return hmac.digest(self._auth, whole, "sha256")[:_DIGEST_BYTES]

    def _now(self) -> int:
        return int(time.monotonic() - self._started)


def localized(password: str, engine: bytes) -> bytes:
    """The key of a password for one engine (RFC 3414 appendix A.2, with SHA-256)."""
    word = password.encode()
    stretched = hashlib.sha256((word * (2**20 // len(word) + 1))[: 2**20]).digest()
    return hashlib.sha256(stretched + engine + stretched).digest()


def _read(data: bytes) -> _Message:
    """A whole message of version 3; raises `BerError`."""
    _, body, _ = ber.decode(data)
    version, at = ber.decode_integer(body, 0)
    if version != _VERSION:
        raise ber.BerError("another version")
    _, header, at = ber.decode(body, at)
    _, packed, at = ber.decode(body, at)
    number, place = ber.decode_integer(header, 0)
    _, place = ber.decode_integer(header, place)
    _, flags, _ = ber.decode(header, place)
    _, security, _ = ber.decode(packed)
    _, engine, place = ber.decode(security)
    boots, place = ber.decode_integer(security, place)
    seconds, place = ber.decode_integer(security, place)
    _, user, place = ber.decode(security, place)
    _, digest, place = ber.decode(security, place)
    _, salt, _ = ber.decode(security, place)
    if not flags or not 0 <= boots < 2**31 or not 0 <= seconds < 2**31 or len(salt) not in {0, 8}:
        raise ber.BerError("a header outside its bounds")
    return _Message(data, number, flags[0], engine, boots, seconds, user, digest, salt, body[at:])


def _written(number: int, level: int, security: tuple[bytes, int, bytes, bytes, bytes], data: bytes) -> bytes:
    engine, now, user, digest, salt = security
    header = (
        ber.encode_integer(number)
        + ber.encode_integer(_LARGEST_MESSAGE)
        + ber.encode(ber.STRING, bytes((level,)))
        + ber.encode_integer(_MODEL)
    )
    model = (
        ber.encode(ber.STRING, engine)
        + ber.encode_integer(_BOOTS)
        + ber.encode_integer(now)
        + b"".join(ber.encode(ber.STRING, each) for each in (user, digest, salt))
    )
    packed = ber.encode(ber.STRING, ber.encode(ber.SEQUENCE, model))
    return ber.encode(
        ber.SEQUENCE, ber.encode_integer(_VERSION) + ber.encode(ber.SEQUENCE, header) + packed + data
    )


def _pdu_of(whole: bytes) -> bytes:
    """What follows the first two elements: the PDU of a scoped one, or of a message with a community."""
    _, body, _ = ber.decode(whole)
    _, _, at = ber.decode(body)
    _, _, at = ber.decode(body, at)
    return body[at:]
