"""What must hold of every workspace, whatever was done to it or interrupted it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from schoten_ict.store import documents, journal

_NONE_OF = {
    "custody of what is not here": """
        SELECT asset.tag FROM custody JOIN asset ON asset.tag = custody.asset WHERE until IS NULL AND
        status NOT IN ('in-stock', 'in-repair')
    """,
    "held, but nobody's asset": """
        SELECT asset FROM custody WHERE until IS NULL AND asset NOT IN (SELECT tag FROM asset)
    """,
    "assigned is stored": """
        SELECT tag FROM asset WHERE status = 'assigned'
    """,
    "derived status is wrong": """
        SELECT tag FROM asset_now WHERE state IS NOT CASE WHEN status = 'in-stock' AND tag IN (SELECT
        asset FROM custody WHERE until IS NULL) THEN 'assigned' ELSE status END
    """,
    "two open custodies": """
        SELECT asset FROM custody WHERE until IS NULL GROUP BY asset HAVING count(*) > 1
    """,
    "handover without items": """
        SELECT number FROM handover WHERE number NOT IN (SELECT handover FROM handover_item)
    """,
    "intake without items": """
        SELECT number FROM intake WHERE number NOT IN (SELECT intake FROM intake_item)
    """,
    "custody under a handover that does not list it": """
        SELECT asset FROM custody WHERE handover IS NOT NULL AND NOT EXISTS (SELECT 1 FROM
        handover_item WHERE handover_item.handover = custody.handover AND handover_item.asset =
        custody.asset)
    """,
    "document of nothing": """
        SELECT number FROM document WHERE number NOT IN (SELECT number FROM handover UNION SELECT
        number FROM intake UNION SELECT number FROM disposal UNION SELECT scan FROM handover WHERE scan
        IS NOT NULL)
    """,
    "open repair and status disagree": """
        SELECT tag FROM asset WHERE (status = 'in-repair') <> EXISTS (SELECT 1 FROM repair WHERE
        repair.asset = tag AND ended_at IS NULL)
    """,
    "gone without a report, or reported while it is here": """
        SELECT tag FROM asset WHERE status <> 'retired' AND status <> 'disposed' AND (status IN
        ('lost', 'stolen')) <> EXISTS (SELECT 1 FROM loss WHERE loss.asset = tag AND found_at IS NULL)
    """,
    "disposed without a record": """
        SELECT tag FROM asset WHERE (status = 'disposed') <> (tag IN (SELECT asset FROM disposal_item))
    """,
}
"""Queries that find nothing in a workspace that is whole."""


def faults_in(data: Path) -> list[str]:
    """Everything that does not hold in the data folder of a workspace; empty when it is whole."""
    with closing(sqlite3.connect(f"{(data / 'ict.db').as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return list(_faults(connection, data))


def _faults(connection: sqlite3.Connection, data: Path) -> Iterator[str]:
    for row in connection.execute("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield f"file: {row[0]}"
    for row in connection.execute("PRAGMA foreign_key_check"):
        yield f"reference: {tuple(row)}"
    for broken in journal.verify(connection):
        yield f"journal: entry {broken.seq} {broken.reason}"
    for what, query in _NONE_OF.items():
        for row in connection.execute(query):
            yield f"{what}: {row[0]}"
    yield from _numbers(connection)
    wrong: list[str] = []
    documents.check_files(connection, data, lambda path, what: wrong.append(f"document {path} {what}"))
    yield from wrong
    pending = data / "documents" / ".pending"
    for left in pending.iterdir() if pending.is_dir() else ():
        yield f"left over: {left.name}"


def _numbers(connection: sqlite3.Connection) -> Iterator[str]:
    """Every series of document numbers is 1, 2, 3 ... up to what its sequence says."""
    for row in connection.execute("SELECT name, last FROM sequence WHERE name LIKE 'document:%'"):
        series = row["name"].partition(":")[2]
        found = connection.execute(
            "SELECT number FROM document WHERE number GLOB ? AND number NOT LIKE '%-signed' ORDER BY number",
            (f"{series}-*",),
        )
        numbers = sorted(int(each["number"].rpartition("-")[2]) for each in found)
        if numbers != list(range(1, row["last"] + 1)):
            yield f"series {series} is {numbers}, its last {row['last']}"
