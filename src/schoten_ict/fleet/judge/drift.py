"""Drift: what is declared, what answers, and what the books say, side by side. Pure."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from schoten_ict.core.hostfacts import HostFacts, Identity
from schoten_ict.core.verdict import Verdict

_GONE = frozenset({"retired", "disposed", "lost", "stolen"})
_PIECES = re.compile(r"[^\W\d_]+|\d+")
"""A number is whole: what stands before or after it is another piece."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the inventory says of a machine. `expected` are patterns by fact (`os`, `model` ...)."""

    name: str
    address: str
    asset: str | None
    owner: str
    expected: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Booked:
    """What the books say of a piece of equipment. `state` is its status, or `assigned`."""

    tag: str
    state: str
    manufacturer: str | None
    model: str | None
    serial: str | None
    holder_name: str | None


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
    hosts: Sequence[Declared], observed: Mapping[str, HostFacts], books: Sequence[Booked]
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


def _of_host(host: Declared, facts: HostFacts, asset: Booked | None) -> Iterator[Difference]:
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


def _serial(host: Declared, facts: HostFacts, asset: Booked | None) -> Iterator[Difference]:
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


def _books(host: Declared, facts: HostFacts, asset: Booked) -> Iterator[Difference]:
    if asset.state in _GONE:
        summary = f"{host.name} answers, and its asset {asset.tag} is {asset.state}"
        yield _difference(
            host, "status", Verdict.FAIL, observed="answers", asset=asset.state, summary=summary
        )
    identity = facts.identity or Identity()
    model = identity.model
    if model and asset.model and not _alike((identity.vendor, model), (asset.manufacturer, asset.model)):
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


Product = tuple[str | None, str]
"""Maker and model, either of which may hold the maker's name."""


def _alike(one: Product, other: Product) -> bool:
    """Whether two products can be the same model: one says all that the other's model does.

    `Dell Latitude 5540` is a `Latitude 5540` of Dell, and a `2960X` is a `WS-C2960X-48FPS-L`, but a `T40`
    is no `T400`.
    """
    makers = {*_words(one[0] or ""), *_words(other[0] or "")}
    first, second = _bare(one[1], makers), _bare(other[1], makers)
    return _says(one, first, second) or _says(other, second, first)


def _bare(model: str, makers: set[str]) -> list[str]:
    """The words of a model without the maker's before it; what is only a maker's name stays."""
    words = _words(model)
    while len(words) > 1 and words[0] in makers:
        del words[0]
    return words


def _says(product: Product, own: list[str], model: list[str]) -> bool:
    if set(model) <= {*own, *_words(product[0] or "")} or "".join(model) == "".join(own):
        return True
    pieces, wanted = _PIECES.findall(" ".join(own)), _PIECES.findall(" ".join(model))
    return bool(wanted) and any(
        pieces[at : at + len(wanted)] == wanted for at in range(len(pieces) - len(wanted) + 1)
    )


def _words(text: str) -> list[str]:
    return [word.strip(".,") for word in text.lower().split()]


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
