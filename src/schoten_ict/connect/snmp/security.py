"""Who asks: versions, communities and users, and what an agent's refusal means (RFC 3414, RFC 7860)."""

import hashlib
import hmac
from dataclasses import dataclass

from schoten_ict.connect.snmp.wire import Message
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import Oid, RemoteError, Target
from schoten_ict.core.secrets import Secret

AUTH_PROTOCOLS = {
    "MD5": ("md5", 12), "SHA": ("sha1", 12), "SHA224": ("sha224", 16), "SHA256": ("sha256", 24),
    "SHA384": ("sha384", 32), "SHA512": ("sha512", 48),
}  # fmt: skip
"""Hash and length of the authentication code by the name that the inventory uses."""

PRIV_PROTOCOLS = ("DES", "3DES", "AES128", "AES192", "AES256", "AES192C", "AES256C")
VERSIONS = ("1", "2c", "3")

_USM_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_NOT_IN_TIME_WINDOW = 2
_REFUSALS = {
    1: ("protocol", "does not offer this security level to the user", "compare auth and priv of {}"),
    _NOT_IN_TIME_WINDOW: (
        "protocol", "does not agree about its clock", "check that no two agents have the same engine ID"
    ),
    3: ("authentication", "does not know the user", "check user of credential {}, and the agent's users"),
    4: ("protocol", "does not know its own engine ID", "restart its SNMP agent"),
    5: ("authentication", "refuses the authentication key", "check auth of credential {}"),
    6: ("authentication", "cannot decrypt what is asked", "check priv of credential {}"),
}  # fmt: skip
_OTHER_REFUSAL = ("protocol", "refuses the request for a reason of its own", "see the log of its SNMP agent")


@dataclass(frozen=True, slots=True)
class Security:
    """An account as SNMP needs it. `level` is 0 noAuthNoPriv, 1 authNoPriv, 2 authPriv."""

    account: str
    version: str
    user: str = ""
    community: Secret | None = None
    auth_protocol: str = ""
    auth: Secret | None = None
    priv_protocol: str = ""
    priv: Secret | None = None

    @property
    def level(self) -> int:
        """How much is protected."""
        return 2 if self.priv else 1 if self.auth else 0

    def identity(self) -> bytes:
        """The same for accounts that are the same in every respect, secrets included."""
        secrets = (self.community, self.auth, self.priv)
        words = (self.version, self.user, self.auth_protocol, self.priv_protocol)
        parts = (*words, *(secret.reveal() if secret else "" for secret in secrets))
        return hashlib.sha256(b"".join(hashlib.sha256(part.encode()).digest() for part in parts)).digest()

    @classmethod
    def of(cls, target: Target) -> "Security":
        """The account of `target`; raises `ConfigurationError` when it cannot be used for SNMP."""
        account = target.account
        if account is None:
            raise _unusable(target, "no credential", "give the host a credential of kind snmp")
        secrets, options = account.secrets, account.options
        version = options.get("version") or ("2c" if "community" in secrets else "3")
        made = cls(
            account.name, version, account.user, secrets.get("community"),
            options.get("auth_protocol") or "SHA256" if "auth" in secrets else "", secrets.get("auth"),
            options.get("priv_protocol") or "AES128" if "priv" in secrets else "", secrets.get("priv"),
        )  # fmt: skip
        made._check(target)
        return made

    def _check(self, target: Target) -> None:
        name = f"credential {self.account}"
        if self.version not in VERSIONS:
            raise _unusable(target, f"{name} has no known version", f"one of {', '.join(VERSIONS)}")
        if self.version != "3" and self.community is None:
            raise _unusable(target, f"{name} has no community", "add community: env:NAME")
        if self.version == "3" and not self.user:
            raise _unusable(target, f"{name} has no user", "add user")
        if self.auth_protocol and self.auth_protocol not in AUTH_PROTOCOLS:
            raise _unusable(
                target, f"{name} has no known auth protocol", f"one of {', '.join(AUTH_PROTOCOLS)}"
            )
        if self.priv_protocol and self.priv_protocol not in PRIV_PROTOCOLS:
            raise _unusable(
                target, f"{name} has no known priv protocol", f"one of {', '.join(PRIV_PROTOCOLS)}"
            )
        if self.priv and not self.auth:
            raise _unusable(target, f"{name} has priv without auth", "add auth")


def _unusable(target: Target, what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(
        f"{target.host} cannot be asked over SNMP: {what}", remedy=remedy, subject=f"host:{target.host}"
    )


def refusal(report: Oid | None, target: Target, security: Security) -> RemoteError:
    """The error for a report of the agent, which names the counter that it raised (RFC 3414 section 5)."""
    code, what, remedy = _REFUSALS.get(_counter(report), _OTHER_REFUSAL)
    return RemoteError(
        f"{target.host} {what}",
        code=code,
        subject=f"host:{target.host}",
        remedy=remedy.format(security.account),
    )


def report_of(counter: int) -> Oid:
    """The OID of a counter of refused messages."""
    return (*_USM_STATS, counter, 0)


def is_about_time(report: Oid | None) -> bool:
    """Whether the agent only says that its clock is another: it told the right time with it."""
    return _counter(report) == _NOT_IN_TIME_WINDOW


def _counter(report: Oid | None) -> int:
    return report[-2] if report and report[:-2] == _USM_STATS else 0


def localized(hash_name: str, master: bytes, engine_id: bytes) -> bytes:
    """The key of one engine (RFC 3414 section 2.6)."""
    return hashlib.new(hash_name, master + engine_id + master).digest()


def is_genuine(data: bytes, message: Message, protocol: str, key: bytes) -> bool:
    """Whether a message carries the authentication code of `key` (RFC 3414 section 6.3.2, RFC 7860)."""
    hash_name, length = AUTH_PROTOCOLS[protocol]
    start, stop = message.digest
    if stop - start != length:
        return False
    blank = data[:start] + bytes(length) + data[stop:]
    code = hmac.new(key, blank, hash_name).digest()[:length]
    return hmac.compare_digest(code, data[start:stop])
