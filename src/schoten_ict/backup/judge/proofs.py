"""Rules about proofs: what was shown to come back, how lately, and what could not be shown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from schoten_ict.backup.facts import Fault, Kind, Probe
from schoten_ict.backup.judge.case import Case, Proof, age_text
from schoten_ict.backup.judge.remedies import remedy_for
from schoten_ict.backup.judge.slices import divisor, fresh, slices, unsettled
from schoten_ict.core.amounts import size_text
from schoten_ict.core.finding import Finding
from schoten_ict.core.text import counted
from schoten_ict.core.times import Duration, length_text
from schoten_ict.core.verdict import Verdict

DRILL_EVERY = Duration(seconds=90 * 86400)
"""How often a restore by hand is asked for where an engine can prove nothing by itself."""
_RESTORING = frozenset({"sample", "drill", "database"})
"""The proofs that bring something back; one of them must be possible, or a person does it."""


def structure(case: Case) -> Iterator[Finding]:
    """Everything that the backups refer to is there."""
    yield from _proof(case, "structure", case.facts.structure)
    if case.facts.damaged:
        shown = ", ".join(sorted(case.facts.damaged)[:3])
        yield case.found(
            "structure",
            Verdict.FAIL,
            f"snapshot damaged: {counted(len(case.facts.damaged), 'backup')} cannot be loaded: {shown}",
            key="damaged",
            evidence={"damaged": dict(sorted(case.facts.damaged.items())[:20])},
        )


def sample(case: Case) -> Iterator[Finding]:
    """Files that were restored are those that were backed up."""
    yield from _proof(case, "sample", case.facts.sample)


def source(case: Case) -> Iterator[Finding]:
    """Nothing of the source is missing from the newest backup."""
    probe = case.facts.source
    if probe is not None and probe.proven and not probe.told.get("files"):
        words = f"nothing to compare with: all {probe.told.get('changed', 0)} files changed since the backup"
        yield case.found("source", Verdict.OK, words, learning=True)
    else:
        yield from _proof(case, "source", probe)


def database(case: Case) -> Iterator[Finding]:
    """The database opens, is whole, and has its tables and rows."""
    yield from _proof(case, "database", case.facts.database)


def runs(case: Case) -> Iterator[Finding]:
    """What the product itself says of its last runs."""
    yield from _proof(case, "runs", case.facts.runs)


def key(case: Case) -> Iterator[Finding]:
    """The second copy of the key opens the repository, from another machine."""
    if case.job.escrow is not None:
        yield from _periodic(
            case, "key", case.facts.escrow, case.job.escrow.every, "the second copy of the key"
        )


def drill(case: Case) -> Iterator[Finding]:
    """Everything came back lately, within the RTO."""
    every = case.job.verify.drill_every
    if every is None and _needs_a_person(case):
        every = DRILL_EVERY
    if every is None and case.facts.drill is None and ("drill", "") not in case.history.proofs:
        return
    yield from _periodic(case, "drill", case.facts.drill, every or DRILL_EVERY, "a whole restore")
    told = case.facts.drill.told if case.facts.drill and case.facts.drill.proven else _told(case, "drill")
    if case.rto is not None and "seconds" in told:
        allowed, took = (case.now - case.rto.before(case.now)).total_seconds(), float(told["seconds"])
        verdict = Verdict.OK if took <= allowed else Verdict.FAIL
        words = f"the last whole restore took {length_text(took)}, of at most {case.rto}"
        yield case.found("rto", verdict, words, evidence={"seconds": took})


def _needs_a_person(case: Case) -> bool:
    """Whether the engine can bring nothing back by itself, so that only a person can prove anything."""
    without = {"database"} if case.job.source.database is None else set()
    return all(check in case.facts.cannot or check in without for check in _RESTORING)


def read(case: Case) -> Iterator[Finding]:
    """All of the data was read within the declared time, slice by slice, and matched its hashes."""
    kept = dict(case.history.proofs)
    for each in case.facts.reads:
        unit = ("read", f"{each.number}/{each.of}")
        kept[unit] = renewed(case.now, each.probe, kept.get(unit))
    of = divisor(kept)
    if not of:
        return
    parts = slices(kept, of)
    older = unsettled(kept, of, parts)
    faults = {number: proof.fault for number, proof in parts.items() if proof.fault is not None}
    bad = {number: fault for number, fault in faults.items() if not fault.kind.is_ignorance}
    if bad or older:
        told = list({fault.message: fault for fault in (*bad.values(), *older.values())}.values())
        evidence = {"slices": [*(f"{number}/{of}" for number in sorted(bad)), *older], "kinds": _kinds(told)}
        now = any(each.probe.faults for each in case.facts.reads)
        remedy = remedy_for(told[0].kind) if now else _look_again(case)
        yield case.found("read", Verdict.FAIL, worst_of(told, "read"), remedy=remedy, evidence=evidence)
    elif case.facts.reads and all(each.probe.blocked for each in case.facts.reads):
        yield blocked(case, "read", case.facts.reads[0].probe.blocked, _latest(parts.values()))
    else:
        yield _on_schedule(case, of, parts)


def _on_schedule(case: Case, of: int, parts: Mapping[int, Proof]) -> Finding:
    window = case.job.verify.full_read_within
    since = window.before(case.now)
    done = fresh(parts, since)
    words = f"{done / of:.0%} of the data read and right within {window}"
    evidence = {"slices": of, "read": done}
    if done >= of:
        return case.found("read", Verdict.OK, words, evidence=evidence)
    begun = max(min((proof.tried_at for proof in parts.values()), default=case.now), case.since)
    elapsed = (case.now - begun) / (case.now - since)
    if elapsed <= (done + _SLACK) / of:
        return case.found("read", Verdict.OK, f"{words}; on schedule", evidence=evidence)
    late = elapsed > 1 + case.job.verify.proof_within.seconds / max(window.seconds, 1)
    verdict = Verdict.FAIL if late else Verdict.WARN
    remedy = f"ict backup verify {case.job.name} --full reads all of it"
    return case.found("read", verdict, f"{words}; behind schedule", remedy=remedy, evidence=evidence)


_SLACK = 2
"""So many runs may be missed before reading is behind schedule."""


def lock(case: Case) -> Iterator[Finding]:
    """No lock keeps the next backup out."""
    if case.facts.locks is None:
        return
    stale = [each for each in case.facts.locks if each.alive is False]
    old = [
        each
        for each in case.facts.locks
        if each.since is not None and case.now - each.since > _LONG and each not in stale
    ]
    if stale or old:
        each = (stale or old)[0]
        what = "left behind" if stale else "held very long"
        since = f" since {each.since:%Y-%m-%d %H:%M} UTC" if each.since else ""
        remedy = "look at what holds it; then remove it with the tool's own unlock"
        yield case.found(
            "lock", Verdict.WARN, f"locked: a lock {what} by {each.holder}{since}", remedy=remedy
        )
    else:
        words = (
            "nobody holds a lock"
            if not case.facts.locks
            else f"locked by {case.facts.locks[0].holder}, at work"
        )
        yield case.found("lock", Verdict.OK, words)


_LONG = timedelta(hours=24)


def _proof(case: Case, check: str, probe: Probe | None) -> Iterator[Finding]:
    """A proof of every look. One that was not tried now is as its last try left it."""
    last = case.history.proofs.get((check, ""))
    if probe is None and last is None:
        return
    proof = last if probe is None else _renewed(case, probe, last)
    assert proof is not None
    if proof.fault is None:
        yield case.found(check, Verdict.OK, _success(case, check, proof, probe), evidence=proof.told)
    elif proof.fault.kind.is_ignorance:
        yield blocked(case, check, proof.fault, proof.proven_at)
    else:
        faults = probe.faults if probe is not None and probe.faults else (proof.fault,)
        yield case.found(
            check,
            Verdict.FAIL,
            worst_of(faults, check) + (_as_of(case, proof) if probe is None else ""),
            remedy=remedy_for(proof.fault.kind) if probe is not None else _look_again(case),
            evidence={"kinds": _kinds(faults), "where": [each.where for each in faults][:20]},
        )


def _periodic(case: Case, check: str, probe: Probe | None, every: Duration, what: str) -> Iterator[Finding]:
    """A proof of now and then: it holds for its period, then it is due, then it is a failure."""
    last = case.history.proofs.get((check, ""))
    proof = last if probe is None else _renewed(case, probe, last)
    if proof is not None and proof.fault is not None:
        yield from _proof(case, check, probe)
        return
    proven = proof.proven_at if proof is not None else None
    if proven is not None and proven >= every.before(case.now):
        told = proof.told if proof else {}
        words = f"{what} succeeded on {proven.astimezone(case.zone):%Y-%m-%d}{not_yet(told)}"
        yield case.found(check, Verdict.OK, words, evidence=told)
        return
    begun = proven or case.since
    overdue = begun < every.before(case.now)
    words = f"{what} is due: " + (
        f"the last was on {proven.astimezone(case.zone):%Y-%m-%d}" if proven else "there never was one"
    )
    remedy = f"ict backup drill {case.job.name}" if check == "drill" else f"ict backup verify {case.job.name}"
    yield case.found(check, Verdict.FAIL if overdue else Verdict.WARN, words, remedy=remedy)


def not_yet(told: Mapping[str, int | float | str]) -> str:
    """What a whole restore could not bring back, because it was not copied yet; empty for nothing."""
    late = int(told.get("late", 0))
    is_late = "is" if late == 1 else "are"
    return f"; {counted(late, 'file')} of the source {is_late} not in this backup yet" if late else ""


def blocked(case: Case, check: str, fault: Fault | None, proven: datetime | None) -> Finding:
    """What could not be proven now is unknown, and a failure when the last proof is too old."""
    assert fault is not None
    within = case.job.verify.proof_within
    since = proven or case.since
    words = worst_of([fault], check)
    if since < within.before(case.now):
        last = f"last proven {age_text(case.now - proven)} ago" if proven else "never proven"
        words, verdict = f"{words}; {last}", Verdict.FAIL
    else:
        verdict = Verdict.UNKNOWN
    remedy, evidence = remedy_for(fault.kind), {"kinds": [fault.kind.value]}
    return case.found(check, verdict, words, remedy=remedy, evidence=evidence)


def _as_of(case: Case, proof: Proof) -> str:
    """That a fault is of an earlier look."""
    return f" (seen on {proof.tried_at.astimezone(case.zone):%Y-%m-%d}, not looked at again since)"


def _look_again(case: Case) -> str:
    return f"ict backup verify {case.job.name} --full looks again"


def renewed(now: datetime, probe: Probe, last: Proof | None) -> Proof:
    """The proof after this try: a success renews it, a fault stays until it is proven again.

    What kept this try from being done takes nothing away from a fault that was found before.
    """
    proven_at = last.proven_at if last else None
    if probe.proven:
        return Proof(now, now, None, (), probe.told)
    hard = next((fault for fault in probe.faults if not fault.kind.is_ignorance), None)
    if hard is not None:
        paths = tuple(path for fault in probe.faults for path in (fault.paths or (fault.where,)) if path)
        return Proof(now, proven_at, hard, paths, probe.told)
    if last is not None and last.fault is not None and not last.fault.kind.is_ignorance:
        return last
    return Proof(now, proven_at, probe.blocked or probe.faults[0], (), probe.told)


def _renewed(case: Case, probe: Probe, last: Proof | None) -> Proof:
    return renewed(case.now, probe, last)


_TRIED = {
    "structure": "checking what refers to what",
    "read": "reading the data",
    "sample": "restoring a sample",
    "source": "comparing with the source",
    "database": "opening the database",
    "drill": "restoring all of it",
    "key": "trying the second key",
    "runs": "the product's own word",
}
_WORDS = {
    "structure": "everything that the backups refer to is there",
    "sample": "a restored sample is right",
    "source": "nothing of the source is missing",
    "database": "the database opens, whole",
    "runs": "the product's last runs succeeded",
    "drill": "all of it was restored and is right",
    "key": "the second copy of the key opens it",
}


def _success(case: Case, check: str, proof: Proof, probe: Probe | None) -> str:
    told = proof.told
    parts = []
    if told.get("files"):
        parts.append(counted(int(told["files"]), "file"))
    if told.get("bytes"):
        parts.append(size_text(int(told["bytes"])))
    if told.get("compared"):
        parts.append(f"{told['compared']} compared with the source")
    if told.get("late"):
        parts.append(f"{told['late']} of them not copied yet, within the RPO")
    if told.get("rows"):
        parts.append(counted(int(told["rows"]), "row"))
    words = "what must be there is" if told.get("late") else _WORDS.get(check, "in order")
    words += f" ({', '.join(parts)})" if parts else ""
    if probe is None and proof.proven_at is not None:
        words += f", on {proof.proven_at.astimezone(case.zone):%Y-%m-%d}"
    return words + (f"; {probe.weak}" if probe is not None and probe.weak else "")


def worst_of(faults: Sequence[Fault], check: str = "") -> str:
    """The gravest fault, which is no mere ignorance, and how many there are besides. There is at least one.

    `check` is what was tried when it showed.
    """
    first = min(faults, key=lambda fault: (fault.kind.is_ignorance, fault.kind is not Kind.PATHS))
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    tried = f" ({_TRIED[check]})" if check in _TRIED else ""
    return f"{first.kind}{tried}: {first.message}{more}"


def _kinds(faults: Iterable[Fault]) -> list[str]:
    return sorted({fault.kind.value for fault in faults})


def _latest(proofs: Iterable[Proof]) -> datetime | None:
    return max((proof.proven_at for proof in proofs if proof.proven_at), default=None)


def _told(case: Case, check: str) -> Mapping[str, int | float | str]:
    proof = case.history.proofs.get((check, ""))
    return proof.told if proof is not None and proof.fault is None else {}
