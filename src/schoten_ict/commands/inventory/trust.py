"""`ict inventory trust`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.inventory.selection import PerHost, seconds
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConfirmationNeededError, ConflictError
from schoten_ict.core.finding import subject
from schoten_ict.core.result import Result, Show, column
from schoten_ict.workspace import KNOWN_HOSTS_FILE

if TYPE_CHECKING:
    from schoten_ict.connect.hostkeys import HostKey
    from schoten_ict.workspace import Workspace

app = new_app()
_FORM = "SHA256:..."


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
    host: Annotated[str, typer.Argument(metavar="HOST", help="Its name.", autocompletion=host_names)],
    fingerprint: Annotated[
        str | None,
        typer.Option("--fingerprint", help="What it must show, as read on the machine.", metavar=_FORM),
    ] = None,
    host_deadline: PerHost = "1min",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the key only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Trust it without asking.")] = False,
) -> Result[TrustRow]:
    """Trust the SSH host key that a machine shows, after comparing it.

    Compare the fingerprint on the machine itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. A
    key that changed is replaced only with its fingerprint or after a person said yes.

    ict inventory trust srv-web01
    ict inventory trust srv-web01 --fingerprint SHA256:... --yes
    """
    from schoten_ict.connect.hostkeys import Standing

    workspace = workspace_of(context)
    shown = _shown(workspace, host, seconds("--host-deadline", host_deadline))
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
        return _result(shown, "unchanged")
    plan = _result(shown, "planned")
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
    return _result(shown, "trusted")


def _shown(workspace: "Workspace", host: str, limit: float) -> "HostKey":
    """The key that the host shows. Nobody logs in on it, so its own secret is not asked for."""
    from dataclasses import replace

    from msgspec import structs

    from schoten_ict.connect.ssh import host_key
    from schoten_ict.core.guard import AccountGuard
    from schoten_ict.core.remote import Via
    from schoten_ict.inventory.reach import connections
    from schoten_ict.inventory.sections.hosts import HOSTS
    from schoten_ict.reach import InventoryReach
    from schoten_ict.store.refusals import StoredRefusals

    inventory = workspace.inventory
    hosts = []
    for each in inventory.hosts:
        way = connections(inventory, each).get(Via.SSH.value) if each.name == host else None
        if way is not None:
            anonymous = structs.replace(each.connect, ssh=structs.replace(way, credential=None))
            hosts.append(structs.replace(each, connect=anonymous))
        else:
            hosts.append(each)
    inventory = replace(inventory, values={**inventory.values, HOSTS.key: tuple(hosts)})
    guard = AccountGuard(StoredRefusals(workspace.store))
    files = (workspace.root / KNOWN_HOSTS_FILE, Path.home() / ".ssh" / "known_hosts")
    return host_key(InventoryReach(inventory, guard, files).target(host, Via.SSH), guard, limit)


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


def _result(shown: "HostKey", action: str) -> Result[TrustRow]:
    row = TrustRow(
        host=shown.host,
        standing=shown.standing.value,
        kind=shown.key.kind,
        fingerprint=shown.key.fingerprint,
        known=tuple(f"{key} ({place})" for place, key in shown.known),
        action=action,
    )
    return Result("inventory.trust", TrustRow, [row])
