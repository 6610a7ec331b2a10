"""Lists of other asset tools import whole, or row by row with the reason; no row is lost on the way."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schoten_ict.assets.acts import importing
from schoten_ict.assets.acts.importing import Plan, Request
from schoten_ict.assets.ask import glpi
from schoten_ict.assets.ask.reader import Options
from schoten_ict.assets.records import views
from schoten_ict.core.errors import IncompleteError, UsageError
from schoten_ict.formats.dates import DateOrder
from schoten_ict.formats.tables import RawTable, read_table
from schoten_ict.inventory import Inventory, load
from schoten_ict.people import acts, ask, judge
from schoten_ict.store import Store, journal, people

pytestmark = pytest.mark.corpus

ROOT = Path(__file__).parents[2]
MDY = Options(order=DateOrder.MDY)
Locate = Callable[[str], Path]
Device = tuple[str | None, str, str, str, str]

# file: category, manufacturer, model, serial, MAC addresses
DEVICES: dict[str, Device] = {
    "computer_1.json": ("laptop", "Dell Inc.", "XPS 13 9350", "640HP72", '["00:e0:4c:68:01:db", "44:85:00:2b:90:bc"]'),
    "computer_1_partial_softs.json": ("laptop", "Dell Inc.", "XPS 13 9350", "640HP72", "[]"),
    "computer_2.json": ("laptop", "Dell Inc.", "XPS 13 9350", "2FAGP34", "[]"),
    "computer_2_partial_vms.json": ("laptop", "Dell Inc.", "XPS 13 9350", "2FAGP34", "[]"),
    "networkequipment_3.json": ("switch", "Hewlett-Packard", "2530-48G", "CN5BFP62CP", '["b0:5a:da:10:10:80"]'),
    "phone_1.json": ("smartphone", "Xiaomi", "Mi 9T Pro", "af8d8fcfa6fa4794", '["e0:dc:ff:ed:09:59"]'),
    "printer_1.json": ("printer", "Hewlett-Packard", "HP LaserJet M507", "PHCVN191TG", '["00:68:eb:f2:be:10"]'),
    "printer_2.json": ("printer", "Canon", "Canon MX 5970", "SDFSDF9874", '["00:85:eb:f4:be:20"]'),
    "xml/7.xml": ("switch", "Cisco", "UCS 6248UP 48-Port", "SSI1912014B", '["8c:60:4f:8d:ae:fc"]'),
    "xml/8.xml": ("printer", "Brother", "Brother HL-5350DN series", "D9J230159", '["00:1b:a9:12:11:f2"]'),
}  # fmt: skip
COMPUTERS = {"xml/1.xml": "9E113232I", "xml/2.xml": "CZC0479792"}
NO_ASSETS = [
    "snipe-it/categories-sample.csv", "snipe-it/locations-sample.csv", "snipe-it/models-sample.csv",
    "snipe-it/suppliers-sample.csv", "snipe-it/users-sample.csv", "other-csv/fields.csv",
    "other-csv/minimal.csv", "other-csv/regions.csv", "other-csv/types.csv",
    "other-csv/warehouses_semicolon.csv", "other-csv/warehouses_tab.csv",
]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "data", "jan", datetime(2026, 11, 26, tzinfo=UTC)) as opened:
        yield opened


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return load(ROOT)


def table(path: Path) -> RawTable:
    return read_table(path.read_bytes(), path.name)


def planned(store: Store, inventory: Inventory, read: RawTable, **request: Any) -> Plan:
    plan = importing.plan(store.reader, inventory, read, Request(**request))
    assert [step.row for step in plan.steps] == [line for line, _ in read.rows]
    return plan


def actions(plan: Plan) -> dict[str, int]:
    return dict(Counter(step.action.value for step in plan.steps))


def import_people(store: Store, path: Path, key: str) -> list[judge.Step]:
    listing = ask.read(table(path), (), key, None)
    plan = judge.plan(people.every(store.reader), listing.entries)
    acts.apply(store, path.name, plan.steps, journal.head(store.reader))
    return list(plan.steps)


def test_snipe_it_assets_import_whole_and_a_second_time_nothing_happens(
    corpus: Locate, store: Store, inventory: Inventory
) -> None:
    read = table(corpus("assets/snipe-it/assets-sample.csv"))
    first = planned(store, inventory, read, preset="snipe-it", options=MDY)
    assert actions(first) == {"new": 22}
    importing.apply(store, inventory, first)
    asset = views.detail(store.reader, "WBH-2841795")
    assert (asset.category, str(asset.purchase_date), str(asset.purchase_cost), str(asset.end_of_life)) == (
        "structural-and-misc-steel-fabrication", "2022-11-14", "1292.94", "2028-10-27",
    )  # fmt: skip
    assert (asset.holder, asset.status) == ("Gage McCrackem", "assigned")
    assert Counter(str(row.holder_key).partition(":")[0] for row in views.listed(
        store.reader, views.Filter(), datetime(2026, 11, 26, tzinfo=UTC).date()
    )) == {"person": 9, "room": 8, "None": 5}  # fmt: skip
    assert actions(planned(store, inventory, read, preset="snipe-it", options=MDY)) == {"unchanged": 22}
    assert journal.counts(store.reader)[0] == 2


def test_american_dates_read_as_belgian_ones_are_refused_row_by_row(
    corpus: Locate, store: Store, inventory: Inventory
) -> None:
    read = table(corpus("assets/snipe-it/assets-sample.csv"))
    plan = planned(store, inventory, read, preset="snipe-it", options=Options(order=DateOrder.DMY))
    # of the eleven rows without an end of life, five were bought on a day up to the 12th, which fits both orders
    assert actions(plan) == {"new": 5, "refused": 17}
    assert all("of this column" in step.reason for step in plan.steps if step.action == "refused")


def test_snipe_it_people_need_a_key_that_they_have(corpus: Locate, store: Store) -> None:
    path = corpus("assets/snipe-it/users-sample.csv")
    refused = judge.plan([], ask.read(table(path), (), "key", None).entries).steps
    assert Counter(step.action.value for step in refused) == {"refused": 100}
    assert all("--key username" in step.reason for step in refused)
    assert Counter(step.action.value for step in import_people(store, path, "username")) == {"new": 100}
    assert Counter(step.action.value for step in import_people(store, path, "username")) == {"unchanged": 100}
    person = people.identify(store.reader, "rtenant0")
    assert (person.name, str(person.leaves)) == ("Reagen Tenant", "2022-12-04")


@pytest.mark.parametrize("name", DEVICES)
def test_a_glpi_file_is_one_asset(corpus: Locate, store: Store, inventory: Inventory, name: str) -> None:
    path = corpus(f"assets/glpi-inventory/{name}")
    plan = planned(store, inventory, glpi.table(path.read_bytes(), path.name), preset="glpi")
    assert actions(plan) == {"new": 1}
    (step,) = importing.apply(store, inventory, plan)
    values = (step.category, *(step.values.get(key) for key in ("manufacturer", "model", "serial")))
    assert (*values, step.values.get("macs") or "[]") == DEVICES[name]
    assert step.tag == inventory.categories[str(step.category)].tag_of(1)
    again = planned(store, inventory, glpi.table(path.read_bytes(), path.name), preset="glpi")
    assert actions(again) == {"unchanged": 1}


@pytest.mark.parametrize("name", COMPUTERS)
def test_an_old_xml_file_is_one_asset_despite_its_placeholder_tag(
    corpus: Locate, store: Store, inventory: Inventory, name: str
) -> None:
    path = corpus(f"assets/glpi-inventory/{name}")
    (step,) = planned(store, inventory, glpi.table(path.read_bytes(), path.name), preset="glpi").steps
    assert (step.action, step.tag, step.key, step.category) == ("new", None, COMPUTERS[name], "laptop")


def test_a_partial_glpi_file_speaks_of_the_same_machine(
    corpus: Locate, store: Store, inventory: Inventory
) -> None:
    folder = corpus("assets/glpi-inventory")
    results = []
    for name in ("computer_1.json", "computer_1_partial_softs.json"):
        plan = planned(store, inventory, glpi.table((folder / name).read_bytes(), name), preset="glpi")
        results.append(actions(plan))
        importing.apply(store, inventory, plan)
    assert results == [{"new": 1}, {"unchanged": 1}]


def test_the_schema_itself_is_no_inventory(corpus: Locate) -> None:
    path = corpus("assets/glpi-inventory/inventory.schema.json")
    with pytest.raises(IncompleteError, match="describes no machine"):
        glpi.table(path.read_bytes(), path.name)


def test_ralph_assets_need_a_category_and_then_import(
    corpus: Locate, store: Store, inventory: Inventory
) -> None:
    read = table(corpus("assets/other-csv/back_office_assets.csv"))
    plan = planned(store, inventory, read)
    assert [step.reason for step in plan.steps] == ["names no category; give --category"] * 2
    steps = importing.apply(
        store, inventory, planned(store, inventory, read, options=Options(category="desktop"))
    )
    assert [(step.tag, step.values["serial"]) for step in steps] == [
        ("DT-0001", "bo_asset_sn"), ("DT-0002", "bo_asset_sn2"),
    ]  # fmt: skip


def test_homebox_items_import_with_a_mapping(corpus: Locate, store: Store, inventory: Inventory) -> None:
    read = table(corpus("assets/other-csv/types.csv"))
    options = Options(maps=("tag=HB.asset_id", "model=HB.name", "location=HB.location"), category="monitor")
    steps = importing.apply(store, inventory, planned(store, inventory, read, options=options))
    assert [(step.tag, step.values["model"]) for step in steps] == [
        ("1", "Item 1"), ("000-002", "Item 2"), ("1000-003", "Item 3"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", NO_ASSETS)
def test_a_list_of_other_things_is_refused_as_a_whole(
    corpus: Locate, store: Store, inventory: Inventory, name: str
) -> None:
    with pytest.raises(UsageError, match="no column holds tags or serial numbers"):
        planned(store, inventory, table(corpus(f"assets/{name}")))


def test_licences_in_dollars_are_no_assets_in_euros(
    corpus: Locate, store: Store, inventory: Inventory
) -> None:
    with pytest.raises(UsageError, match="amounts in USD"):
        planned(store, inventory, table(corpus("assets/snipe-it/licenses-sample.csv")))


def test_no_glpi_sample_is_forgotten(corpus: Locate) -> None:
    folder = corpus("assets/glpi-inventory")
    found = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in {".json", ".xml"}
    }
    assert found == {*DEVICES, *COMPUTERS, "inventory.schema.json"}
