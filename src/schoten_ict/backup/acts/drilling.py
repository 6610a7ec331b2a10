"""Drills: a backup is restored whole, or somebody did it by hand, and a report is made for signing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from time import monotonic
from typing import Any

from schoten_ict.backup.acts.desk import Desk, plan
from schoten_ict.backup.acts.verifying import observed
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe
from schoten_ict.backup.judge.case import PREFIX
from schoten_ict.backup.judge.proofs import drill as drill_rule
from schoten_ict.backup.judge.proofs import not_yet
from schoten_ict.backup.records import proofs, runs
from schoten_ict.core.amounts import size_text
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.protocols import DocumentWriter
from schoten_ict.core.times import length_text
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.letterhead import letterhead
from schoten_ict.inventory.sections.backups import BackupJob
from schoten_ict.store import Transaction, findings
from schoten_ict.store.documents import Document
from schoten_ict.store.journal import canonical

SERIES = "HT"


@dataclass(frozen=True, slots=True)
class ByHand:
    """A restore that somebody did without ict: whether it worked, how long it took, and what was seen."""

    worked: bool
    seconds: float | None = None
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Who makes the report, with what, in which language."""

    writer: DocumentWriter
    tester: str
    language: str
    today: date
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class Drilled:
    """A drill with its report."""

    job: BackupJob
    facts: BackupFacts
    probe: Probe
    findings: tuple[Finding, ...]
    document: Document
    evidence: str

    @property
    def verdict(self) -> Verdict:
        """Ok when everything came back; unknown when it could not be tried."""
        if self.probe.proven:
            return Verdict.OK
        hard = any(not fault.kind.is_ignorance for fault in self.probe.faults)
        return Verdict.FAIL if hard else Verdict.UNKNOWN

    @property
    def summary(self) -> str:
        """What came of it, in one line."""
        fault = next(iter(self.probe.faults), None) or self.probe.blocked
        if fault:
            return f"{fault.kind}: {fault.message}"
        told = self.probe.told
        uncompared = "; nothing could be compared with the source" if told.get("compared") == 0 else ""
        return f"everything came back{uncompared}{not_yet(told)}"


def drill(desk: Desk, job: BackupJob, report: Report, by_hand: ByHand | None = None) -> Drilled:
    """Restore a job's newest backup whole, or take somebody's word, and file the report."""
    began = monotonic()
    facts = _by_hand(desk, job, by_hand) if by_hand else _restored(desk, job)
    probe = facts.drill or Probe(blocked=_why_not(facts))
    facts = replace(facts, drill=probe)
    seconds = by_hand.seconds or 0.0 if by_hand else float(probe.told.get("seconds", monotonic() - began))
    content = canonical(_seen(desk, job, facts, by_hand))
    digest = hashlib.sha256(content.encode()).hexdigest()
    history = desk.history(job)
    with desk.store.transaction() as transaction:
        number = transaction.document_number(SERIES, report.today)
        drilled = Drilled(job, facts, probe, (), _NO_DOCUMENT, digest)
        data = _data(desk, drilled, report, by_hand, number, seconds)
        pdf = report.writer.pdf("drill", data, report.language)
        document = transaction.shelf.add(number, "drill", f"{number}.pdf", pdf, report.today)
        proofs.keep(transaction, job.name, desk.place(job), {("drill", ""): probe})
        found = list(drill_rule(desk.case(job, facts, history)))
        kept = findings.record(
            transaction, [f"{PREFIX}drill", f"{PREFIX}rto"], found, subject=subject("job", job.name)
        )
        done = replace(drilled, findings=tuple(kept), document=document)
        _keep(transaction, done, desk.place(job), number, seconds)
    return done


_NO_DOCUMENT = Document("", "drill", "", "", 0, "")


def _restored(desk: Desk, job: BackupJob) -> BackupFacts:
    order = plan(desk, job, desk.history(job), full=False)
    return observed(desk, desk.timed(replace(order, read=None, sample=0, drill=True)))


def _by_hand(desk: Desk, job: BackupJob, word: ByHand) -> BackupFacts:
    told = {"seconds": word.seconds} if word.seconds is not None else {}
    faults = () if word.worked else (Fault(Kind.OTHER, word.remarks or "it did not work"),)
    return BackupFacts(job.engine, desk.now, drill=Probe(faults, None, word.seconds or 0.0, told))


def _why_not(facts: BackupFacts) -> Fault:
    """What kept a drill from being tried."""
    if facts.access.blocked is not None or facts.access.faults:
        return facts.access.blocked or facts.access.faults[0]
    reason = facts.cannot.get("drill", "nothing to restore was found")
    return Fault(Kind.NOT_PROVABLE, f"{reason}; restore by hand and record it with --by-hand")


def _seen(desk: Desk, job: BackupJob, facts: BackupFacts, by_hand: ByHand | None) -> dict[str, Any]:
    """What the fingerprint on the report is of."""
    probe = facts.drill or Probe()
    point = _newest(desk, job, facts)
    return {
        "job": job.name,
        "repository": job.repository.url,
        "at": desk.now.isoformat(),
        "by_hand": by_hand is not None,
        "version": facts.version,
        "point": point.id if point else None,
        "told": dict(probe.told),
        "faults": [{"kind": each.kind.value, "message": each.message} for each in probe.faults],
        "blocked": probe.blocked and probe.blocked.message,
    }


def _newest(desk: Desk, job: BackupJob, facts: BackupFacts) -> Point | None:
    complete = desk.case(job, facts, desk.history(job)).complete
    return complete[0] if complete else None


def _data(
    desk: Desk, done: Drilled, report: Report, by_hand: ByHand | None, number: str, seconds: float
) -> dict[str, Any]:
    job, told = done.job, done.probe.told
    point = _newest(desk, job, done.facts)
    rto = desk.rto(job)
    database = job.source.database.name if job.source.database else None
    sources = [f"{host}:{path}" for host in job.source.hosts or ("",) for path in job.source.paths]
    faults = [*done.probe.faults, *((done.probe.blocked,) if done.probe.blocked else ())]
    return {
        "number": number,
        "date": report.today.isoformat(),
        "organisation": letterhead(desk.inventory.organisation),
        "remarks": report.remarks or (by_hand.remarks if by_hand else "") or None,
        "tester": report.tester,
        "job": job.name,
        "engine": job.engine,
        "version": done.facts.version or None,
        "source": [each.lstrip(":") for each in sources] or [database or job.repository.url],
        "repository": job.repository.url,
        "services": list(job.services),
        "owner": job.owner or None,
        "began": _local(desk, desk.now),
        "result": done.verdict.value,
        "how": "by_hand" if by_hand else "automatic",
        "evidence": done.evidence,
        "point": point.id if point else None,
        "point_at": _local(desk, point.at) if point else None,
        "took": length_text(seconds) if done.probe.proven and (not by_hand or by_hand.seconds) else None,
        "allowed": str(rto) if rto else None,
        "files": _number(told, "files"),
        "size": size_text(int(told["bytes"])) if "bytes" in told else None,
        "compared": _number(told, "compared"),
        "late": _number(told, "late") or None,
        "faults": [f"{fault.kind}: {fault.message}" for fault in faults],
    }


def _number(told: Mapping[str, int | float | str], name: str) -> int | None:
    return int(told[name]) if name in told else None


def _local(desk: Desk, moment: datetime) -> str:
    return f"{moment.astimezone(desk.zone):%d/%m/%Y %H:%M}"


def _keep(transaction: Transaction, done: Drilled, place: str, number: str, seconds: float) -> None:
    job = done.job
    run = runs.Run(
        job=job.name,
        act="drill",
        began_at=transaction.now,
        seconds=seconds,
        verdict=done.verdict,
        summary=done.summary,
        repository=place,
        document=number,
        told={"evidence": done.evidence, **done.probe.told},
    )
    runs.keep(transaction, run, document=number, evidence=done.evidence)
