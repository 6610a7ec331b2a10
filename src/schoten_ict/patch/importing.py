"""Reports by hand: whose they are, of when, and kept as if the host had told them itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schoten_ict.core.errors import ConflictError, IctError, NotFoundError, Problem
from schoten_ict.patch.ask import reports
from schoten_ict.patch.ask.report_kind import Report
from schoten_ict.patch.desk import Desk
from schoten_ict.patch.facts import PatchFacts
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.records import scans
from schoten_ict.patch.scanning import judged, keep_facts
from schoten_ict.store import Transaction

SOURCE = "report"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file. `problem` is why it was refused."""

    file: Path
    host: str
    facts: PatchFacts | None
    case: Case | None
    problem: Problem | None = None


def read(
    files: Sequence[Path], host: str | None, desk: Desk
) -> Iterator[tuple[Path, str, Report] | Imported]:
    """Each file with whose it is, or why it is refused; nothing is kept yet."""
    for file in files:
        try:
            report = reports.read(file.read_bytes(), file.name)
            yield file, _owner(report, host, desk), report
        except OSError as error:
            yield Imported(file, "", None, None, Problem("unreadable", error.strerror or "", f"file:{file}"))
        except IctError as error:
            yield Imported(file, "", None, None, error.problems[0])


def _owner(report: Report, host: str | None, desk: Desk) -> str:
    """The host that the file is about: the one that is named, which must be what the file states."""
    names = {each.name.casefold(): each.name for each in desk.inventory.hosts}
    told = (report.host or "").casefold()
    stated = names.get(told) or names.get(told.partition(".")[0])
    if host is None:
        if stated is None:
            who = (
                f"it is of {report.host}, which is no host"
                if report.host
                else "it does not say of which host"
            )
            raise NotFoundError(f"{who} of the inventory", remedy="name the host: --host NAME")
        return stated
    if host not in names.values():
        raise NotFoundError(f"no host {host!r} in the inventory", remedy="ict inventory list")
    if stated not in {None, host}:
        raise ConflictError(
            f"it is of {report.host}, not of {host}", remedy="leave --host out, or name the right one"
        )
    return host


def keep(
    desk: Desk, transaction: Transaction, file: Path, host: str, report: Report, at: datetime
) -> Imported:
    """Keep what a report tells as of `at`; refused where the host told something newer."""
    known = scans.itself(transaction.connection, host)
    if known is not None and known.scanned_at is not None and known.scanned_at > at:
        words = f"{host} told something newer on {known.scanned_at:%Y-%m-%d} over {known.source}"
        return Imported(file, host, None, None, Problem("conflict", words, f"host:{host}"))
    keep_facts(desk, transaction, host, SOURCE, report.facts, at)
    case, _ = judged(desk, transaction, host)
    return Imported(file, host, report.facts, case)
