"""What must be owned for what is installed, assigned or declared: per product in its own metric.

A machine of which nobody knows who uses it, and one that did not list its software, make what is needed a
range and never a number that is too low: the lower end is a need, the rest a doubt.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from schoten_ict.core.finding import subject
from schoten_ict.core.text import counted
from schoten_ict.inventory.sections.licenses import Product, Use
from schoten_ict.licenses.judge.versions import newest
from schoten_ict.licenses.model import Doubt, Holding, Install, Metric, Need, Sku

ORGANISATION = "organisation"
"""The subject of what is needed once for all."""
_BY_CORE = frozenset({Metric.CORE, Metric.PROCESSOR})
_HELD_BY_PERSON = frozenset({Metric.USER, Metric.SUBSCRIPTION})
_HELD_BY_MACHINE = frozenset({Metric.DEVICE, Metric.SERVER})
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Fleet:
    """The machines that licences are counted on.

    `users` are the keys of the people who hold a machine, by host. `silent` are machines that listed no
    software lately, each with why; `silent_servers` those of them that may be servers. `people` and `devices`
    are how many there are of each. `used` are products that somebody is known to use whoever has a machine:
    given by hand, or declared.
    """

    users: Mapping[str, str] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    silent_servers: frozenset[str] = frozenset()
    people: int = 0
    devices: int = 0
    used: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Required:
    """What is needed, and why it may be more."""

    needs: tuple[Need, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def of_installs(
    catalogue: Mapping[str, Product], installs: Iterable[Install], fleet: Fleet, counted_elsewhere: set[str]
) -> Required:
    """What installed products need; `counted_elsewhere` are those of which assigned units tell."""
    found: dict[str, dict[str, list[Install]]] = defaultdict(lambda: defaultdict(list))
    for each in installs:
        found[each.product][each.host].append(each)
    needs: list[Need] = []
    doubts: list[Doubt] = []
    for name, by_host in found.items():
        product = catalogue.get(name)
        if product is not None and name not in counted_elsewhere:
            required = _RULES[Metric(product.metric)](name, product, newest_of(product, by_host), fleet)
            needs += required.needs
            doubts += required.doubts
    return Required(tuple(needs), tuple(doubts))


def of_silence(
    catalogue: Mapping[str, Product], products: Iterable[str], fleet: Fleet, installs: Iterable[Install]
) -> Iterator[Doubt]:
    """That a machine without a recent list may have any of these products too, unless it is known to.

    What is counted by core has no limit then: the cores of such a server are not known.
    """
    known: dict[str, set[str]] = defaultdict(set)
    for each in installs:
        if each.host in fleet.silent:
            known[each.product].add(each.host)
    for name in products:
        metric = Metric(catalogue[name].metric)
        those = fleet.silent_servers if metric in _BY_CORE else fleet.silent.keys()
        others = sorted(those - known[name])
        if others and metric not in {Metric.SITE, Metric.FREE}:
            why = f"{counted(len(others), 'machine')} told no software lately: {', '.join(others[:_NAMED])}"
            more = "" if len(others) <= _NAMED else ", ..."
            yield Doubt(name, why + more, None if metric in _BY_CORE else len(others))


def of_nothing(
    catalogue: Mapping[str, Product],
    products: Iterable[str],
    *,
    used_by: Iterable[Need],
    declared: Collection[str],
) -> Iterator[Doubt]:
    """That nothing can tell how much a product is used: no title, no tenant, no declared use.

    Access licences are of that kind, and subscriptions of a tenant that told nothing yet.
    """
    seen = {each.product for each in used_by} | set(declared)
    for name in products:
        product = catalogue[name]
        metric = Metric(product.metric)
        if name not in seen and metric not in {Metric.SITE, Metric.FREE} and not product.rules:
            what = "its tenant told nothing yet" if product.skus else "no title tells it"
            yield Doubt(name, f"nothing tells how much it is used: {what}, and no use is declared")


def of_use(catalogue: Mapping[str, Product], declared: Sequence[Use], fleet: Fleet) -> Required:
    """What the inventory declares. A product that the catalogue lacks is a doubt."""
    numbers = {"people": fleet.people, "devices": fleet.devices}
    needs, doubts = [], []
    for use in declared:
        product = catalogue.get(use.product)
        if product is None:
            doubts.append(Doubt(use.product, "use is declared of a product that the catalogue lacks"))
            continue
        count = use.count if isinstance(use.count, int) else numbers[use.count]
        whose = "" if isinstance(use.count, int) else f"all {use.count}: "
        needs.append(
            Need(use.product, Metric(product.metric), count, "declared", f"{whose}{use.note}", use.version)
        )
    return Required(tuple(needs), tuple(doubts))


def of_holders(
    catalogue: Mapping[str, Product], holdings: Iterable[Holding], known: Iterable[Need]
) -> Iterator[Need]:
    """What was given to somebody who is not counted by an install: it is in use, whoever sees it.

    A product that is counted by user is held by people, another by machines; what is held by the other kind
    says where a licence is and not how many are used.
    """
    counted_already = {(each.product, each.subject) for each in known}
    for each in holdings:
        product = catalogue.get(each.product)
        kind = each.holder.partition(":")[0]
        if product is None or (each.product, each.holder) in counted_already:
            continue
        metric = Metric(product.metric)
        if metric in (_HELD_BY_PERSON if kind == "person" else _HELD_BY_MACHINE):
            counted_already.add((each.product, each.holder))
            yield Need(each.product, metric, each.quantity, each.holder, "given to it by hand", each.version)


def of_skus(by_product: Iterable[tuple[str, Sku]], freed: Mapping[str, int]) -> Iterator[Need]:
    """What a tenant has assigned: consumed units, without those that are taken to be out of use."""
    left = dict(freed)
    for name, sku in by_product:
        without = min(sku.consumed, left.get(name, 0))
        left[name] = left.get(name, 0) - without
        why = f"{sku.consumed} units of {sku.part_number} are assigned ({sku.taken_on})"
        yield Need(name, Metric.SUBSCRIPTION, sku.consumed - without, subject("tenant", sku.tenant), why)


def newest_of(product: Product, by_host: Mapping[str, Sequence[Install]]) -> list[Install]:
    """One install per machine: that of the newest version, since a right for it covers the others there."""
    return [_best(product, each) for each in by_host.values()]


def _best(product: Product, installs: Sequence[Install]) -> Install:
    """The install of the newest version; where one of them tells none, the newest is not known."""
    if len(installs) == 1:
        return installs[0]
    told = [each.version for each in installs if each.version is not None]
    version = newest(product, told) if len(told) == len(installs) else None
    same = [each for each in installs if each.version == version] or installs
    return replace(min(same, key=lambda each: (each.host, each.title)), version=version)


def _by_device(name: str, _product: Product, installs: Sequence[Install], _fleet: Fleet) -> Required:
    return Required(tuple(_need(name, Metric.DEVICE, each) for each in installs))


def _by_server(name: str, _product: Product, installs: Sequence[Install], _fleet: Fleet) -> Required:
    return Required(tuple(_need(name, Metric.SERVER, each) for each in installs))


def _by_user(name: str, product: Product, installs: Sequence[Install], fleet: Fleet) -> Required:
    by_person: dict[str, list[Install]] = defaultdict(list)
    nobody = []
    for each in installs:
        if each.host in fleet.users:
            by_person[fleet.users[each.host]].append(each)
        else:
            nobody.append(each)
    metric = Metric(product.metric)
    needs = [
        Need(
            name, metric, 1, subject("person", person), f"{best.title} on {best.host}", best.version,
            best.host if len(theirs) == 1 else None,
        )
        for person, theirs in by_person.items()
        for best in (_best(product, theirs),)
    ]  # fmt: skip
    if not needs and nobody and name not in fleet.used:  # somebody uses it, whoever it is
        nobody.sort(key=lambda each: each.host)
        needs = [_need(name, metric, nobody.pop(0))]
    if not nobody:
        return Required(tuple(needs))
    why = f"it is on {counted(len(nobody), 'machine')} of which nobody is known to use it"
    return Required(tuple(needs), (Doubt(name, why, len(nobody)),))


def _concurrent(name: str, _product: Product, installs: Sequence[Install], _fleet: Fleet) -> Required:
    why = f"it is on {counted(len(installs), 'machine')}, and no peak of simultaneous use is declared"
    return Required(doubts=(Doubt(name, why, len(installs)),))


def _once(name: str, _product: Product, installs: Sequence[Install], _fleet: Fleet) -> Required:
    why = f"it is on {counted(len(installs), 'machine')}"
    return Required((Need(name, Metric.SITE, 1, ORGANISATION, why),))


def _nothing(_name: str, _product: Product, _installs: Sequence[Install], _fleet: Fleet) -> Required:
    """Free products need nothing; those by core or processor are counted by machine (`cores`)."""
    return Required()


def _need(name: str, metric: Metric, install: Install) -> Need:
    return Need(name, metric, 1, subject("host", install.host), install.title, install.version)


_RULES: dict[Metric, Callable[[str, Product, Sequence[Install], Fleet], Required]] = {
    Metric.DEVICE: _by_device,
    Metric.USER: _by_user,
    Metric.SUBSCRIPTION: _by_user,
    Metric.CONCURRENT: _concurrent,
    Metric.CORE: _nothing,
    Metric.PROCESSOR: _nothing,
    Metric.SERVER: _by_server,
    Metric.SITE: _once,
    Metric.FREE: _nothing,
}
