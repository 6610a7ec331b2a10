"""Starts the servers of the lab; all of them end with one stack."""

import shutil
import socket
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lab.hands_on import windows
from lab.hands_on.parts import NET_SNMP, OPENSSH, REPLAYED, WINRM, Part, parts_of
from lab.hands_on.workspace import LabWorkspace
from lab.need import need
from lab.servers.openssh import Farm, fingerprint, lab_user
from lab.servers.snmp_replay import Agent, ReplayServer
from lab.servers.snmp_usm import SecureReplay, SecureUser
from lab.servers.snmpd import Snmpd, User
from lab.servers.snmprec import read_recording
from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.server import NtlmAccounts, WinRmServer
from schoten_ict.inventory import Inventory, load
from schoten_ict.inventory.sections.credentials import CREDENTIALS, Credential

USER = "ict-lab"
_HIGHER = 10_000
"""Added to a port that another program of this machine has."""


class LabError(Exception):
    """Why the lab cannot start: one line for the person who started it."""


@dataclass(frozen=True, slots=True)
class Played:
    """What answers now, what does not for want of its recording, SSH fingerprints by host, and ports that moved."""

    parts: Sequence[Part]
    absent: Sequence[Part]
    fingerprints: dict[str, str]
    moved: dict[int, int]


def used_credentials(inventory: Inventory) -> dict[str, str]:
    """The credentials of the lab's hosts, each with the user that the lab puts in its place, if any."""
    return {part.credential: USER if part.protocol == "ssh" else "" for part in parts_of(inventory)}


def play(stack: ExitStack, workspace: LabWorkspace, folder: Path) -> Played:
    """Start everything; `folder` is for the servers' own files. Raises `LabError`."""
    moved = _make_room(workspace)
    inventory = load(workspace.folder)
    parts = parts_of(inventory)
    present = [part for part in parts if not part.absent]
    stage = _Stage(stack, workspace, folder, inventory)
    stage.play_windows([part for part in present if part.played_by == WINRM])
    for part in present:
        if part.played_by in {NET_SNMP, REPLAYED}:
            stage.play_device(part)
    fingerprints = stage.play_linux([part for part in present if part.played_by == OPENSSH])
    return Played(present, [part for part in parts if part.absent], fingerprints, moved)


def _make_room(workspace: LabWorkspace) -> dict[int, int]:
    """Move what stands on a port that another program has; the old ports with the new ones."""
    busy = {(part.protocol, part.port) for part in _busy(parts_of(load(workspace.folder)))}
    for protocol, port in busy:
        workspace.move(protocol, port, port + _HIGHER)
    still = _busy(parts_of(load(workspace.folder)))
    if still:
        taken = ", ".join(sorted(f"{part.address}:{part.port} ({part.host})" for part in still)[:3])
        raise LabError(f"another program has {taken}: stop it first (another make lab?)")
    return {port: port + _HIGHER for _, port in busy}


def _busy(parts: Iterable[Part]) -> list[Part]:
    return [part for part in parts if _is_busy(part)]


def _is_busy(part: Part) -> bool:
    kind = socket.SOCK_DGRAM if part.protocol == "snmp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((part.address, part.port))
        except OSError:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Stage:
    stack: ExitStack
    workspace: LabWorkspace
    folder: Path
    inventory: Inventory

    def play_linux(self, parts: Sequence[Part]) -> dict[str, str]:
        """OpenSSH daemons, one configuration per port, which let one user in with one key."""
        user = self.stack.enter_context(lab_user(USER, self._any_password(parts)))
        prints: dict[str, str] = {}
        login: Path | None = None
        for port in sorted({part.port for part in parts}):
            here = [part for part in parts if part.port == port]
            farm = Farm(user, at=[part.address for part in here], port=port, login=login)
            self.stack.enter_context(farm)
            login = farm.key
            prints |= {part.host: fingerprint(farm.host_key(part.address)) for part in here}
        key = login.read_text(encoding="ascii") if login else ""
        for name in {part.credential for part in parts}:
            self.workspace.keep(name, "key", key)
        return prints

    def play_windows(self, parts: Sequence[Part]) -> None:
        """WinRM servers over HTTPS, with certificates of an authority that the workspace trusts."""
        accounts = {
            self._credential(part).user or "": self.workspace.passwords[part.credential, "password"]
            for part in parts
        }
        self.stack.enter_context(NtlmAccounts(accounts))
        authority = Authority(self.folder)
        for name in {part.ca for part in parts if part.ca}:
            (self.workspace.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(authority.path, self.workspace.folder / name)
        for part in parts:
            answers = windows.answers_of(part.host, part.address, self._credential(part).user or "")
            server = WinRmServer(
                answers, certificate=authority.issue(part.address), address=part.address, port=part.port,
                name=part.host.upper(),
            )  # fmt: skip
            self.stack.enter_context(server)

    def play_device(self, part: Part) -> None:
        """An SNMP agent: a recording, or net-snmp's."""
        secret = self.workspace.passwords
        declared, name = self._credential(part), part.credential
        community = secret.get((name, "community"), "")
        user = SecureUser(
            declared.user or "",
            secret.get((name, "auth.password"), ""),
            secret.get((name, "priv.password"), ""),
        )
        if part.recording is None:
            self.stack.enter_context(self._snmpd(part, declared, user, community))
            return
        recording = read_recording(part.recording)
        agent = Agent(recording, community=community.encode()) if community else SecureReplay(recording, user)
        self.stack.enter_context(ReplayServer([agent], part.address, part.port))

    def _snmpd(self, part: Part, declared: Credential, user: SecureUser, community: str) -> Snmpd:
        users = (
            User(
                declared.auth.protocol, declared.priv.protocol, called=user.name, auth_password=user.auth,
                priv_password=user.priv,
            ),
        ) if declared.auth and declared.priv else ()  # fmt: skip
        more = {"community": community} if community else {}
        return Snmpd(
            need("snmpd"),
            self.folder / part.host,
            users,
            part.port,
            address=part.address,
            name=part.host,
            **more,
        )

    def _credential(self, part: Part) -> Credential:
        return self.inventory.get(CREDENTIALS)[part.credential]

    def _any_password(self, parts: Sequence[Part]) -> str:
        """One that nobody needs: the user logs in with a key."""
        return self.workspace.passwords[parts[0].credential, "key"]
