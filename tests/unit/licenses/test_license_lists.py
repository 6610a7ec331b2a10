"""Lists of licences, subscriptions, software and machines: every row is taken or refused with its reason."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IctError, IncompleteError, UsageError
from schoten_ict.formats.dates import DateOrder
from schoten_ict.formats.tables import RawTable, read_table
from schoten_ict.licenses.ask import entitlement_lists, machine_lists, software_lists, subscriptions
from schoten_ict.licenses.ask.entitlement_lists import Options
from schoten_ict.licenses.judge.reconcile import Step, missing, named, reconcile
from schoten_ict.licenses.model import Entitlement, Guest, Machine, Metric, Sku

DAY = date(2026, 11, 28)
BRUSSELS = ZoneInfo("Europe/Brussels")
LIST = """\
Naam;Aantal;Metriek;Versie;Vervaldatum;Kost;Leverancier;Bestelbon;Sleutel;Opmerking
Adobe Acrobat Pro;20;user;;30/06/2027;1.234,50;Bechtle;BB-1;ABCDE-12345-ABCDE-12345-ABCDE;
Kassa Pro;veel;;;;;;;;
;5;user;;;;;;;
AutoCAD LT;3;kilo;2024;31/02/2027;12,50;;;;key ABCDE-12345-ABCDE-12345-ABCDE
Visio;;;;;;;BB-2;;
Visio;;;;;;;BB-2;;
"""


def table(text: str) -> RawTable:
    return read_table(text.encode(), "list.csv")


def test_a_belgian_list_is_read_row_by_row() -> None:
    listed = entitlement_lists.read(table(LIST), Options())
    first, many, nameless, autocad, visio, _ = listed.proposals
    assert (first.name, first.refused) == ("Adobe Acrobat Pro", "")
    assert dict(first.values) == {
        "quantity": 20, "metric": Metric.USER, "expires": date(2027, 6, 30), "cost_cents": 123450,
        "supplier": "Bechtle", "order_number": "BB-1",
    }  # fmt: skip
    assert "'veel' is no number" in many.refused
    assert "names no product" in nameless.refused
    assert "metric: 'kilo' is none of" in autocad.refused
    assert "Vervaldatum is no day" in autocad.refused
    assert (visio.refused, visio.doubts) == ("", ("how many is not said",))


def test_a_sheet_with_the_words_of_a_belgian_office_is_read_as_it_is() -> None:
    text = (
        "Softwarepakket;Aantal licenties;Licentietype;Begindatum;Einddatum;Opzegtermijn;Bestelbonnummer;"
        "Kostprijs excl. btw;Licentiesleutel\n"
        "Kassa Pro;5;per gebruiker;01/01/2026;31/12/2026;3 maanden;BB-7;1.234,50;x\n"
        "Kaart;2;Toestellen;13/02/2026;;28 dagen;;;\nPeil;1;gelijktijdig;;;;;;\n"
    )
    kassa, kaart, peil = entitlement_lists.read(table(text), Options()).proposals
    assert (kassa.refused, kaart.refused, peil.refused) == ("", "", "")
    assert (kassa.values["metric"], str(kassa.values["notice"]), kassa.values["cost_cents"]) == (
        Metric.USER, "3m", 123450,
    )  # fmt: skip
    assert (kassa.values["starts"], kassa.values["order_number"]) == (date(2026, 1, 1), "BB-7")
    assert (kaart.values["metric"], str(kaart.values["notice"])) == (Metric.DEVICE, "28d")
    assert peil.values["metric"] is Metric.CONCURRENT


def test_a_key_is_never_taken_over() -> None:
    listed = entitlement_lists.read(table(LIST), Options())
    assert "ABCDE-12345" not in repr(listed)
    assert any("keys are not taken over" in each for each in listed.notes)


KEY = "AB12C-DE34F-GH56I-JK78L-MN90P"


@pytest.mark.parametrize("key", [KEY, KEY.replace("-", " "), KEY.replace("-", ""), "85.07.30-033.28"])
@pytest.mark.parametrize(
    "column", ["product", "aantal", "versie", "bestelbon", "contract", "leverancier", "metriek", "opzegtermijn", "opmerking"],
)  # fmt: skip
def test_neither_key_nor_national_number_is_taken_from_any_column(column: str, key: str) -> None:
    row = {"product": "Kassa Pro", "aantal": "1", column: f"x {key}"}
    listed = entitlement_lists.read(table(f"{';'.join(row)}\n{';'.join(row.values())}\n"), Options())
    (found,) = listed.proposals
    assert key not in repr(listed)
    assert bool(found.refused) is (column in {"product", "aantal", "metriek", "opzegtermijn"})
    assert any("looks like" in each or "holds" in each for each in (found.refused, *found.doubts))


def test_a_price_of_one_is_times_as_many() -> None:
    listed = entitlement_lists.read(table("product;aantal;eenheidsprijs\nKassa;4;12,50\n"), Options())
    assert listed.proposals[0].values["cost_cents"] == 5000


@pytest.mark.parametrize("header", ["product;kleur", "aantal;kleur"])
def test_a_list_without_product_or_number_is_refused(header: str) -> None:
    with pytest.raises(UsageError, match="no column holds the"):
        entitlement_lists.read(table(f"{header}\na;b\n"), Options())


def test_dates_of_the_list_have_one_order() -> None:
    text = "product,quantity,expires\nA,1,02/03/2027\n"
    assert entitlement_lists.read(table(text), Options(order=DateOrder.MDY)).proposals[0].values[
        "expires"
    ] == date(2027, 2, 3)
    with pytest.raises(UsageError, match="no date tells"):
        entitlement_lists.read(table(text), Options())


def reconciled(text: str, known: Sequence[Entitlement] = (), *, keep_unknown: bool = True) -> list[Step]:
    listed = entitlement_lists.read(table(text), Options())
    metrics = {"kassa": Metric.USER, "wolk": Metric.SUBSCRIPTION}
    names = {"Kassa Pro": "kassa", "Wolk": "wolk"}
    return reconcile(listed.proposals, known, names.get, metrics.get, keep_unknown=keep_unknown)


def steps(text: str, *known: Entitlement, keep_unknown: bool = True) -> list[tuple[str, str]]:
    found = reconciled(text, known, keep_unknown=keep_unknown)
    return [(each.action, each.product) for each in found]


def recorded(text: str) -> list[Entitlement]:
    """What importing a list into nothing leaves recorded."""
    return [
        replace(each.after, number=f"LIC-{place:04}")
        for place, each in enumerate(reconciled(text), start=1)
        if each.after is not None
    ]


def test_a_row_is_found_again_and_only_what_differs_is_changed() -> None:
    text = "product;aantal;bestelbon\nKassa Pro;5;B1\nAnders!;2;B2\n"
    assert steps(text) == [("new", "kassa"), ("new", "anders")]
    kept = recorded(text)
    assert steps(text, *kept) == [("unchanged", "kassa"), ("unchanged", "anders")]
    changed, _ = reconciled(text.replace(";5;", ";6;"), kept)
    assert (changed.action, changed.reason) == ("changed", "quantity 5 -> 6")
    assert steps(text, keep_unknown=False) == [("new", "kassa"), ("refused", "")]


def test_what_was_corrected_by_hand_stays_where_the_list_says_nothing_of_it() -> None:
    text = "product;aantal;leverancier\nKassa Pro;5;\n"
    by_hand = replace(recorded(text)[0], metric=Metric.DEVICE, version="3", supplier="Bechtle")
    assert steps(text, by_hand) == [("unchanged", "kassa")]


def test_a_row_that_left_the_list_does_not_pass_its_number_to_the_next() -> None:
    rows = ("Kassa Pro;10;2019", "Kassa Pro;4;2021", "Kassa Pro;3;2024")
    text = "\n".join(("product;aantal;versie", *rows))
    kept = recorded(text)
    assert len({each.source for each in kept}) == 3
    for order in permutations(rows[1:]):
        shorter = "\n".join(("product;aantal;versie", *order))
        found = reconciled(shorter, kept)
        assert {each.action for each in found} == {"unchanged"}
        listed = entitlement_lists.read(table(shorter), Options())
        assert [each.version for each in missing(found, listed.proposals, kept)] == ["2019"]
        assert missing(found, listed.proposals, [replace(each, ended_on=DAY) for each in kept]) == []


def test_a_renewed_row_is_the_same_right() -> None:
    text = "product;aantal;vervaldatum\nKassa Pro;10;2026-12-31\n"
    (found,) = reconciled(text.replace("2026", "2027"), recorded(text))
    assert (found.action, found.reason) == ("changed", "expires 2026-12-31 -> 2027-12-31")
    two = f"{text}Kassa Pro;10;2027-12-31\n"
    assert [each.action for each in reconciled(two, recorded(text))] == ["unchanged", "new"]


def test_what_would_end_before_it_begins_is_refused() -> None:
    text = "product;aantal;van;tot\nKassa Pro;1;2027-01-01;2026-01-01\n"
    (found,) = reconciled(text)
    assert (found.action, "before it starts" in found.reason, found.after) == ("refused", True, None)


def test_a_subscription_without_an_end_is_told_and_no_document_proves_it() -> None:
    text = "product;aantal;vervaldatum\nWolk;1;\nWolk;1;2027-01-31\n"
    open_end, ended = reconciled(text)
    assert ("without an end" in open_end.reason, ended.reason) == (True, "")
    assert steps(text, keep_unknown=False) == [("refused", ""), ("new", "wolk")]


@given(st.text())
def test_an_own_name_is_an_id(name: str) -> None:
    assert named(name)
    assert named(named(name)) == named(name)
    assert set(named(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


GRAPH = {
    "value": [
        {"skuId": "A1", "skuPartNumber": "SPE_E3", "accountId": "t", "appliesTo": "User", "capabilityStatus": "Warning",
         "consumedUnits": 7, "prepaidUnits": {"enabled": 5, "warning": 3, "suspended": 2, "lockedOut": 1}},
        {"skuId": "A2", "skuPartNumber": "X", "consumedUnits": "many", "prepaidUnits": {"enabled": 5}},
        {"skuPartNumber": "Y"},
    ]
}  # fmt: skip


def pascal(value: object) -> object:
    """The same as PowerShell prints it."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: pascal(each) for key, each in value.items()}
    return [pascal(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(GRAPH).encode(),
        json.dumps(GRAPH["value"]).encode(),
        json.dumps(pascal(GRAPH["value"])).encode("utf-16"),
    ],
    ids=["graph", "a list", "PowerShell in UTF-16"],
)
def test_units_of_a_subscription_are_kept_apart(content: bytes) -> None:
    assert subscriptions.is_graph(content)
    good, wrong, nameless = subscriptions.graph(content, "skus.json", DAY)
    assert good.sku is not None
    units = (good.sku.enabled, good.sku.warning, good.sku.suspended, good.sku.locked_out, good.sku.consumed)
    assert units == (5, 3, 2, 1, 7)
    assert (good.sku.tenant, good.sku.status, good.sku.taken_on) == ("t", "Warning", DAY)
    assert "consumed is no number" in wrong.refused
    assert "names no skuId" in nameless.refused


def test_expired_units_of_the_admin_centre_are_in_grace() -> None:
    text = 'Product title,Total licenses,Expired licenses,Assigned licenses\nMicrosoft 365 E3,"1,025",25,990\n,1,0,0\nX,a,0,0\n'
    rows = subscriptions.products(table(text), DAY)
    assert rows[0].sku is not None
    assert (rows[0].sku.enabled, rows[0].sku.warning, rows[0].sku.consumed) == (1000, 25, 990)
    assert [bool(each.refused) for each in rows] == [False, True, True]


def test_users_have_the_licences_that_are_listed() -> None:
    text = (
        "User principal name,Licenses,Block credential,Last sign-in\n"
        "els@schoten.be,Microsoft 365 E3+Visio Plan 2,True,2026-11-01T08:00:00Z\n"
        "jan@schoten.be,Unlicensed,False,\n"
        "wim@schoten.be,Microsoft 365 E3,,yesterday\n"
    )
    assert subscriptions.is_users(table(text))
    els, jan, wim = subscriptions.users(table(text))
    assert [(each.product, each.blocked) for each in els.seats] == [
        ("Microsoft 365 E3", True), ("Visio Plan 2", True),
    ]  # fmt: skip
    assert els.seats[0].last_seen == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert (jan.seats, jan.refused) == ((), "")
    assert "cannot be read" in wim.refused


def test_a_list_of_software_is_by_machine() -> None:
    text = "Computer;Software;Version;Publisher\nPC-1;Kassa;1;K\nPC-1;Kassa;1;K\nPC-2;Kassa;2;\n;Kassa;1;\nPC-3;;1;\n"
    assert software_lists.is_table(table(text))
    found = software_lists.table(table(text), ())
    assert {host: len(titles) for host, titles in found.by_host.items()} == {"PC-1": 1, "PC-2": 1}
    assert [line for line, _ in found.wrong] == [5, 6]
    assert found.rows == 5


def test_an_agents_file_is_of_its_own_time() -> None:
    document = {
        "content": {
            "hardware": {"name": "PC-1"},
            "accesslog": {"logdate": "2026-06-12 14:19:54"},
            "softwares": [{"name": "Kassa", "version": "1", "from": "registry"}, {"version": "2"}],
        }
    }
    found = software_lists.glpi(json.dumps(document).encode(), "pc.json", BRUSSELS)
    assert found.at == datetime(2026, 6, 12, 12, 19, 54, tzinfo=UTC)
    assert [each.name for each in found.by_host["PC-1"]] == ["Kassa"]
    assert list(found.wrong) == [(2, "names no title")]


def test_hosts_and_guests_are_read_from_one_table_or_two() -> None:
    text = (
        "host;sockets;cores per cpu;cluster;vm;vcpu;powerstate\n"
        "esx1;2;16;c1;;;\nesx1;;;;web;4;poweredOn\nesx2;;;c1;db;x;\nesx2;2;;c1;;;\nesx1;1;8;;;;\n;1;1;;;;\n"
    )
    found = machine_lists.read(table(text), (), DAY)
    one, two = found.machines
    assert (one.processors, one.cluster, one.guests) == ((16, 16), "c1", (Guest("web", 4, True),))
    assert (two.processors, two.guests) == ((), ())
    assert [line for line, _ in found.wrong] == [4, 6, 7]
    uneven = machine_lists.read(table("host,sockets,cores\na,2,25\nb,2,24\n"), (), DAY)
    assert [each.processors for each in uneven.machines] == [(12, 12)]
    assert "do not divide" in uneven.wrong[0][1]


VHOST = "Host;Cluster;# CPU;Cores per CPU\nesx1;c1;2;16\nesx2;;2;16\n"
VINFO = "VM;Powerstate;CPUs;Host;Cluster\nweb;poweredOn;4;esx1;c1\ndb;poweredOn;8;ESX2;c1\n"


def machines_of(text: str, day: date = DAY) -> machine_lists.Machines:
    return machine_lists.read(table(text), (), day)


@pytest.mark.parametrize("lists", [(VHOST, VINFO), (VINFO, VHOST)], ids=["hosts first", "guests first"])
def test_hosts_and_guests_of_two_lists_are_one_machine_in_any_order(lists: tuple[str, str]) -> None:
    known: dict[str, Machine] = {}
    for text in lists:
        assert machine_lists.is_table(table(text))
        known |= {after.name: after for _, after in machine_lists.joined(known.values(), machines_of(text))}
    whole = sorted(known.values(), key=lambda each: each.name.casefold())
    assert [(each.processors, each.cluster, len(each.guests)) for each in whole] == [((16, 16), "c1", 1)] * 2
    assert machine_lists.joined(known.values(), machines_of(VINFO)) == []


def test_the_cluster_of_any_row_is_that_of_the_machine() -> None:
    rows = ("esx1;2;16;;;", "ESX1;;;web;4;c1")
    for order in permutations(rows):
        (found,) = machines_of("\n".join(("host;sockets;cores per cpu;vm;vcpu;cluster", *order))).machines
        assert (found.processors, found.cluster, len(found.guests)) == ((16, 16), "c1", 1)


def test_a_guest_that_moved_is_on_one_machine_and_an_older_list_moves_nothing_back() -> None:
    known = list(machines_of(VINFO).machines)
    moved = "VM;Host\nweb;esx2\ndb;esx2\n"
    later = [after for _, after in machine_lists.joined(known, machines_of(moved, DAY + timedelta(days=1)))]
    assert [(each.name, len(each.guests)) for each in later] == [("esx1", 0), ("ESX2", 2)]
    assert machine_lists.joined(later, machines_of(VINFO)) == []


@pytest.mark.parametrize("text", ["web;4;esx1\nWEB;4;ESX1", f"{KEY};4;esx1", "web;4;85.07.30-033.28 x"])
def test_a_guest_that_stands_twice_and_a_name_that_may_not_be_kept_are_refused(text: str) -> None:
    found = machines_of(f"vm;vcpu;host\n{text}\n")
    assert len(found.wrong) == 1
    assert KEY not in repr(found)


def sku(name: str, tenant: str = "", units: int | None = 1) -> subscriptions.Row:
    if units is None:
        return subscriptions.Row(1, name, refused="no number", tenant=tenant)
    return subscriptions.Row(1, name, Sku(tenant, name, name, DAY, enabled=units), tenant=tenant)


def test_of_a_tenant_with_a_refused_row_nothing_is_kept() -> None:
    rows = [sku("A", "t"), sku("B", "t", None), sku("C", "u")]
    assert [bool(each.refused) for each in subscriptions.whole(rows)] == [True, True, False]
    nobodys = [*rows, sku("D", "", None)]
    assert all(each.refused and each.sku is None for each in subscriptions.whole(nobodys))
    twice = [sku("A", "t"), sku("A", "t")]
    assert [each.refused for each in subscriptions.whole(twice)][1] == "is listed before"
    assert all(each.sku is None for each in subscriptions.whole(twice))


@pytest.mark.parametrize(
    ("told", "known", "wanted", "tenant"),
    [
        ("", [], None, "tenant"),
        ("x.be", [], None, "x.be"),
        ("", ["x.be"], None, "x.be"),
        ("X.BE", ["x.be", "y.be"], None, "x.be"),
        ("x.be", ["tenant"], "Tenant", "tenant"),
        ("x.be", ["tenant"], "x.be", "x.be"),
    ],
)
def test_a_list_is_of_the_tenant_that_is_known(
    told: str, known: list[str], wanted: str | None, tenant: str
) -> None:
    (found,) = subscriptions.of_tenants([sku("A", told)], known, wanted)
    assert found.sku is not None
    assert (found.tenant, found.sku.tenant) == (tenant, tenant)


@pytest.mark.parametrize(
    ("told", "known", "wanted"), [("x.be", ["tenant"], None), ("", ["x.be", "y.be"], None)]
)
def test_a_tenant_under_another_name_is_asked_for(told: str, known: list[str], wanted: str | None) -> None:
    with pytest.raises(UsageError, match="known: "):
        subscriptions.of_tenants([sku("A", told)], known, wanted)


def test_rows_that_do_not_fit_are_told_in_lists_of_tenants_too() -> None:
    product = "Product title,Total licenses,Expired licenses,Assigned licenses\nE3,1,0,0,9\n"
    user = "User principal name,Licenses\nels@x.be,E3,more\n"
    assert [each.place for each in subscriptions.products(table(product), DAY) if each.refused] == [2]
    assert [each.place for each in subscriptions.users(table(user)) if each.refused] == [2]


def test_keys_and_national_numbers_are_kept_from_no_list_of_others() -> None:
    users = subscriptions.users(
        table(f"User principal name,Licenses\n85073003328@x.be,E3\nels@x.be,Office {KEY}\njan@x.be,E3\n")
    )
    assert [bool(each.refused) for each in users] == [True, True, False]
    titles = software_lists.table(
        table(f"host;title\nPC-1;Office {KEY}\nPC-1;nr 85.07.30-033.28\nPC-1;Kassa\n"), ()
    )
    assert [line for line, _ in titles.wrong] == [2, 3]
    agent = {
        "content": {"hardware": {"name": "PC-1"}, "softwares": [{"name": f"Office {KEY}"}, {"name": "Kassa"}]}
    }
    file = software_lists.glpi(json.dumps(agent).encode(), "pc.json", BRUSSELS)
    skus = [{"skuId": "a", "skuPartNumber": KEY}, {"skuId": "b", "skuPartNumber": "E3", "accountName": KEY}]
    tenant = subscriptions.graph(json.dumps(skus).encode(), "skus.json", DAY)
    assert [each.sku for each in tenant] == [None, None]
    assert KEY not in repr((users, titles, file, tenant))
    assert [each.name for each in file.by_host["PC-1"]] == ["Kassa"]
    with pytest.raises(IncompleteError, match="national register"):
        software_lists.table(table("host;title;rijksregisternummer\nPC-1;Kassa;1\n"), ())


def test_a_machine_in_another_case_is_the_same_machine() -> None:
    found = software_lists.table(table("host;title\nPC-A;Kassa\npc-a;Balie\n"), ())
    assert {host: len(titles) for host, titles in found.by_host.items()} == {"PC-A": 2}


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for read in (
        lambda: subscriptions.graph(content, "x", DAY),
        lambda: software_lists.glpi(content, "x", BRUSSELS),
        lambda: entitlement_lists.read(read_table(content, "x"), Options()),
        lambda: machine_lists.read(read_table(content, "x"), (), DAY),
        lambda: software_lists.table(read_table(content, "x"), ()),
        lambda: subscriptions.users(read_table(content, "x")),
        lambda: subscriptions.products(read_table(content, "x"), DAY),
    ):
        with suppress(IctError):
            read()


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["value", "skuId", "skuPartNumber", "prepaidUnits", "consumedUnits", "enabled", "content", "hardware", "name", "softwares"]
        ),
        inner,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSONS)
def test_any_json_is_read_or_refused(document: object) -> None:
    content = json.dumps(document).encode()
    for read in (
        lambda: subscriptions.graph(content, "x", DAY),
        lambda: software_lists.glpi(content, "x", BRUSSELS),
    ):
        with suppress(IctError):
            read()
