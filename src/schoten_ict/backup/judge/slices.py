"""Data that is read part by part: what the parts, and reads of the whole, prove together."""

from collections.abc import Mapping
from datetime import datetime

from schoten_ict.backup.facts import Fault
from schoten_ict.backup.judge.case import Proof

WHOLE = "1/1"


def slices(kept: Mapping[tuple[str, str], Proof], of: int) -> dict[int, Proof]:
    """The proof that holds for each slice of `of`: its own, or a later read of the whole.

    A whole read that failed does not say where, so it holds against each slice until that was read again. A
    try that was held up says nothing, where there is another.
    """
    whole = kept.get(("read", WHOLE))
    found = {}
    for number in range(1, of + 1):
        tried = [proof for proof in (kept.get(("read", f"{number}/{of}")), whole) if proof is not None]
        telling = [proof for proof in tried if proof.fault is None or not proof.fault.kind.is_ignorance]
        if tried:
            found[number] = max(telling or tried, key=lambda proof: proof.tried_at)
    return found


def unsettled(kept: Mapping[tuple[str, str], Proof], of: int, parts: Mapping[int, Proof]) -> dict[str, Fault]:
    """Slices of another division that were bad, as long as not all of the data was read and right since."""
    found = {}
    for (check, unit), proof in kept.items():
        if check != "read" or unit == WHOLE or unit.endswith(f"/{of}") or proof.fault is None:
            continue
        since = [
            part.proven_at for part in parts.values() if part.proven_at and part.proven_at > proof.tried_at
        ]
        if not proof.fault.kind.is_ignorance and len(since) < of:
            found[unit] = proof.fault
    return found


def divisor(kept: Mapping[tuple[str, str], Proof]) -> int:
    """Into how many slices the data was divided last; 0 when it was never read."""
    parts = {unit: proof for (check, unit), proof in kept.items() if check == "read"}
    divided = {unit: proof for unit, proof in parts.items() if unit != WHOLE} or parts
    last = max(divided.items(), key=lambda pair: pair[1].tried_at, default=("/0", None))[0]
    return int(last.partition("/")[2])


def fresh(parts: Mapping[int, Proof], since: datetime) -> int:
    """How many slices were proven since a moment."""
    return sum(proof.proven_at is not None and proof.proven_at >= since for proof in parts.values())


def share_read(kept: Mapping[tuple[str, str], Proof], since: datetime) -> float | None:
    """The share of the data that was read and right since a moment; None when it was never read."""
    of = divisor(kept)
    return fresh(slices(kept, of), since) / of if of else None
