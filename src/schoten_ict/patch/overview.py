"""Every host as it stands now: what the store knows, judged against the policy and the data of today."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from schoten_ict.core.finding import Finding
from schoten_ict.inventory.sections.hosts import Host
from schoten_ict.patch import lacking
from schoten_ict.patch.desk import Desk, is_judged
from schoten_ict.patch.judge import judge
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.deadlines import Grade, grade_of
from schoten_ict.patch.judge.tallying import added, concerns
from schoten_ict.patch.known import Missing, Scan, Tally
from schoten_ict.patch.records import scans, tallies, updates


@dataclass(frozen=True, slots=True)
class JudgedHost:
    """One host with what is judged of it now."""

    host: Host
    case: Case
    findings: tuple[Finding, ...]


def judged_hosts(desk: Desk, hosts: Sequence[Host], words: Collection[str] = ()) -> list[JudgedHost]:
    """How hosts stand: those that can be asked, of which something is known, or that `words` name; computers.

    What they lack is counted in the store, and judged update by update only where an exception may accept
    one, or where a build says more of an update than the store.
    """
    reader, rules = desk.store.reader, desk.inventory.exceptions
    known = scans.every(reader)
    chosen = [each for each in hosts if is_judged(desk, each, known, words)]
    policies = desk.policies(chosen)
    counted = tallies.by_host(reader, policies, desk.today)
    beside = lacking.beside(desk, lacking.below_of(desk, known, policies))
    held: dict[str, list[Missing]] = defaultdict(list)
    for each in updates.held(reader):
        held[each.host].append(each)
    found = []
    for host in chosen:
        name, scan = host.name, known.get(host.name)
        if name in beside.more or concerns(name, rules, desk.today):
            case = _one_by_one(desk, host, scan)
        else:
            numbers: Mapping[Grade, Tally] = counted.get(name, {})
            if name in beside.alone:
                own = beside.alone[name].missing
                numbers = added(numbers, own, desk.edges(policies[name], grade_of(own)))
            case = desk.case_of(name, policies[name], scan, numbers, held[name])
        found.append(JudgedHost(host, case, tuple(judge(case))))
    return found


def judged_host(desk: Desk, host: Host) -> JudgedHost:
    """How one host stands, update by update."""
    case = _one_by_one(desk, host, scans.of_host(desk.store.reader, host.name))
    return JudgedHost(host, case, tuple(judge(case)))


def _one_by_one(desk: Desk, host: Host, scan: Scan | None) -> Case:
    return desk.case(
        host.name, host.groups, scan, lacking.missing_of(desk, desk.store.reader, host.name, scan)
    )
