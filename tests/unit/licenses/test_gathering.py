"""Gathering: each sentence on what the store knows, on a store that has just that."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from schoten_ict.assets.model import Asset, Status
from schoten_ict.assets.records import assets
from schoten_ict.core.facts import Person
from schoten_ict.inventory import load
from schoten_ict.inventory.sections.licenses import LICENSES
from schoten_ict.licenses.ask.titles import rules_of
from schoten_ict.licenses.catalogue import Catalogue
from schoten_ict.licenses.gathering import Gathered, Gathering
from schoten_ict.licenses.model import Entitlement, Guest, Machine, Metric, Sku
from schoten_ict.licenses.normalising import normalise
from schoten_ict.licenses.records import entitlements, machines, subscriptions
from schoten_ict.store import observations, people
from storing import NOW, Opener

INVENTORY = """\
organisation: {{name: Proef}}
credentials: {{linux: {{kind: ssh, user: x, key: "file:k"}}}}
groups: [{{name: linux, connect: {{ssh: {{credential: linux}}}}}}, {{name: desks}}]
hosts: [{hosts}]
licenses:
  computers: [laptop]
  {policy}
  products:
    kassa: {{name: Kassa, publisher: K, family: kassa, metric: device, rules: [{{title: Kassa}}]}}
    teken: {{name: Teken, publisher: T, family: teken, metric: user, rules: [{{title: Teken}}]}}
    mail: {{name: Mail, publisher: M, family: mail, metric: subscription, skus: [MAIL], rules: [{{title: Mail}}]}}
    server: {{name: Server, publisher: M, family: ws, metric: core, rules: [{{title: "Server (?P<version>[0-9]+)"}}], cores: {{per_processor: 8, per_server: 16, per_guest: 8, guests: 2}}}}
    server-all: {{name: Server All, publisher: M, family: ws, metric: core, includes: [server], cores: {{per_processor: 8, per_server: 16, per_guest: 8}}}}
"""
DAY = timedelta(days=1)
TODAY = NOW.date()


class Office:
    """A workspace with a store, to which a test tells things."""

    def __init__(self, opened: Opener, folder: Path) -> None:
        self.opened = opened
        self._folder = folder
        folder.mkdir()

    def gathering(self, *hosts: str, policy: str = "", group: str = "linux") -> Gathering:
        declared = ", ".join(
            f"{{name: {name}, address: 127.0.0.{at}, groups: [{group}]}}"
            for at, name in enumerate(hosts, start=2)
        )
        text = INVENTORY.format(hosts=declared, policy=policy)
        (self._folder / "inventory.yaml").write_text(text, encoding="utf-8")
        inventory = load(self._folder)
        own = inventory.get(LICENSES)
        catalogue = Catalogue(own.products, rules_of(own.products.items(), own.ignored), (), "test")
        store = self.opened()
        normalise(store, catalogue.digest, catalogue.titles)
        return Gathering(inventory, store, catalogue, NOW, UTC)

    def gathered(self, *hosts: str, policy: str = "") -> Gathered:
        return self.gathering(*hosts, policy=policy).gathered()

    def observed(self, host: str, kind: str, payload: object, at: datetime = NOW) -> None:
        with self.opened.change(at) as change:
            observations.observe(change, f"host:{host}", kind, "ssh", payload)

    def listed(self, host: str, *titles: str, at: datetime = NOW) -> None:
        payload = [{"name": title, "version": None, "publisher": None} for title in titles]
        self.observed(host, "host.software", payload, at)

    def system(self, host: str, name: str, at: datetime = NOW, *, virtual: bool = False) -> None:
        self.observed(host, "host.identity", {"os": name, "virtual": virtual}, at)

    def bought(self, number: int, product: str, metric: Metric | None, quantity: int) -> None:
        with self.opened.change() as change:
            entitlements.insert(change, Entitlement(f"LIC-{number}", product, metric, quantity))

    def given(self, number: int, kind: str, holder: str, until: str | None = None) -> None:
        with self.opened.change() as change:
            change.connection.execute(
                "INSERT INTO entitlement_holder (entitlement, holder_kind, holder, since, until) "
                "VALUES (?, ?, ?, '2026-01-01', ?)",
                (f"LIC-{number}", kind, holder, until),
            )

    def asset(
        self, tag: str, status: Status = Status.IN_STOCK, holder: str = "", serial: str | None = None
    ) -> None:
        with self.opened.change() as change:
            assets.insert(change, Asset(tag, "laptop", status, serial=serial))
            if holder:
                change.connection.execute(
                    "INSERT INTO custody (asset, holder_kind, holder, since) VALUES (?, 'person', ?, ?)",
                    (tag, holder, "2026-01-01"),
                )

    def told(self, product: str, consumed: int, taken_on: date = TODAY) -> None:
        with self.opened.change() as change:
            sku = Sku("t", product.lower(), product, taken_on, enabled=10, consumed=consumed)
            subscriptions.keep(change, sku)

    def machine(self, machine: Machine) -> None:
        with self.opened.change() as change:
            machines.keep(change, machine)


@pytest.fixture
def office(opened: Opener, tmp_path: Path) -> Office:
    return Office(opened, tmp_path / "ws")


def needed(found: Gathered) -> list[tuple[str, int, str]]:
    return sorted((each.product, each.quantity, each.subject) for each in found.needs)


def doubted(found: Gathered, product: str) -> list[tuple[int | None, str]]:
    return sorted((each.at_most or 0, each.why) for each in found.doubts if each.product == product)


def test_a_machine_that_nobody_knows_stays_counted_and_is_silent_however_long_it_said_nothing(
    office: Office,
) -> None:
    office.listed("pc-1", "Kassa", at=NOW - 400 * DAY)
    found = office.gathering("pc-2")
    assert found.fleet.silent["pc-1"].startswith("listed last at 2025-10-22")
    assert needed(found.gathered()) == [("kassa", 1, "host:pc-1")]
    assert office.gathering("pc-2").gone == frozenset()


def test_a_machine_is_gone_where_the_inventory_says_so_and_it_told_nothing_since(office: Office) -> None:
    office.listed("PC-1", "Kassa", at=NOW - 40 * DAY)
    told = (NOW - 40 * DAY).date()
    on = office.gathering(policy=f"gone: {{pc-1: {told}}}")
    assert (on.gone, needed(on.gathered()), dict(on.fleet.silent)) == (frozenset({"PC-1"}), [], {})
    before = office.gathering(policy=f"gone: {{pc-1: {told - DAY}}}")
    assert needed(before.gathered()) == [("kassa", 1, "host:PC-1")]
    assert "PC-1" in before.fleet.silent


def test_a_host_of_the_inventory_is_never_gone(office: Office) -> None:
    office.listed("pc-1", "Kassa", at=NOW - 40 * DAY)
    office.asset("pc-1", Status.DISPOSED)
    found = office.gathering("pc-1", policy=f"gone: {{pc-1: {TODAY}}}")
    assert needed(found.gathered()) == [("kassa", 1, "host:pc-1")]
    assert "pc-1" in found.fleet.silent


@pytest.mark.parametrize(
    ("status", "days", "counted"),
    [
        (Status.RETIRED, 36, False),
        (Status.DISPOSED, 36, False),
        (Status.STOLEN, 36, False),
        (Status.DISPOSED, 34, True),
        (Status.IN_STOCK, 400, True),
        (Status.IN_REPAIR, 400, True),
    ],
)
def test_a_machine_whose_asset_is_out_of_use_counts_until_its_list_is_too_old(
    office: Office, status: Status, days: int, *, counted: bool
) -> None:
    office.listed("pc-1", "Kassa", at=NOW - days * DAY)
    office.asset("PC-1", status)
    assert bool(needed(office.gathered())) is counted


def test_a_machine_that_is_a_new_asset_too_is_not_gone(office: Office) -> None:
    office.listed("pc-1", "Kassa", at=NOW - 40 * DAY)
    office.observed("pc-1", "host.identity", {"os": "Windows", "serial": "NEW-77"}, NOW - 40 * DAY)
    office.asset("PC-1", Status.DISPOSED)
    office.asset("LT-2", serial="NEW-77")
    assert needed(office.gathered()) == [("kassa", 1, "host:pc-1")]


def test_what_is_gone_counts_neither_as_a_system_nor_as_a_physical_machine(office: Office) -> None:
    then = NOW - 40 * DAY
    office.system("hv-1", "Server 2019", then)
    office.observed("hv-1", "host.hardware", {"sockets": 2, "cores": 32}, then)
    office.machine(Machine("hv-2", (16,), guests=(Guest("vm-2", 4),), source="list", seen_on=TODAY))
    office.listed("hv-2", "Kassa", at=then)
    here = office.gathering()
    assert ({each.name for each in here.machines}, set(here.fleet.silent)) == (
        {"hv-1", "hv-2"}, {"hv-1", "hv-2"},
    )  # fmt: skip
    gone = office.gathering(policy=f"gone: {{hv-1: {TODAY}, hv-2: {TODAY}}}")
    assert (gone.machines, gone.installs, gone.fleet.devices) == ([], [], 0)


def test_operating_systems_that_are_products_are_installed_where_a_machine_is_one(office: Office) -> None:
    office.system("hv-1", "Server 2019")
    office.observed("hv-1", "host.hardware", {"sockets": 2, "cores": 32})
    office.system("pc-1", "Something 11")
    found = office.gathered("hv-1")
    assert needed(found) == [("server", 32, "host:hv-1")]
    assert [each.version for each in found.needs] == ["2019"]


def test_a_silent_machine_may_have_whatever_is_counted(office: Office) -> None:
    office.listed("pc-1", "Kassa")
    assert doubted(office.gathered("pc-1", "pc-2"), "kassa") == [
        (1, "1 machine told no software lately: pc-2")
    ]
    assert doubted(office.gathered("pc-1"), "kassa") == []


def test_a_silent_machine_that_was_a_server_may_have_what_is_counted_by_core(office: Office) -> None:
    office.listed("pc-9", "Kassa", at=NOW - 40 * DAY)
    office.bought(1, "server-all", Metric.CORE, 16)
    assert all("lately" not in why for _, why in doubted(office.gathered(), "server-all"))
    office.system("srv-9", "Server 2019", NOW - 40 * DAY)
    assert "1 machine told no software lately: srv-9" in [
        why for _, why in doubted(office.gathered(), "server-all")
    ]


def test_a_list_of_a_host_that_is_not_asked_grows_old_too(office: Office) -> None:
    office.listed("pc-1", "Kassa", at=NOW - 40 * DAY)
    found = office.gathering("pc-1", group="desks")
    assert "pc-1" in found.fleet.silent


def test_a_computer_that_somebody_has_and_that_no_machine_is_may_have_it_too(office: Office) -> None:
    office.listed("pc-1", "Kassa")
    office.asset("PC-1", holder="1042")
    office.asset("LT-7", holder="1042")
    office.asset("LT-8")
    found = office.gathering("pc-1")
    assert dict(found.fleet.silent) == {"asset:LT-7": "no machine that was collected is this one"}


def test_who_has_the_asset_uses_what_is_on_its_machine(office: Office) -> None:
    office.listed("pc-1", "Teken")
    office.listed("pc-2", "Teken")
    office.asset("PC-1", holder="1042")
    office.asset("PC-2", holder="1042")
    assert needed(office.gathered("pc-1", "pc-2")) == [("teken", 1, "person:1042")]


def test_what_a_person_was_given_by_hand_is_no_second_user_of_a_machine_of_nobody(office: Office) -> None:
    office.listed("pc-1", "Teken")
    office.bought(1, "teken", Metric.USER, 1)
    office.given(1, "person", "1042")
    found = office.gathered("pc-1")
    assert needed(found) == [("teken", 1, "person:1042")]
    assert [at_most for at_most, _ in doubted(found, "teken")] == [1]


def test_declared_use_is_no_second_user_of_a_machine_of_nobody(office: Office) -> None:
    office.listed("pc-1", "Teken")
    found = office.gathered("pc-1", policy="use: [{product: teken, count: 5, note: all draughtsmen}]")
    assert needed(found) == [("teken", 5, "declared")]


def test_what_was_given_back_or_to_a_known_machine_counts_once(office: Office) -> None:
    office.listed("pc-1", "Kassa")
    office.asset("PC-1")
    office.bought(1, "kassa", Metric.DEVICE, 3)
    office.given(1, "asset", "PC-1")
    office.given(1, "host", "pc-9", until="2026-02-01")
    assert needed(office.gathered("pc-1")) == [("kassa", 1, "host:pc-1")]


def test_what_a_tenant_tells_is_what_is_assigned_and_owned(office: Office) -> None:
    office.told("MAIL", 7)
    office.bought(1, "mail", Metric.SUBSCRIPTION, 10)
    office.given(1, "person", "1042")
    office.listed("pc-1", "Mail")
    found = office.gathered("pc-1")
    assert needed(found) == [("mail", 7, "tenant:t")]
    assert [(each.product, each.quantity) for each in found.entitlements] == [("mail", 10)]
    assert doubted(found, "mail") == []


@pytest.mark.parametrize(
    ("metric", "counted"), [(Metric.SUBSCRIPTION, 1), (Metric.USER, 1), (Metric.DEVICE, 2), (None, 2)]
)
def test_a_right_that_counts_as_the_units_of_a_tenant_do_is_proof_and_not_added(
    office: Office, metric: Metric | None, counted: int
) -> None:
    office.told("MAIL", 7)
    office.bought(1, "mail", metric, 150)
    assert len(office.gathered().entitlements) == counted


def test_only_what_a_tenant_told_last_counts(office: Office) -> None:
    office.told("MAIL", 9, TODAY - DAY)
    office.told("OLD", 3, TODAY - DAY)
    office.told("MAIL", 7)
    assert needed(office.gathered()) == [("mail", 7, "tenant:t")]


def test_a_subscription_that_no_product_knows_is_one_of_its_own(office: Office) -> None:
    office.told("STRANGE_PLAN", 2)
    assert [quantity for _, quantity, _ in needed(office.gathered())] == [2]


@pytest.mark.parametrize(("days", "doubts"), [(35, 0), (36, 1)])
def test_what_a_tenant_told_long_ago_is_a_doubt(office: Office, days: int, doubts: int) -> None:
    office.told("MAIL", 7, TODAY - days * DAY)
    assert len(doubted(office.gathered(), "mail")) == doubts


@pytest.mark.parametrize(("days", "doubts"), [(35, 0), (36, 1)])
def test_cores_and_guests_that_were_told_long_ago_are_a_doubt(office: Office, days: int, doubts: int) -> None:
    office.system("vm-1", "Server 2019", virtual=True)
    guests = (Guest("VM-1", 4, running=True),)
    office.machine(Machine("hv-1", (16,), None, guests, "list", TODAY - days * DAY))
    office.machine(Machine("hv-2", (16,), None, (), "list", TODAY - 400 * DAY))
    office.listed("vm-1", "Kassa")
    found = office.gathered("vm-1")
    assert ("server", 16, "host:hv-1") in needed(found)
    assert len(doubted(found, "server")) == doubts


def test_guests_need_the_edition_that_licenses_their_host_whole(office: Office) -> None:
    names = [f"vm-{each}" for each in range(5)]
    for name in names:
        office.system(name, "Server 2019", virtual=True)
    guests = tuple(Guest(name, 4, running=True) for name in names)
    office.machine(Machine("hv-1", (16,), None, guests, "list", TODAY))
    assert needed(office.gathered(*names)) == [("server", 48, "host:hv-1")]
    office.bought(1, "server-all", Metric.CORE, 16)
    assert needed(office.gathered(*names)) == [("server-all", 16, "host:hv-1")]


def test_the_newest_of_several_versions_on_a_server_is_needed(office: Office) -> None:
    office.listed("hv-1", "Server 2022", "Server 2019")
    office.machine(Machine("hv-1", (16,), source="list", seen_on=TODAY))
    assert [each.version for each in office.gathered("hv-1").needs] == ["2022"]


def test_people_who_work_here_now_and_devices_that_are_there_are_counted(office: Office) -> None:
    with office.opened.change() as change:
        for person in (
            Person("1", "Els"), Person("2", "Wim", leaves=TODAY - DAY),
            Person("3", "Jo", starts=TODAY + DAY), Person("4", "An", leaves=TODAY + DAY),
        ):  # fmt: skip
            people.put(change, person)
    office.listed("pc-1", "Kassa")
    fleet = office.gathering("pc-1", "pc-2").fleet
    assert (fleet.people, fleet.devices) == (2, 2)


def test_what_is_taken_to_be_out_of_use_needs_nothing(office: Office) -> None:
    office.listed("pc-1", "Kassa")
    office.listed("pc-2", "Kassa")
    found = office.gathering("pc-1", "pc-2").gathered({("kassa", "host:pc-1")})
    assert needed(found) == [("kassa", 1, "host:pc-2")]
