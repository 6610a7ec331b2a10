"""Who and what no backup job covers: hosts, services, and databases that collection saw."""

import re
from collections.abc import Iterator, Mapping, Sequence
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
    "PostgreSQL": (re.compile(r"^(postgres|postgresql)", re.IGNORECASE), 5432, frozenset({"postgresql"})),
    "MariaDB/MySQL": (re.compile(r"^(mysqld?|mariadbd?)\b", re.IGNORECASE), 3306, frozenset[str]()),
    "SQL Server": (re.compile(r"^(sqlservr|MSSQL(SERVER|\$))", re.IGNORECASE), 1433, frozenset({"mssql"})),
    "Oracle": (re.compile(r"^(tnslsnr|ora_pmon|OracleService)", re.IGNORECASE), 1521, frozenset[str]()),
    "MongoDB": (re.compile(r"^mongod\b", re.IGNORECASE), 27017, frozenset[str]()),
}
"""How a database shows itself in processes and services, its port, and the engines made for it."""


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
) -> list[Uncovered]:
    """Everything that should be covered, with whether it is.

    `seen` holds what collection knows of each host that can be asked for its services, None for nothing yet.
    """
    return [
        *(_host(host, jobs) for host in hosts if host.kind in KINDS),
        *(_service(service, hosts, jobs) for service in services),
        *(each for host in hosts if host.kind in KINDS for each in _databases(host, jobs, seen)),
    ]


def _host(host: Host, jobs: Sequence[BackupJob]) -> Uncovered:
    names = tuple(job.name for job in jobs if host.name in job.source.hosts)
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
        words = "not known whether databases run here: never collected"
        remedy = f"ict inventory collect {host.name}"
        yield Uncovered("database", host.name, Verdict.UNKNOWN, words, key="databases", remedy=remedy)
        return
    for product in _running(facts):
        engines = _DATABASES[product][2]
        names = tuple(
            job.name
            for job in jobs
            if host.name in job.source.hosts and (job.engine in engines or job.source.database is not None)
        )
        if names:
            words = f"{product} is covered by {', '.join(names)}"
            yield Uncovered("database", host.name, Verdict.OK, words, names, key=product)
        else:
            words = f"{product} runs here and no job backs up a database; a copy of its files is no backup"
            verdict = Verdict.FAIL if host.criticality in _URGENT else Verdict.WARN
            yield Uncovered("database", host.name, verdict, words, key=product, remedy=_REMEDY)


def _running(facts: HostFacts) -> list[str]:
    """The database products that run, by their processes and services, or by their port."""
    names = [each.name for each in facts.services or () if each.running is not False]
    names += [each.process for each in facts.listeners or () if each.process]
    ports = {each.port for each in facts.listeners or () if each.process is None and each.protocol == "tcp"}
    return [
        product
        for product, (pattern, port, _) in _DATABASES.items()
        if any(pattern.match(name) for name in names) or port in ports
    ]
