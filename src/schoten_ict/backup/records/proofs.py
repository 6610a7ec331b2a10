"""How the last try of each proof ended."""

import json
import sqlite3
from collections.abc import Mapping

from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Probe
from schoten_ict.backup.judge.case import Proof
from schoten_ict.backup.judge.proofs import renewed
from schoten_ict.core.text import spoken
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.store import Transaction

Unit = tuple[str, str]
"""A check and which part of it: (`read`, `3/10`), (`sample`, ``)."""


def probes_of(facts: BackupFacts) -> dict[Unit, Probe]:
    """The proofs that a look tried."""
    single = {
        "access": facts.access, "structure": facts.structure, "sample": facts.sample,
        "source": facts.source, "drill": facts.drill, "database": facts.database, "runs": facts.runs,
        "key": facts.escrow,
    }  # fmt: skip
    found = {(check, ""): probe for check, probe in single.items() if probe is not None}
    return found | {("read", f"{each.number}/{each.of}"): each.probe for each in facts.reads}


def every(connection: sqlite3.Connection, job: str, repository: str) -> dict[Unit, Proof]:
    """The proofs of a repository by check and unit."""
    rows = connection.execute(
        "SELECT * FROM backup_proof WHERE job = ? AND repository = ?", (job, repository)
    )
    return {(row["check_id"], row["unit"]): _proof(row) for row in rows}


def keep(
    transaction: Transaction, job: str, repository: str, probes: Mapping[Unit, Probe]
) -> dict[Unit, Proof]:
    """Keep how these tries ended, and return all proofs as they are now."""
    proofs = every(transaction.connection, job, repository)
    for unit, probe in probes.items():
        proofs[unit] = renewed(transaction.now, probe, proofs.get(unit))
        transaction.connection.execute(
            "INSERT OR REPLACE INTO backup_proof VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (job, repository, *unit, *_values(proofs[unit])),
        )
    return proofs


def _values(proof: Proof) -> tuple[object, ...]:
    return (
        utc_text(proof.tried_at),
        utc_text(proof.proven_at) if proof.proven_at else None,
        proof.fault.kind.name if proof.fault else None,
        spoken(proof.fault.message) if proof.fault else None,
        json.dumps(proof.paths),
        json.dumps(dict(proof.told)),
    )


def _proof(row: sqlite3.Row) -> Proof:
    fault = Fault(Kind[row["kind"]], row["message"] or "") if row["kind"] else None
    return Proof(
        tried_at=parse_utc(row["tried_at"]),
        proven_at=parse_utc(row["proven_at"]) if row["proven_at"] else None,
        fault=fault,
        paths=tuple(json.loads(row["paths"])),
        told=json.loads(row["told"]),
    )
