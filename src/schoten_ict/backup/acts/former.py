"""Jobs that are no longer declared: what was known of them, and what was open, must not go silently."""

import sqlite3
from collections.abc import Collection

from schoten_ict.backup.judge.case import PREFIX, Former
from schoten_ict.backup.records import runs
from schoten_ict.backup.records.runs import Run
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.verdict import Verdict
from schoten_ict.store import findings


def former_at(connection: sqlite3.Connection, place: str, declared: Collection[str]) -> Former | None:
    """The job that was looked at last in a place, under a name that is no longer among `declared`."""
    look = next((each for each in runs.last_looks_at(connection, place) if each.job not in declared), None)
    if look is None:
        return None
    left = left_open(connection, look)
    told = [f"{each.check.removeprefix(PREFIX)}: {each.summary}" for each in left]
    return Former(look.job, look.began_at, tuple(told))


def left_open(connection: sqlite3.Connection, look: Run) -> list[Finding]:
    """What was wrong with a job at its last look, settled since only because nobody declares it."""
    about = subject("job", look.job)
    return [
        each
        for each in findings.problems_since(connection, look.began_at, f"{PREFIX}*")
        if each.subject == about and each.observed_at >= look.began_at and each.verdict is not Verdict.OK
    ]
