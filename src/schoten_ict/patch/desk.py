"""What acts on patches work with: the declaration, the store, and the ways to hosts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import cached_property

from schoten_ict.core.remote import Reach, Via
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.hosts import Host
from schoten_ict.inventory.sections.patch import PATCH
from schoten_ict.patch.data.status import is_fresh
from schoten_ict.patch.data.tables import Kind
from schoten_ict.patch.facts import System, Update
from schoten_ict.patch.judge import behind
from schoten_ict.patch.judge.builds import BuildStanding, standing
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.deadlines import Edges, Grade, HostPolicy, policy_for
from schoten_ict.patch.judge.exploited import exploited
from schoten_ict.patch.judge.lifecycle import Lifecycle, of_system
from schoten_ict.patch.judge.releases import installed
from schoten_ict.patch.judge.tallying import is_accepted, tally
from schoten_ict.patch.knowledge import Knowledge
from schoten_ict.patch.known import Missing, Scan, Tally
from schoten_ict.store import Store

FOLDER = "patch"
"""Of the dated data, below the workspace's own."""
_COMPUTERS = frozenset({"server", "workstation", "laptop", "pc"})
"""Kinds that should be patched: one of them that nobody can ask is unknown, and not left out."""
_WAYS = (Via.WINRM, Via.SSH, Via.LOCAL)


@dataclass(frozen=True, slots=True)
class Dated:
    """What the dated data says of a system: its build, its lifecycle, and which articles are `there`.

    `lacks` is the update that its build lacks, whose vulnerabilities are told where all of them are known, or
    where one of them `is_exploited`.
    """

    build: BuildStanding | None
    lifecycle: Lifecycle | None
    there: frozenset[str]
    lacks: Update | None
    is_exploited: bool

    @property
    def unproven(self) -> frozenset[str]:
        """The articles of the releases that its build misses."""
        return frozenset(each.kb for each in self.build.missed) if self.build else frozenset()

    @property
    def releases(self) -> frozenset[str]:
        """The articles of all known releases of its build."""
        return self.there | self.unproven


@dataclass(frozen=True)
class Desk:
    """Where the acts of this room happen. `now` is taken once per command."""

    inventory: Inventory
    store: Store
    reach: Reach
    now: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        """The day in the workspace."""
        return self.day(self.now)

    def day(self, moment: datetime) -> date:
        """The day of a moment in the workspace."""
        return moment.astimezone(self.zone).date()

    def policy(self, groups: Collection[str]) -> HostPolicy:
        """What holds for a host of these groups."""
        return policy_for(self.inventory.get(PATCH), groups)

    def policies(self, hosts: Iterable[Host]) -> dict[str, HostPolicy]:
        """What holds for each of these hosts; those of the same groups share it."""
        groups = {host.name: host.groups for host in hosts}
        by_groups = {each: self.policy(each) for each in set(groups.values())}
        return {host: by_groups[each] for host, each in groups.items()}

    def edges(self, policy: HostPolicy, kind: Grade) -> Edges:
        """Which clocks are late today, and which are nearly so; many hosts have the same policy."""
        known = self._edges.get((id(policy), kind))
        if known is None:
            known = self._edges[id(policy), kind] = policy, policy.edges(kind, self.today)
        return known[1]

    def case(self, host: str, groups: Collection[str], scan: Scan | None, lacks: Sequence[Missing]) -> Case:
        """A host as the rules take it, update by update."""
        policy = self.policy(groups)
        counted = [each for each in lacks if not is_accepted(each, self.inventory.exceptions, self.today)]
        accepted = sum(each.hold is None for each in lacks) - sum(each.hold is None for each in counted)
        return self.case_of(host, policy, scan, tally(counted, policy, self.today), lacks, accepted)

    def case_of(
        self,
        host: str,
        policy: HostPolicy,
        scan: Scan | None,
        counted: Mapping[Grade, Tally],
        lacks: Sequence[Missing],
        accepted: int = 0,
    ) -> Case:
        """A host as the rules take it, whose updates are counted already."""
        limits, system = self.inventory.get(PATCH), scan.facts.system if scan and scan.facts else None
        dated = self.dated(system) if system else None
        return Case(
            host, scan, counted, lacks, policy, limits, self.now, self.zone,
            build=dated.build if dated else None,
            lifecycle=dated.lifecycle if dated else None,
            there=dated.there if dated else frozenset(),
            accepted=accepted,
            is_askable=way(self.reach, host) is not None,
        )  # fmt: skip

    def dated(self, system: System) -> Dated:
        """What the dated data says of a system; many hosts run the same one."""
        if system not in self._systems:
            self._systems[system] = self._looked_up(system)
        return self._systems[system]

    def _looked_up(self, system: System) -> Dated:
        knowledge = self.knowledge
        build = standing(system, knowledge.builds, self.today)
        lacks, is_bad = behind.update(build), False
        if lacks is not None and build is not None:
            is_bad = bool(lacks.cves and exploited(lacks.cves, knowledge.exploited))
            lacks = lacks if is_bad or build.names_all_cves else replace(lacks, cves=())
        lifecycle = of_system(system, knowledge.cycles, knowledge.source)
        there = installed(system, knowledge.builds) if build is not None else frozenset[str]()
        return Dated(build, lifecycle, there, lacks, is_bad)

    @cached_property
    def knows_exploited(self) -> bool:
        """Whether the catalogue of what is exploited is of late: else what is not in it may be."""
        return is_fresh(Kind.EXPLOITED, self.knowledge.exploited_as_of, self.today)

    @cached_property
    def _systems(self) -> dict[System, Dated]:
        return {}

    @cached_property
    def _edges(self) -> dict[tuple[int, Grade], tuple[HostPolicy, Edges]]:
        """Each with its policy, so that this stays and no other gets its identity."""
        return {}

    @cached_property
    def knowledge(self) -> Knowledge:
        """The dated data of the workspace and the package."""
        return Knowledge(self.store.data / FOLDER)


def is_judged(desk: Desk, host: Host, known: Collection[str], words: Collection[str]) -> bool:
    """Whether a host shows: it is named, can be asked, something is `known` of it, or it is a computer."""
    named = host.name in words or host.name in known or host.kind in _COMPUTERS
    return named or way(desk.reach, host.name) is not None


def way(reach: Reach, host: str) -> Via | None:
    """How a host is asked about its updates; None where it declares no way to run something there."""
    ways = reach.ways(host)
    return next((each for each in _WAYS if each in ways), None)
