"""Who answers on a WinRM port, asked without an account (WS-Management Identify, DSP0226 section 11)."""

from dataclasses import dataclass
from http.client import HTTPException
from xml.etree.ElementTree import ParseError

from schoten_ict.connect.channel import Channel
from schoten_ict.connect.wire import TooMuchError, unverified
from schoten_ict.core.remote import HttpAnswer
from schoten_ict.core.text import printable

_PATH = "/wsman-anon/identify"
_IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
_REQUEST = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    f' xmlns:i="{_IDENTITY}"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>'
).encode("ascii")
_HEADERS = {"Content-Type": "application/soap+xml;charset=UTF-8", "WSMANIDENTIFY": "unauthenticated"}
_LONGEST = 200
_OK = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """What a service says of itself, unproven. Windows hides its version from those without an account."""

    vendor: str
    version: str


def identify(address: str, port: int, *, tls: bool, seconds: float = 5.0) -> Identity | None:
    """Ask a service who it is; None when nothing that speaks WS-Management answers within `seconds`.

    Nothing secret is sent, so a certificate is not verified: a scan meets many that are self-signed.
    """
    try:
        channel = Channel.open(address, port, seconds, unverified() if tls else None, address)
    except OSError:
        return None
    try:
        answer = channel.post(_PATH, _REQUEST, _HEADERS, seconds)
    except (OSError, HTTPException, TooMuchError, ValueError):
        return None
    finally:
        channel.close()
    return identity_of(answer)


def identity_of(answer: HttpAnswer) -> Identity | None:
    """Read an answer to Identify; None for anything else."""
    if answer.status != _OK:
        return None
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(answer.body)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    response = root.find(f".//{{{_IDENTITY}}}IdentifyResponse")
    if response is None:
        return None
    vendor, version = (
        printable((response.findtext(f"{{{_IDENTITY}}}{name}") or "").strip())[:_LONGEST]
        for name in ("ProductVendor", "ProductVersion")
    )
    return Identity(vendor, version)
