"""Reports by hand: whose they are, of when, and kept as if the host had told them itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from schoten_ict.core.errors import ConflictError, IctError, IncompleteError, NotFoundError, Problem
from schoten_ict.core.finding import subject
from schoten_ict.patch.ask import reports
from schoten_ict.patch.ask.report_kind import Report
from schoten_ict.patch.desk import Desk
from schoten_ict.patch.facts import INCOMPLETE, PatchFacts
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.parts import kind_of, merged
from schoten_ict.patch.known import Scan
from schoten_ict.patch.records import builds, scans, updates
from schoten_ict.patch.scanning import judged, keep_facts
from schoten_ict.store import Transaction

SOURCE = "report"
_AHEAD = timedelta(days=1)
_ONLY_PACKAGES = Problem(
    INCOMPLETE,
    "only packages are told, and the host told of advisories, which they may or may not be",
    "updates",
    "add what dnf updateinfo list or zypper list-patches prints, or scan the machine",
)
_REPLACE = "give --replace where that is right: what was known of it goes"


@dataclass(frozen=True, slots=True)
class Brought:
    """One file that can be kept: whose it is and of when. `digest` is its SHA-256."""

    file: Path
    host: str
    report: Report
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file. `problem` is why it was refused; `before` is the product that was known."""

    file: Path
    host: str
    facts: PatchFacts | None
    case: Case | None
    problem: Problem | None = None
    at: datetime | None = None
    before: str = ""


def read(
    desk: Desk, files: Sequence[Path], host: str | None, at: datetime | None, *, replacing: bool
) -> Iterator[Brought | Imported]:
    """Each file with whose it is and of when, or why it is refused; nothing is kept yet.

    `at` is when they were made where that is said, else it is when the file was written. `replacing` takes
    them for those of `host` whatever machine they name. Raises `NotFoundError` for a host that there is not.
    """
    if host is not None and all(each.name != host for each in desk.inventory.hosts):
        raise NotFoundError(f"no host {host!r} in the inventory", remedy="ict inventory list")
    for file in files:
        try:
            content = file.read_bytes()
            report = reports.read(content, file.name)
            owner = _owner(report, host, desk, replacing=replacing)
            yield Brought(file, owner, report, _made(file, report, at, desk), sha256(content).hexdigest())
        except OSError as error:
            code = "not-found" if isinstance(error, FileNotFoundError) else "unreadable"
            yield Imported(file, "", None, None, Problem(code, error.strerror or "", f"file:{file}"))
        except IctError as error:
            yield Imported(file, "", None, None, error.problems[0])


def _made(file: Path, report: Report, at: datetime | None, desk: Desk) -> datetime:
    when = at or report.made_at
    if when is None:
        when = datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(microsecond=0)
    if when - _AHEAD > desk.now:
        words = f"is of {when:%Y-%m-%d}, which lies ahead"
        raise IncompleteError(words, remedy="say of when it is, as --at 2026-11-20", code="ahead")
    return min(when, desk.now)


def _owner(report: Report, host: str | None, desk: Desk, *, replacing: bool) -> str:
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
    if stated == host or report.host is None or replacing:
        return host
    if stated is not None:
        raise ConflictError(
            f"it is of {report.host}, not of {host}", remedy="leave --host out, or name the right one"
        )
    known = scans.itself(desk.store.reader, host)
    if known is not None and known.facts is not None and known.facts.called.casefold() == told:
        return host
    raise ConflictError(f"it is of {report.host}, not of {host}", remedy=_REPLACE)


def keep(desk: Desk, transaction: Transaction, brought: Brought, *, replacing: bool) -> Imported:
    """Keep what a report tells, beside what others told of the host; refused where nothing of it is newer.

    With `replacing` what was known goes first, and what the host was said to lack, as if it never was.
    """
    host, facts = brought.host, replace(brought.report.facts, called=brought.report.host or "")
    known = scans.itself(transaction.connection, host)
    forgotten = 0
    if replacing:
        scans.forget(transaction, host)
        builds.forget(transaction, host)
        forgotten = updates.forget(transaction, host)
    facts = _beside_advisories(transaction, host, facts)
    if replacing or known is None or known.facts is None or known.scanned_at is None:
        keep_facts(desk, transaction, host, SOURCE, facts, brought.at)
    else:
        problem = _refusal(known, known.facts, known.scanned_at, brought)
        if problem is not None:
            return Imported(brought.file, host, None, None, problem)
        _join(
            desk,
            transaction,
            known.facts,
            known.scanned_at,
            replace(brought, report=replace(brought.report, facts=facts)),
        )
    case, _ = judged(desk, transaction, host)
    _journal(transaction, brought, known, forgotten)
    system = known.facts.system if known and known.facts else None
    return Imported(brought.file, host, facts, case, at=brought.at, before=system.name if system else "")


def _beside_advisories(transaction: Transaction, host: str, facts: PatchFacts) -> PatchFacts:
    """The facts, which are no whole list where they name packages and the host lacks advisories."""
    told = facts.updates or ()
    if not told or any(each.packages or each.security is not None for each in told):
        return facts
    lacked = updates.open_of(transaction.connection, host)
    if not any(each.update.packages or each.update.available is None for each in lacked):
        return facts
    return replace(facts, missing=(*facts.missing, _ONLY_PACKAGES))


def _join(
    desk: Desk, transaction: Transaction, known: PatchFacts, known_at: datetime, brought: Brought
) -> None:
    told, at = brought.report.facts, brought.at
    both = merged(known, known_at, told, at)
    is_newer = told.updates is not None and both.dates.get("updates") == at
    part = told if is_newer else replace(told, updates=None)
    keep_facts(desk, transaction, brought.host, SOURCE, part, max(at, known_at), known=both)


def _refusal(known: Scan, facts: PatchFacts, known_at: datetime, brought: Brought) -> Problem | None:
    """Why a report says nothing of a host: it is of another system, or the host told all of it later."""
    host, about = brought.host, subject("host", brought.host)
    told, before = kind_of(brought.report.facts), kind_of(facts)
    if None not in {told, before} and told != before:
        words = f"it is of {told}, and {host} told of {before} on {known_at:%Y-%m-%d} over {known.source}"
        return Problem("conflict", words, about, _REPLACE)
    both = merged(facts, known_at, brought.report.facts, brought.at)
    if known_at > brought.at and (known.source != SOURCE or brought.at not in both.dates.values()):
        words = f"{host} told something newer on {known_at:%Y-%m-%d} over {known.source}"
        return Problem("conflict", words, about)
    return None


def _journal(transaction: Transaction, brought: Brought, known: Scan | None, forgotten: int) -> None:
    facts, at = brought.report.facts, known.scanned_at if known else None
    before = {"source": known.source, "of": at.isoformat() if at else None} if known else None
    after = {
        "file": brought.file.name,
        "sha256": brought.digest,
        "kind": facts.manager,
        "of": brought.at.isoformat(),
        "lacking": None if facts.updates is None else len(facts.updates),
        "forgotten": forgotten,
    }
    transaction.record("patch.import", subject("host", brought.host), before, after)
