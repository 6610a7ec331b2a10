"""100,000 assets into an empty store, beside the plainest program that reads and keeps the same file.

    python bench/asset_import.py [ROWS]

The plain program (csv.reader, one table of text, executemany) keeps no types, no journal, no full text and no
holders. CPU seconds of this process, so that a busy machine does not count.
"""

import csv
import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from schoten_ict.assets.acts import importing
from schoten_ict.formats.tables import read_table
from schoten_ict.inventory import load
from schoten_ict.store import Store

ROOT = Path(__file__).parents[1]
HEADER = (
    "Inventarisnummer;Categorie;Merk;Model;Serienummer;Status;Locatie;Lokaal;Kostenplaats;Leverancier;"
    "Bestelnummer;Aankoopdatum;Aankoopprijs;Garantie tot;MAC-adres;Houder;Opmerkingen"
)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "assets.csv", rows)
        plain = seconds(lambda: keep_plainly(folder))
        print(f"plain program   {plain:6.2f} s")
        measure(folder, plain)


def measure(folder: Path, plain: float) -> None:
    """Print what each stage of an import takes, and of the same import a second time."""
    inventory = load(ROOT)
    content = (folder / "assets.csv").read_bytes()
    with Store(folder / "data", "bench", datetime.now(UTC)) as store, importing.without_collector():
        start = process_time()
        table = read_table(content, "assets.csv")
        parsed = process_time()
        made = importing.plan(store.reader, inventory, table, importing.Request())
        planned = process_time()
        importing.apply(store, inventory, made)
        applied = process_time()
        again = seconds(lambda: importing.plan(store.reader, inventory, table, importing.Request()))
    total = applied - start
    print(f"ict: parse      {parsed - start:6.2f} s")
    print(f"ict: plan       {planned - parsed:6.2f} s")
    print(f"ict: apply      {applied - planned:6.2f} s")
    print(f"ict: all        {total:6.2f} s   {total / plain:.1f} times the plain program")
    print(f"ict: plan again {again:6.2f} s   (all unchanged)")


def keep_plainly(folder: Path) -> None:
    with (folder / "assets.csv").open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream, delimiter=";")
    with closing(sqlite3.connect(folder / "plain.db")) as connection:
        columns = ", ".join(f'"{name}" TEXT' for name in header)
        connection.execute(f"CREATE TABLE asset ({columns})")
        marks = ", ".join("?" * len(header))
        connection.executemany(f"INSERT INTO asset VALUES ({marks})", rows)
        connection.commit()


def write(path: Path, rows: int) -> None:
    """A list as a municipality has it: few models and prices, serials and addresses of their own."""
    chance = random.Random(2900)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(HEADER.split(";"))
        writer.writerows(row(number, chance) for number in range(rows))


def row(number: int, chance: random.Random) -> list[str]:
    room = f"GH-{chance.randrange(3)}.{chance.randrange(30):02}"
    used = chance.random() < 0.7
    month = f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}"
    return [
        f"LT-{number:06}", "Laptop", chance.choice(["Dell", "HP", "Lenovo"]),
        chance.choice(["Latitude 5540", "EliteBook 840", "ThinkPad T14"]), f"5C{chance.getrandbits(40):010X}",
        "in gebruik" if used else "op voorraad", "Gemeentehuis", room, "0119", "De Schakel bv",
        f"BB-2023-{chance.randrange(3000):04}", f"{month}/{chance.randint(2018, 2026)}",
        f"1.{chance.randrange(1000):03},99", f"{month}/2029",
        "-".join(f"{chance.randrange(256):02X}" for _ in range(6)), f"lokaal: {room}" if used else "",
        "Nagekeken bij de telling",
    ]  # fmt: skip


def seconds(act: Callable[[], object]) -> float:
    start = process_time()
    act()
    return process_time() - start


if __name__ == "__main__":
    main()
