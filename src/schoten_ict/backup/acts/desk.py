"""What acts on backups work with: the declaration, the store, and the ways to machines."""

import hashlib
import math
import platform
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from schoten_ict.backup.acts.former import former_at
from schoten_ict.backup.engines import ENGINES, Way
from schoten_ict.backup.facts import BackupFacts
from schoten_ict.backup.judge.case import Case, History, Proof
from schoten_ict.backup.judge.slices import slices
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.backup.records import points, proofs, runs
from schoten_ict.core.deadline import Deadline as Allowed
from schoten_ict.core.errors import ConfigurationError, NotFoundError
from schoten_ict.core.files import shared_folder
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import Reach, Via
from schoten_ict.core.secrets import Secret, SecretReference, resolve
from schoten_ict.core.text import nearest
from schoten_ict.core.times import Duration
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.backups import BACKUPS, BackupJob
from schoten_ict.store import Store

_DEFAULT_RPO = Duration(seconds=26 * 3600)
_ASKED_BY_SHELL = frozenset({Via.LOCAL, Via.SSH})


_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|[^/]+@[^/]+:")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the acts of this room happen. `now` is taken once per command."""

    inventory: Inventory
    store: Store
    reach: Reach
    now: datetime
    zone: tzinfo

    def jobs(self, names: Sequence[str] = ()) -> list[BackupJob]:
        """The declared jobs, all or those that are named; raises `NotFoundError` with the nearest one."""
        declared = {job.name: self._placed(job) for job in self.inventory.get(BACKUPS)}
        for name in names:
            if name not in declared:
                close = nearest(name, list(declared))
                raise NotFoundError(
                    f"no backup job {name!r}{close}",
                    subject=f"job:{name}",
                    remedy="see backups: in inventory.yaml; ict backup status lists them",
                )
        return [declared[name] for name in dict.fromkeys(names)] if names else list(declared.values())

    def _placed(self, job: BackupJob) -> BackupJob:
        """The job with the paths of a source on this machine made whole: they count from the workspace."""
        if any(Via.LOCAL not in self.reach.ways(host) for host in job.source.hosts):
            return job
        root = self.inventory.root.absolute()
        paths = tuple(str(root / Path(path).expanduser()) for path in job.source.paths)
        return structs.replace(job, source=structs.replace(job.source, paths=paths))

    def owner(self, job: BackupJob) -> str:
        """Names the scratch folders of a job, apart from those of any other workspace or machine."""
        return f"{platform.node()}:{self.inventory.root.resolve()}:{job.name}"

    def state(self, job: BackupJob) -> Path:
        """The folder for caches of a job, which lasts between runs."""
        return shared_folder(self.store.data / "backup" / job.name)

    def place(self, job: BackupJob) -> str:
        """Where a job's backups lie, however its url is spelled: history is kept by it."""
        return self.place_of(job, job.repository.url)

    def place_of(self, job: BackupJob, url: str) -> str:
        """The same for one of its copies. A path that is looked at here counts from the workspace."""
        if _HAS_SCHEME.match(url):
            return url.rstrip("/")
        here = not job.verify.from_ or Via.LOCAL in self.reach.ways(job.verify.from_)
        path = str(self.inventory.root.absolute() / Path(url).expanduser()) if here else url
        return posixpath.normpath(path) if "\\" not in path else path

    def places(self, job: BackupJob) -> list[str]:
        """Where a job's backups and its copies lie."""
        return [self.place(job), *(self.place_of(job, copy.url) for copy in job.copies)]

    def history(self, job: BackupJob) -> History:
        """What the store knows of a job and its repository."""
        reader, place = self.store.reader, self.place(job)
        declared = {each.name for each in self.inventory.get(BACKUPS)}
        since = runs.first_look(reader, job.name, place)
        newest = {
            copy.name: points.newest_seen(reader, job.name, self.place_of(job, copy.url))
            for copy in job.copies
        }
        return History(
            since=since,
            known=tuple(points.known(reader, job.name, place)),
            proofs=proofs.every(reader, job.name, place),
            copies={name: at for name, at in newest.items() if at is not None},
            measured=runs.measured(reader, job.name, place),
            moved_from=runs.last_place(reader, job.name) if since is None else "",
            former=former_at(reader, place, declared) if since is None else None,
        )

    def case(self, job: BackupJob, facts: BackupFacts, history: History) -> Case:
        """A job as the judge takes it, with the limits that hold for it.

        A backup that ict took and that was partial stays partial, where the engine itself does not remember.
        """
        partial = {each.point.id for each in history.known if each.point.complete is False}
        points = facts.points and tuple(
            replace(each, complete=False) if each.id in partial and each.complete is None else each
            for each in facts.points
        )
        facts = replace(facts, points=points)
        return Case(job, facts, history, self.now, self.zone, self.rpo(job), self.rto(job))

    def rpo(self, job: BackupJob) -> Duration:
        """How much work may be lost: the job's own limit, else the strictest of its services."""
        return job.rpo or self._strictest(job, "rpo") or _DEFAULT_RPO

    def rto(self, job: BackupJob) -> Duration | None:
        """How soon it must be back, where that is declared."""
        return job.rto or self._strictest(job, "rto")

    def _strictest(self, job: BackupJob, name: str) -> Duration | None:
        limits = [
            limit
            for service in self.inventory.services
            if service.name in job.services and (limit := getattr(service, name)) is not None
        ]
        return min(limits, key=lambda limit: self.now - limit.before(self.now), default=None)

    def secrets(self, job: BackupJob) -> dict[str, Secret]:
        """The secrets of a repository by field; raises `ConfigurationError` when one is absent."""
        references: dict[str, SecretReference] = dict(job.repository.environment)
        if job.repository.password is not None:
            references["password"] = job.repository.password
        return {name: resolve(reference, self.inventory.root) for name, reference in references.items()}

    def way(self, job: BackupJob) -> tuple[Way, str]:
        """How a job's engine is asked, and on which host; empty for this machine."""
        engine = ENGINES[job.engine]
        host = job.verify.from_ or (
            job.source.hosts[0] if Way.MACHINE not in engine.ways and job.source.hosts else ""
        )
        if Way.MACHINE in engine.ways:
            return Way.MACHINE, host
        if not host:
            raise ConfigurationError(
                f"{job.name}: engine {job.engine} is asked on a host, and none is named",
                subject=f"job:{job.name}",
                remedy="add verify: {from: HOST}, or source: {hosts: [HOST]}",
            )
        ways = {Way.POWERSHELL: Via.WINRM, Way.HTTP: Via.HTTP}
        declared = self.reach.ways(host)
        for way in engine.ways:
            if ways[way] in declared:
                return way, host
        needed = " or ".join(ways[way].value for way in engine.ways)
        raise ConfigurationError(
            f"{host} declares no {needed}, which engine {job.engine} needs",
            subject=f"job:{job.name}",
            remedy=f"add connect: {{{ways[engine.ways[0]]}: {{credential: NAME}}}} to {host}",
        )

    @contextmanager
    def session(self, way: Way, host: str, deadline: Deadline) -> Iterator[Any]:
        """What an engine's functions take, closed at the end."""
        session: Any
        if way is Way.MACHINE:
            session = self.reach.machine(host, deadline.clock)
        elif way is Way.POWERSHELL:
            session = self.reach.runner(host, Via.WINRM, deadline.clock)
        else:
            session = self.reach.http(host, deadline.left())
        try:
            yield session
        finally:
            session.close()

    def timed(self, order: Order, allowed: Allowed | None = None) -> Order:
        """The order, whose time begins now and is within `allowed`, with the way to its source."""
        deadline = Deadline(order.job.verify.deadline.seconds, allowed)
        return replace(order, deadline=deadline, source=self._source(order.job, deadline))

    def _source(self, job: BackupJob, deadline: Deadline) -> Callable[[str], Machine] | None:
        """What opens a machine of the source to compare with; None where there is no way to one."""
        if not job.verify.compare_source or not job.source.paths:
            return None
        if any(_ASKED_BY_SHELL.isdisjoint(self.reach.ways(host)) for host in job.source.hosts):
            return None

        def opened(host: str) -> Machine:
            return self.reach.machine(host, deadline.clock)

        return opened


def plan(desk: Desk, job: BackupJob, history: History, *, full: bool) -> Order:
    """How deep this look goes: which slice is read, what is looked at again, and whether all is restored.

    Its time begins with `Desk.timed`.
    """
    kept = history.proofs
    last_sample = kept.get(("sample", ""))
    return Order(
        job=job,
        now=desk.now,
        deadline=Deadline(job.verify.deadline.seconds),
        read=Slice(1, 1) if full else next_slice(kept, job.verify.read_share),
        sample=job.verify.sample,
        seed=int.from_bytes(hashlib.sha256(f"{job.name}{desk.now.isoformat()}".encode()).digest()[:6]),
        again=last_sample.paths if last_sample and last_sample.fault else (),
        drill=full or _is_due(kept.get(("drill", "")), job.verify.drill_every, desk.now),
        looked=frozenset(known.point.id for known in history.known),
        owner=desk.owner(job),
        state=desk.state(job),
        runner=partial(desk.session, Way.POWERSHELL),
    )


def next_slice(kept: Mapping[tuple[str, str], Proof], share: float) -> Slice | None:
    """The slice to read now: one that was wrong, else one never read, else the one read longest ago."""
    if share <= 0:
        return None
    of = max(1, math.ceil(1 / share))
    parts = slices(kept, of)
    for number, proof in parts.items():
        if proof.fault is not None and not proof.fault.kind.is_ignorance:
            return Slice(number, of)

    def proven(number: int) -> datetime:
        proof = parts.get(number)
        return proof.proven_at if proof and proof.proven_at else _NEVER

    return Slice(min(range(1, of + 1), key=proven), of)


_NEVER = datetime.min.replace(tzinfo=UTC)


def _is_due(proof: Proof | None, every: Duration | None, now: datetime) -> bool:
    if every is None:
        return False
    return proof is None or proof.proven_at is None or proof.proven_at < every.before(now)
