"""Drift: what is declared, what answers, and what the books say, side by side. Pure."""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from schoten_ict.core.hostfacts import HostFacts, Identity
from schoten_ict.core.verdict import Verdict
from schoten_ict.fleet.judge.ages import age

_COMPARED = frozenset({"identity", "interfaces"})
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
class Observed:
    """What a machine told, part by part: `seen` is when each was last read, empty when nothing ever was.

    `failure` says what came of the last try, where every try since the last answer failed.
    """

    facts: HostFacts = HostFacts()
    seen: Mapping[str, datetime] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One fact of a machine in what is declared, observed and booked; ok where those that have it agree.

    `about` is the kind of subject that `host` names. `seen` is when what was observed was last read; None for
    what rests on no observation.
    """

    host: str
    fact: str
    verdict: Verdict
    summary: str
    declared: str | None = None
    observed: str | None = None
    asset: str | None = None
    seen: datetime | None = None
    about: str = "host"


@dataclass(frozen=True, slots=True)
class _Machine:
    """A declared machine with those of its facts that are not too old, and its asset.

    `old` are the parts that are; `silent` says that no try since got an answer.
    """

    host: Declared
    facts: HostFacts
    seen: Mapping[str, datetime]
    old: frozenset[str]
    asset: Booked | None
    silent: bool

    def compared(
        self,
        fact: str,
        verdict: Verdict,
        summary: str,
        *,
        part: str = "identity",
        declared: str | None = None,
        observed: str | None = None,
        asset: str | None = None,
    ) -> Comparison:
        seen = self.seen.get(part)
        return Comparison(self.host.name, fact, verdict, summary, declared, observed, asset, seen)

    @property
    def identity(self) -> Identity | None:
        """None when it was not read, or too long ago."""
        return self.facts.identity


def drift(
    hosts: Sequence[Declared],
    observed: Mapping[str, Observed],
    books: Sequence[Booked],
    now: datetime,
    valid_for: timedelta,
) -> list[Comparison]:
    """Every fact that could be compared and every one that should have been, by host.

    A host that was never collected, whose facts are older than `valid_for`, or that answered no try since,
    is one unknown.
    """
    by_serial = {_key(each.serial): each for each in books if each.serial}
    by_tag = {_key(each.tag): each for each in books}
    found: list[Comparison] = []
    for host in hosts:
        told = observed.get(host.name, Observed())
        old = frozenset(part for part, moment in told.seen.items() if now - moment > valid_for)
        found += _collection(host.name, told, old, now)
        if len(old) < len(told.seen):
            found += _of_machine(_machine(host, told, old, by_tag, by_serial))
    return found


def _machine(
    host: Declared,
    told: Observed,
    old: frozenset[str],
    by_tag: Mapping[str, Booked],
    by_serial: Mapping[str, Booked],
) -> _Machine:
    lacking: dict[str, Any] = dict.fromkeys(old)
    facts = replace(told.facts, **lacking)
    seen = {part: moment for part, moment in told.seen.items() if part not in old}
    serial = facts.identity.serial if facts.identity else None
    asset = by_tag.get(_key(host.asset)) or by_serial.get(_key(serial))
    return _Machine(host, facts, seen, old, asset, silent=bool(told.failure))


def _collection(host: str, told: Observed, old: frozenset[str], now: datetime) -> Iterator[Comparison]:
    """The one unknown about the facts themselves, if there is something about them."""
    all_old = len(old) == len(told.seen)
    lacking = old if all_old else old & _COMPARED
    if not told.seen:
        summary = f"{host} was never collected"
    elif lacking:
        what = f"{host}" if all_old else f"{host}: {', '.join(sorted(lacking))}"
        summary = f"{what} was last collected {age(now - max(told.seen[part] for part in lacking))} ago"
    elif told.failure:
        summary = f"{host} answered last {age(now - max(told.seen.values()))} ago"
    else:
        return
    failure = f"; the last try: {told.failure}" if told.failure else ""
    yield Comparison(host, "collection", Verdict.UNKNOWN, f"{summary}{failure}")


def _of_machine(machine: _Machine) -> Iterator[Comparison]:
    yield from _address(machine)
    if "identity" not in machine.old:
        yield from _expected(machine)
        yield from _serial(machine)
    yield from _booked(machine)


def _expected(machine: _Machine) -> Iterator[Comparison]:
    name = machine.host.name
    for fact, pattern in machine.host.expected.items():
        value = getattr(machine.identity, fact, None)
        if value is None:
            summary = f"{name}: {fact} is expected to be {pattern} and could not be read"
            yield machine.compared(fact, Verdict.UNKNOWN, summary, declared=pattern)
        else:
            same = fnmatchcase(value.lower(), pattern.lower())
            verdict = Verdict.OK if same else Verdict.WARN
            summary = f"{name}: {fact} is {value}, expected {pattern}"
            yield machine.compared(fact, verdict, summary, declared=pattern, observed=value)


def _address(machine: _Machine) -> Iterator[Comparison]:
    """An agent that lists no addresses was reached at the declared one: nothing is unknown there."""
    host = machine.host
    declared = _address_of(host.address)
    own = [
        each.partition("/")[0] for interface in machine.facts.interfaces or () for each in interface.addresses
    ]
    if not own or declared is None or declared.is_loopback:
        return
    shown = ", ".join(sorted(own)[:4])
    same = declared in {_address_of(each) for each in own}
    verdict = Verdict.OK if same else Verdict.WARN
    summary = f"{host.name} has {shown}, declared is {host.address}"
    yield machine.compared(
        "address", verdict, summary, part="interfaces", declared=host.address, observed=shown
    )


def _serial(machine: _Machine) -> Iterator[Comparison]:
    name, tag, asset = machine.host.name, machine.host.asset, machine.asset
    serial = machine.identity.serial if machine.identity else None
    booked = asset.serial if asset else None
    if machine.identity and machine.identity.virtual:
        return
    if serial is None:
        if tag is not None:
            summary = f"{name} is asset {tag} as declared, and its serial number could not be read"
            yield machine.compared("serial", Verdict.UNKNOWN, summary, declared=tag, asset=booked)
    elif asset is None:
        summary = f"{name} has serial number {serial}, which no asset has"
        yield machine.compared("serial", Verdict.WARN, summary, observed=serial)
    elif booked:
        same = _key(booked) == _key(serial)
        summary = f"{name} has serial number {serial}, asset {asset.tag} has {booked}"
        verdict = Verdict.OK if same else Verdict.FAIL
        yield machine.compared("serial", verdict, summary, observed=serial, asset=booked)


def _booked(machine: _Machine) -> Iterator[Comparison]:
    host, asset = machine.host, machine.asset
    if host.asset is not None and (asset is None or _key(asset.tag) != _key(host.asset)):
        summary = f"{host.name} is asset {host.asset} as declared, which the books do not have"
        yield machine.compared("asset", Verdict.WARN, summary, declared=host.asset)
    if asset is None:
        return
    yield from _status(machine, asset)
    yield from _model(machine, asset)
    if host.owner and asset.holder_name:
        same = host.owner.lower() in asset.holder_name.lower()
        summary = f"{host.name} is {host.owner}'s as declared, {asset.tag} is held by {asset.holder_name}"
        verdict = Verdict.OK if same else Verdict.WARN
        yield machine.compared("owner", verdict, summary, declared=host.owner, asset=asset.holder_name)


def _status(machine: _Machine, asset: Booked) -> Iterator[Comparison]:
    """Equipment that is gone does not answer; whether a silent machine would is not known."""
    if machine.silent:
        return
    last = max(machine.seen, key=lambda part: machine.seen[part])
    summary = f"{machine.host.name} answers, and its asset {asset.tag} is {asset.state}"
    verdict = Verdict.FAIL if asset.state in _GONE else Verdict.OK
    yield machine.compared("status", verdict, summary, part=last, observed="answers", asset=asset.state)


def _model(machine: _Machine, asset: Booked) -> Iterator[Comparison]:
    identity = machine.identity or Identity()
    model = identity.model
    if not (model and asset.model):
        return
    same = _alike((identity.vendor, model), (asset.manufacturer, asset.model))
    summary = f"{machine.host.name} is a {model}, asset {asset.tag} is a {asset.model}"
    verdict = Verdict.OK if same else Verdict.WARN
    yield machine.compared("model", verdict, summary, observed=model, asset=asset.model)


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


def _address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text is; None for a name."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
