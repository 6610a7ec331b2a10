"""Every host as it stands now: what the store knows, judged against the policy of today."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from schoten_ict.core.finding import Finding
from schoten_ict.inventory.sections.hosts import Host
from schoten_ict.patch.desk import Desk, is_judged
from schoten_ict.patch.judge import judge
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.tallying import concerns
from schoten_ict.patch.known import Missing
from schoten_ict.patch.records import scans, tallies, updates


@dataclass(frozen=True, slots=True)
class Standing:
    """One host with what is judged of it now."""

    host: Host
    case: Case
    findings: tuple[Finding, ...]


def standings(desk: Desk, hosts: Sequence[Host], words: Collection[str] = ()) -> list[Standing]:
    """How hosts stand: those that can be asked, of which something is known, or that `words` name; computers.

    What they lack is counted, and judged update by update only where an exception may accept one.
    """
    reader, rules = desk.store.reader, desk.inventory.exceptions
    known = scans.every(reader)
    chosen = [each for each in hosts if is_judged(desk, each, known, words)]
    policies = desk.policies(chosen)
    counted = tallies.by_host(reader, policies, desk.today)
    held: dict[str, list[Missing]] = defaultdict(list)
    for each in updates.held(reader):
        held[each.host].append(each)
    found = []
    for host in chosen:
        name, scan = host.name, known.get(host.name)
        if concerns(name, rules, desk.today):
            case = desk.case(name, host.groups, scan, updates.missing_of(reader, name))
        else:
            case = desk.case_of(name, policies[name], scan, counted.get(name, {}), held[name])
        found.append(Standing(host, case, tuple(judge(case))))
    return found


def standing(desk: Desk, host: Host) -> Standing:
    """How one host stands, update by update."""
    reader = desk.store.reader
    case = desk.case(
        host.name, host.groups, scans.of_host(reader, host.name), updates.missing_of(reader, host.name)
    )
    return Standing(host, case, tuple(judge(case)))
