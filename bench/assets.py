"""Looking into 1,000, 10,000 and 100,000 assets, beside the plainest program that answers the same.

    python bench/assets.py [ROUNDS]

Whole commands from the shell, start-up included, medians of CPU milliseconds, so that a busy machine counts
less; every answer goes to a pipe as tsv. The plain programs are Python's sqlite3 and print on the same file:
no holders, no full text, no columns. How long it takes to import the 100,000: bench/asset_import.py.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from schoten_ict.assets.acts import importing
from schoten_ict.formats.tables import read_table
from schoten_ict.inventory import load
from schoten_ict.store import Store

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.asset_import import ROOT, write

SIZES = (1_000, 10_000, 100_000)
ICT = str(Path(sys.executable).parent / "ict")
PLAIN = """
import sqlite3, sys
rows = sqlite3.connect("file:data/ict.db?mode=ro", uri=True).execute(sys.argv[1], sys.argv[2:])
print("\\n".join("\\t".join(map(str, row)) for row in rows))
"""
QUESTIONS: dict[str, tuple[list[str], list[str] | None]] = {
    "show one": (["show", "LT-000500"], ["SELECT * FROM asset WHERE tag = ?", "LT-000500"]),
    "find a serial's beginning": (["find", "5C0A"], ["SELECT * FROM asset WHERE serial LIKE ?", "5C0A%"]),
    "find two words": (
        ["find", "latitude", "gh-1.1"],
        ["SELECT * FROM asset WHERE model LIKE ? AND location LIKE ? LIMIT 200", "%latitude%", "gh-1.1%"],
    ),
    "list one room": (
        ["list", "--location", "GH-1.12"], ["SELECT * FROM asset WHERE location = ?", "GH-1.12"],
    ),
    "what a room holds": (["holder", "room:GH-1.12"], None),
    "list all": (["list"], ["SELECT * FROM asset ORDER BY tag"]),
    "check": (["check"], None),
}  # fmt: skip


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as name:
        folders = {size: filled(Path(name) / str(size), size) for size in SIZES}
        heads = [f"{size:,}" for size in SIZES]
        print(f"| command, CPU ms at | {' | '.join(heads)} | plain at {heads[-1]} |")
        print(f"|---|{'--:|' * (len(SIZES) + 1)}")
        for title, (words, query) in QUESTIONS.items():
            row = " | ".join(cells(folders, words, query, rounds))
            print(f"| `ict assets {words[0]}`: {title} | {row} |")


def cells(folders: dict[int, Path], words: list[str], query: list[str] | None, rounds: int) -> Iterator[str]:
    """What the command takes at each size, and the plain program at the last."""
    for folder in folders.values():
        yield f"{milliseconds([ICT, 'assets', *words], folder, rounds):.0f}"
    plain = [sys.executable, "-c", PLAIN, *(query or [])]
    yield f"{milliseconds(plain, folders[SIZES[-1]], rounds):.0f}" if query else ""


def milliseconds(words: list[str], folder: Path, rounds: int) -> float:
    """The median of CPU milliseconds; the first run fills the caches."""
    taken = []
    for _ in range(rounds + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = subprocess.run(words, cwd=folder, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if run.returncode not in {0, 3, 4}:
            raise SystemExit(run.stderr.decode())
    return median(taken[1:]) * 1000


def filled(folder: Path, size: int) -> Path:
    """A workspace with so many assets; two thirds of them stand in rooms."""
    folder.mkdir()
    for name in ("inventory.yaml", "inventory.d", "sample"):
        (folder / name).symlink_to(ROOT / name)
    write(folder / "assets.csv", size)
    inventory = load(folder)
    with Store(folder / "data", "bench", datetime.now(UTC)) as store:
        table = read_table((folder / "assets.csv").read_bytes(), "assets.csv")
        importing.apply(store, inventory, importing.plan(store.reader, inventory, table, importing.Request()))
    return folder


if __name__ == "__main__":
    main()
