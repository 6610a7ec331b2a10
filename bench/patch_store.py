"""What 700 hosts that lack 60 updates each look like: `ict patch` from the store, beside plain sqlite3.

    python bench/patch_store.py [HOSTS] [UPDATES] [ROUNDS]

Whole commands from the shell, start-up included, medians of milliseconds; every answer goes to a pipe as tsv.
Python keeps what it compiled, as after an installation, whatever the environment says.
The plain program selects and prints the rows of the same file: no deadlines, no policy, no verdicts.
"""

import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.common.measure import Client, Taken, load, side_by_side

from schoten_ict.patch.facts import PatchFacts, Reboot, Severity, System, Update
from schoten_ict.patch.records import scans, updates
from schoten_ict.patch.records.updates import TOLD, Seen
from schoten_ict.store import Store

ICT = str(Path(sys.executable).parent / "ict")
COMMANDS = ("status", "missing", "reboot", "sla", "export")
SEED = 4711
HEAD = """\
organisation: {name: Bench, timezone: Europe/Brussels}
credentials: {bench: {kind: winrm, user: x, password: "file:x"}}
groups: [{name: pcs, connect: {winrm: {credential: bench}}}]
hosts:
"""
PLAIN = """
import sqlite3
rows = sqlite3.connect("file:data/ict.db?mode=ro", uri=True).execute(
    "SELECT host, key, clock, severity FROM patch_update WHERE resolved_at IS NULL")
print("\\n".join("\\t".join(map(str, row)) for row in rows))
"""


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 700
    lacking = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 7
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, hosts, lacking)
        clients = {f"`ict patch {each}`": client(folder, ICT, "patch", each) for each in COMMANDS}
        clients["`ict --version`, the start alone"] = client(folder, ICT, "--version")
        clients["plain sqlite3, all rows"] = client(folder, sys.executable, "-c", PLAIN)
        runs = {title: each.run for title, each in clients.items()}
        table(side_by_side(runs, rounds), hosts * lacking)
    print(
        f"\n{hosts} hosts that lack {lacking} updates each, medians of {rounds} rounds, {load()} at the end"
    )


def client(folder: Path, *words: str) -> Client:
    """A command in the workspace; its lines are its answers."""
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    shell = ["sh", "-c", 'cd "$0" && "$@" || test $? -le 4', str(folder), *words]
    return Client(shell, lines_of, environment=compiled)


def lines_of(output: str) -> int:
    """How many lines a command gave."""
    return output.count("\n")


def table(medians: dict[str, Taken], rows: int) -> None:
    """Milliseconds of each command."""
    print(f"| over {rows:,} open updates | wall ms | CPU ms | peak MB |\n|---|--:|--:|--:|")
    for title, taken in medians.items():
        print(f"| {title} | {taken.wall * 1000:.0f} | {taken.cpu * 1000:.0f} | {taken.memory:.0f} |")


def fill(folder: Path, hosts: int, lacking: int) -> None:
    """A workspace whose hosts were scanned just now."""
    lines = [
        f"  - {{name: pc-{n:04}, address: 127.1.{n // 250}.{n % 250 + 1}, groups: [pcs]}}\n"
        for n in range(hosts)
    ]
    (folder / "inventory.yaml").write_text(HEAD + "".join(lines), encoding="ascii")
    dice, now = Random(SEED), datetime.now(UTC)
    known = [update(dice, number, now.date()) for number in range(lacking * 4)]
    system = System("windows", "Windows 11 Enterprise", "24H2", "Enterprise", "Client", 26100, 2454)
    with Store(folder / "data", "bench", now) as store, store.transaction() as change:
        for number in range(hosts):
            host, chosen = f"pc-{number:04}", dice.sample(known, lacking)
            waits = Reboot(needed=number % 5 == 0, reasons=("Windows Update",))
            facts = PatchFacts("windows", system, (), waits, now, now, failures=())
            scans.keep(change, host, "winrm", facts, now, now.date())
            updates.keep(change, host, [Seen(each) for each in chosen], [TOLD], now.date())


def update(dice: Random, number: int, today: date) -> Update:
    """An update of the last two months."""
    published = today - timedelta(days=dice.randrange(60))
    cves = tuple(f"CVE-2026-{dice.randrange(10000, 99999)}" for _ in range(dice.randrange(6)))
    return Update(
        f"KB50{number:05}", f"Update {number} for Windows 11", dice.choice(list(Severity)),
        security=number % 3 > 0, cves=cves, published=published, restart=number % 2 == 0,
        source="Windows Update",
    )  # fmt: skip


if __name__ == "__main__":
    main()
