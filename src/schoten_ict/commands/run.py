"""`ict run`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.commands.inventory.selection import Deadline, PerHost, seconds
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.commands.watching import watch
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.collect import Answer
    from schoten_ict.core.remote import Completed

app = new_app()


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One machine on which the command would run."""

    host: str = column("Host")
    via: str = column("Via")
    command: str = column("Command")


@dataclass(frozen=True, slots=True)
class RunRow:
    """How the command ended on one machine."""

    host: str = column("Host")
    verdict: Verdict = column("Verdict")
    exit_code: int | None = column("Exit", right=True)
    duration_ms: int = column("ms", right=True)
    stdout: str = column("Output", show=Show.NEVER)
    stderr: str = column("Errors", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class SameAnswer:
    """Machines that answered the same."""

    hosts: tuple[str, ...] = column("Hosts")
    exit_code: int = column("Exit", right=True)
    stdout: str = column("Output")
    stderr: str = column("Errors", show=Show.IF_ANY)


@app.command("run")
def run(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="COMMAND", help="For /bin/sh there, or for PowerShell.")],
    on: Annotated[
        list[str],
        typer.Option(
            "--on",
            metavar="SELECT",
            autocompletion=host_names,
            help="Host, group, pattern, site:NAME, kind:NAME or service:NAME; may be repeated.",
        ),
    ],
    deadline: Deadline = "15min",
    host_deadline: PerHost = "1min",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> Result[RunRow] | Result[PlanRow]:
    """Run one command on many machines, after showing where.

    The command runs with the rights of the credential, over SSH or WinRM. Machines that answer the same are
    shown together. Exit 4 when the command failed somewhere, 3 when a machine did not answer.

    ict run "uptime" --on linux-servers
    ict run "(Get-Date).ToString('o')" --on windows-servers --dry-run
    ict run "systemctl is-active cron" --on srv-web01 --yes -o json
    """  # fmt: skip
    from schoten_ict.collect import FanOut
    from schoten_ict.core.remote import Command
    from schoten_ict.fleet import collecting, running
    from schoten_ict.inventory.selecting import select

    workspace = workspace_of(context)
    hosts = [host.name for host in select(workspace.inventory, on)]
    limit = seconds("--host-deadline", host_deadline)
    command = Command(text, seconds=limit)
    requests = running.requests_for(workspace.reach, hosts, command)
    plan = Result("run", PlanRow, [PlanRow(each.subject, each.via.value, text) for each in requests])
    if dry_run or not workspace.confirmed(plan, f"Run this on {len(requests)} machines?", yes=yes):
        return plan
    with workspace.store.transaction() as transaction:
        transaction.record("run", "workspace:run", None, {"command": text, "hosts": hosts})
    fan = FanOut(requests, collecting.limits(limit, seconds("--deadline", deadline)))
    answers, broken_off = watch(workspace, fan, fan, lambda each: (each.subject, each.value is None))
    return _result(answers, broken_off, workspace.now)


def _result(answers: "list[Answer[Completed]]", broken_off: list[Problem], now: datetime) -> Result[RunRow]:
    from schoten_ict.fleet import running

    same = [
        SameAnswer(group.hosts, group.exit_code, group.stdout, group.stderr)
        for group in running.grouped(answers)
    ]
    return Result(
        "run",
        RunRow,
        sorted((_row(answer) for answer in answers), key=lambda row: row.host),
        findings=[_finding(answer, now) for answer in answers if answer.problem is None],
        judged=True,
        problems=[*(each.problem for each in answers if each.problem), *broken_off],
        tables={"same_answer": Table(SameAnswer, same)},
        interrupted=bool(broken_off),
    )


def _row(answer: "Answer[Completed]") -> RunRow:
    from schoten_ict.fleet.running import text_of

    done = answer.value
    if done is None:
        return RunRow(answer.subject, Verdict.UNKNOWN, None, answer.duration_ms, "", "")
    verdict = Verdict.OK if done.exit_code == 0 else Verdict.FAIL
    stdout, stderr = text_of(done.stdout), text_of(done.stderr)
    return RunRow(answer.subject, verdict, done.exit_code, done.duration_ms, stdout, stderr)


def _finding(answer: "Answer[Completed]", now: datetime) -> Finding:
    """How it went, for the exit code: it is not kept. Who gave no answer has a problem instead."""
    row = _row(answer)
    return Finding("run", subject("host", row.host), row.verdict, f"exit code {row.exit_code}", now)
