"""700 machines with 300 titles each and 300 entitlements: normalise, audit, explain; beside plain sqlite3.

    python bench/licenses.py [HOSTS] [TITLES] [ENTITLEMENTS] [ROUNDS]

Whole commands from the shell, start-up included, medians of milliseconds; answers go to a pipe as tsv. The
first audit normalises every list, the second none, the third that of one machine that changed. The plain
program counts the machines per title in the same file: no product, no right, no verdict.
"""

import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.common.measure import Client, Taken, load, side_by_side

from schoten_ict.core.hostfacts import Title
from schoten_ict.licenses.model import Entitlement, Metric
from schoten_ict.licenses.records import entitlements
from schoten_ict.store import Store, Transaction, observations

ICT = str(Path(sys.executable).parent / "ict")
SEED = 4711
PAID = 0.25
"""The share of titles that are products to count."""
HEAD = """\
organisation: {name: Bench, timezone: Europe/Brussels}
credentials: {bench: {kind: winrm, user: x, password: "file:x"}}
groups: [{name: pcs, connect: {winrm: {credential: bench}}}]
"""
PLAIN = """
import sqlite3
rows = sqlite3.connect("file:data/ict.db?mode=ro", uri=True).execute(
    "SELECT name, count(*) FROM software_install JOIN software_title ON id = title GROUP BY title")
print("\\n".join("\\t".join(map(str, row)) for row in rows))
"""


def main() -> None:
    hosts, titles, rights, rounds = (
        int(sys.argv[place]) if len(sys.argv) > place else default
        for place, default in enumerate((700, 300, 300, 7), start=1)
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, hosts, titles, rights)
        first = client(folder, ICT, "licenses", "audit")
        begun = first.run()
        changed = [after_a_change(folder, hosts, titles, number).run() for number in range(3)]
        clients = {
            "`ict licenses audit`, nothing changed": first,
            "`ict licenses explain` one product": client(folder, ICT, "licenses", "explain", "product-1"),
            "`ict licenses titles --unknown`": client(folder, ICT, "licenses", "titles", "--unknown"),
            "`ict --version`, the start alone": client(folder, ICT, "--version"),
            "plain sqlite3, machines per title": client(folder, sys.executable, "-c", PLAIN),
        }
        medians = side_by_side({title: each.run for title, each in clients.items()}, rounds)
        one = Taken(
            median(each.wall for each in changed), median(each.cpu for each in changed), changed[0].memory,
            changed[0].answers,
        )  # fmt: skip
        table(
            {
                "`ict licenses audit`, the first: all lists": begun,
                "the same, one machine changed": one,
                **medians,
            }
        )
    print(
        f"\n{hosts} machines with {titles} titles ({hosts * titles:,} installs), {rights} entitlements, "
        f"medians of {rounds} rounds, {load()} at the end"
    )


def client(folder: Path, *words: str) -> Client:
    """A command in the workspace, with Python's compiled files kept; its lines are its answers."""
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    shell = ["sh", "-c", 'cd "$0" && "$@" || test $? -le 5', str(folder), *words]
    return Client(shell, lines_of, environment=compiled)


def after_a_change(folder: Path, hosts: int, titles: int, number: int) -> Client:
    """An audit after the list of one machine changed."""
    now = datetime.now(UTC).replace(microsecond=0)
    with Store(folder / "data", "bench", now) as store, store.transaction() as change:
        tell(change, number % hosts, [*titles_of(number, titles), Title(f"Changed {now:%H%M%S} {number}")])
    return client(folder, ICT, "licenses", "audit")


def lines_of(output: str) -> int:
    """How many lines a command gave."""
    return output.count("\n")


def table(medians: dict[str, Taken]) -> None:
    """Milliseconds of each command."""
    print("| | wall ms | CPU ms | peak MB |\n|---|--:|--:|--:|")
    for title, taken in medians.items():
        print(f"| {title} | {taken.wall * 1000:.0f} | {taken.cpu * 1000:.0f} | {taken.memory:.0f} |")


def fill(folder: Path, hosts: int, titles: int, rights: int) -> None:
    """A workspace whose machines told their software yesterday, with products of its own."""
    products = int(titles * PAID)
    lines = [
        f"    product-{n}: {{name: Product {n}, publisher: Maker {n % 40}, family: product-{n}, "
        f'metric: device, rules: [{{title: "Product {n} (?P<version>[0-9]{{4}})"}}]}}\n'
        for n in range(products)
    ]
    machines = [
        f"  - {{name: pc-{n:04}, address: 127.1.{n // 250}.{n % 250 + 1}, groups: [pcs]}}\n"
        for n in range(hosts)
    ]
    inventory = HEAD + "hosts:\n" + "".join(machines) + "licenses:\n  products:\n" + "".join(lines)
    (folder / "inventory.yaml").write_text(inventory)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    random = Random(SEED)
    with Store(folder / "data", "bench", now) as store, store.transaction() as change:
        for number in range(hosts):
            tell(change, number, titles_of(number, titles))
        for number in range(rights):
            right = Entitlement(
                f"LIC-{number + 1:04}", f"product-{number % products}", Metric.DEVICE,
                random.randrange(20, 200), str(random.choice((2016, 2019, 2021, 2024))), cost_cents=10_000,
            )  # fmt: skip
            entitlements.insert(change, right)


def titles_of(host: int, count: int) -> list[Title]:
    """The titles of one machine: a quarter are products in one of four years, the rest are common things."""
    random = Random(SEED + host)
    products = int(count * PAID)
    found = [
        Title(
            f"Product {n} {random.choice((2016, 2019, 2021, 2024))}",
            "1.0",
            f"Maker {n % 40}",
            source="registry",
        )
        for n in range(products)
    ]
    return found + [
        Title(f"Component {n}", f"{random.randrange(9)}.{random.randrange(20)}", "Various", source="registry")
        for n in range(count - products)
    ]


def tell(change: Transaction, host: int, titles: list[Title]) -> None:
    """What a machine listed."""
    payload = [asdict(each) for each in titles]
    observations.observe(change, f"host:pc-{host:04}", "host.software", "winrm", payload)


if __name__ == "__main__":
    main()
