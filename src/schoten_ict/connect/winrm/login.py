"""Who asks, and the proof of it: NTLM or Kerberos, never a password on the wire."""

import base64
import binascii
from importlib import import_module

import spnego
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from schoten_ict.connect.place import Place
from schoten_ict.core.errors import ConfigurationError, IctError
from schoten_ict.core.guard import AUTHENTICATION, LOCKED
from schoten_ict.core.remote import Account, HttpAnswer, RemoteError
from schoten_ict.core.text import printable

TRANSPORTS = ("ntlm", "kerberos")
_GIVEAWAYS = ("basic", "plaintext", "credssp")
_LONGEST_REASON = 240
# Where the KDC judged the account or its password (krb5.h).
_REFUSED = {
    -1765328378: (AUTHENTICATION, "the realm does not know it"),  # KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN
    -1765328366: (LOCKED, "it is disabled or locked"),  # KRB5KDC_ERR_CLIENT_REVOKED
    -1765328361: (LOCKED, "its password has expired"),  # KRB5KDC_ERR_KEY_EXP
    -1765328360: (AUTHENTICATION, "the password is wrong"),  # KRB5KDC_ERR_PREAUTH_FAILED
    -1765328353: (AUTHENTICATION, "the password is wrong"),  # KRB5KRB_AP_ERR_BAD_INTEGRITY
}
_WEAK_DIGESTS = ("md5", "sha1")


def transport_of(account: Account) -> str:
    """`ntlm` (the default) or `kerberos`; raises `ConfigurationError` for anything else."""
    transport = account.options.get("transport", "ntlm")
    if transport not in TRANSPORTS:
        why = "never used: it hands over the password" if transport in _GIVEAWAYS else "not supported"
        raise ConfigurationError(
            f"credential {account.name}: transport {transport} is {why}",
            remedy=f"write transport: {' or '.join(TRANSPORTS)}",
        )
    if transport == "ntlm" and "password" not in account.secrets:
        raise ConfigurationError(
            f"credential {account.name} has no password", remedy="add a reference: password: keyring:..."
        )
    return transport


def begin(
    account: Account, host: str, certificate: bytes | None, place: Place
) -> tuple[spnego.ContextProxy, bytes | None]:
    """A log-in of `account` at the service HTTP/`host`, and its first token; Kerberos asks its KDC for it.

    It is bound to the TLS channel where there is a certificate. Raises `RemoteError`, and
    `ConfigurationError` when the libraries of Kerberos are absent: outside the handler, so that no traceback
    leads back to the password.
    """
    failure: IctError
    known: tuple[type[Exception], ...] = (SpnegoError, *_kerberos_errors())
    try:
        context = _context(account, host, certificate)
        return context, context.step()
    except ImportError:
        failure = ConfigurationError(
            f"credential {account.name}: Kerberos needs the package gssapi",
            remedy="pip install 'schoten-ict[kerberos]', or write transport: ntlm",
        )
    except known as error:
        failure = _kerberos_failure(error, account, place)
    raise failure


def _context(account: Account, host: str, certificate: bytes | None) -> spnego.ContextProxy:
    transport = transport_of(account)
    password = account.secrets.get("password")
    return spnego.client(
        _qualified(account),
        password.reveal() if password else None,
        hostname=host,
        service="HTTP",
        protocol=transport,
        options=spnego.NegotiateOptions.use_ntlm if transport == "ntlm" else spnego.NegotiateOptions.none,
        channel_bindings=channel_bindings(certificate) if certificate else None,
    )


def _kerberos_errors() -> tuple[type[Exception], ...]:
    """What the libraries of Kerberos raise past spnego; they may be absent."""
    try:
        return (import_module("krb5").Krb5Error, import_module("gssapi.exceptions").GSSError)
    except ImportError:
        return ()


def _kerberos_failure(error: Exception, account: Account, place: Place) -> RemoteError:
    number = getattr(error, "err_code", None)
    if number in _REFUSED:
        code, reason = _REFUSED[number]
        return place.error(
            code,
            f"account {account.name} ({account.user}) was refused by Kerberos: {reason}",
            "correct the credential, or unlock the account",
        )
    said = printable(" ".join(str(error).split()))[:_LONGEST_REASON]
    return place.error(
        "denied",
        f"no Kerberos ticket: {said}",
        "check the clock, the KDC, and that the address or tls: server_name is the machine's name",
    )


def _qualified(account: Account) -> str:
    domain = account.options.get("domain", "")
    bare = domain and not set(account.user) & {"\\", "@"}
    return f"{domain}\\{account.user}" if bare else account.user


def channel_bindings(certificate: bytes) -> GssChannelBindings:
    """The channel binding `tls-server-end-point` of a certificate in DER (RFC 5929 section 4.1)."""
    algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    if algorithm is None or algorithm.name in _WEAK_DIGESTS:
        algorithm = hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(certificate)
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest.finalize())


def header(token: bytes | None) -> dict[str, str]:
    """The request header that carries a token."""
    return {"Authorization": f"Negotiate {base64.b64encode(token or b'').decode('ascii')}"}


def token_of(answer: HttpAnswer) -> bytes | None:
    """The token in an answer, if it has one."""
    for offer in answer.headers.get("www-authenticate", "").split(","):
        scheme, _, value = offer.strip().partition(" ")
        if scheme.lower() == "negotiate" and value:
            try:
                return base64.b64decode(value, validate=True)
            except binascii.Error:
                return None
    return None


def schemes(answer: HttpAnswer) -> tuple[str, ...]:
    """The names of the schemes that an answer offers."""
    offered = (each.split() for each in answer.headers.get("www-authenticate", "").split(","))
    return tuple(sorted({words[0] for words in offered if words and words[0].isalnum()}))


def offers(answer: HttpAnswer) -> str:
    """The same for a message."""
    return ", ".join(schemes(answer)) or "nothing"
