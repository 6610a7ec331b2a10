"""`ict inventory ping`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import Problem, UsageError
from schoten_ict.core.finding import Finding, apply_exceptions, subject
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    import sqlite3

    from schoten_ict.fleet.judge.answering import Answer, Judged
    from schoten_ict.fleet.pinging import Goal
    from schoten_ict.inventory.sections.hosts import Host
    from schoten_ict.workspace import Workspace

app = new_app()
_VALID_FOR = timedelta(hours=1)
_DEFAULT_PORTS = {"ssh": 22, "winrm": 5986, "ldap": 636, "smb": 445, "http": 443}
"""The port of each connection over TCP where none is declared."""
_LONGEST_WAIT = 60


@dataclass(frozen=True, slots=True)
class PingRow:
    """Whether one host answers now. `since` is when that began, `collected` when it was last collected."""

    host: str = column("Host")
    verdict: Verdict = column("Verdict")
    via: str = column("Via", show=Show.IF_ANY)
    rtt_ms: float | None = column("ms", right=True, show=Show.IF_ANY)
    since: datetime | None = column("Since")
    collected: datetime | None = column("Last collected", show=Show.IF_ANY)
    note: str = column("Note", show=Show.IF_ANY)


@app.command("ping")
def ping(
    context: typer.Context,
    words: Words = None,
    wait: Annotated[float, typer.Option("--wait", help="Seconds for one of two tries.", metavar="S")] = 1.0,
) -> Result[PingRow]:
    """Who answers now, over ICMP, TCP or SNMP.

    An echo, a port over which the host is reached, or its SNMP agent. Silent twice over TCP is a failure;
    silence over ICMP and SNMP alone proves nothing. What lies behind a silent host (depends_on) is unknown.

    ict inventory ping
    ict inventory ping site:gemeentehuis kind:server
    """
    from schoten_ict.fleet import pinging
    from schoten_ict.fleet.judge.answering import judge
    from schoten_ict.inventory.selecting import select
    from schoten_ict.store import findings

    if not 0 < wait <= _LONGEST_WAIT:
        raise UsageError(
            f"--wait {wait:g} is no time to wait", remedy=f"write seconds, {_LONGEST_WAIT} at most"
        )
    workspace = workspace_of(context)
    hosts = select(workspace.inventory, words or ())
    answers, reasons, broken_off = _ask(workspace, [_goal(workspace, host) for host in hosts], wait)
    silent = [each.host for each in answers if not each.via]
    spoke = {name for name in silent if _answered_before(workspace.store.reader, name)}
    judged = judge(answers, {host.name: host.depends_on for host in hosts}, spoke)
    with workspace.store.transaction() as transaction:
        covered = (pinging.CHECK,) if not words and not broken_off else ()
        kept = findings.record(transaction, covered, [_finding(each, workspace.now) for each in judged])
    shown = apply_exceptions(kept, workspace.inventory.exceptions, workspace.today)
    return Result(
        "inventory.ping",
        PingRow,
        [_row(workspace.store.reader, each, found) for each, found in zip(judged, kept, strict=True)],
        findings=shown,
        problems=broken_off,
        judged=True,
        notes=[f"No echo requests: {reason}. Only TCP was tried." for reason in sorted(reasons)],
        interrupted=bool(broken_off),
    )


def _goal(workspace: "Workspace", host: "Host") -> "Goal":
    from schoten_ict.fleet.pinging import Goal
    from schoten_ict.inventory.reach import connections

    ways = connections(workspace.inventory, host)
    ports = [
        way.port or _DEFAULT_PORTS[protocol]
        for protocol, way in ways.items()
        if protocol in _DEFAULT_PORTS and way.jump is None
    ]
    return Goal(host.name, host.address, tuple(dict.fromkeys(ports)), "snmp" in ways, local="local" in ways)


def _ask(
    workspace: "Workspace", goals: "Sequence[Goal]", wait: float
) -> "tuple[list[Answer], set[str], list[Problem]]":
    """The answers; those that came before a person broke it off, and a problem that says so."""
    from schoten_ict.fleet import pinging

    progress = workspace.progress(len(goals))
    came: list[Answer] = []

    def count(answer: "Answer", left: int) -> None:
        came.append(answer)
        progress.step(answer.host, failed=not answer.via, waiting=["..."] * left)

    try:
        answers, reasons = pinging.ask_all(workspace.reach, goals, wait, count)
    except KeyboardInterrupt:
        left = len(goals) - len(came)
        return came, set(), [Problem("interrupted", f"{left} hosts were not asked to the end")]
    finally:
        progress.close()
    return answers, reasons, []


def _answered_before(reader: "sqlite3.Connection", host: str) -> bool:
    from schoten_ict.fleet.pinging import CHECK
    from schoten_ict.store import findings

    return any(each.verdict is Verdict.OK for each in findings.episodes(reader, CHECK, subject("host", host)))


def _finding(judged: "Judged", now: datetime) -> Finding:
    from schoten_ict.fleet.pinging import CHECK

    answer = judged.answer
    said = f"answers over {answer.via}" if judged.verdict is Verdict.OK else judged.note
    return Finding(
        check=CHECK,
        subject=subject("host", answer.host),
        verdict=judged.verdict,
        summary=f"{answer.host} {said}" if judged.verdict is Verdict.OK else f"{answer.host}: {said}",
        observed_at=now,
        valid_until=now + _VALID_FOR,
        evidence={"via": answer.via, "tried": list(answer.ports), "refused": list(answer.refused)},
    )


def _row(reader: "sqlite3.Connection", judged: "Judged", finding: Finding) -> PingRow:
    from schoten_ict.fleet.records.known import last_answer

    answer = judged.answer
    return PingRow(
        host=answer.host,
        verdict=judged.verdict,
        via=answer.via,
        rtt_ms=None if answer.rtt_ms is None else round(answer.rtt_ms, 1),
        since=finding.first_seen,
        collected=last_answer(reader, answer.host),
        note=judged.note,
    )
