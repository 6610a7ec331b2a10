"""Who asks, and the proof of it: NTLM or Kerberos, never a password on the wire."""

import base64
import binascii

import spnego
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from spnego.channel_bindings import GssChannelBindings

from schoten_ict.connect.winrm.http import Answer
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import Account

TRANSPORTS = ("ntlm", "kerberos")
_GIVEAWAYS = ("basic", "plaintext", "credssp")
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


def security_context(account: Account, host: str, certificate: bytes | None) -> spnego.ContextProxy:
    """A log-in of `account` at the service HTTP/`host`, bound to the TLS channel where there is one.

    Raises `ConfigurationError` when the libraries of Kerberos are absent, `spnego.exceptions.SpnegoError`.
    """
    transport = transport_of(account)
    password = account.secrets.get("password")
    options = spnego.NegotiateOptions.use_ntlm if transport == "ntlm" else spnego.NegotiateOptions.none
    try:
        return spnego.client(
            _qualified(account),
            password.reveal() if password else None,
            hostname=host,
            service="HTTP",
            protocol=transport,
            options=options,
            channel_bindings=channel_bindings(certificate) if certificate else None,
        )
    except ImportError:
        pass
    raise ConfigurationError(
        f"credential {account.name}: Kerberos needs the package gssapi",
        remedy="pip install 'schoten-ict[kerberos]', or write transport: ntlm",
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


def token_of(answer: Answer) -> bytes | None:
    """The token in an answer, if it has one."""
    for offer in answer.headers.get("www-authenticate", "").split(","):
        scheme, _, value = offer.strip().partition(" ")
        if scheme.lower() == "negotiate" and value:
            try:
                return base64.b64decode(value, validate=True)
            except binascii.Error:
                return None
    return None


def offers(answer: Answer) -> str:
    """The names of the schemes that an answer offers, for a message."""
    offered = (each.split() for each in answer.headers.get("www-authenticate", "").split(","))
    names = sorted({words[0] for words in offered if words and words[0].isalnum()})
    return ", ".join(names) or "nothing"
