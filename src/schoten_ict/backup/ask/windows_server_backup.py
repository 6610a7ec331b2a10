"""Windows Server Backup over WinRM: what the catalogue of one server knows of its backups and past runs.

From documentation and public examples, never run on Windows: the cmdlets Get-WBSummary, Get-WBPolicy,
Get-WBBackupSet and Get-WBJob of the module WindowsServerBackup (Windows Server 2012 and later), and that a
VersionId is the time in UTC (`10/25/2017-20:00` where BackupTime says 22:00 in Brussels). Codes: winerror.h,
vss.h, and messages of Windows Server Backup.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from schoten_ict.backup.ask import powershell
from schoten_ict.backup.ask.powershell import Answer, moment
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe
from schoten_ict.backup.order import Order
from schoten_ict.core.errors import IctError
from schoten_ict.core.remote import Runner
from schoten_ict.formats.answers import Row, rows, text

ENGINE = "windows-server-backup"
JOBS = 30
"""How many past runs are looked at."""
_CATALOGUE = "Windows Server Backup tells its catalogue and no more: restore by hand to prove it"
CANNOT = {
    **dict.fromkeys(("structure", "read", "sample", "drill", "database"), _CATALOGUE),
    "size": "the catalogue tells no sizes",
    "ransomware": "the catalogue tells nothing of the files",
    "key": "it has no key",
    "lock": "it has no locks",
    "immutable": "the disk is not looked at",
}
_AMBIGUOUS = timedelta(minutes=90)
_WHOLE = ("SystemState", "BareMetalRecovery")
_SUCCESS = "0x00000000"
_CODES = {
    "0x807800c5": "the image of a volume could not be prepared",
    "0x80780119": "not enough disk space for the shadow copy of a volume",
    "0x80070005": "access denied",
    "0x80070015": "the device is not ready",
    "0x80070020": "a file is in use",
    "0x80070035": "the network path was not found",
    "0x80070070": "the disk is full",
    "0x80070079": "the device did not answer in time",
    "0x800701b1": "the device does not exist",
    "0x8007045d": "the device has an I/O error",
    "0x8007052e": "the user name or password is wrong",
    "0x8004231f": "not enough storage for the shadow copy",
    "0x800423f0": "a VSS writer: the shadow copy lacks volumes",
    "0x800423f2": "a VSS writer timed out",
    "0x800423f3": "a VSS writer failed and may succeed at another try",
    "0x800423f4": "a VSS writer failed",
}
"""What the codes of a failed run mean."""


@dataclass(frozen=True, slots=True)
class Job:
    """One past run. `faults` are what the product says went wrong in it."""

    version: str
    start: datetime | None
    end: datetime | None
    faults: tuple[Fault, ...]

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return (self.end - self.start).total_seconds() if self.start and self.end else None


def observe(runner: Runner, order: Order) -> BackupFacts:
    """What one server knows of its backups."""
    started = monotonic()
    try:
        answer = powershell.ask(runner, "windows_server_backup", order, {"jobs": JOBS})
    except IctError as error:
        return BackupFacts(ENGINE, order.now, access=Probe(blocked=fault_of(error)), cannot=CANNOT)
    return read(answer, order, monotonic() - started)


def read(answer: Answer, order: Order, seconds: float = 0.0) -> BackupFacts:
    """The facts in an answer; pure."""
    version = text(answer.one("machine"), "version") or ""
    fault = _unreadable(answer)
    if fault is not None:
        access = Probe(blocked=fault, seconds=seconds)
        return BackupFacts(ENGINE, order.now, version, access=access, cannot=CANNOT)
    jobs = [job for row in answer.parts.get("jobs", ()) if (job := _job(row)) is not None]
    points = tuple(_points(answer, {job.version: job for job in reversed(jobs)}, _host(order)))
    return BackupFacts(
        engine=ENGINE,
        observed_at=order.now,
        version=version,
        access=Probe(seconds=seconds, told={"versions": len(points)}),
        points=points,
        source=_source(answer, points),
        runs=_runs(answer, jobs, points),
        cannot=CANNOT,
    )


def _unreadable(answer: Answer) -> Fault | None:
    reason = answer.missing("module")
    if reason is not None and reason.kind is Kind.NO_PROGRAM:
        return Fault(
            Kind.NO_PROGRAM,
            "the feature is not installed there: Install-WindowsFeature Windows-Server-Backup",
        )
    reason = reason or answer.missing("sets")
    return reason.fault if reason is not None else None


def _host(order: Order) -> str:
    """Whose backups these are, in the words of the inventory."""
    job = order.job
    return job.verify.from_ or (job.source.hosts[0] if job.source.hosts else "")


def _points(answer: Answer, jobs: Mapping[str, Job], host: str) -> Iterator[Point]:
    files = _listed(answer.one("policy").get("files"))
    seen: set[str] = set()
    for row in answer.parts["sets"]:
        version = text(row, "version") or ""
        at = _at(version, moment(row, "at"))
        if at is None or version in seen:
            continue
        seen.add(version)
        job = jobs.get(version)
        yield Point(
            id=version or f"{at:%Y-%m-%dT%H:%MZ}",
            at=at,
            host=host,
            paths=_paths(row, files),
            complete=not job.faults if job else None,
            seconds=job.seconds if job else None,
        )


def _at(version: str, told: datetime | None) -> datetime | None:
    """When a version was made. Its id is in UTC, so the hour that the clock shows twice is told apart."""
    try:
        own = datetime.strptime(version, "%m/%d/%Y-%H:%M").replace(tzinfo=UTC)
    except ValueError:
        return told
    return own if told is None or abs(own - told) <= _AMBIGUOUS else told


def _paths(row: Row, files: Sequence[str]) -> tuple[str, ...]:
    """What a version holds: whole volumes, or the folders of the policy where it has files only."""
    items = {each.strip() for each in (text(row, "items") or "").split(",")}
    whole = tuple(name for name in _WHOLE if name in items)
    if "Volumes" not in items:
        return (*(files or ("files",)), *whole) if "Files" in items else whole
    return (*_mounted(rows(row.get("volumes"))), *whole)


def _mounted(volumes: Sequence[Row]) -> tuple[str, ...]:
    """The letters or folders of volumes; recovery partitions have none."""
    paths = (text(volume, "path") for volume in volumes)
    return tuple(sorted({f"{path.rstrip(chr(92))}\\" for path in paths if path and path[:2] != "\\\\"}))


def _listed(value: object) -> tuple[str, ...]:
    """The texts of a list, of which PowerShell may write a single one as itself."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str) and each)


def _source(answer: Answer, points: Sequence[Point]) -> Probe | None:
    """Everything that is scheduled is in the newest version."""
    policy = answer.one("policy")
    if not policy or not points:
        return None
    newest = max(points, key=lambda point: point.at)
    wanted = [*_mounted(rows(policy.get("volumes")))]
    wanted += [name for name, key in zip(_WHOLE, ("state", "bare"), strict=True) if policy.get(key) is True]
    faults = tuple(
        Fault(Kind.MISSING_FILES, f"{each} is scheduled and not in the newest backup", each)
        for each in wanted
        if each not in newest.paths
    )
    return Probe(faults, told={"scheduled": len(wanted)}) if wanted else None


def _job(row: Row) -> Job | None:
    """One past backup; None for a recovery or another kind of run."""
    if (text(row, "type") or "Backup") != "Backup":
        return None
    end = moment(row, "end") or moment(row, "start")
    faults = list(_faults_of(row, f"{end:%Y-%m-%d %H:%M} UTC" if end else "a run"))
    return Job(text(row, "version") or "", moment(row, "start"), moment(row, "end"), tuple(faults))


def _faults_of(row: Row, when: str) -> Iterator[Fault]:
    code, state = text(row, "hresult") or "", text(row, "state") or ""
    if code not in {"", _SUCCESS} or state not in {"", "Completed"}:
        words = [_named(code), _named(text(row, "detail") or ""), text(row, "error") or "", state]
        said = "; ".join(dict.fromkeys(word for word in words if word and word != "Completed"))
        yield Fault(Kind.FAILED, f"the run of {when}: {said}", text(row, "version") or "")
    for item in rows(row.get("items")):
        code = text(item, "hresult") or ""
        if code not in {"", _SUCCESS}:
            name = text(item, "name") or "an item"
            yield Fault(Kind.INCOMPLETE, f"{name} in the run of {when}: {_named(code)}", name)


def _named(code: str) -> str:
    """A code with what it means, where that is known; nothing for success."""
    if code in {"", _SUCCESS}:
        return ""
    return f"{_CODES[code.lower()]} ({code})" if code.lower() in _CODES else f"code {code}"


def _runs(answer: Answer, jobs: Sequence[Job], points: Sequence[Point]) -> Probe:
    """What the product says of its last run."""
    reason = answer.missing("jobs") or answer.missing("summary")
    summary = answer.one("summary")
    newest = max(jobs, key=lambda job: job.end or job.start or _NEVER, default=None)
    faults = newest.faults if newest else ()
    code = text(summary, "hresult") or ""
    if not faults and code not in {"", _SUCCESS}:
        said = _named(text(summary, "detail") or "") or text(summary, "message") or ""
        faults = (Fault(Kind.FAILED, "; ".join(part for part in (_named(code), said) if part)),)
    if not (jobs or points or faults or reason):
        faults = (Fault(Kind.EMPTY, "no backup was ever made here"),)
    told = {"runs": len(jobs), "failed": sum(bool(job.faults) for job in jobs)}
    return Probe(faults, reason.fault if reason and not faults else None, told=told)


_NEVER = datetime.min.replace(tzinfo=UTC)
