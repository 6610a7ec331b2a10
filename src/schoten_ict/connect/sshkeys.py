"""How to log in over SSH: exactly one credential for a host, chosen before anything is sent.

The declared key, else the declared password, else the key that the user's settings name (`IdentityFile`),
else the only key of the SSH agent. None is tried after another.
"""

import base64
import contextlib
import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from schoten_ict.connect.sshconfig import Hop
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.secrets import Secret

if TYPE_CHECKING:
    from paramiko import Agent, AgentKey, PKey

_CERTIFICATE = "-cert-v01@openssh.com"
_OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----"
_AGENT_SECONDS = 20.0
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Credential:
    """What to log in with: a key or a password. Close it after the login: a key may live in an agent."""

    key: "PKey | None" = None
    password: Secret | None = None
    name: str = ""
    agent: "Agent | None" = field(default=None, repr=False)

    def close(self) -> None:
        """Leave the agent."""
        if self.agent is not None:
            self.agent.close()


def credential_for(hop: Hop) -> Credential:
    """The one credential for `hop`. Raises `RemoteError` (`authentication`) when there is none to use."""
    secrets = hop.account.secrets if hop.account else {}
    if "key" in secrets:
        assert hop.account is not None
        text = secrets["key"].reveal()
        certificate = hop.account.options.get("certificate", "")
        passphrase = secrets["passphrase"].reveal() if "passphrase" in secrets else None
        name = f"key of credential {hop.account.name}"
        return Credential(key=_key(hop, name, text, passphrase, certificate), name=name)
    if "password" in secrets:
        assert hop.account is not None
        return Credential(password=secrets["password"], name=f"password of credential {hop.account.name}")
    return _from_user(hop)


def _from_user(hop: Hop) -> Credential:
    """The key that the user's settings name, from the agent or its file; else the agent's only key."""
    from paramiko.ssh_exception import SSHException

    try:
        agent = _agent()
    except (SSHException, OSError, ValueError):
        raise _unusable(
            hop, "the SSH agent does not answer", "start it again, or declare a credential"
        ) from None
    try:
        return _chosen(hop, agent)
    except BaseException as error:
        agent.close()
        if isinstance(error, OSError):
            raise _unusable(hop, f"{error.filename} cannot be read", "make it readable") from None
        raise


def _chosen(hop: Hop, agent: "Agent") -> Credential:
    held = agent.get_keys()
    for path in hop.identities:
        if path.exists():
            same = [key for key in held if _plain(key.blob) == _public_half(path)]
            key = _best(same) if same else _from_file(hop, path)
            return Credential(key=key, name=f"{path} in the agent" if same else str(path), agent=agent)
    different = {_plain(key.blob) for key in held}
    if len(different) == 1:
        return Credential(key=_best(held), name="the agent's key", agent=agent)
    raise _unusable(
        hop,
        f"no credential is declared and the SSH agent holds {len(different) or 'no'} keys",
        "declare a credential with key, or name an IdentityFile",
    )


def _agent() -> "Agent":
    from paramiko import Agent

    class PatientAgent(Agent):
        """One that may ask its user, but not for ever."""

        def _connect(self, connection: Any) -> None:
            if hasattr(connection, "settimeout"):
                connection.settimeout(_AGENT_SECONDS)
            try:
                super()._connect(connection)  # type: ignore[misc]
            except BaseException:
                connection.close()
                raise

    return PatientAgent()


def _plain(blob: bytes) -> bytes:
    """The public key in `blob`, also if that is a certificate of it (PROTOCOL.certkeys of OpenSSH)."""
    from paramiko.message import Message

    certificate = Message(blob)
    kind = certificate.get_text()
    if not kind.endswith(_CERTIFICATE):
        return blob
    kind = kind.removesuffix(_CERTIFICATE)
    certificate.get_binary()  # a nonce
    plain = Message()
    plain.add_string(kind)
    for _ in range(1 if kind == "ssh-ed25519" else 2):
        plain.add_string(certificate.get_binary())
    return plain.asbytes()


def _public_half(path: Path) -> bytes:
    """The public key that lies beside a private one; nothing when none does."""
    public = path.with_name(f"{path.name}.pub")
    words = public.read_text(encoding="utf-8", errors="replace").split() if public.exists() else []
    try:
        return base64.b64decode(words[1], validate=True)
    except (IndexError, ValueError):
        return b""


def _best(keys: "Sequence[AgentKey]") -> "PKey":
    """Of one key and its certificate the certificate, which is sent whole while the key signs."""
    from paramiko.pkey import PublicBlob

    key: Any = max(keys, key=lambda each: each.get_name().endswith(_CERTIFICATE))
    if key.get_name().endswith(_CERTIFICATE):
        key.public_blob = PublicBlob(key.get_name(), key.blob)
    return cast("PKey", key)


def _from_file(hop: Hop, path: Path) -> "PKey":
    certificate = path.with_name(f"{path.name}-cert.pub")
    try:
        text = path.read_text(encoding="utf-8")
        signed = certificate.read_text(encoding="utf-8") if certificate.exists() else ""
    except (OSError, UnicodeDecodeError):
        raise _unusable(hop, f"{path} cannot be read", "make it readable, or take out IdentityFile") from None
    return _key(hop, str(path), text, None, signed)


def _key(hop: Hop, name: str, text: str, passphrase: str | None, certificate: str) -> "PKey":
    """The private key in `text`, with its certificate. Opened once a run: an encrypted one takes 100 ms."""
    with _loading:
        loaded = _open(text, passphrase, certificate)
    if isinstance(loaded, str):
        raise _unusable(
            hop, f"{name} {loaded}", "correct the credential; ssh-keygen -y -f FILE must accept the key"
        )
    return loaded


@lru_cache(maxsize=16)
def _open(text: str, passphrase: str | None, certificate: str) -> "PKey | str":
    """The key, or what is wrong with it; never a word of the text."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        key = _paramiko_key(_private(text, passphrase))
    except TypeError:
        return "is encrypted and no passphrase is declared"
    except (ValueError, UnsupportedAlgorithm):
        return "is no private key that its passphrase opens" if passphrase else "is no private key"
    if key is None:
        return "is of a kind that SSH no longer uses; make one with ssh-keygen -t ed25519"
    signed = certificate or _certificate_in(text)
    try:
        if signed:
            key.load_certificate(signed)
    except Exception:  # noqa: BLE001 - the library lets struct.error and others through
        return "has a certificate that does not belong to it"
    return key


def _private(text: str, passphrase: str | None) -> Any:
    """The key as cryptography reads it: OpenSSH's format, PKCS#1, SEC1 or PKCS#8."""
    from cryptography.hazmat.primitives import serialization

    load = serialization.load_ssh_private_key if _OPENSSH in text else serialization.load_pem_private_key
    data = f"{text.strip()}\n".encode()
    if passphrase:
        with contextlib.suppress(TypeError):  # it is not encrypted after all
            return load(data, passphrase.encode())
    return load(data, None)


def _paramiko_key(private: Any) -> "PKey | None":
    """The same key for paramiko, which reads fewer formats; None for a kind that it does not know."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from paramiko import ECDSAKey, Ed25519Key, RSAKey

    kinds: tuple[tuple[type, type[PKey]], ...] = (
        (ed25519.Ed25519PrivateKey, Ed25519Key),
        (ec.EllipticCurvePrivateKey, ECDSAKey),
        (rsa.RSAPrivateKey, RSAKey),
    )
    for theirs, ours in kinds:
        if isinstance(private, theirs):
            serializable: Any = private
            content = serializable.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
            return ours.from_private_key(io.StringIO(content.decode()))
    return None


def _certificate_in(text: str) -> str:
    """The certificate that stands below the key in the same file, if one does."""
    return next((line for line in text.splitlines() if line.split(" ", 1)[0].endswith(_CERTIFICATE)), "")


def _unusable(hop: Hop, message: str, remedy: str) -> RemoteError:
    return RemoteError(
        f"{hop.host}: {message}", code="authentication", subject=f"host:{hop.host}", remedy=remedy
    )
