"""Which assets get a label."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from schoten_ict.assets.model import Asset
from schoten_ict.assets.records.assets import asset_of, named
from schoten_ict.core.times import utc_text

_CHOSEN = """
    SELECT * FROM asset
    WHERE status NOT IN ('retired', 'disposed', 'lost', 'stolen')
      AND (:category IS NULL OR category = :category)
      AND (:since IS NULL OR (
        SELECT at FROM journal JOIN journal_subject USING (seq)
        WHERE journal_subject.subject = 'asset:' || tag ORDER BY seq LIMIT 1
      ) >= :since)
    ORDER BY tag
"""


def by_tag(connection: sqlite3.Connection, tags: Sequence[str]) -> list[Asset]:
    """The assets of these tags, each once, in their order; raises `NotFoundError`."""
    return list(named(connection, tags))


def chosen(connection: sqlite3.Connection, category: str | None, since: datetime | None) -> list[Asset]:
    """The assets of a category that are or will be here, by tag; those added at or after `since`.

    An asset was added when the journal first speaks of it.
    """
    values = {"category": category, "since": utc_text(since) if since else None}
    return [asset_of(row) for row in connection.execute(_CHOSEN, values)]
