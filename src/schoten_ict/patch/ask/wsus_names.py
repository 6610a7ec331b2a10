"""Which computer of a WSUS server each host of the inventory is, by its names; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schoten_ict.patch.facts import WsusComputer


@dataclass(frozen=True, slots=True)
class Matches:
    """The computer of each host. `strangers` are the computers that no host means.

    `ambiguous` are hosts that may be several computers, or share one with another host.
    """

    by_host: Mapping[str, WsusComputer]
    strangers: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


def clean_name(name: str) -> str:
    """A name of DNS as it is compared: in small letters, without the dot at its end."""
    return name.strip().rstrip(".").casefold()


def matched(computers: Iterable[WsusComputer], hosts: Mapping[str, str]) -> Matches:
    """Which computer each host of the inventory is; `hosts` are their addresses (or names there) by name.

    A full name is the machine. A short one is, where one computer alone and one host alone have it; addresses
    that are numbers are not compared, as WSUS keeps those of the last contact. What is ambiguous is left out.
    """
    by_name = {each.host: each for each in computers}
    by_short: dict[str, set[str]] = defaultdict(set)
    for name in by_name:
        by_short[_short(name)].add(name)
    claims: dict[str, list[str]] = defaultdict(list)
    meant: set[str] = set()
    ambiguous: list[str] = []
    for host, address in hosts.items():
        found = _meant(host, address, by_name.keys(), by_short)
        meant |= found
        if len(found) == 1:
            claims[next(iter(found))].append(host)
        elif found:
            ambiguous.append(host)
    ambiguous += [host for claim in claims.values() if len(claim) > 1 for host in claim]
    return Matches(
        {claim[0]: by_name[name] for name, claim in claims.items() if len(claim) == 1},
        tuple(sorted(by_name.keys() - meant)),
        tuple(sorted(ambiguous)),
    )


def _meant(host: str, address: str, known: Iterable[str], by_short: Mapping[str, set[str]]) -> set[str]:
    """The computers that a host may be."""
    names = {clean_name(host), clean_name(address)} - {""}
    full = {name for name in names if "." in name and not _is_number(name)}
    return full & set(known) if full else by_short.get(_short(clean_name(host)), set())


def _short(name: str) -> str:
    return name.partition(".")[0]


def _is_number(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()
