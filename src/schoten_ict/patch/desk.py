"""What acts on patches work with: the declaration, the store, and the ways to hosts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property

from schoten_ict.core.remote import Reach, Via
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.hosts import Host
from schoten_ict.inventory.sections.patch import PATCH
from schoten_ict.patch.data.status import is_fresh
from schoten_ict.patch.data.tables import Kind
from schoten_ict.patch.facts import System
from schoten_ict.patch.judge.builds import Standing, standing
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.deadlines import Grade, HostPolicy, policy_for
from schoten_ict.patch.judge.lifecycle import Lifecycle, of_system
from schoten_ict.patch.judge.tallying import is_accepted, tally
from schoten_ict.patch.knowledge import Knowledge
from schoten_ict.patch.known import Missing, Scan, Tally
from schoten_ict.store import Store

FOLDER = "patch"
"""Of the dated data, below the workspace's own."""
_COMPUTERS = frozenset({"server", "workstation", "laptop", "pc"})
"""Kinds that should be patched: one of them that nobody can ask is unknown, and not left out."""
_WAYS = (Via.WINRM, Via.SSH, Via.LOCAL)


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

    def case(self, host: str, groups: Collection[str], scan: Scan | None, lacks: Sequence[Missing]) -> Case:
        """A host as the rules take it, update by update."""
        policy = self.policy(groups)
        counted = [each for each in lacks if not is_accepted(each, self.inventory.exceptions, self.today)]
        return self.case_of(host, policy, scan, tally(counted, policy, self.today), lacks)

    def case_of(
        self,
        host: str,
        policy: HostPolicy,
        scan: Scan | None,
        counted: Mapping[Grade, Tally],
        lacks: Sequence[Missing],
    ) -> Case:
        """A host as the rules take it, whose updates are counted already."""
        limits, system = self.inventory.get(PATCH), scan.facts.system if scan and scan.facts else None
        return Case(
            host, scan, counted, lacks, policy, limits, self.now, self.zone,
            *(self._dated(system) if system else (None, None)),
            is_askable=way(self.reach, host) is not None,
        )  # fmt: skip

    def _dated(self, system: System) -> tuple[Standing | None, Lifecycle | None]:
        """Build and lifecycle of a system by the dated data; many hosts run the same one."""
        if system not in self._systems:
            build = standing(system, self.knowledge.builds, self.today)
            self._systems[system] = build, of_system(system, self.knowledge.cycles, self.knowledge.source)
        return self._systems[system]

    @cached_property
    def knows_exploited(self) -> bool:
        """Whether the catalogue of what is exploited is of late: else what is not in it may be."""
        return is_fresh(Kind.EXPLOITED, self.knowledge.exploited_as_of, self.today)

    @cached_property
    def _systems(self) -> dict[System, tuple[Standing | None, Lifecycle | None]]:
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
