"""`ict schedule show`."""

import os
import re
import sys
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.backup.desks import desk_of
from schoten_ict.commands.backup.rows import job_names
from schoten_ict.commands.schedule.recurring import RECURRING, Recurring, recurring
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Document

if TYPE_CHECKING:
    from schoten_ict.workspace import Workspace

app = new_app()
_CLOCK = re.compile(r"^([01]?[0-9]|2[0-3]):([0-5][0-9])$")


def _names(incomplete: str) -> list[str]:
    return [name for name in RECURRING if name.startswith(incomplete)]


@app.command("show")
def show(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="As in ict schedule list.", autocompletion=_names)
    ],
    form: Annotated[
        str | None, typer.Option("--as", help="systemd, cron or task-scheduler.", metavar="FORM")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="Local time, as 06:00.", metavar="TIME")] = None,
    days: Annotated[str | None, typer.Option("--days", help="daily, or as mon,thu.", metavar="DAYS")] = None,
    jobs: Annotated[
        list[str] | None,
        typer.Option("--job", help="Backup job (backup.run).", metavar="JOB", autocompletion=job_names),
    ] = None,
    user: Annotated[str, typer.Option("--user", help="Who runs it (systemd).", metavar="USER")] = "svc-ict",
) -> Document:
    """A systemd timer, a cron line or a Windows task for one.

    Prints it and changes nothing. Quiet when all is well, so that whatever comes is news.

    ict schedule show backup.verify
    ict schedule show backup.verify --as cron --at 05:30
    ict schedule show backup.run --job intranet-nacht
    ict schedule show backup.verify --as task-scheduler > verify.xml
    """
    from schoten_ict.render import schedules

    workspace = workspace_of(context)
    what = recurring(name)
    named = _jobs(workspace, what, jobs or [])
    usual = "task-scheduler" if os.name == "nt" else "systemd"
    if (form or usual) not in schedules.FORMS:
        raise UsageError(
            f"--as {form!r} is no kind of scheduler", remedy=f"give {', '.join(schedules.FORMS)}"
        )
    write, media_type = schedules.FORMS[form or usual]
    task = schedules.Task(
        name=".".join((what.name, *named)),
        title=what.why,
        program=_program(),
        words=_words(workspace, (*what.words, *named), form or usual),
        at=_time(at or what.at),
        days=_days(days or what.days),
        first=workspace.today,
        user=user,
    )
    return Document(media_type, write(task))


def _jobs(workspace: "Workspace", what: Recurring, names: list[str]) -> list[str]:
    """The jobs of a schedule, each one that ict itself can take a backup of."""
    if not what.of_jobs:
        if names:
            raise UsageError(f"--job does not go with {what.name}", remedy="leave it out")
        return []
    if not names:
        raise UsageError(f"{what.name} needs a job", remedy="give --job NAME; ict backup status lists them")
    from schoten_ict.backup.acts.taking import require_takers

    jobs = desk_of(workspace).jobs(names)
    require_takers(jobs)
    return [job.name for job in jobs]


def _words(workspace: "Workspace", words: tuple[str, ...], form: str) -> list[str]:
    output = ["-o", "table"] if form != "task-scheduler" else []
    return ["-w", str(workspace.root.resolve()), *words, *output, "--no-input"]


def _program() -> str:
    """The ict that runs now, by its full path."""
    own = Path(sys.executable).parent / ("ict.exe" if os.name == "nt" else "ict")
    return str(own) if own.exists() else "ict"


def _time(text: str) -> time:
    match = _CLOCK.match(text.strip())
    if match is None:
        raise UsageError(f"--at {text!r} is no time of day", remedy="write 06:00")
    return time(int(match[1]), int(match[2]))


def _days(text: str) -> tuple[str, ...]:
    from schoten_ict.render.schedules import DAYS

    if text == "daily":
        return DAYS
    named = [day.strip().lower() for day in text.split(",")]
    unknown = [day for day in named if day not in DAYS]
    if unknown:
        raise UsageError(
            f"--days: {unknown[0]!r} is no day", remedy=f"write daily, or some of {','.join(DAYS)}"
        )
    return tuple(day for day in DAYS if day in named)
