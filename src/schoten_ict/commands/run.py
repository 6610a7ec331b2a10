"""`ict run`."""

from collections.abc import Sequence
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
    from schoten_ict.collect import Answer, Request
    from schoten_ict.core.remote import Completed

app = new_app()


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One machine on which the command would run."""

    host: str = column("Host")
    via: str = column("Via")
    command: str = column("Command")
    note: str = column("Note", show=Show.IF_ANY, default="")


@dataclass(frozen=True, slots=True)
class RunRow:
    """How the command ended on one machine."""

    host: str = column("Host")
    verdict: Verdict = column("Verdict")
    exit_code: int | None = column("Exit", right=True)
    duration_ms: int = column("ms", right=True)
    stdout: str = column("Output", show=Show.NEVER)
    stderr: str = column("Errors", show=Show.NEVER)
    note: str = column("Note", show=Show.NEVER, default="")


@dataclass(frozen=True, slots=True)
class SameAnswer:
    """Machines that answered the same."""

    hosts: tuple[str, ...] = column("Hosts")
    exit_code: int = column("Exit", right=True)
    stdout: str = column("Output")
    stderr: str = column("Errors", show=Show.IF_ANY)
    note: str = column("Note", show=Show.IF_ANY, default="")


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
    shown together. Exit 4 when the command failed somewhere, 3 when a machine did not answer. Ctrl-C ends
    the command where it runs.

    ict run "uptime" --on linux-servers
    ict run "(Get-Date).ToString('o')" --on windows-servers --dry-run
    ict run "systemctl is-active cron" --on srv-web01 --yes -o json
    """  # fmt: skip
    from schoten_ict.collect import FanOut
    from schoten_ict.core.actor import actor
    from schoten_ict.core.remote import Command
    from schoten_ict.fleet import collecting, running
    from schoten_ict.inventory.selecting import select
    from schoten_ict.store.runlock import run_lock

    workspace = workspace_of(context)
    hosts = [host.name for host in select(workspace.inventory, on)]
    limit = seconds("--host-deadline", host_deadline)
    command = Command(text, seconds=limit)
    requests, left_out = running.requests_for(workspace.reach, hosts, command)
    plan = _plan(requests, left_out, text)
    limits = collecting.limits(limit, seconds("--deadline", deadline))
    if dry_run or not workspace.confirmed(plan, f"Run this on {len(requests)} machines?", yes=yes):
        return plan
    with run_lock(workspace.data, "run", actor(), workspace.now):
        with workspace.store.transaction() as transaction:
            asked = [each.subject for each in requests]
            transaction.record("run", "workspace:run", None, {"command": text, "hosts": asked})
        fan = FanOut(requests, limits)
        answers, broken_off = watch(workspace, fan, fan, lambda each: (each.subject, each.value is None))
    return _result(answers, [*left_out, *broken_off], workspace.now, interrupted=fan.stopped)


def _plan(
    requests: "Sequence[Request[Completed]]", left_out: Sequence[Problem], text: str
) -> Result[PlanRow]:
    rows = [PlanRow(each.subject, each.via.value, text) for each in requests]
    rows += [PlanRow(_named(each), "", "", f"{each.code}: {each.message}") for each in left_out]
    return Result("run", PlanRow, rows)


def _result(
    answers: "Sequence[Answer[Completed]]", without: Sequence[Problem], now: datetime, *, interrupted: bool
) -> Result[RunRow]:
    from schoten_ict.fleet import running

    same = [
        SameAnswer(group.hosts, group.exit_code, group.stdout, group.stderr, "cut" if group.cut else "")
        for group in running.grouped(answers)
    ]
    problems = [problem for each in answers if (problem := running.problem_of(each)) is not None]
    rows = [_row(answer) for answer in answers]
    rows += [_unknown(_named(each), 0, each) for each in without]
    return Result(
        "run",
        RunRow,
        sorted(rows, key=lambda row: row.host),
        findings=[_finding(row, now) for row in rows if row.verdict is not Verdict.UNKNOWN],
        judged=True,
        problems=[*problems, *without],
        tables={"same_answer": Table(SameAnswer, same)},
        interrupted=interrupted,
    )


def _row(answer: "Answer[Completed]") -> RunRow:
    from schoten_ict.fleet.running import problem_of, text_of

    done, problem = answer.value, problem_of(answer)
    if done is None:
        return _unknown(answer.subject, answer.duration_ms, problem)
    verdict = Verdict.OK if done.exit_code == 0 else Verdict.FAIL
    return RunRow(
        host=answer.subject,
        verdict=Verdict.UNKNOWN if problem else verdict,
        exit_code=done.exit_code,
        duration_ms=done.duration_ms,
        stdout=text_of(done.stdout),
        stderr=text_of(done.stderr),
        note=problem.message if problem else "",
    )


def _unknown(host: str, duration_ms: int, problem: Problem | None) -> RunRow:
    return RunRow(host, Verdict.UNKNOWN, None, duration_ms, "", "", problem.message if problem else "")


def _named(problem: Problem) -> str:
    """The host that a problem is about."""
    return problem.subject.partition(":")[2]


def _finding(row: RunRow, now: datetime) -> Finding:
    """How it went, for the exit code: it is not kept. Who gave no answer has a problem instead."""
    return Finding("run", subject("host", row.host), row.verdict, f"exit code {row.exit_code}", now)
