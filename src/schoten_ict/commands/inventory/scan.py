"""`ict inventory scan`."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.inventory.selection import Deadline, seconds
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConfirmationNeededError, Problem, UsageError
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.text import counted

if TYPE_CHECKING:
    from schoten_ict.fleet.judge.scan import Seen, Sighting
    from schoten_ict.fleet.scanning import AskSnmp, Sweep
    from schoten_ict.workspace import Workspace

app = new_app()
_LAST_PORT = 65535
_MOST_PORTS = 64
_BATCH = 500
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One address that answers, or that is declared and does not."""

    address: str = column("Address")
    name: str | None = column("Name", show=Show.IF_ANY)
    state: str = column("State")
    host: str | None = column("Host", show=Show.IF_ANY)
    ports: tuple[int, ...] = column("Ports", show=Show.IF_ANY)
    banner: str = column("Says", show=Show.IF_ANY)
    mac: str | None = column("MAC", show=Show.IF_ANY)
    rtt_ms: float | None = column("ms", right=True, show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One line of the file that would be written: `+` is new, `-` goes."""

    change: str = column("")
    line: str = column("inventory.d/discovered.yaml")


@dataclass(frozen=True, slots=True)
class Proposal:
    """The whole new file, its difference from the present one, and the addresses that are new in it."""

    path: Path
    text: str
    lines: list[FileRow]
    added: list[str]


@app.command("scan")
def scan(
    context: typer.Context,
    cidrs: Annotated[list[str], typer.Argument(metavar="CIDR...", help="Networks, as 127.10.10.0/24.")],
    ports: Annotated[
        str | None,
        typer.Option("--ports", help="TCP ports to knock on, as 22,443.", metavar="PORTS"),
    ] = None,
    snmp: Annotated[
        str | None, typer.Option("--snmp", help="Ask SNMP too, with this credential.", metavar="CREDENTIAL")
    ] = None,
    no_dns: Annotated[bool, typer.Option("--no-dns", help="Do not ask for names.")] = False,
    deadline: Deadline = "15min",
    write: Annotated[
        bool, typer.Option("--write", help="Propose inventory.d/discovered.yaml with what is unknown.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --write: show the file only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Scan and write without asking.")] = False,
) -> Result[ScanRow]:
    """Who is on a network: known, unknown, or declared and silent.

    Asks only the networks that are named, and the system's resolver: an echo, a few TCP ports, what they
    say first, WinRM without credentials.

    ict inventory scan 127.10.10.0/24
    ict inventory scan 127.10.0.0/24 127.10.20.0/24 --snmp switches --write
    """
    from schoten_ict.core.actor import actor
    from schoten_ict.fleet import scanning
    from schoten_ict.fleet.judge.scan import is_name
    from schoten_ict.store.runlock import run_lock

    workspace = workspace_of(context)
    addresses = _addresses(cidrs, yes=yes)
    asked = scanning.Scan(
        addresses,
        _ports(ports) if ports else scanning.PORTS,
        run_seconds=seconds("--deadline", deadline),
        names=not no_dns,
        declared=[host.address for host in workspace.inventory.hosts if is_name(host.address)],
        snmp=_snmp(workspace, snmp) if snmp else None,
    )
    with run_lock(workspace.data, "scan", actor(), workspace.now):
        sweep = scanning.Sweep(asked)
        sightings, broken_off = _watch(workspace, sweep)
    seen = _compared(workspace, sightings)
    proposed = _propose(workspace, seen) if (write or dry_run) and not broken_off else None
    written = _write(workspace, proposed, yes=yes) if proposed and not dry_run else []
    return Result(
        "inventory.scan",
        ScanRow,
        [_row(each) for each in seen],
        problems=[*_problems(sightings), *_unrecognised(seen, sweep), *broken_off],
        tables={"file": Table(FileRow, proposed.lines)} if proposed and dry_run else {},
        notes=[*_notes(seen, len(addresses), sweep.icmp_reasons), *written],
        interrupted=bool(broken_off),
    )


def _addresses(cidrs: Sequence[str], *, yes: bool) -> list[str]:
    from schoten_ict.fleet import scanning

    total = sum(each.num_addresses for each in scanning.networks(cidrs))
    if total > scanning.MOST_UNASKED and not yes:
        raise ConfirmationNeededError(
            f"These are {total} addresses. Nothing was asked.",
            remedy="name smaller networks, or give --yes",
        )
    return scanning.addresses(cidrs)


def _ports(text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or not all(
        word.isascii() and word.isdigit() and 0 < int(word) <= _LAST_PORT for word in words
    ):
        raise UsageError(f"--ports {text!r} is no list of ports", remedy="write --ports 22,443,8080")
    if len(words) > _MOST_PORTS:
        raise UsageError(f"--ports names {len(words)} ports; {_MOST_PORTS} at most")
    return tuple(dict.fromkeys(int(word) for word in words))


def _snmp(workspace: "Workspace", credential: str) -> "AskSnmp":
    """Asks an agent with a credential of the inventory what it is; raises before anything is sent."""
    from schoten_ict.commands.inventory.agents import asking

    return asking(workspace, credential)


def _watch(workspace: "Workspace", sweep: "Sweep") -> "tuple[list[Sighting], list[Problem]]":
    """What was seen, kept as it comes in; a problem when a person broke it off."""
    from schoten_ict.fleet.scanning import keep_names

    total, expected = len(sweep.waiting), _expected(workspace)
    progress = workspace.progress(total)
    came: list[Sighting] = []
    kept = 0
    broken_off = []
    try:
        for sighting in sweep:
            came.append(sighting)
            progress.step(sighting.address, failed=bool(sighting.reason), waiting=sweep.waiting)
            if len(came) - kept == _BATCH:
                came[kept:] = _keep(workspace, came[kept:], expected)
                kept = len(came)
    except KeyboardInterrupt:
        broken_off = [Problem("interrupted", f"{total - len(came)} addresses were not looked at")]
    finally:
        progress.close()
    came[kept:] = _keep(workspace, came[kept:], expected)
    if sweep.places:
        with workspace.store.transaction() as transaction:
            keep_names(transaction, sweep.places)
    return came, broken_off


def _expected(workspace: "Workspace") -> set[str]:
    """The addresses whose silence is worth keeping: what is declared, and what answered lately."""
    from schoten_ict.fleet.collecting import VALID_FOR
    from schoten_ict.fleet.records.known import sightings

    seen = sightings(workspace.store.reader, workspace.now - VALID_FOR)
    return {host.address for host in workspace.inventory.hosts} | {each.address for each, _ in seen}


def _keep(workspace: "Workspace", sightings: "list[Sighting]", expected: set[str]) -> "list[Sighting]":
    """Keep what answered and what should have, with the hardware addresses that are known by now."""
    from dataclasses import replace

    from schoten_ict.connect.probe import neighbours
    from schoten_ict.fleet import scanning

    macs = neighbours()
    sightings = [replace(each, mac=macs.get(each.address)) if each.is_there else each for each in sightings]
    worth = [each for each in sightings if each.is_there or each.names or each.address in expected]
    if worth:
        with workspace.store.transaction() as transaction:
            scanning.keep(transaction, worth)
    return sightings


def _compared(workspace: "Workspace", sightings: "list[Sighting]") -> "list[Seen]":
    from schoten_ict.fleet.collecting import VALID_FOR
    from schoten_ict.fleet.judge.scan import compare
    from schoten_ict.fleet.records.known import own_addresses

    declared = [(host.name, host.address) for host in workspace.inventory.hosts]
    return compare(sightings, declared, own_addresses(workspace.store.reader, workspace.now - VALID_FOR))


def _row(seen: "Seen") -> ScanRow:
    sighting = seen.sighting
    banners = [f"{port}: {text}" for port, text in sorted(sighting.ports.items()) if text]
    services = [f"{name}: {text}" for name, text in sorted(sighting.services.items())]
    return ScanRow(
        address=sighting.address,
        name=sighting.name,
        state=seen.presence.value,
        host=seen.host,
        ports=tuple(sorted(sighting.ports)),
        banner="; ".join([*banners, *services]),
        mac=sighting.mac,
        rtt_ms=round(sighting.rtt_ms, 1) if sighting.rtt_ms is not None and sighting.is_there else None,
    )


def _problems(sightings: "list[Sighting]") -> list[Problem]:
    counts: dict[str, int] = {}
    for each in sightings:
        if each.reason:
            counts[each.reason] = counts.get(each.reason, 0) + 1
    return [
        Problem("not-asked", f"{count} addresses: {reason}", remedy="scan them again, or a smaller network")
        for reason, count in sorted(counts.items())
    ]


def _unrecognised(seen: "list[Seen]", sweep: "Sweep") -> list[Problem]:
    """That an unknown address may be one of a host whose declared name leads nowhere."""
    from schoten_ict.fleet.judge.scan import Presence

    names = sweep.unfound
    if not names or all(each.presence is not Presence.UNKNOWN for each in seen):
        return []
    shown = ", ".join(names[:_MOST_NAMES]) + (" ..." if len(names) > _MOST_NAMES else "")
    lacking = f"{counted(len(names), 'declared name')} without an address: {shown}"
    remedy = "see to their DNS, and scan without --no-dns"
    return [Problem("not-asked", f"{lacking}; an unknown one may be theirs", remedy=remedy)]


def _notes(seen: "list[Seen]", total: int, icmp_reasons: set[str]) -> list[str]:
    counts = {state: sum(each.presence == state for each in seen) for state in ("known", "unknown", "silent")}
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    reasons = [f"No echo requests: {reason}. Only TCP was tried." for reason in sorted(icmp_reasons)]
    return [f"{total} addresses: {told}", *reasons]


def _propose(workspace: "Workspace", seen: "list[Seen]") -> Proposal | None:
    """The file with what is unknown, proven to load; None when nothing is unknown."""
    from schoten_ict.fleet import discovered
    from schoten_ict.fleet.judge.scan import Presence

    unknown = [each for each in seen if each.presence is Presence.UNKNOWN]
    if not unknown:
        return None
    path = discovered.file_of(workspace.root)
    before = path.read_text(encoding="utf-8") if path.exists() else None
    names = {host.name for host in workspace.inventory.hosts}
    text = discovered.proposal(before, unknown, names, workspace.today.isoformat())
    added = [each.sighting.address for each in unknown]
    discovered.check(workspace.root, text, added)
    return Proposal(path, text, _difference(before or "", text), added)


def _write(workspace: "Workspace", proposed: Proposal, *, yes: bool) -> list[str]:
    """Show the file, ask, write it whole; what to tell of it."""
    import hashlib

    from schoten_ict.core.files import shared_folder, write_whole

    plan = Result("inventory.scan", FileRow, proposed.lines)
    question = f"Write {len(proposed.added)} hosts to {proposed.path}?"
    if not workspace.confirmed(plan, question, yes=yes):
        return ["Nothing was written."]
    content = proposed.text.encode()
    shared_folder(proposed.path.parent)
    with workspace.store.transaction() as transaction:
        after = {"sha256": hashlib.sha256(content).hexdigest(), "added": proposed.added}
        transaction.record("inventory.discovered", "workspace:inventory", None, after)
        write_whole(proposed.path, content)
    return [f"Written: {len(proposed.added)} hosts to {proposed.path}"]


def _difference(before: str, after: str) -> list[FileRow]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [FileRow(line[0].strip(), line[2:]) for line in lines if not line.startswith("?")]
