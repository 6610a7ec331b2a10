"""`credentials`: accounts by name. Every secret is a reference; a literal one is refused unseen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from schoten_ict.core.secrets import SCHEMES
from schoten_ict.inventory.fields import Declared, Name, SecretField, Text, pattern
from schoten_ict.inventory.flaws import Flaw
from schoten_ict.inventory.section import Known, Section

CredentialKind = Literal["ssh", "winrm", "snmp", "ldap", "smb", "http", "smtp", "database"]
AuthProtocol = Literal["MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"]
Certificate = Annotated[
    str, pattern(rf"(?!({'|'.join(SCHEMES)}):)[^\n]+", "the path of an OpenSSH certificate (...-cert.pub)")
]
PrivProtocol = Literal["DES", "3DES", "AES128", "AES192", "AES256", "AES192C", "AES256C"]


class SnmpAuth(Declared, frozen=True, kw_only=True):
    """How SNMPv3 proves who asks (RFC 3414, RFC 7860)."""

    protocol: AuthProtocol = "SHA256"
    password: SecretField


class SnmpPriv(Declared, frozen=True, kw_only=True):
    """How SNMPv3 hides what is said (RFC 3414, RFC 3826). A `C` at the end is Cisco's key extension."""

    protocol: PrivProtocol = "AES128"
    password: SecretField


class Credential(Declared, frozen=True, kw_only=True):
    """An account. What it needs and may have depends on `kind`; secrets are references, never values.

    `transport` is that of WinRM, `version`, `community`, `auth` and `priv` those of SNMP; `key` is a
    private key (SSH), `passphrase` opens it and `certificate` is the file with its user certificate, which
    is no secret; `token` is a bearer token (HTTP).
    """

    kind: CredentialKind
    user: Text | None = None
    password: SecretField | None = None
    key: SecretField | None = None
    passphrase: SecretField | None = None
    certificate: Certificate | None = None
    token: SecretField | None = None
    domain: Name | None = None
    transport: Literal["ntlm", "kerberos"] | None = None
    version: Literal[1, 3, "1", "2c", "3"] | None = None
    community: SecretField | None = None
    auth: SnmpAuth | None = None
    priv: SnmpPriv | None = None

    @property
    def snmp_version(self) -> str:
        """`1`, `2c` or `3`; without `version` it follows from the community."""
        return str(self.version or ("2c" if self.community else "3"))


@dataclass(frozen=True, slots=True)
class _Rule:
    needs: frozenset[str]
    may: frozenset[str]


def _rule(needs: str, may: str) -> _Rule:
    return _Rule(frozenset(needs.split()), frozenset(may.split()))


_RULES = {
    "ssh": _rule("user", "key passphrase certificate password"),
    "winrm": _rule("user password", "transport domain"),
    "snmp": _rule("", "user version community auth priv"),
    "ldap": _rule("user password", "domain"),
    "smb": _rule("user password", "domain"),
    "http": _rule("", "user password token"),
    "smtp": _rule("user password", ""),
    "database": _rule("user", "password"),
}


def _check(credentials: Mapping[str, Credential], _known: Known) -> Iterator[Flaw]:
    for name, credential in credentials.items():
        for flaw in _misfits(credential):
            yield Flaw((name, *flaw.path), flaw.message, flaw.remedy)


def _misfits(credential: Credential) -> Iterator[Flaw]:
    rule = _RULES[credential.kind]
    given = {
        field
        for field in credential.__struct_fields__
        if field != "kind" and getattr(credential, field) is not None
    }
    for field in sorted(rule.needs - given):
        yield Flaw((), f"kind {credential.kind} needs {field}", f"add {field}")
    for field in sorted(given - rule.needs - rule.may):
        known = ", ".join(sorted(rule.needs | rule.may))
        yield Flaw((field,), f"is not used by kind {credential.kind}", f"remove it; known are {known}")
    if credential.certificate and not credential.key:
        yield Flaw(("certificate",), "a certificate needs its key", "add key: file:PATH")
    if credential.kind == "snmp":
        yield from _snmp_misfits(credential)


def _snmp_misfits(credential: Credential) -> Iterator[Flaw]:
    version = credential.snmp_version
    if version == "3" and not credential.user:
        yield Flaw((), "SNMP version 3 needs user", "add user, or version: 2c and community")
    if version != "3" and not credential.community:
        yield Flaw((), f"SNMP version {version} needs community", "add community: env:NAME")
    if credential.priv and not credential.auth:
        yield Flaw(("priv",), "priv needs auth (RFC 3414)", "add auth")


CREDENTIALS: Section[Mapping[str, Credential]] = Section(
    key="credentials",
    shape=dict[Name, Credential],
    empty={},
    purpose="Accounts by name; secrets are references.",
    check=_check,
)
SECTION = CREDENTIALS
