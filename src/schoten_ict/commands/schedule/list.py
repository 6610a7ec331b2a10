"""`ict schedule list`."""

from dataclasses import dataclass

from schoten_ict.commands.schedule.recurring import RECURRING, Recurring
from schoten_ict.commands.shell import new_app
from schoten_ict.core.result import Result, column

app = new_app()


@dataclass(frozen=True, slots=True)
class RecurringRow:
    """One command that is meant to run by itself."""

    name: str = column("Name")
    command: str = column("Command")
    at: str = column("At")
    days: str = column("Days")
    why: str = column("Why")


@app.command("list")
def list_() -> Result[RecurringRow]:
    """Commands that are meant to run by themselves.

    With the time at which they usually do; ict schedule show makes the timer.

    ict schedule list
    """
    rows = [
        RecurringRow(each.name, _command(each), each.at, each.days, each.why) for each in RECURRING.values()
    ]
    return Result("schedule.list", RecurringRow, rows)


def _command(each: Recurring) -> str:
    return " ".join(("ict", *each.words, *(("JOB...",) if each.of_jobs else ())))
