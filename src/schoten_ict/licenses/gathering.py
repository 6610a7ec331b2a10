"""Gathering: what the store knows of rights, of use and of machines, in the words of the rules."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property

from schoten_ict.core.facts import Person
from schoten_ict.core.finding import subject
from schoten_ict.core.hostfacts import Title
from schoten_ict.core.times import utc_text
from schoten_ict.formats.identifiers import clean_serial, serial_key
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.reach import connections
from schoten_ict.inventory.sections.licenses import LICENSES, LicensePolicy, Product
from schoten_ict.licenses.catalogue import Catalogue
from schoten_ict.licenses.judge import needs as rules
from schoten_ict.licenses.judge.cores import machine_needs
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.needs import Fleet, Required
from schoten_ict.licenses.judge.reconcile import named
from schoten_ict.licenses.model import Doubt, Entitlement, Holding, Install, Machine, Metric, Need, Sku
from schoten_ict.licenses.records import entitlements, installs, machines, subscriptions
from schoten_ict.licenses.records.installs import Listed
from schoten_ict.store import Store, equipment, observations, people
from schoten_ict.store.equipment import Equipment

IDENTITY, HARDWARE = "host.identity", "host.hardware"
SYSTEM = "os"
"""The source of a title that is an operating system's name."""
_BY_CORE = frozenset({Metric.CORE, Metric.PROCESSOR})
_ACCOUNT = subject("account", "")
_SERVERS = ("server", "hypervisor", "appliance")
"""Kinds of hosts whose cores may count."""
_COMPUTERS = frozenset({"server", "hypervisor", "workstation", "laptop", "pc"})
"""Kinds of hosts that have software, also where the inventory knows no way to ask them."""
_WAYS = frozenset({"ssh", "winrm", "local"})
"""The ways in which a machine's software is asked."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that positions are made of. `products` has those that only a tenant or a list names too."""

    products: Mapping[str, Product]
    entitlements: tuple[Entitlement, ...]
    needs: tuple[Need, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class Gathering:
    """What one command knows. Each part is read when it is needed, and once."""

    inventory: Inventory
    store: Store
    catalogue: Catalogue
    now: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        """The day in the workspace."""
        return self.now.astimezone(self.zone).date()

    @property
    def policy(self) -> LicensePolicy:
        """What the audit goes by."""
        return self.inventory.get(LICENSES)

    @cached_property
    def people(self) -> dict[str, Person]:
        """Colleagues by key, those who left too."""
        return {each.key: each for each in people.every(self.store.reader)}

    @cached_property
    def assets(self) -> dict[str, Equipment]:
        """Assets by tag."""
        return {each.tag: each for each in equipment.every(self.store.reader)}

    @cached_property
    def entitlements(self) -> list[Entitlement]:
        """All entitlements ever recorded."""
        return entitlements.every(self.store.reader)

    @cached_property
    def skus(self) -> list[tuple[str, Sku]]:
        """Subscriptions as their tenants told them last, by product; one that no product knows is its own."""
        product_of = product_by_name(self.catalogue.products)
        return [
            (product_of(sku.sku) or product_of(sku.part_number) or named(sku.part_number), sku)
            for sku in subscriptions.latest(self.store.reader)
        ]

    @cached_property
    def products(self) -> dict[str, Product]:
        """The catalogue, and subscriptions that it lacks."""
        own = {
            name: Product(
                name=sku.part_number, publisher="Microsoft", family=name, metric="subscription", latest=True
            )
            for name, sku in self.skus
            if name not in self.catalogue.products
        }
        return {**self.catalogue.products, **own}

    @cached_property
    def installs(self) -> list[Install]:
        """Products on machines that are still there, their operating systems too."""
        gone = self.gone
        found = [each for each in installs.installs(self.store.reader) if each.host not in gone]
        return [*found, *self._systems()]

    @cached_property
    def listed(self) -> dict[str, Listed]:
        """Machines by name whose software is known."""
        return {each.host: each for each in installs.listed(self.store.reader)}

    @cached_property
    def gone(self) -> frozenset[str]:
        """Machines that neither the inventory nor an asset knows and that were silent for long."""
        since = self.policy.unseen_after.before(self.now)
        known = {each.name for each in self.inventory.hosts} | set(self.host_of_asset.values())
        return frozenset(
            host for host, each in self.listed.items() if host not in known and each.seen_at < since
        )

    @cached_property
    def host_of_asset(self) -> dict[str, str]:
        """The host of an asset by its tag: by serial number, else by its name."""
        hosts = {each.subject.partition(":")[2] for each in observations.newest(self.store.reader, IDENTITY)}
        names = {host.casefold(): host for host in (*hosts, *self.listed)}
        by_serial = dict(self._serials())
        found = {}
        for tag, asset in self.assets.items():
            serial = serial_key(asset.serial) if asset.serial else ""
            host = by_serial.get(serial) or names.get(tag.casefold())
            if host is not None:
                found[tag] = host
        return found

    @cached_property
    def fleet(self) -> Fleet:
        """The machines that licences are counted on."""
        here = [
            each for each in self.people.values()
            if not each.has_left(self.today) and (each.starts is None or each.starts <= self.today)
        ]  # fmt: skip
        silent = dict(self._silent())
        return Fleet(
            users=dict(self._users()),
            silent=silent,
            silent_servers=frozenset(self._servers() & silent.keys()),
            people=len(here),
            devices=len({*self.listed, *silent} - self.gone),
        )

    @cached_property
    def holdings(self) -> list[Holding]:
        """What is with somebody now; an asset that is a known machine counts as that."""
        bought = {each.number: each for each in self.entitlements}
        found = []
        for each in entitlements.holders(self.store.reader):
            if each.until is None:
                host = self.host_of_asset.get(each.holder) if each.holder_kind == "asset" else None
                holder = subject("host", host) if host else each.subject
                right = bought[each.entitlement]
                found.append(Holding(right.product, holder, each.quantity, right.version))
        return found

    @cached_property
    def machines(self) -> list[Machine]:
        """Physical machines: those that a list told, and those that told their processors themselves."""
        found = machines.every(self.store.reader)
        known = {each.name.casefold() for each in found}
        known |= {guest.name.casefold() for each in found for guest in each.guests}
        hardware = {each.subject: each.payload for each in observations.of_kind(self.store.reader, HARDWARE)}
        for each in observations.of_kind(self.store.reader, IDENTITY):
            name = each.subject.partition(":")[2]
            if name.casefold() not in known and not each.payload.get("virtual"):
                known.add(name.casefold())
                found.append(Machine(name, _processors(hardware.get(each.subject)), source=each.source))
        return found

    def gathered(self, freed: Collection[tuple[str, str]] = ()) -> Gathered:
        """All of it together; `freed` are units, by product and subject, that are taken to be out of use."""
        told = {name for name, _ in self.skus}
        declared = {each.product for each in self.policy.use}
        products = self.products
        elsewhere = told | {
            name
            for name in declared
            if name in products and Metric(products[name].metric) is Metric.CONCURRENT
        }
        accounts = Counter(name for name, on in freed if on.startswith(_ACCOUNT))
        here = [each for each in self.installs if (each.product, subject("host", each.host)) not in freed]
        installed = rules.of_installs(products, here, self.fleet, elsewhere)
        held = [
            each
            for each in self.holdings
            if each.product not in told and (each.product, each.holder) not in freed
        ]
        parts = (
            installed,
            Required(tuple(rules.of_holders(products, held, installed.needs))),
            rules.of_use(products, self.policy.use, self.fleet),
            Required(tuple(rules.of_skus(self.skus, accounts))),
            Required(doubts=tuple(self._old_skus())),
            *self._by_core(here),
        )
        found = [need for part in parts for need in part.needs]
        used = {need.product for need in found} | {each.product for each in self.entitlements}
        asked = sorted((used & products.keys()) - elsewhere)
        silence = rules.of_silence(products, asked, self.fleet, self.installs)
        untold = rules.of_nothing(products, asked, used_by=found, declared=declared)
        return Gathered(
            products,
            (*self._recorded(told), *self._subscribed()),
            tuple(found),
            (*(doubt for part in parts for doubt in part.doubts), *silence, *untold),
        )

    def _by_core(self, here: Iterable[Install]) -> Iterator[Required]:
        """What is counted by cores or processors, of the machines that have it or whose guests do."""
        running: dict[str, dict[str, str | None]] = defaultdict(dict)
        for each in here:
            product = self.products.get(each.product)
            if product is not None and Metric(product.metric) in _BY_CORE:
                running[each.product][each.host] = each.version
        for name, hosts in running.items():
            found, doubts = machine_needs(name, self.products[name], self.machines, hosts)
            yield Required(tuple(found), tuple(doubts))

    def _systems(self) -> Iterator[Install]:
        """The operating systems that are products themselves: they are in no list of software."""
        take = self.catalogue.titles
        for each in observations.of_kind(self.store.reader, IDENTITY):
            system = each.payload.get("os") if isinstance(each.payload, Mapping) else None
            if isinstance(system, str):
                taken = take(Title(system, each.payload.get("os_version"), source=SYSTEM))
                if taken.product is not None:
                    yield Install(taken.product, taken.version, each.subject.partition(":")[2], system)

    def _recorded(self, told: set[str]) -> Iterator[Entitlement]:
        """What was recorded; of a subscription that its tenant tells the tenant's own count goes before."""
        for each in self.entitlements:
            if not (each.product in told and each.metric is Metric.SUBSCRIPTION):
                yield each

    def _subscribed(self) -> Iterator[Entitlement]:
        for name, sku in self.skus:
            number = f"{sku.part_number} of {sku.tenant}, {sku.taken_on}"
            yield Entitlement(number, name, Metric.SUBSCRIPTION, sku.enabled)

    def _old_skus(self) -> Iterator[Doubt]:
        oldest = self.policy.collected_within.before(self.now).date()
        for name, sku in self.skus:
            if sku.taken_on < oldest:
                yield Doubt(name, f"what is assigned was last told on {sku.taken_on}")

    def _users(self) -> Iterator[tuple[str, str]]:
        """The person who holds each host, by host."""
        for tag, host in self.host_of_asset.items():
            kind, _, key = (self.assets[tag].holder or "").partition(":")
            if kind == "person":
                yield host, key

    def _silent(self) -> Iterator[tuple[str, str]]:
        """Machines that should have listed their software lately and did not, each with why."""
        since = self.policy.collected_within.before(self.now)
        for host in self.inventory.hosts:
            if host.kind in _COMPUTERS or connections(self.inventory, host).keys() & _WAYS:
                why = self._silence_of(host.name, since)
                if why:
                    yield host.name, why
        declared = {host.name for host in self.inventory.hosts}
        for name, each in self.listed.items():
            if name not in declared and name not in self.gone and each.seen_at < since:
                yield name, self._silence_of(name, since)
        for tag, asset in self.assets.items():
            used = asset.category in self.policy.computers and asset.state == "assigned"
            if used and tag not in self.host_of_asset:
                yield subject("asset", tag), "no machine that was collected is this one"

    def _servers(self) -> set[str]:
        """Hosts that may be servers: those that the inventory does not call something else."""
        return {each.name for each in self.inventory.hosts if each.kind in {"", *_SERVERS}}

    def _silence_of(self, host: str, since: datetime) -> str:
        found = self.listed.get(host)
        if found is None:
            return "its software was never listed"
        return f"listed last at {utc_text(found.seen_at)}" if found.seen_at < since else ""

    def _serials(self) -> Iterator[tuple[str, str]]:
        for each in observations.of_kind(self.store.reader, IDENTITY):
            serial = each.payload.get("serial") if isinstance(each.payload, Mapping) else None
            clean = clean_serial(serial) if isinstance(serial, str) else None
            if clean:
                yield serial_key(clean), each.subject.partition(":")[2]


def _processors(told: object) -> tuple[int, ...]:
    """The cores of each processor of a machine that told how many there are together; empty if not."""
    if not isinstance(told, Mapping):
        return ()
    sockets, cores = told.get("sockets"), told.get("cores")
    if not isinstance(sockets, int) or not isinstance(cores, int) or sockets < 1 or cores % sockets:
        return ()
    return (cores // sockets,) * sockets
