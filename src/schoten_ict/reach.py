"""From the inventory's words to sessions with machines: accounts, targets, connectors."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import ConfigurationError, NotFoundError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import Account, HttpSession, Runner, SnmpSession, Target, Via
from schoten_ict.core.secrets import Secret, SecretReference, resolve
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.reach import connections
from schoten_ict.inventory.sections.credentials import CREDENTIALS, Credential
from schoten_ict.inventory.sections.groups import Connection
from schoten_ict.inventory.sections.hosts import Host

_SCRYPT_COST = 2**14


class InventoryReach:
    """Implements `core.remote.Reach` for one inventory. Secrets are resolved at first use, once per run."""

    def __init__(self, inventory: Inventory, guard: AccountGuard, known_hosts: tuple[Path, ...]) -> None:
        self._inventory = inventory
        self._guard = guard
        self._known_hosts = known_hosts
        self._hosts = {host.name: host for host in inventory.hosts}
        self._resolved: dict[str, Account] = {}
        self._accounts: dict[tuple[str, str], Account] = {}
        self._lock = threading.Lock()

    def ways(self, host: str) -> tuple[Via, ...]:
        """How a host can be asked, as declared."""
        protocols = connections(self._inventory, self._host(host))
        return tuple(via for via in Via if via.value in protocols)

    def target(self, host: str, via: Via) -> Target:
        """One way to one host; raises `ConfigurationError` when it or its secret is absent."""
        declared = self._host(host)
        connection = connections(self._inventory, declared).get(via.value)
        if connection is None:
            raise ConfigurationError(
                f"{host} declares no {via} connection",
                subject=f"host:{host}",
                remedy=f"add connect: {{{via}: {{credential: NAME}}}} to it or to one of its groups",
            )
        return Target(
            host=host,
            address=declared.address,
            via=via,
            port=connection.port or 0,
            account=self._account(declared, connection),
            sudo=connection.sudo,
            jump=self.target(connection.jump, Via.SSH) if connection.jump else None,
            ca=self._inventory.root / connection.tls.ca if connection.tls and connection.tls.ca else None,
            server_name=connection.tls.server_name if connection.tls else None,
            known_hosts=self._known_hosts,
        )

    def runner(self, host: str, via: Via, allowed: float | Deadline) -> Runner:
        """A session for commands."""
        target = self.target(host, via)
        if via is Via.WINRM:
            from schoten_ict.connect.winrm import open_winrm

            return open_winrm(target, self._guard, allowed)
        if via is Via.LOCAL:
            from schoten_ict.connect.local import open_local

            return open_local(target, allowed)
        from schoten_ict.connect.ssh import open_ssh

        return open_ssh(target, self._guard, allowed)

    def http(self, host: str, seconds: float) -> HttpSession:
        """A session with the host's HTTPS service, connected within `seconds`.

        Raises `RemoteError`, `ConfigurationError`.
        """
        from schoten_ict.connect.http import open_http

        return open_http(self.target(host, Via.HTTP), self._guard, seconds)

    def machine(self, host: str, allowed: Deadline) -> Machine:
        """The host's programs and files; empty for this machine."""
        from schoten_ict.connect.machines.here import HereMachine

        if not host:
            return HereMachine(self._inventory.root, allowed=allowed)
        ways = self.ways(host)
        if Via.LOCAL in ways:
            return HereMachine(self._inventory.root, host, allowed)
        if Via.SSH not in ways:
            raise ConfigurationError(
                f"{host} declares no ssh: its programs and files are looked at over a POSIX shell only",
                subject=f"host:{host}",
                remedy="add connect: {ssh: {credential: NAME}} to it, or look from another host",
            )
        from schoten_ict.connect.machines.posix import PosixMachine

        return PosixMachine(self.runner(host, Via.SSH, allowed.left), host, allowed)

    async def snmp(self, host: str) -> SnmpSession:
        """A session with the host's agent; nothing is sent before the first request."""
        from schoten_ict.connect.aside import aside
        from schoten_ict.connect.snmp import open_snmp

        # Resolving a secret may run a command: it must not hold up the others in the event loop.
        target = await aside(partial(self.target, host, Via.SNMP))
        return open_snmp(target, self._guard)

    def _host(self, name: str) -> Host:
        if name not in self._hosts:
            raise NotFoundError(f"no host {name!r} in the inventory", remedy="ict inventory list")
        return self._hosts[name]

    def _account(self, host: Host, connection: Connection) -> Account | None:
        if connection.credential is None:
            return None
        name = connection.credential
        credential = self._inventory.get(CREDENTIALS)[name]
        key = name, _realm(credential, host)
        with self._lock:
            if name not in self._resolved:
                self._resolved[name] = _resolved(name, credential, self._inventory.root)
            if key not in self._accounts:
                self._accounts[key] = _placed(self._resolved[name], key[1])
            return self._accounts[key]


def _realm(credential: Credential, host: Host) -> str:
    """Where a wrong password counts: the domain, or the host for local accounts, keys and SNMP agents."""
    if credential.kind == "snmp":
        return f"host:{host.name}"
    user = credential.user or ""
    domain = credential.domain or (user.partition("@")[2] if "@" in user else user.rpartition("\\")[0])
    return domain.upper() if domain else f"host:{host.name}"


def resolved_account(name: str, credential: Credential, realm: str, root: Path) -> Account:
    """The account behind a credential; raises `ConfigurationError` when a secret of it is absent."""
    return _placed(_resolved(name, credential, root), realm)


def _resolved(name: str, credential: Credential, root: Path) -> Account:
    """The same wherever it is used. Resolving and the fingerprint are dear: once for all hosts of a run."""
    references = _references(credential)
    secrets = {field: resolve(reference, root) for field, reference in references.items()}
    certificate = _certificate(name, credential, root)
    options = {
        field: str(value)
        for field, value in (
            ("transport", credential.transport),
            ("version", credential.snmp_version if credential.kind == "snmp" else None),
            ("auth_protocol", credential.auth.protocol if credential.auth else None),
            ("priv_protocol", credential.priv.protocol if credential.priv else None),
            ("domain", credential.domain),
            ("certificate", certificate),
        )
        if value is not None
    }
    user = credential.user or ""
    return Account(name, user, "", _fingerprint(user, secrets, options), secrets, options)


def _placed(account: Account, realm: str) -> Account:
    """The account where it is used; fingerprints of two realms do not show that the secret is the same."""
    text = f"{realm.lower()}\0{account.fingerprint}"
    return replace(account, realm=realm, fingerprint=hashlib.sha256(text.encode()).hexdigest()[:32])


def _certificate(name: str, credential: Credential, root: Path) -> str | None:
    """The text of the certificate's file; raises `ConfigurationError` when it cannot be read."""
    if credential.certificate is None:
        return None
    path = root / Path(credential.certificate).expanduser()
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            f"credential {name}: the certificate {path} cannot be read",
            remedy="let the authority sign the key again: ssh-keygen -s CA -I NAME -n USER KEY.pub",
        ) from None


def _references(credential: Credential) -> dict[str, SecretReference]:
    found = {
        "password": credential.password,
        "key": credential.key,
        "passphrase": credential.passphrase,
        "token": credential.token,
        "community": credential.community,
        "auth": credential.auth.password if credential.auth else None,
        "priv": credential.priv.password if credential.priv else None,
    }
    return {field: reference for field, reference in found.items() if reference is not None}


def _fingerprint(user: str, secrets: Mapping[str, Secret], options: Mapping[str, str]) -> str:
    """Changes with the secrets and their protocols, and is slow to guess from: it is kept in the store."""
    values = {**options, **{field: secret.reveal() for field, secret in secrets.items()}}
    text = "\0".join(f"{field}={value}" for field, value in sorted(values.items()))
    return hashlib.scrypt(text.encode(), salt=user.lower().encode(), n=_SCRYPT_COST, r=8, p=1, dklen=16).hex()
