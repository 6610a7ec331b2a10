"""What a WinRM listener shows to anybody: its port, its certificate, the log-ins that it offers."""

import time
import warnings
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from schoten_ict.connect.channel import Channel
from schoten_ict.connect.winrm.faults import asked
from schoten_ict.connect.winrm.login import schemes
from schoten_ict.connect.winrm.transport import PATH, SOAP, place_of, uses_tls
from schoten_ict.connect.wire import Allowance, connect, secured, unverified, verifying
from schoten_ict.core.remote import Target
from schoten_ict.core.text import printable

_OCTETS = 64 * 1024
_LONGEST = 200
_ODD = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, OverflowError)


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as the listener shows it, unproven; `until` is in UTC, `protocol` such as `TLSv1.3`."""

    names: tuple[str, ...]
    issuer: str
    until: datetime
    self_signed: bool
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a request without a log-in gives: the HTTP status, and the schemes that are offered."""

    status: int
    schemes: tuple[str, ...]


def knock(target: Target, seconds: float, *, port: int = 0) -> int:
    """Milliseconds until a connection stood, with another port where one is given. Raises `RemoteError`."""
    place = place_of(target)
    place = replace(place, port=port or place.port)
    began = time.monotonic()
    asked(place, "connecting", connect, place.address, place.port, Allowance(seconds, 0)).close()
    return round((time.monotonic() - began) * 1000)


def shown(target: Target, seconds: float) -> Shown:
    """The certificate, whatever it is worth; nothing is sent over that connection. Raises `RemoteError`."""
    return asked(place_of(target), "looking at the certificate", _shown, target, seconds)


def verify(target: Target, seconds: float) -> None:
    """Look at the certificate as a log-in does.

    Raises `RemoteError` (`tls`) with the reason, `ConfigurationError` when the authority's file is no use.
    """
    place, context = place_of(target), verifying(target)
    name = target.server_name or target.address
    asked(place, "connecting", Channel.open, place.address, place.port, seconds, context, name).close()


def offered(target: Target, seconds: float) -> Offered:
    """How one may log in; nothing secret is sent. Raises `RemoteError`."""
    return asked(place_of(target), "asking for a log-in", _offered, target, seconds)


def _shown(target: Target, seconds: float) -> Shown:
    allowance = Allowance(seconds, _OCTETS)
    sock = connect(target.address, place_of(target).port, allowance)
    name = target.server_name or target.address
    with secured(sock, unverified(), name, allowance) as encrypted:
        found = read_certificate(encrypted.getpeercert(binary_form=True) or b"")
        return replace(found, protocol=encrypted.version() or "")


def _offered(target: Target, seconds: float) -> Offered:
    tls = unverified() if uses_tls(target) else None
    name = target.server_name or target.address
    channel = Channel.open(target.address, place_of(target).port, seconds, tls, name)
    try:
        answer = channel.post(PATH, b"", {"Content-Type": f"{SOAP};charset=UTF-8"}, seconds)
    finally:
        channel.close()
    return Offered(answer.status, schemes(answer))


def read_certificate(der: bytes) -> Shown:
    """The certificate in DER (RFC 5280); raises `ValueError` for anything else."""
    with warnings.catch_warnings(action="ignore"):  # what is odd about it is for the verification to judge
        try:
            return _read(x509.load_der_x509_certificate(der))
        except _ODD as error:
            raise ValueError(str(error)) from None


def _read(found: x509.Certificate) -> Shown:
    common = [str(each.value) for each in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return Shown(
        names=tuple(dict.fromkeys(_clean(each) for each in (*_alternative(found), *common))),
        issuer=_clean(found.issuer.rfc4514_string()),
        until=found.not_valid_after_utc,
        self_signed=found.issuer == found.subject,
    )


def _alternative(certificate: x509.Certificate) -> list[str]:
    """The names that count for a client (RFC 6125): DNS names and addresses."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = found.get_values_for_type(x509.IPAddress)
    return [*found.get_values_for_type(x509.DNSName), *map(str, addresses)]


def _clean(text: str) -> str:
    return printable(text)[:_LONGEST]
