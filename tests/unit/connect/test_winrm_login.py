"""Credentials, tokens and channel bindings."""

import base64
import sys
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.connect.place import Place
from schoten_ict.connect.winrm.login import (
    begin,
    channel_bindings,
    header,
    offers,
    token_of,
    transport_of,
)
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import Account, HttpAnswer
from schoten_ict.core.secrets import Secret

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "srv")])
DAY = datetime(2026, 11, 26, tzinfo=UTC)


def account(password: bool = True, **options: str) -> Account:
    secrets = {"password": Secret("Zomer-2026!")} if password else {}
    return Account("windows", "svc@LAB.TEST", "LAB.TEST", "f", secrets, options)


def offered(*values: str) -> HttpAnswer:
    return HttpAnswer(401, {"www-authenticate": ", ".join(values)}, b"")


def certificate(digest: hashes.HashAlgorithm | None) -> bytes:
    key = ed25519.Ed25519PrivateKey.generate() if digest is None else ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
    signed = builder.serial_number(1).not_valid_before(DAY).not_valid_after(DAY).sign(key, digest)  # type: ignore[arg-type]
    return signed.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "transport", ["basic", "plaintext", "credssp", "certificate", "ssl", "auto", "", "NTLM"]
)
def test_only_ntlm_and_kerberos_are_used(transport: str) -> None:
    with pytest.raises(ConfigurationError, match="transport") as caught:
        transport_of(account(transport=transport))
    assert caught.value.remedy == "write transport: ntlm or kerberos"


def test_ntlm_is_the_default_and_needs_a_password_while_kerberos_may_have_a_ticket() -> None:
    assert transport_of(account()) == "ntlm"
    assert transport_of(account(password=False, transport="kerberos")) == "kerberos"
    with pytest.raises(ConfigurationError, match="has no password"):
        transport_of(account(password=False))


def test_kerberos_without_its_libraries_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows brings Kerberos along")
    monkeypatch.setattr("spnego._gss.HAS_GSSAPI", False)
    with pytest.raises(ConfigurationError, match="needs the package gssapi") as caught:
        begin(account(transport="kerberos"), "srv.lab.test", None, Place("srv", "127.0.0.1", 5986))
    assert "schoten-ict[kerberos]" in caught.value.remedy
    assert caught.value.__context__ is None


@given(st.binary())
def test_a_token_is_found_in_what_it_was_put_in(token: bytes) -> None:
    value = header(token)["Authorization"]
    assert token_of(offered("Kerberos", value)) == (token or None)


@given(st.text())
def test_any_offer_has_a_token_or_none(text: str) -> None:
    answer = offered(text)
    token = token_of(answer)
    assert token is None or base64.b64encode(token).decode("ascii") in text
    assert isinstance(offers(answer), str)


def test_offers_are_named() -> None:
    assert offers(offered('Basic realm="WSMAN"', "Kerberos", "\x1b[31m")) == "Basic, Kerberos"
    assert offers(HttpAnswer(401, {}, b"")) == "nothing"


@pytest.mark.parametrize(
    ("digest", "used"),
    [(hashes.SHA256(), hashes.SHA256()), (hashes.SHA384(), hashes.SHA384()), (hashes.SHA512(), hashes.SHA512()),
     (None, hashes.SHA256())],
)  # fmt: skip
def test_the_binding_hashes_as_the_certificate_was_signed(
    digest: hashes.HashAlgorithm | None, used: hashes.HashAlgorithm
) -> None:
    content = certificate(digest)
    fingerprint = x509.load_der_x509_certificate(content).fingerprint(used)
    assert channel_bindings(content).application_data == b"tls-server-end-point:" + fingerprint
