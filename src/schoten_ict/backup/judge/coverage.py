"""Who and what no backup job covers: hosts, services, and databases that collection saw."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.hostfacts import HostFacts
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import BackupJob
from schoten_ict.inventory.sections.hosts import Host
from schoten_ict.inventory.sections.services import Service

CHECK = "backup.coverage"
VALID_FOR = timedelta(days=8)
KINDS = frozenset({"server", "hypervisor", "storage", "appliance"})
"""Hosts that hold data of their own."""
_URGENT = frozenset({"high", "critical"})
_DATABASES = {
    "PostgreSQL": (re.compile(r"^(postgres|postgresql)", re.IGNORECASE), 5432),
    "MariaDB/MySQL": (re.compile(r"^(mysqld?|mariadbd?)\b", re.IGNORECASE), 3306),
    "SQL Server": (re.compile(r"^(sqlservr|MSSQL(SERVER|\$))", re.IGNORECASE), 1433),
    "Oracle": (re.compile(r"^(tnslsnr|ora_pmon|OracleService)", re.IGNORECASE), 1521),
    "MongoDB": (re.compile(r"^mongod\b", re.IGNORECASE), 27017),
}
"""How a database shows itself in processes and services, and its port."""
_PRODUCTS = {"postgresql": "PostgreSQL", "mssql": "SQL Server", "sqlite": "SQLite"}
"""What engines are made for; a database in a job of any other may be of any product."""
_ON_ITS_OWN_HOST = frozenset({"mssql", "windows-server-backup"})
"""Engines that are asked on the very host that they back up."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """One thing and the jobs that cover it; `what` is `host`, `service` or `database`."""

    what: str
    name: str
    verdict: Verdict
    summary: str
    jobs: tuple[str, ...] = ()
    key: str = ""
    remedy: str = ""

    def finding(self, now: datetime) -> Finding:
        """The same as a finding."""
        about = subject("service" if self.what == "service" else "host", self.name)
        return Finding(
            check=CHECK,
            subject=about,
            key=self.key,
            verdict=self.verdict,
            summary=self.summary,
            observed_at=now,
            valid_until=now + VALID_FOR,
            evidence={"jobs": list(self.jobs)},
            remedy=self.remedy,
        )


def coverage(
    hosts: Sequence[Host],
    services: Sequence[Service],
    jobs: Sequence[BackupJob],
    seen: Mapping[str, HostFacts | None],
    here: Collection[str] = (),
) -> list[Uncovered]:
    """Everything that should be covered, with whether it is.

    `seen` holds what collection knows of each host that can be asked for its services, None for nothing
    within `VALID_FOR`. `here` are the hosts that are this machine.
    """
    asked = [host for host in hosts if host.kind in KINDS]
    of_host = {host.name: [job for job in jobs if host.name in _hosts(job, here)] for host in asked}
    return [
        *(_host(host, of_host[host.name]) for host in asked),
        *(_service(service, hosts, jobs) for service in services),
        *(each for host in asked for each in _databases(host, of_host[host.name], seen)),
    ]


def _hosts(job: BackupJob, here: Collection[str]) -> Collection[str]:
    """The hosts whose data a job backs up: those that it names, else this machine."""
    if job.source.hosts:
        return job.source.hosts
    if job.engine in _ON_ITS_OWN_HOST:
        return {job.verify.from_} if job.verify.from_ else ()
    return () if job.engine == "veeam" else here


def _host(host: Host, jobs: Sequence[BackupJob]) -> Uncovered:
    names = tuple(job.name for job in jobs)
    if names:
        return Uncovered("host", host.name, Verdict.OK, f"covered by {', '.join(names)}", names)
    verdict = Verdict.FAIL if host.criticality in _URGENT else Verdict.WARN
    words = f"no backup job covers this {host.kind} ({host.criticality})"
    return Uncovered("host", host.name, verdict, words, remedy=_REMEDY)


_REMEDY = "name it in a job of backups:, or accept it with an exception that says why"


def _service(service: Service, hosts: Sequence[Host], jobs: Sequence[BackupJob]) -> Uncovered:
    names = tuple(job.name for job in jobs if service.name in job.services)
    if names:
        return Uncovered("service", service.name, Verdict.OK, f"covered by {', '.join(names)}", names)
    verdict = Verdict.FAIL if service.criticality in _URGENT and service.rpo else Verdict.WARN
    limit = f", of which at most {service.rpo} may be lost" if service.rpo else ""
    runs = [host.name for host in hosts if service.name in host.services]
    where = f" (it runs on {', '.join(runs)})" if runs else ""
    words = f"no backup job names this service{limit}{where}"
    return Uncovered("service", service.name, verdict, words, remedy=_REMEDY)


def _databases(
    host: Host, jobs: Sequence[BackupJob], seen: Mapping[str, HostFacts | None]
) -> Iterator[Uncovered]:
    if host.name not in seen:
        return
    facts = seen[host.name]
    if facts is None or (facts.services is None and facts.listeners is None):
        words = f"not known whether databases run here: not collected within {VALID_FOR.days} days"
        remedy = f"ict inventory collect {host.name}"
        yield Uncovered("database", host.name, Verdict.UNKNOWN, words, key="databases", remedy=remedy)
        return
    for product in _running(facts):
        yield _database(host, product, jobs)


def _database(host: Host, product: str, jobs: Sequence[BackupJob]) -> Uncovered:
    """Whether one of the jobs of a host is made for a product that runs there."""
    names = tuple(job.name for job in jobs if _PRODUCTS.get(job.engine) == product)
    if names:
        words = f"{product} is covered by {', '.join(names)}"
        return Uncovered("database", host.name, Verdict.OK, words, names, key=product)
    perhaps = [job.name for job in jobs if job.engine not in _PRODUCTS and job.source.database is not None]
    if perhaps:
        words = f"{product} runs here; not known whether the database of {', '.join(perhaps)} is its own"
        remedy = (
            "use the engine of the product, or look, and accept it with an exception that says what you saw"
        )
        return Uncovered("database", host.name, Verdict.UNKNOWN, words, key=product, remedy=remedy)
    words = f"{product} runs here and no job backs up its databases; a copy of its files is no backup"
    verdict = Verdict.FAIL if host.criticality in _URGENT else Verdict.WARN
    return Uncovered("database", host.name, verdict, words, key=product, remedy=_REMEDY)


def _running(facts: HostFacts) -> list[str]:
    """The database products that run, by their processes and services, or by their port."""
    names = [each.name for each in facts.services or () if each.running is not False]
    names += [each.process for each in facts.listeners or () if each.process]
    ports = {each.port for each in facts.listeners or () if each.process is None and each.protocol == "tcp"}
    return [
        product
        for product, (pattern, port) in _DATABASES.items()
        if any(pattern.match(name) for name in names) or port in ports
    ]
