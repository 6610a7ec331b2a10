"""What installs, assignments and declared use need; what is not known makes a range, never a lower number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.licenses import Product, TitleRule, Use
from schoten_ict.licenses.judge.needs import (
    Fleet,
    of_holders,
    of_installs,
    of_nothing,
    of_silence,
    of_skus,
    of_use,
)
from schoten_ict.licenses.judge.positions import positions
from schoten_ict.licenses.model import Entitlement, Holding, Install, Kind, Metric, Need, Sku

TODAY = date(2026, 11, 28)


def product(metric: str) -> Product:
    return Product(name=metric, publisher="X", family=metric, metric=metric)  # type: ignore[arg-type]


CATALOGUE = {metric.value: product(metric.value) for metric in Metric}


def install(name: str, host: str, version: str | None = None) -> Install:
    return Install(name, version, host, f"{name} {version or ''}".strip())


def needed(name: str, hosts: str, fleet: Fleet = Fleet()) -> tuple[list[tuple[int, str]], list[int | None]]:  # noqa: B008 - frozen
    found = of_installs(CATALOGUE, [install(name, host) for host in hosts.split()], fleet, set())
    return [(each.quantity, each.subject) for each in found.needs], [each.at_most for each in found.doubts]


def test_a_device_needs_one_however_many_titles_tell_it() -> None:
    assert needed("device", "pc-1 pc-2 pc-1") == ([(1, "host:pc-1"), (1, "host:pc-2")], [])


def test_the_newest_version_of_a_machine_is_what_it_needs() -> None:
    found = of_installs(
        CATALOGUE, [install("device", "pc-1", "2016"), install("device", "pc-1", "2021")], Fleet(), set()
    )
    assert [each.version for each in found.needs] == ["2021"]


def test_a_user_needs_one_for_all_of_his_machines() -> None:
    fleet = Fleet(users={"pc-1": "1042", "pc-2": "1042", "pc-3": "1043"})
    assert needed("user", "pc-1 pc-2 pc-3", fleet) == ([(1, "person:1042"), (1, "person:1043")], [])


def test_machines_of_which_nobody_knows_the_user_are_a_range() -> None:
    fleet = Fleet(users={"pc-1": "1042"})
    assert needed("user", "pc-1 pc-2 pc-3", fleet) == ([(1, "person:1042")], [2])


def test_somebody_uses_what_is_installed_also_when_nobody_knows_who() -> None:
    needs, doubts = needed("user", "pc-1 pc-2")
    assert ([quantity for quantity, _ in needs], doubts) == ([1], [1])


def test_a_machine_of_nobody_adds_nobody_where_somebody_uses_the_product_already() -> None:
    assert needed("user", "pc-1 pc-2", Fleet(used=frozenset({"user"}))) == ([], [2])


def test_who_is_taken_to_use_it_does_not_hang_on_the_order_of_the_machines() -> None:
    assert needed("user", "pc-2 pc-1") == needed("user", "pc-1 pc-2") == ([(1, "host:pc-1")], [1])


def test_a_title_without_a_version_beside_one_with_it_leaves_the_version_open() -> None:
    titles = [install("device", "pc-1", "2016"), install("device", "pc-1")]
    for each in (titles, titles[::-1]):
        (need,) = of_installs(CATALOGUE, each, Fleet(), set()).needs
        assert need.version is None


def test_the_need_of_a_person_names_the_machine_where_there_is_only_one() -> None:
    fleet = Fleet(users={"pc-1": "1042", "pc-2": "1043", "pc-3": "1043"})
    found = of_installs(CATALOGUE, [install("user", f"pc-{each}") for each in (1, 2, 3)], fleet, set())
    assert [each.host for each in found.needs] == ["pc-1", None]


def test_an_oem_right_serves_the_person_who_has_the_product_only_on_its_machine() -> None:
    bought = [Entitlement("LIC-0001", "user", Metric.USER, 1, kind=Kind.OEM, asset="LT-1")]
    fleet = Fleet(users={"pc-1": "1042", "pc-2": "1043"})
    one = of_installs(CATALOGUE, [install("user", "pc-1")], fleet, set())
    other = of_installs(CATALOGUE, [install("user", "pc-2")], fleet, set())
    both = of_installs(
        CATALOGUE, [install("user", "pc-1"), install("user", "pc-2")], Fleet(users={"pc-1": "7", "pc-2": "7"}), set()
    )  # fmt: skip
    verdicts = [
        positions(CATALOGUE, bought, each.needs, each.doubts, TODAY, {"LT-1": "pc-1"})[0].verdict
        for each in (one, other, both)
    ]
    assert verdicts == [Verdict.OK, Verdict.FAIL, Verdict.FAIL]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("server", ([(1, "host:a"), (1, "host:b")], [])),
        ("site", ([(1, "organisation")], [])),
        ("concurrent", ([], [2])),
        ("free", ([], [])),
        ("core", ([], [])),
    ],
)
def test_each_metric_has_its_own_count(name: str, expected: object) -> None:
    assert needed(name, "a b") == expected


def test_what_a_tenant_tells_is_not_counted_again_by_installs() -> None:
    found = of_installs(CATALOGUE, [install("subscription", "pc-1")], Fleet(), {"subscription"})
    assert (found.needs, found.doubts) == ((), ())
    sku = Sku("t", "a", "SPE_E3", date(2026, 11, 1), enabled=25, consumed=14)
    (need,) = of_skus([("subscription", sku)], {})
    (freed,) = of_skus([("subscription", sku)], {"subscription": 3})
    assert freed.quantity == 11
    assert (need.quantity, need.metric, need.subject) == (14, Metric.SUBSCRIPTION, "tenant:t")


def test_what_was_given_by_hand_is_in_use_also_where_no_install_tells_it() -> None:
    holdings = [
        Holding("user", "person:1"), Holding("user", "person:2"), Holding("user", "host:pc-1"),
        Holding("device", "host:pc-1", 2, "2021"), Holding("device", "person:1"), Holding("core", "host:pc-1"),
        Holding("nothing", "person:1"), Holding("user", "person:2"),
    ]  # fmt: skip
    known = [Need("user", Metric.USER, 1, "person:1", "installed")]
    found = list(of_holders(CATALOGUE, holdings, known))
    assert [(each.product, each.subject, each.quantity, each.version) for each in found] == [
        ("user", "person:2", 1, None), ("device", "host:pc-1", 2, "2021"),
    ]  # fmt: skip


def test_what_nothing_tells_is_open_and_never_unused() -> None:
    titled = CATALOGUE["device"]
    catalogue = {
        "cal": CATALOGUE["user"],
        "e3": Product(name="E3", publisher="M", family="e3", metric="subscription", skus=("SPE_E3",)),
        "kassa": Product(
            name=titled.name, publisher="K", family="k", metric="device", rules=(TitleRule(title="K"),)
        ),
        "site": CATALOGUE["site"],
    }
    found = list(of_nothing(catalogue, catalogue, used_by=(), declared=()))
    assert [(each.product, each.at_most) for each in found] == [("cal", None), ("e3", None)]
    assert list(of_nothing(catalogue, catalogue, used_by=(), declared={"cal", "e3"})) == []
    need = Need("e3", Metric.SUBSCRIPTION, 3, "tenant:t", "assigned")
    assert [each.product for each in of_nothing(catalogue, catalogue, used_by=[need], declared=())] == ["cal"]


def test_declared_use_counts_a_number_people_or_devices() -> None:
    fleet = Fleet(people=512, devices=700)
    uses = [
        Use(product="concurrent", count=12, note="peak"),
        Use(product="user", count="people", note="everybody", version="2022"),
        Use(product="device", count="devices", note="all"),
        Use(product="nothing", count=1, note="x"),
    ]
    found = of_use(CATALOGUE, uses, fleet)
    assert [(each.quantity, each.version) for each in found.needs] == [(12, None), (512, "2022"), (700, None)]
    assert [each.product for each in found.doubts] == ["nothing"]


def test_a_silent_machine_may_have_what_it_is_not_known_to_have() -> None:
    fleet = Fleet(silent={"pc-1": "never", "pc-2": "old", "pc-3": "old", "pc-4": "old"})
    found = list(of_silence(CATALOGUE, ["device", "site", "core"], fleet, [install("device", "pc-2")]))
    assert [(each.product, each.at_most) for each in found] == [("device", 3)]
    servers = Fleet(silent={"pc-1": "never", "srv-1": "old"}, silent_servers=frozenset({"srv-1"}))
    by_core = list(of_silence(CATALOGUE, ["core", "processor", "concurrent"], servers, []))
    assert [(each.product, each.at_most) for each in by_core] == [
        ("core", None), ("processor", None), ("concurrent", 2),
    ]  # fmt: skip
    assert found[0].why == "3 machines told no software lately: pc-1, pc-3, pc-4"
    assert list(of_silence(CATALOGUE, ["device"], Fleet(), [])) == []


@given(
    st.lists(
        st.builds(
            install,
            st.sampled_from([each.value for each in Metric]),
            st.sampled_from(["a", "b", "c", "d"]),
            st.none() | st.sampled_from(["1", "2"]),
        )
    ),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"])),
)
def test_needs_are_positive_and_the_order_plays_no_part(
    installs: list[Install], users: dict[str, str]
) -> None:
    fleet = Fleet(users=users)

    def sums(given: list[Install]) -> dict[tuple[str, Metric], int]:
        found: dict[tuple[str, Metric], int] = {}
        for each in of_installs(CATALOGUE, given, fleet, set()).needs:
            assert isinstance(each, Need)
            assert each.quantity > 0
            found[each.product, each.metric] = found.get((each.product, each.metric), 0) + each.quantity
        return found

    assert sums(installs) == sums(installs[::-1])
