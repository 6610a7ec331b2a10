"""`ict inventory trust`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.inventory.selection import PerHost, seconds
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConfirmationNeededError, ConflictError, IctError, Problem, UsageError
from schoten_ict.core.finding import subject
from schoten_ict.core.result import Result, Show, column
from schoten_ict.workspace import KNOWN_HOSTS_FILE

if TYPE_CHECKING:
    from schoten_ict.connect.hostkeys import HostKey
    from schoten_ict.inventory import Inventory
    from schoten_ict.workspace import Workspace

app = new_app()
_FORM = "SHA256:..."
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class TrustRow:
    """What a server shows, what was known, and what was done: `trusted`, `unchanged` or `planned`."""

    host: str = column("Host")
    standing: str = column("Standing")
    kind: str = column("Key")
    fingerprint: str = column("Fingerprint")
    known: tuple[str, ...] = column("Known until now", show=Show.IF_ANY)
    action: str = column("Done")


@app.command("trust")
def trust(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="SELECT...",
            help="Host, group, pattern, site:NAME, kind:NAME or service:NAME.",
            autocompletion=host_names,
        ),
    ],
    fingerprint: Annotated[
        str | None,
        typer.Option("--fingerprint", help="What the one host must show, as read on it.", metavar=_FORM),
    ] = None,
    host_deadline: PerHost = "1min",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the keys only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Trust it without asking.")] = False,
) -> Result[TrustRow]:
    """Trust SSH host keys of machines, after comparing them.

    Compare the fingerprint on the machine itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. Of
    several machines only keys that are new are trusted. A key that changed is replaced for one machine
    alone, with its fingerprint or after a person said yes.

    ict inventory trust srv-web01
    ict inventory trust srv-web01 --fingerprint SHA256:... --yes
    ict inventory trust linux-servers
    """
    workspace = workspace_of(context)
    hosts = _with_ssh(workspace, words)
    shown = _asking(workspace, seconds("--host-deadline", host_deadline))
    if len(hosts) == 1:
        return _one(workspace, shown(hosts[0]), fingerprint, dry_run=dry_run, yes=yes)
    if fingerprint is not None:
        raise UsageError(f"--fingerprint is of one host, not of {len(hosts)}", remedy="name one host")
    return _several(workspace, shown, hosts, dry_run=dry_run, yes=yes)


def _with_ssh(workspace: "Workspace", words: Sequence[str]) -> list[str]:
    """The selected hosts that are reached over SSH; one that was named alone stays, to be told why not."""
    from schoten_ict.core.remote import Via
    from schoten_ict.inventory.selecting import select

    hosts = [host.name for host in select(workspace.inventory, words)]
    return [name for name in hosts if Via.SSH in workspace.reach.ways(name)] or hosts[:1]


def _one(
    workspace: "Workspace", shown: "HostKey", fingerprint: str | None, *, dry_run: bool, yes: bool
) -> Result[TrustRow]:
    from schoten_ict.connect.hostkeys import Standing

    host = shown.host
    if fingerprint is not None and fingerprint.strip() != shown.key.fingerprint:
        raise ConflictError(
            f"{host} shows {shown.key}, not {fingerprint.strip()}",
            subject=subject("host", host),
            remedy="read the fingerprint on the machine itself; if it differs, something stands in between",
        )
    if shown.standing is Standing.REVOKED:
        raise ConflictError(
            f"{host} shows the revoked host key {shown.key}",
            subject=subject("host", host),
            remedy="give the machine a new host key",
        )
    if _is_written(workspace, shown):
        return _result([_row(shown, "unchanged")])
    plan = _result([_row(shown, "planned")])
    changed = shown.standing is Standing.CHANGED
    if changed:
        _warn(workspace, shown)
    if dry_run:
        return plan
    if changed and yes and fingerprint is None:
        raise ConfirmationNeededError(
            f"The host key of {host} CHANGED. Nothing was written.",
            remedy=f"compare it on the machine, then: ict inventory trust {host} --fingerprint {_FORM} --yes",
        )
    if not workspace.confirmed(plan, f"Trust this key for {host}?", yes=yes):
        return plan
    _write(workspace, shown)
    return _result([_row(shown, "trusted")])


def _several(
    workspace: "Workspace",
    shown: Callable[[str], "HostKey"],
    hosts: Sequence[str],
    *,
    dry_run: bool,
    yes: bool,
) -> Result[TrustRow]:
    """New keys, confirmed together; whatever else is wrong with a key is a problem of its host."""
    from schoten_ict.connect.hostkeys import HostKey, Standing

    answers = _ask_all(shown, hosts)
    problems = [each for answer in answers if isinstance(answer, IctError) for each in answer.problems]
    keys = [answer for answer in answers if isinstance(answer, HostKey)]
    refused = {Standing.CHANGED, Standing.REVOKED}
    problems += [_alone(key) for key in keys if key.standing in refused]
    known = [key for key in keys if key.standing not in refused and _is_written(workspace, key)]
    new = [key for key in keys if key.standing not in refused and key not in known]
    unchanged = [_row(key, "unchanged") for key in known]
    plan = _result([*unchanged, *(_row(key, "planned") for key in new)], problems)
    if dry_run or not new or not workspace.confirmed(plan, f"Trust these {len(new)} keys?", yes=yes):
        return plan
    for key in new:
        _write(workspace, key)
    return _result([*unchanged, *(_row(key, "trusted") for key in new)], problems)


def _ask_all(shown: Callable[[str], "HostKey"], hosts: Sequence[str]) -> "list[HostKey | IctError]":
    from concurrent.futures import ThreadPoolExecutor

    def ask(host: str) -> "HostKey | IctError":
        try:
            return shown(host)
        except IctError as error:
            return error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(ask, hosts))


def _alone(key: "HostKey") -> Problem:
    return Problem(
        "host-key",
        f"{key.host} shows the {key.standing.value} host key {key.key}",
        subject("host", key.host),
        f"look at it alone: ict inventory trust {key.host}",
    )


def _asking(workspace: "Workspace", limit: float) -> Callable[[str], "HostKey"]:
    """What gives the key that a host shows; threads may share it."""
    from schoten_ict.connect.ssh import host_key
    from schoten_ict.core.guard import AccountGuard
    from schoten_ict.core.remote import Via
    from schoten_ict.reach import InventoryReach
    from schoten_ict.store.refusals import StoredRefusals

    inventory = workspace.inventory
    guard = AccountGuard(StoredRefusals(workspace.store))
    files = (workspace.root / KNOWN_HOSTS_FILE, Path.home() / ".ssh" / "known_hosts")

    def shown(host: str) -> "HostKey":
        reach = InventoryReach(_anonymous(inventory, host), guard, files)
        return host_key(reach.target(host, Via.SSH), guard, limit)

    return shown


def _anonymous(inventory: "Inventory", host: str) -> "Inventory":
    """The inventory with no credential for `host`: nobody logs in on it, so its secret is not asked for."""
    from dataclasses import replace

    from msgspec import structs

    from schoten_ict.core.remote import Via
    from schoten_ict.inventory.reach import connections
    from schoten_ict.inventory.sections.hosts import HOSTS

    hosts = list(inventory.hosts)
    for place, each in enumerate(hosts):
        way = connections(inventory, each).get(Via.SSH.value) if each.name == host else None
        if way is not None:
            anonymous = structs.replace(each.connect, ssh=structs.replace(way, credential=None))
            hosts[place] = structs.replace(each, connect=anonymous)
    return replace(inventory, values={**inventory.values, HOSTS.key: tuple(hosts)})


def _is_written(workspace: "Workspace", shown: "HostKey") -> bool:
    """Whether the workspace's own file has the key: what a person's file has, the team lacks."""
    from schoten_ict.connect.hostkeys import read_known_hosts

    lines = read_known_hosts(workspace.root / KNOWN_HOSTS_FILE).find(shown.names)
    return any(line.key.blob == shown.key.blob and not line.marker for line in lines)


def _warn(workspace: "Workspace", shown: "HostKey") -> None:
    place, expected = shown.known[0]
    workspace.streams.say(
        f"THE HOST KEY OF {shown.host} CHANGED: {place} holds {expected}, it shows {shown.key}. "
        "Was it reinstalled? If not, something stands in between."
    )


def _write(workspace: "Workspace", shown: "HostKey") -> None:
    from schoten_ict.connect.hostkeys import Standing
    from schoten_ict.connect.hostkeys import trust as write_down

    before = {"keys": [str(key) for _place, key in shown.known]} if shown.known else None
    with workspace.store.transaction() as transaction:
        after = {"key": str(shown.key), "names": list(shown.names)}
        transaction.record("inventory.trust", subject("host", shown.host), before, after)
        write_down(workspace.root / KNOWN_HOSTS_FILE, shown, replace=shown.standing is Standing.CHANGED)


def _result(rows: Sequence[TrustRow], problems: Sequence[Problem] = ()) -> Result[TrustRow]:
    return Result("inventory.trust", TrustRow, rows, problems=problems)


def _row(shown: "HostKey", action: str) -> TrustRow:
    return TrustRow(
        host=shown.host,
        standing=shown.standing.value,
        kind=shown.key.kind,
        fingerprint=shown.key.fingerprint,
        known=tuple(f"{key} ({place})" for place, key in shown.known),
        action=action,
    )
