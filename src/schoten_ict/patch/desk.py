"""What acts on patches work with: the declaration, the store, and the ways to hosts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from schoten_ict.core.remote import Reach, Via
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.patch import PATCH
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.deadlines import HostPolicy, policy_for
from schoten_ict.patch.judge.tallying import is_accepted, tally
from schoten_ict.patch.known import Missing, Scan
from schoten_ict.store import Store

_WAYS = (Via.WINRM, Via.SSH, Via.LOCAL)


@dataclass(frozen=True, slots=True)
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
        return self.now.astimezone(self.zone).date()

    def policy(self, groups: Collection[str]) -> HostPolicy:
        """What holds for a host of these groups."""
        return policy_for(self.inventory.get(PATCH), groups)

    def case(self, host: str, groups: Collection[str], scan: Scan | None, lacks: Sequence[Missing]) -> Case:
        """A host as the rules take it, update by update."""
        limits, policy = self.inventory.get(PATCH), self.policy(groups)
        counted = [each for each in lacks if not is_accepted(each, self.inventory.exceptions, self.today)]
        return Case(
            host, scan, tally(counted, policy, self.today), lacks, policy, limits, self.now, self.zone
        )


def way(reach: Reach, host: str) -> Via | None:
    """How a host is asked about its updates; None where it declares no way to run something there."""
    ways = reach.ways(host)
    return next((each for each in _WAYS if each in ways), None)
