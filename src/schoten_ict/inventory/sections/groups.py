"""`groups`: hosts that are reached in the same way."""

from collections.abc import Iterable, Iterator

from schoten_ict.inventory.fields import Address, Declared, Name, Port, RelativeFile
from schoten_ict.inventory.flaws import Flaw, Path
from schoten_ict.inventory.section import Known, Section, dangling


class Tls(Declared, frozen=True, kw_only=True):
    """How a certificate is verified: against `ca` (a file; default the system's) for `server_name`."""

    ca: RelativeFile | None = None
    server_name: Address | None = None


class Connection(Declared, frozen=True, kw_only=True):
    """One way to reach a host. `credential` is a name from `credentials`; `port` defaults per protocol."""

    credential: Name | None = None
    port: Port | None = None
    sudo: bool = False
    jump: Name | None = None
    tls: Tls | None = None


class Connect(Declared, frozen=True, kw_only=True):
    """The ways to reach a host, by protocol; `local` is the machine that ict runs on."""

    ssh: Connection | None = None
    winrm: Connection | None = None
    snmp: Connection | None = None
    ldap: Connection | None = None
    smb: Connection | None = None
    http: Connection | None = None
    local: Connection | None = None

    def ways(self) -> Iterator[tuple[str, Connection]]:
        """The protocols that are declared, each with its connection."""
        for protocol in self.__struct_fields__:
            connection = getattr(self, protocol)
            if connection is not None:
                yield protocol, connection


class Group(Declared, frozen=True, kw_only=True):
    """Hosts that share how they are reached; what a host says itself goes first."""

    name: Name
    title: str = ""
    connect: Connect = Connect()


def connect_references(connect: Connect, path: Path) -> Iterator[tuple[str, str, Path]]:
    """What `connect` refers to: (section, name, path)."""
    for protocol, connection in connect.ways():
        if connection.credential is not None:
            yield "credentials", connection.credential, (*path, protocol, "credential")
        if connection.jump is not None:
            yield "hosts", connection.jump, (*path, protocol, "jump")


def _check(groups: tuple[Group, ...], known: Known) -> Iterator[Flaw]:
    for index, group in enumerate(groups):
        for section, name, path in connect_references(group.connect, (index, "connect")):
            if name not in known[section]:
                yield dangling(section, name, path, known)


def ssh_of(connects: Iterable[tuple[Connect, Path]]) -> tuple[Connection, Path] | None:
    """The SSH connection that counts, the first one, and where it is declared."""
    declared = ((connect.ssh, (*path, "connect", "ssh")) for connect, path in connects)
    return next(((ssh, path) for ssh, path in declared if ssh is not None), None)


GROUPS: Section[tuple[Group, ...]] = Section(
    key="groups",
    shape=tuple[Group, ...],
    empty=(),
    purpose="Hosts that are reached in the same way.",
    named_by="name",
    check=_check,
)
SECTION = GROUPS
