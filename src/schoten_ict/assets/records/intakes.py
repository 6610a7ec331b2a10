"""What came back last: from whom, and whether it was wiped."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LastIntake:
    """The last return of an asset; `holder` is `person:KEY` and the like, `wiped` None while it was not."""

    number: str
    holder: str
    wiped: str | None


def last(connection: sqlite3.Connection, tag: str) -> LastIntake | None:
    """The last return of an asset; None when it never came back."""
    row = connection.execute(
        "SELECT intake, holder, wiped FROM intake_item JOIN intake ON intake.number = intake_item.intake "
        "WHERE asset = ? ORDER BY taken_at DESC, number DESC LIMIT 1",
        (tag,),
    ).fetchone()
    return LastIntake(row["intake"], row["holder"], row["wiped"]) if row else None
