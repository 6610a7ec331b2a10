"""One credential for a host: which one, and what is said when it cannot be used."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from schoten_ict.connect.sshconfig import Hop
from schoten_ict.connect.sshkeys import Credential, credential_for
from schoten_ict.core.remote import Account, RemoteError
from schoten_ict.core.secrets import Secret

PASSPHRASE = "zeer geheim"
PEM = serialization.Encoding.PEM
FORMATS = {
    "openssh": serialization.PrivateFormat.OpenSSH,
    "pkcs8": serialization.PrivateFormat.PKCS8,
    "traditional": serialization.PrivateFormat.TraditionalOpenSSL,
}
KEYS: dict[str, Any] = {
    "ssh-ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ecdsa-sha2-nistp256": ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-sha2-nistp521": ec.generate_private_key(ec.SECP521R1()),
    "ssh-rsa": rsa.generate_private_key(65537, 2048),
}


def written(kind: str, layout: str = "openssh", passphrase: str = "") -> str:
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase.encode())
    return str(KEYS[kind].private_bytes(PEM, FORMATS[layout], lock), "ascii")


def hop(
    secrets: dict[str, str], identities: tuple[Path, ...] = (), options: dict[str, str] | None = None
) -> Hop:
    hidden = {name: Secret(value) for name, value in secrets.items()}
    account = Account("linux", "svc-ict", "host:srv-web01", "f1", hidden, options or {})
    return Hop("srv-web01", "127.10.10.31", 22, "svc-ict", account, (), (), identities)


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
@pytest.mark.parametrize(
    ("kind", "layout"),
    [
        (kind, layout)
        for kind in KEYS
        for layout in FORMATS
        if (kind, layout) != ("ssh-ed25519", "traditional")
    ],
)
def test_keys_of_every_kind_and_format_open(kind: str, layout: str, passphrase: str) -> None:
    secrets = {"key": written(kind, layout, passphrase)} | ({"passphrase": passphrase} if passphrase else {})
    opened = credential_for(hop(secrets))
    assert opened.key is not None
    assert opened.key.get_name() == kind
    assert opened.password is None


def test_a_passphrase_too_many_is_no_error() -> None:
    assert credential_for(hop({"key": written("ssh-ed25519"), "passphrase": PASSPHRASE})).key is not None


def test_a_declared_key_goes_before_a_password_and_a_password_before_the_users_keys(tmp_path: Path) -> None:
    both = credential_for(hop({"key": written("ssh-ed25519"), "password": "geheim"}))
    assert both.key is not None
    assert both.password is None
    (tmp_path / "id").write_text(written("ssh-ed25519"))
    assert credential_for(hop({"password": "geheim"}, (tmp_path / "id",))).key is None


def test_the_users_file_is_used_where_nothing_is_declared(tmp_path: Path) -> None:
    (tmp_path / "id").write_text(written("ssh-rsa"))
    found = credential_for(hop({}, (tmp_path / "absent", tmp_path / "id")))
    assert found.key is not None
    assert found.key.get_name() == "ssh-rsa"


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (
            {"key": written("ssh-ed25519", passphrase=PASSPHRASE)},
            "is encrypted and no passphrase is declared",
        ),
        ({"key": written("ssh-rsa", "pkcs8", PASSPHRASE)}, "is encrypted and no passphrase is declared"),
        ({"key": written("ssh-rsa", passphrase=PASSPHRASE), "passphrase": "fout"}, "passphrase opens"),
        ({"key": written("ssh-rsa", "pkcs8", PASSPHRASE), "passphrase": "fout"}, "passphrase opens"),
        ({"key": "hunter2"}, "is no private key"),
        ({"key": ""}, "is no private key"),
        ({}, "the SSH agent holds no keys"),
    ],
)
def test_a_credential_that_cannot_be_used_says_why_and_shows_nothing(
    secrets: dict[str, str], said: str
) -> None:
    with pytest.raises(RemoteError, match=said) as caught:
        credential_for(hop(secrets))
    problem = caught.value.problems[0]
    assert problem.code == "authentication"
    assert problem.remedy
    assert caught.value.__cause__ is None
    assert not any(value and value in problem.line() for value in secrets.values())


def test_a_key_that_ssh_does_not_know_says_so() -> None:
    strange = ed448.Ed448PrivateKey.generate().private_bytes(
        PEM, FORMATS["pkcs8"], serialization.NoEncryption()
    )
    with pytest.raises(RemoteError, match="no longer uses"):
        credential_for(hop({"key": strange.decode()}))


def certificate(kind: str) -> str:
    """A user certificate for one of KEYS, signed by another."""
    builder: Any = serialization.SSHCertificateBuilder()
    builder = builder.public_key(KEYS[kind].public_key()).type(serialization.SSHCertificateType.USER)
    builder = builder.valid_for_all_principals().valid_after(0).valid_before(2**32)
    return str(builder.sign(KEYS["ecdsa-sha2-nistp256"]).public_bytes(), "ascii")


@pytest.mark.parametrize("place", ["options", "below the key"])
def test_a_certificate_goes_with_its_key(place: str) -> None:
    text, signed = written("ssh-ed25519"), certificate("ssh-ed25519")
    options = {"certificate": signed} if place == "options" else {}
    found = credential_for(hop({"key": text if options else f"{text}{signed}\n"}, options=options))
    assert found.key is not None
    assert found.key.public_blob is not None
    assert found.key.public_blob.key_type == "ssh-ed25519-cert-v01@openssh.com"


@pytest.mark.parametrize(
    "signed", [certificate("ssh-rsa"), "ssh-ed25519-cert-v01@openssh.com AAAA", "x", "x y"]
)
def test_a_certificate_of_another_key_is_refused(signed: str) -> None:
    with pytest.raises(RemoteError, match="certificate"):
        credential_for(hop({"key": written("ssh-ed25519")}, options={"certificate": signed}))


def test_no_secret_shows_in_a_credential() -> None:
    found = credential_for(hop({"password": "hunter2"}))
    assert "hunter2" not in repr(found)
    with contextlib.closing(Credential()):
        pass
