"""`ict inventory collect`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from schoten_ict.commands.inventory.selection import Deadline, PerHost, Words, seconds
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.commands.watching import watch
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.fleet.collecting import Collected
    from schoten_ict.workspace import Workspace

app = new_app()


@dataclass(frozen=True, slots=True)
class CollectRow:
    """One host over one way. `facts` holds who it says it is; `missing` names what could not be read.

    `changed` names the parts that differ from the last time; the state, which always does, is not one.
    """

    host: str = column("Host")
    via: str = column("Via")
    verdict: Verdict = column("Verdict")
    summary: str = column("Machine")
    changed: tuple[str, ...] = column("Changed", show=Show.IF_ANY)
    missing: tuple[str, ...] = column("Missing", show=Show.IF_ANY)
    duration_ms: int = column("ms", right=True)
    facts: dict[str, Any] = column("Facts", show=Show.NEVER)


@app.command("collect")
def collect(
    context: typer.Context,
    words: Words = None,
    deadline: Deadline = "15min",
    host_deadline: PerHost = "1min",
) -> Result[CollectRow]:
    """Ask hosts what is on them, and keep the answers.

    Only looks. A host that does not answer is a row; Ctrl-C keeps what came in.

    ict inventory collect
    ict inventory collect srv-web01 kind:switch
    """
    from schoten_ict.collect import FanOut
    from schoten_ict.core.actor import actor
    from schoten_ict.fleet import collecting
    from schoten_ict.inventory.selecting import select
    from schoten_ict.store.runlock import run_lock

    workspace = workspace_of(context)
    hosts = [host.name for host in select(workspace.inventory, words or ())]
    limits = collecting.limits(seconds("--host-deadline", host_deadline), seconds("--deadline", deadline))
    with run_lock(workspace.data, "collect", actor(), workspace.now):
        fan = FanOut(collecting.requests_for(workspace.reach, hosts, workspace.store), limits)
        kept = collecting.collect(workspace.store, fan)
        answers, broken_off = watch(workspace, fan, kept, lambda each: (each.host, each.facts is None))
    rows = sorted((_row(answer) for answer in answers), key=lambda row: (row.host, row.via))
    return Result(
        "inventory.collect",
        CollectRow,
        rows,
        problems=[*(problem for each in answers for problem in each.problems), *broken_off],
        interrupted=fan.stopped,
        notes=_notes(workspace, hosts, rows),
    )


def _row(answer: "Collected") -> CollectRow:
    identity = answer.facts.identity if answer.facts else None
    facts = {name: value for name in _FACTS if (value := getattr(identity, name, None)) is not None}
    return CollectRow(
        host=answer.host,
        via=answer.via.value,
        verdict=answer.verdict,
        summary=_summary(answer, facts),
        changed=answer.changed,
        missing=tuple(gap.subject for gap in answer.facts.missing) if answer.facts else (),
        duration_ms=answer.duration_ms,
        facts=facts,
    )


def _summary(answer: "Collected", facts: dict[str, Any]) -> str:
    if answer.facts is None:
        return f"no answer: {answer.problems[0].code}"
    return " ".join(str(facts[name]) for name in ("vendor", "model", "os", "os_version") if name in facts)


_FACTS = (
    "hostname", "vendor", "model", "serial", "os", "os_version", "os_build", "edition", "kernel",
    "architecture", "virtual", "firmware", "location",
)  # fmt: skip


def _notes(workspace: "Workspace", hosts: Sequence[str], rows: Sequence[CollectRow]) -> list[str]:
    silent = sorted({name for name in hosts if not workspace.reach.ways(name)})
    answered = sum(row.verdict is Verdict.OK for row in rows)
    notes = [f"{answered} of {len(rows)} answered whole"]
    if silent:
        notes.append(f"{len(silent)} declare no way to ask them: {', '.join(silent[:8])}")
    return notes
