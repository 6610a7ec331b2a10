"""Veeam Backup & Replication: over its REST interface, or its PowerShell module over WinRM.

Judged per task (per machine), because a job that ends with *Warning* can hide a machine that failed. A point
is a restore point: `target` is the job, `host` the machine. From Veeam's references of both interfaces, never
run on the real product.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic

from schoten_ict.backup.ask import powershell
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.ask.veeam_rest import Api, UnknownRequestError
from schoten_ict.backup.ask.veeam_runs import Job, Task, faults_of, is_over, jobs_of, weak_of, when
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe, Signs
from schoten_ict.backup.order import Order
from schoten_ict.core.errors import IctError
from schoten_ict.core.remote import HttpSession, Runner
from schoten_ict.core.text import counted, printable
from schoten_ict.core.times import utc_text
from schoten_ict.formats.answers import Row, number, text

ENGINE = "veeam"
DAYS = 8
"""How far back runs are looked at: a weekly job has run once at least."""
_RESTORE = "the interface restores nothing by itself: let SureBackup or a restore by hand prove it"
CANNOT = {
    **dict.fromkeys(("structure", "read"), "let Veeam's own health check read the backups"),
    **dict.fromkeys(("sample", "drill", "database"), _RESTORE),
    "immutable": "the repository's settings are not looked at",
    "key": "the key of an encrypted backup is not tried",
    "lock": "it has no locks",
}
_SKEW = timedelta(minutes=5)
_RETRIES = timedelta(hours=24)
_SHOWN = 5
_NOT_SCANNED = {"ransomware": "this server tells no malware events"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one interface gave, in the words of REST; None for what it does not have."""

    version: str
    jobs: Sequence[Row]
    sessions: Sequence[Row]
    tasks: Sequence[Row] | None
    backups: Sequence[Row]
    points: Sequence[Row]
    events: Sequence[Row] | None = None
    weak: tuple[str, ...] = ()
    blocked: Fault | None = None
    told: Mapping[str, int | float | str] = field(default_factory=dict)


def observe(session: HttpSession | Runner, order: Order) -> BackupFacts:
    """What the backup server tells of the job's jobs."""
    started = monotonic()
    try:
        seen = _over_rest(session, order) if isinstance(session, HttpSession) else _over_winrm(session, order)
    except IctError as error:
        access = Probe(blocked=fault_of(error), seconds=monotonic() - started)
        return BackupFacts(ENGINE, order.now, access=access, cannot=CANNOT)
    return facts_of(seen, order, monotonic() - started)


def _over_rest(session: HttpSession, order: Order) -> Seen:
    api = Api(session, order.deadline)
    with api:
        seen = _asked(api, order)
    weak = [*seen.weak]
    if api.leftover:
        weak.append(f"the session on the server could not be ended ({api.leftover})")
    if api.clock is not None and abs(api.clock - order.now) > _SKEW:
        minutes = round(abs(api.clock - order.now) / timedelta(minutes=1))
        weak.append(f"the server's clock is {counted(minutes, 'minute')} off")
    return replace(seen, weak=tuple(weak), told={"revision": api.revision})


def _asked(api: Api, order: Order) -> Seen:
    """Everything about the jobs of this order. Raises `RemoteError`."""
    since = utc_text(order.now - timedelta(days=DAYS))
    wanted = {name.casefold() for name in order.job.repository.jobs}
    states = api.pages("/api/v1/jobs/states")
    jobs = [row for row in states if (text(row, "name") or "").casefold() in wanted]
    sessions = [session for row in jobs for session in _sessions(api, text(row, "id") or "", since)]
    tasks = _tasks(api, sessions)
    mine = {text(row, "id") for row in jobs}
    backups = [
        row
        for row in api.pages("/api/v1/backups")
        if text(row, "jobId") in mine or (text(row, "name") or "").casefold() in wanted
    ]
    return Seen(
        version=_version(api),
        jobs=jobs,
        sessions=sessions,
        tasks=tasks,
        backups=backups,
        points=[point for row in backups for point in _points_in(api, text(row, "id") or "")],
        events=_events(api, since) if order.deep else None,
    )


def _version(api: Api) -> str:
    """The product's build; an account may lack the right to ask."""
    try:
        return text(api.one("/api/v1/serverInfo"), "buildVersion") or ""
    except IctError:
        return ""


def _sessions(api: Api, job: str, since: str) -> list[Row]:
    """The newest finished run of a job, and what ran within a day of it: its retries, or what it retried."""
    found = api.pages("/api/v1/sessions", {"jobIdFilter": job, "createdAfterFilter": since})
    starts = {text(row, "id"): at for row in found if (at := when(row, "creationTime")) is not None}
    last = max(
        (starts[text(row, "id")] for row in found if text(row, "id") in starts and is_over(row)), default=None
    )
    if last is None:
        return found
    return [row for row in found if text(row, "id") in starts and starts[text(row, "id")] > last - _RETRIES]


def _tasks(api: Api, sessions: Sequence[Row]) -> list[Row] | None:
    """The tasks of these sessions; None where the revision does not tell them."""
    starts = [at for row in sessions if (at := when(row, "creationTime")) is not None]
    if not starts:
        return []
    try:
        return api.pages("/api/v1/taskSessions", {"createdAfterFilter": utc_text(min(starts) - _SKEW)})
    except UnknownRequestError:
        pass
    try:
        paths = [f"/api/v1/sessions/{_safe(text(row, 'id'))}/taskSessions" for row in sessions]
        return [row for path in paths for row in api.pages(path)]
    except UnknownRequestError:
        return None


def _points_in(api: Api, backup: str) -> list[Row]:
    """The restore points of a backup; 1.1-rev0 calls them by another name."""
    try:
        return api.pages("/api/v1/restorePoints", {"backupIdFilter": backup})
    except UnknownRequestError:
        return api.pages("/api/v1/objectRestorePoints", {"backupIdFilter": backup})


def _events(api: Api, since: str) -> list[Row] | None:
    """What Veeam's malware detection reported; None where it is not there or not for this account."""
    try:
        return api.pages("/api/v1/malwareDetection/events", {"detectedAfterTimeUtcFilter": since})
    except IctError:
        return None


def _safe(identity: str | None) -> str:
    """An id as part of a path: letters, digits and hyphens, as UUIDs have."""
    return "".join(char for char in identity or "" if char.isascii() and (char.isalnum() or char == "-"))


def _over_winrm(runner: Runner, order: Order) -> Seen:
    """The same through PowerShell. Raises `RemoteError`."""
    parameters = {"jobs": list(order.job.repository.jobs), "days": DAYS}
    answer = powershell.ask(runner, "veeam", order, parameters)
    missing = [answer.missing(name) for name in ("module", "jobs", "sessions", "backups", "points")]
    reason = next((each for each in missing if each is not None), None)
    return Seen(
        version=text(answer.one("server"), "buildVersion") or "",
        jobs=answer.parts.get("jobs", ()),
        sessions=answer.parts.get("sessions", ()),
        tasks=answer.parts["tasks"] if answer.missing("tasks") is None else None,
        backups=answer.parts.get("backups", ()),
        points=answer.parts.get("points", ()),
        blocked=reason.fault if reason is not None else None,
    )


def facts_of(seen: Seen, order: Order, seconds: float = 0.0) -> BackupFacts:
    """The facts in what an interface gave; pure."""
    if seen.blocked is not None:
        access = Probe(blocked=seen.blocked, seconds=seconds)
        return BackupFacts(ENGINE, order.now, seen.version, access=access, cannot=CANNOT)
    jobs = jobs_of(seen.jobs, seen.sessions, seen.tasks)
    points, unread = _points(seen, jobs)
    signs = _signs(seen, points)
    return BackupFacts(
        engine=ENGINE,
        observed_at=order.now,
        version=seen.version,
        access=Probe(seconds=seconds, told={"jobs": len(jobs), **seen.told}),
        points=points,
        damaged={
            text(row, "id") or "": f"{text(row, 'name')} is marked as corrupted"
            for row in seen.points
            if row.get("corrupted") is True
        },
        source=_source(points, jobs, order),
        runs=_runs(seen, jobs, points, order, unread),
        signs=signs,
        cannot=CANNOT if signs is not None else {**CANNOT, **_NOT_SCANNED},
    )


def _points(seen: Seen, jobs: Mapping[str, Job]) -> tuple[tuple[Point, ...], int]:
    """The restore points by time, and how many have no readable one."""
    by_id = {text(row, "id"): row for row in seen.backups}
    tasks = {task.point: task for job in jobs.values() for task in job.tasks if task.point}
    found, unread = {}, 0
    for row in seen.points:
        identity, at = text(row, "id"), when(row, "creationTime")
        if identity is None or at is None:
            unread += 1
            continue
        backup = by_id.get(text(row, "backupId"), {})
        job = jobs.get(text(backup, "jobId") or "")
        found[identity] = Point(
            id=identity,
            at=at,
            host=printable(text(row, "name") or ""),
            complete=_is_complete(row, tasks.get(identity)),
            size=number(row.get("originalSize")) or None,
            target=job.name if job else text(backup, "name") or "",
        )
    return tuple(sorted(found.values(), key=lambda point: (point.at, point.id))), unread


def _is_complete(row: Row, task: Task | None) -> bool | None:
    if row.get("corrupted") is True:
        return False
    if task is None or not task.result:
        return None
    return task.result != "Failed"


def _source(points: Sequence[Point], jobs: Mapping[str, Job], order: Order) -> Probe | None:
    """Every machine that the declaration names has restore points, and was part of the last runs.

    The first host is the backup server itself, unless `verify: from` names that.
    """
    hosts = order.job.source.hosts if order.job.verify.from_ else order.job.source.hosts[1:]
    if not hosts:
        return None
    machines = [machine for job in jobs.values() for machine in job.latest]
    faults = [fault for host in hosts if (fault := _missing(host, points, machines)) is not None]
    return Probe(tuple(faults), told={"machines": len(hosts)})


def _missing(host: str, points: Sequence[Point], machines: Sequence[str]) -> Fault | None:
    newest = max((point.at for point in points if _same(host, point.host)), default=None)
    if newest is None:
        return Fault(Kind.MISSING_FILES, f"{host} is in no restore point", host)
    if machines and not any(_same(host, machine) for machine in machines):
        words = f"the last runs left out {host}, whose newest restore point is of {newest:%Y-%m-%d %H:%M} UTC"
        return Fault(Kind.INCOMPLETE, words, host)
    return None


def _same(left: str, right: str) -> bool:
    """Names of one machine: the short one, or the full one."""
    left, right = left.casefold(), right.casefold()
    return left == right or left.partition(".")[0] == right.partition(".")[0]


def _runs(seen: Seen, jobs: Mapping[str, Job], points: Sequence[Point], order: Order, unread: int) -> Probe:
    """What Veeam says of the last task of each machine."""
    named = {job.name.casefold() for job in jobs.values()}
    faults = [
        Fault(Kind.OTHER, f"Veeam has no job {name}", name)
        for name in order.job.repository.jobs
        if name.casefold() not in named
    ]
    kept = {point.id for point in points}
    for job in jobs.values():
        faults += faults_of(job, kept)
    blocked = None
    if unread:
        words = f"{counted(unread, 'restore point')} without a readable time"
        blocked = Fault(Kind.PROTOCOL, words)
    elif seen.tasks is None:
        words = "this server tells no tasks: a job's warning may hide a machine that failed"
        blocked = Fault(Kind.NOT_PROVABLE, words)
    tasks = [task for job in jobs.values() for task in job.latest.values()]
    told = {"jobs": len(jobs), "machines": len(tasks), "runs": len(seen.sessions)}
    return Probe(tuple(faults), blocked, told=told, weak="; ".join([*seen.weak, *weak_of(jobs.values())]))


def _signs(seen: Seen, points: Sequence[Point]) -> Signs | None:
    """What Veeam's own malware detection found on the machines of these jobs."""
    if seen.events is None and not any(text(row, "malwareStatus") for row in seen.points):
        return None
    machines = {point.host.casefold().partition(".")[0] for point in points}
    marked = [*_events_of(seen.events or (), machines), *_marks_of(seen.points)]
    by_severity: dict[str, list[str]] = {"Infected": [], "Suspicious": []}
    for severity, words in dict.fromkeys(marked):
        if severity in by_severity:
            by_severity[severity].append(words)
    infected, suspicious = (tuple(each[:_SHOWN]) for each in by_severity.values())
    return Signs(scanner="Veeam", infected=infected, suspicious=suspicious)


def _events_of(events: Sequence[Row], machines: set[str]) -> Iterator[tuple[str, str]]:
    """Events on our machines that nobody called a false alarm."""
    for row in events:
        machine = row.get("machine")
        named = machine if isinstance(machine, Mapping) else {}
        name = text(named, "name") or text(named, "displayName") or text(row, "machineName") or ""
        if text(row, "state") != "FalsePositive" and name.casefold().partition(".")[0] in machines:
            yield text(row, "severity") or "", f"{printable(name)}: {text(row, 'type') or 'malware'}"


def _marks_of(points: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """What the newest restore point of each machine is marked as."""
    newest: dict[str, tuple[datetime, str]] = {}
    for row in points:
        at, name = when(row, "creationTime"), text(row, "name") or ""
        if at is not None and (name not in newest or newest[name][0] < at):
            newest[name] = at, text(row, "malwareStatus") or ""
    for name, (_, severity) in newest.items():
        yield severity, f"{printable(name)}: the newest restore point is marked as {severity.lower()}"
