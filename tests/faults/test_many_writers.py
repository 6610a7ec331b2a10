"""Eight colleagues at once: nothing is refused, no tag and no number is given twice, no number is left out.

ICT_FAULTS=full lets each of them do 50 rounds instead of 12.
"""

import multiprocessing
import os
from pathlib import Path

import pytest

from desk import Desk, furnish
from running import NOW, Ict
from schoten_ict.store import Store
from wholeness import faults_in

pytestmark = pytest.mark.faults
WRITERS = 8
FULL = os.environ.get("ICT_FAULTS") == "full"
ROUNDS = 50 if FULL else 12


def work(folder: Path, key: str) -> list[str]:
    """Add a laptop and hand it over, so many times; returns what went wrong."""
    ict = Ict(folder)
    wrong = []
    for _ in range(ROUNDS):
        added = ict("assets", "add", "--category", "laptop")
        given = ict("assets", "assign", added.table()[0]["tag"], "--to", key) if added.exit == 0 else added
        wrong += [answer.err for answer in (added, given) if answer.exit]
    return wrong


@pytest.mark.timeout(600 if FULL else 120)
def test_eight_writers_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICT_CONFIG_DIR", str(tmp_path / "config"))
    root = tmp_path / "workspace"
    furnish(root)
    keys = [str(1000 + number) for number in range(WRITERS)]
    desk = Desk(root)
    for key in keys:
        desk.person(key, f"Collega {key}")
    desk.close()
    with multiprocessing.get_context("spawn").Pool(WRITERS) as pool:
        answers = pool.starmap(work, [(root, key) for key in keys], chunksize=1)
    assert [line for lines in answers for line in lines] == []
    assert faults_in(root / "data") == []
    total = WRITERS * ROUNDS
    with Store(root / "data", "jan", NOW) as store:
        tags = [row["tag"] for row in store.reader.execute("SELECT tag FROM asset ORDER BY tag")]
        held = store.reader.execute(
            "SELECT holder, count(*) FROM custody WHERE until IS NULL GROUP BY holder"
        ).fetchall()
        (documents,) = store.reader.execute(
            "SELECT count(*) FROM document WHERE kind = 'handover'"
        ).fetchone()
    assert tags == [f"LT-{number:04}" for number in range(1, total + 1)]
    assert {row["holder"]: row[1] for row in held} == dict.fromkeys(keys, ROUNDS)
    assert documents == len(list((root / "data" / "documents").glob("*/GO-*.pdf"))) == total
