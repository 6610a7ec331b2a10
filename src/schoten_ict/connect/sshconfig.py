"""`~/.ssh/config`: what the user set for a host, and the way there over jump hosts.

What the inventory declares goes first; the file fills in the rest, as ssh_config(5) describes it:
`HostName`, `Port`, `User`, `ProxyJump`, `IdentityFile`, `HostKeyAlias` and `ConnectTimeout`, in `Host`,
`Match` and `Include`.
`ProxyCommand` and `Match exec` would run programs and are refused.
"""

import getpass
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from schoten_ict.connect.hostkeys import SSH_PORT, lookup_name
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import Account, Target, Via
from schoten_ict.core.text import printable

if TYPE_CHECKING:
    from paramiko import SSHConfig

_LONGEST_WAY = 8
_DEEPEST_INCLUDE = 4
_TOKENS = {
    "hostname": ["%h"],
    "identityfile": ["~", "%d", "%h", "%u", "%r"],
    "proxyjump": ["%h", "%p", "%r"],
}
_BLOCK = re.compile(r"\s*(host|match)\b", re.IGNORECASE)
_INCLUDE = re.compile(r"\s*include(?:\s*=\s*|\s+)(.+)", re.IGNORECASE)
_EXEC = re.compile(r"\s*match\b.*\bexec\b", re.IGNORECASE)
_JUMP = re.compile(r"^(?:ssh://)?(?:(?P<user>[^@]+)@)?(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>\d+))?$")


@dataclass(frozen=True, slots=True)
class Hop:
    """One machine on the way, the target being the last.

    `identities` are private key files that the user's settings name; `seconds` is the time for the TCP
    connection, where they limit it.
    """

    host: str
    address: str
    port: int
    user: str
    account: Account | None
    names: tuple[str, ...]
    known_hosts: tuple[Path, ...]
    identities: tuple[Path, ...] = ()
    seconds: float | None = None


def way_to(target: Target) -> tuple[Hop, ...]:
    """The machines to pass, in order, the last being the target's. Raises `ConfigurationError`."""
    settings = _Settings(Path("~/.ssh/config").expanduser())
    return tuple(_way(target, settings, ()))


def _way(target: Target, settings: "_Settings", passed: tuple[str, ...]) -> Iterator[Hop]:
    if target.host in passed or len(passed) >= _LONGEST_WAY:
        raise ConfigurationError(
            f"the way to {passed[0]} goes round in circles: {' -> '.join((*passed, target.host))}",
            subject=f"host:{passed[0]}",
            remedy="correct jump: in the inventory or ProxyJump in ~/.ssh/config",
        )
    chosen = settings.of(target)
    for jump in _jumps(target, chosen):
        yield from _way(jump, settings, (*passed, target.host))
    yield _hop(target, chosen)


def _hop(target: Target, chosen: "_Chosen") -> Hop:
    port = target.port or chosen.port or SSH_PORT
    account = target.account
    declared = account is not None and bool({"key", "password"} & account.secrets.keys())
    named = (chosen.alias.lower(),) if chosen.alias else ()
    spoken = tuple(dict.fromkeys(lookup_name(name, port) for name in (target.address, target.host)))
    return Hop(
        host=target.host,
        address=chosen.hostname,
        port=port,
        user=(account.user if account else "") or chosen.user or getpass.getuser(),
        account=account,
        names=named or spoken,
        known_hosts=target.known_hosts,
        identities=() if declared else chosen.identities,
        seconds=chosen.seconds,
    )


def _jumps(target: Target, chosen: "_Chosen") -> Iterator[Target]:
    if target.jump is not None:
        yield target.jump
        return
    for text in chosen.jumps:
        match = _JUMP.match(text)
        if match is None:
            raise ConfigurationError(
                f"~/.ssh/config: ProxyJump {printable(text)!r} is no jump host",
                remedy="write [user@]host[:port]",
            )
        host = match["host"].strip("[]")
        if host in {target.host, target.address, chosen.hostname}:
            continue  # `Host *` with ProxyJump speaks of the jump host too
        account = None
        if match["user"]:
            account = Account(name=text, user=match["user"], realm=f"host:{host}", fingerprint="")
        yield Target(
            host=host, address=host, via=Via.SSH, port=int(match["port"] or 0), account=account,
            known_hosts=target.known_hosts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the file says about one host."""

    hostname: str
    port: int = 0
    user: str = ""
    alias: str = ""
    jumps: tuple[str, ...] = ()
    identities: tuple[Path, ...] = ()
    seconds: float | None = None


class _Settings:
    """The user's file, read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._config = _load(path)

    def of(self, target: Target) -> _Chosen:
        """What is set for the target's address, as with `ssh ADDRESS`, and for its name in the inventory."""
        if self._config is None:
            return _Chosen(hostname=target.address)
        chosen = self._look_up(target.address)
        if target.host == target.address:
            return chosen
        named = self._look_up(target.host)
        return replace(
            chosen,
            port=named.port or chosen.port,
            user=named.user or chosen.user,
            alias=named.alias or chosen.alias,
            jumps=named.jumps or chosen.jumps,
            identities=named.identities or chosen.identities,
            seconds=named.seconds or chosen.seconds,
        )

    def _look_up(self, name: str) -> _Chosen:
        from paramiko.ssh_exception import SSHException

        assert self._config is not None
        try:
            found = self._config.lookup(name)
            if found.get("proxycommand"):
                raise self._refused("ProxyCommand is not supported", "use ProxyJump")
            jumps = str(found.get("proxyjump", "none"))
            return _Chosen(
                hostname=str(found["hostname"]),
                port=int(str(found.get("port", 0))),
                user=str(found.get("user", "")),
                alias=str(found.get("hostkeyalias", "")),
                jumps=() if jumps.lower() == "none" else tuple(map(str.strip, jumps.split(","))),
                identities=tuple(Path(each).expanduser() for each in found.get("identityfile", ())),
                seconds=_seconds(str(found.get("connecttimeout", ""))),
            )
        except (SSHException, ValueError, KeyError) as error:
            raise self._refused(f"what it says for {name} makes no sense ({error})", "correct it") from None

    def _refused(self, what: str, remedy: str) -> ConfigurationError:
        return ConfigurationError(f"{self._path}: {what}", remedy=remedy)


def _seconds(text: str) -> float | None:
    return float(text) if text and text.lower() != "none" else None


def _load(path: Path) -> "SSHConfig | None":
    try:
        return _parse(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {error.strerror}", remedy="make it readable, or remove it"
        ) from None


@lru_cache(maxsize=4)
def _parse(path: Path, _modified: int) -> "SSHConfig":
    from paramiko import SSHConfig
    from paramiko.ssh_exception import ConfigParseError

    class Config(SSHConfig):
        """Without the tokens that ask the network for our own name."""

        TOKENS_BY_CONFIG_KEY = _TOKENS

    try:
        return Config.from_text("\n".join(_lines(path, path.parent, 0)))
    except (ConfigParseError, ValueError) as error:
        raise ConfigurationError(
            f"{path}: {printable(str(error))}", remedy="correct it; ssh -G HOST shows how ssh reads it"
        ) from None


def _lines(path: Path, folder: Path, depth: int) -> Iterator[str]:
    """The lines of a file with those that it includes. Raises `ConfigurationError`."""
    in_block = False
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1):
        in_block = in_block or _BLOCK.match(line) is not None
        include = _INCLUDE.match(line)
        if _EXEC.match(line):
            raise ConfigurationError(
                f"{path}:{number}: Match exec is not supported", remedy="use Host or Match host"
            )
        if include is None:
            yield line
        elif in_block or depth >= _DEEPEST_INCLUDE:
            raise ConfigurationError(
                f"{path}:{number}: Include is supported at the top of the file only, {_DEEPEST_INCLUDE} deep",
                remedy="move it above the first Host or Match",
            )
        else:
            for included in _included(folder, include[1]):
                yield from _lines(included, folder, depth + 1)
            yield "Host *"


def _included(folder: Path, patterns: str) -> Iterator[Path]:
    """The files that an `Include` names; relative ones lie beside the user's file."""
    for pattern in shlex.split(patterns):
        full = folder / Path(pattern).expanduser()
        found = Path(full.anchor).glob(str(full.relative_to(full.anchor)))
        yield from sorted(each for each in found if each.is_file())
