"""Drift: what is declared, what answers, and what the books say, side by side. Pure."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from schoten_ict.core.hostfacts import HostFacts
from schoten_ict.core.verdict import Verdict
from schoten_ict.store.equipment import Equipment

_GONE = frozenset({"retired", "disposed", "lost", "stolen"})


@dataclass(frozen=True, slots=True)
class Declared:
    """What the inventory says of a machine. `expected` are patterns by fact (`os`, `model` ...)."""

    name: str
    address: str
    asset: str | None
    owner: str
    expected: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact on which the sources do not agree, or that one of them lacks."""

    host: str
    fact: str
    verdict: Verdict
    declared: str | None
    observed: str | None
    asset: str | None
    summary: str


def drift(
    hosts: Sequence[Declared], observed: Mapping[str, HostFacts], books: Sequence[Equipment]
) -> list[Difference]:
    """Every difference, by host. A host that was never collected is one unknown."""
    by_serial = {_key(each.serial): each for each in books if each.serial}
    by_tag = {each.tag: each for each in books}
    found: list[Difference] = []
    for host in hosts:
        facts = observed.get(host.name)
        if facts is None:
            found.append(
                _difference(host, "collection", Verdict.UNKNOWN, summary=f"{host.name} was never collected")
            )
            continue
        serial = facts.identity.serial if facts.identity else None
        asset = by_tag.get(host.asset or "") or by_serial.get(_key(serial))
        found += _of_host(host, facts, asset)
    return found


def strangers(hosts: Iterable[str], seen: Iterable[tuple[str, str, str]]) -> list[Difference]:
    """Machines that others see and no list has. `seen` is (seen by, port, name)."""
    known = {_short(name) for name in hosts}
    found: dict[str, Difference] = {}
    for witness, port, name in seen:
        if _short(name) and _short(name) not in known:
            summary = f"{name} is on {witness} port {port} and in no list"
            found.setdefault(
                _short(name),
                Difference(name, "listed", Verdict.WARN, None, f"{witness} {port}", None, summary),
            )
    return list(found.values())


def _of_host(host: Declared, facts: HostFacts, asset: Equipment | None) -> Iterator[Difference]:
    yield from _expected(host, facts)
    yield from _address(host, facts)
    yield from _serial(host, facts, asset)
    if asset is not None:
        yield from _books(host, facts, asset)


def _expected(host: Declared, facts: HostFacts) -> Iterator[Difference]:
    for fact, pattern in host.expected.items():
        value = getattr(facts.identity, fact, None) if facts.identity else None
        if value is None:
            summary = f"{host.name}: {fact} is expected to be {pattern} and could not be read"
            yield _difference(host, fact, Verdict.UNKNOWN, declared=pattern, summary=summary)
        elif not fnmatchcase(value.lower(), pattern.lower()):
            summary = f"{host.name}: {fact} is {value}, expected {pattern}"
            yield _difference(host, fact, Verdict.WARN, declared=pattern, observed=value, summary=summary)


def _address(host: Declared, facts: HostFacts) -> Iterator[Difference]:
    declared = _address_of(host.address)
    if facts.interfaces is None or declared is None or declared.is_loopback:
        return
    own = [each.partition("/")[0] for interface in facts.interfaces for each in interface.addresses]
    if own and declared not in {_address_of(each) for each in own}:
        shown = ", ".join(sorted(own)[:4])
        yield _difference(
            host,
            "address",
            Verdict.WARN,
            declared=host.address,
            observed=shown,
            summary=f"{host.name} has {shown}, declared is {host.address}",
        )


def _serial(host: Declared, facts: HostFacts, asset: Equipment | None) -> Iterator[Difference]:
    serial = facts.identity.serial if facts.identity else None
    if serial is None or (facts.identity and facts.identity.virtual):
        return
    if asset is None:
        summary = f"{host.name} has serial number {serial}, which no asset has"
        yield _difference(host, "serial", Verdict.WARN, observed=serial, summary=summary)
    elif asset.serial and _key(asset.serial) != _key(serial):
        yield _difference(
            host,
            "serial",
            Verdict.FAIL,
            observed=serial,
            asset=asset.serial,
            summary=f"{host.name} has serial number {serial}, asset {asset.tag} has {asset.serial}",
        )


def _books(host: Declared, facts: HostFacts, asset: Equipment) -> Iterator[Difference]:
    if asset.state in _GONE:
        summary = f"{host.name} answers, and its asset {asset.tag} is {asset.state}"
        yield _difference(
            host, "status", Verdict.FAIL, observed="answers", asset=asset.state, summary=summary
        )
    model = facts.identity.model if facts.identity else None
    if model and asset.model and not _alike(model, asset.model):
        yield _difference(
            host,
            "model",
            Verdict.WARN,
            observed=model,
            asset=asset.model,
            summary=f"{host.name} is a {model}, asset {asset.tag} is a {asset.model}",
        )
    if host.owner and asset.holder_name and host.owner.lower() not in asset.holder_name.lower():
        yield _difference(
            host,
            "owner",
            Verdict.WARN,
            declared=host.owner,
            asset=asset.holder_name,
            summary=f"{host.name} is {host.owner}'s as declared, {asset.tag} is held by {asset.holder_name}",
        )


def _difference(
    host: Declared,
    fact: str,
    verdict: Verdict,
    *,
    summary: str,
    declared: str | None = None,
    observed: str | None = None,
    asset: str | None = None,
) -> Difference:
    return Difference(host.name, fact, verdict, declared, observed, asset, summary)


def _alike(one: str, other: str) -> bool:
    """Whether two names of a model can be the same: one contains the other's words."""
    first, second = set(one.lower().split()), set(other.lower().split())
    return first <= second or second <= first or _key(one) in _key(other) or _key(other) in _key(one)


def _key(text: str | None) -> str:
    return "".join((text or "").split()).upper()


def _short(name: str) -> str:
    return name.partition(".")[0].strip().lower()


def _address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text is; None for a name."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
