"""Physical machines with their processors and guests, as lists told them."""

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from schoten_ict.core.times import day_of
from schoten_ict.licenses.model import Guest, Machine
from schoten_ict.store import Transaction


def every(connection: sqlite3.Connection) -> list[Machine]:
    """All machines, by name."""
    return [_machine(row) for row in connection.execute("SELECT * FROM license_machine ORDER BY name")]


def keep(transaction: Transaction, machine: Machine) -> None:
    """Keep a machine in place of what was known of it."""
    seen_on = machine.seen_on.isoformat() if machine.seen_on else ""
    transaction.connection.execute(
        "INSERT OR REPLACE INTO license_machine VALUES (?, ?, ?, ?, ?, ?)",
        (
            machine.name,
            json.dumps(machine.processors),
            machine.cluster,
            json.dumps([asdict(each) for each in machine.guests]),
            machine.source,
            seen_on,
        ),
    )


def told(machine: Machine) -> dict[str, Any]:
    """What is known of a machine, JSON-like: for the journal."""
    return {
        "processors": list(machine.processors),
        "cluster": machine.cluster,
        "guests": [each.name for each in machine.guests],
        "seen_on": machine.seen_on.isoformat() if machine.seen_on else None,
    }


def _machine(row: sqlite3.Row) -> Machine:
    return Machine(
        row["name"],
        tuple(json.loads(row["processors"])),
        row["cluster"],
        tuple(Guest(**each) for each in json.loads(row["guests"])),
        row["source"],
        day_of(row["seen_on"]),
    )
