"""Gathering: what the store knows of rights, of use and of machines, in the words of the rules."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from schoten_ict.licenses.judge.hosting import hosted
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.needs import Fleet, Required
from schoten_ict.licenses.judge.reconcile import named
from schoten_ict.licenses.judge.rights import effective, pool
from schoten_ict.licenses.model import Doubt, Entitlement, Holding, Install, Machine, Metric, Need, Seat, Sku
from schoten_ict.licenses.records import entitlements, installs, machines, subscriptions
from schoten_ict.licenses.records.installs import Listed
from schoten_ict.store import Store, equipment, observations, people
from schoten_ict.store.equipment import Equipment

IDENTITY, HARDWARE = "host.identity", "host.hardware"
SYSTEM = "os"
"""The source of a title that is an operating system's name."""
_BY_CORE = frozenset({Metric.CORE, Metric.PROCESSOR})
_ACCOUNT, _PERSON = subject("account", ""), subject("person", "")
_SERVERS = ("server", "hypervisor", "appliance")
"""Kinds of hosts whose cores may count."""
_COMPUTERS = frozenset({"server", "hypervisor", "workstation", "laptop", "pc"})
"""Kinds of hosts that have software, also where the inventory knows no way to ask them."""
_WAYS = frozenset({"ssh", "winrm", "local"})
"""The ways in which a machine's software is asked."""
OUT_OF_USE = frozenset({"retired", "disposed", "lost", "stolen"})
"""States of assets that nobody uses."""


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
    def product_of(self) -> Callable[[str], str | None]:
        """Finds the product that is called so, among all of them."""
        return product_by_name(self.products)

    @cached_property
    def seats(self) -> tuple[date | None, list[Seat]]:
        """Who has a licence as a directory says, and of which day that is."""
        return subscriptions.seats(self.store.reader)

    @cached_property
    def installs(self) -> list[Install]:
        """Products on machines that are still there, their operating systems too."""
        gone = self.gone
        found = [each for each in installs.installs(self.store.reader) if each.host not in gone]
        return [*found, *(each for each in self._systems() if each.host not in gone)]

    @cached_property
    def listed(self) -> dict[str, Listed]:
        """Machines by name whose software is known."""
        return {each.host: each for each in installs.listed(self.store.reader)}

    @cached_property
    def gone(self) -> frozenset[str]:
        """Machines that a person says are no more, and that told nothing since; no host of the inventory.

        An asset out of use has no day from which it is: its machine is gone once its list is too old.
        """
        since = self.policy.collected_within.before(self.now)
        out, days = self._out_of_use(), {name.casefold(): day for name, day in self.policy.gone.items()}
        return frozenset(
            host
            for host, last in self.seen.items()
            if host.casefold() not in self._declared
            and (
                (host in out and last < since)
                or last.astimezone(self.zone).date() <= days.get(host.casefold(), date.min)
            )
        )

    @cached_property
    def seen(self) -> dict[str, datetime]:
        """When each machine last told its software or what it is."""
        found = {host: each.seen_at for host, each in self.listed.items()}
        for each in observations.newest(self.store.reader, IDENTITY):
            host = each.subject.partition(":")[2]
            found[host] = max(each.last_seen, found.get(host, each.last_seen))
        return found

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
        gone = {each.casefold() for each in self.gone}
        found = [each for each in machines.every(self.store.reader) if each.name.casefold() not in gone]
        known = {each.name.casefold() for each in found}
        known |= {guest.name.casefold() for each in found for guest in each.guests}
        hardware = {each.subject: each.payload for each in observations.of_kind(self.store.reader, HARDWARE)}
        for each in observations.of_kind(self.store.reader, IDENTITY):
            name = each.subject.partition(":")[2]
            if name.casefold() not in known | gone and not each.payload.get("virtual"):
                known.add(name.casefold())
                day = each.last_seen.astimezone(self.zone).date()
                cores = _processors(hardware.get(each.subject))
                found.append(Machine(name, cores, source=each.source, seen_on=day))
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
        held = [
            each
            for each in self.holdings
            if each.product not in told and (each.product, each.holder) not in freed
        ]
        by_hand = {each.product for each in held if each.holder.startswith(_PERSON)}
        fleet = replace(self.fleet, used=frozenset(by_hand | declared))
        installed = rules.of_installs(products, here, fleet, elsewhere)
        recorded = list(self._recorded(told))
        parts = (
            installed,
            Required(tuple(rules.of_holders(products, held, installed.needs))),
            rules.of_use(products, self.policy.use, self.fleet),
            Required(tuple(rules.of_skus(self.skus, accounts))),
            Required(doubts=tuple(self._old_skus())),
            *self._by_core(here, recorded),
        )
        found = [need for part in parts for need in part.needs]
        used = {need.product for need in found} | {each.product for each in self.entitlements}
        asked = sorted((used & products.keys()) - elsewhere)
        silence = rules.of_silence(products, asked, self.fleet, self.installs)
        untold = rules.of_nothing(products, asked, used_by=found, declared=declared)
        return Gathered(
            products,
            (*recorded, *self._subscribed()),
            tuple(found),
            (*(doubt for part in parts for doubt in part.doubts), *silence, *untold),
        )

    def _by_core(self, here: Iterable[Install], owned: Sequence[Entitlement]) -> Iterator[Required]:
        """What is counted by cores or processors, of the machines that have it or whose guests do."""
        products, by_product = self.products, defaultdict[str, dict[str, list[Install]]](dict)
        for each in here:
            product = products.get(each.product)
            if product is not None and Metric(product.metric) in _BY_CORE:
                by_product[each.product].setdefault(each.host, []).append(each)
        running = {
            name: {each.host: each.version for each in rules.newest_of(products[name], by_host)}
            for name, by_host in by_product.items()
        }
        rights = effective(owned, self.today, self.host_of_asset).rights
        placed = hosted(products, self.machines, running, rights, self.today)
        for name, hosts in placed.running.items():
            under = placed.under.get(name, frozenset())
            found, doubts = machine_needs(name, products[name], self.machines, hosts, under=under)
            yield Required(tuple(found), (*doubts, *self._old_machines(name, hosts)))

    def _old_machines(self, product: str, hosts: Collection[str]) -> Iterator[Doubt]:
        """That cores and guests may have changed since a machine with the product was listed."""
        oldest = self.policy.collected_within.before(self.now).date()
        running = {each.casefold() for each in hosts}
        for each in self.machines:
            names = {each.name.casefold(), *(guest.name.casefold() for guest in each.guests)}
            if each.seen_on is not None and each.seen_on < oldest and names & running:
                yield Doubt(product, f"the cores and guests of {each.name} were last told on {each.seen_on}")

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
        """What was recorded; of a product that its tenant tells the tenant's own count goes before."""
        for each in self.entitlements:
            counted_so = each.metric is not None and pool(each.metric) is pool(Metric.SUBSCRIPTION)
            if not (each.product in told and counted_so):
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
        for name in sorted({*self.listed, *(each.host for each in self.installs)} - self.gone):
            why = self._silence_of(name, since)
            if why and (name in self.listed or name.casefold() not in self._declared):
                yield name, why
        for tag, asset in self.assets.items():
            used = asset.category in self.policy.computers and asset.state == "assigned"
            if used and tag not in self.host_of_asset:
                yield subject("asset", tag), "no machine that was collected is this one"

    @cached_property
    def _declared(self) -> frozenset[str]:
        """The hosts of the inventory, in small letters."""
        return frozenset(each.name.casefold() for each in self.inventory.hosts)

    def _out_of_use(self) -> set[str]:
        """Machines whose asset is out of use, and that are no other asset that is not."""
        used = {tag for tag, each in self.assets.items() if each.state not in OUT_OF_USE}
        hosts = self.host_of_asset
        return set(hosts.values()) - {host for tag, host in hosts.items() if tag in used}

    def _servers(self) -> set[str]:
        """Hosts that may be servers: those that told so, or that the inventory does not call otherwise."""
        by_core = {name for name, each in self.products.items() if Metric(each.metric) in _BY_CORE}
        told = {each.host for each in self.installs if each.product in by_core}
        return told | {each.name for each in self.inventory.hosts if each.kind in {"", *_SERVERS}}

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
