"""An edition without a limit of guests licenses a host whole where its rights reach, and is counted once."""

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.licenses import CoreRule, Product
from schoten_ict.licenses.judge.cores import machine_needs
from schoten_ict.licenses.judge.hosting import Running, hosted
from schoten_ict.licenses.judge.positions import Position, positions
from schoten_ict.licenses.judge.rights import effective
from schoten_ict.licenses.model import Doubt, Entitlement, Guest, Kind, Machine, Metric, Need

TODAY = date(2026, 11, 28)
LESSER, LARGER = "standard", "datacenter"
PRODUCTS = {
    LESSER: Product(
        name="Standard", publisher="M", family="ws", metric="core", versions=("2016", "2019", "2022"),
        cores=CoreRule(per_processor=8, per_server=16, per_guest=8, guests=2),
    ),
    LARGER: Product(
        name="Datacenter", publisher="M", family="ws", metric="core", versions=("2016", "2019", "2022"),
        cores=CoreRule(per_processor=8, per_server=16, per_guest=8), includes=(LESSER,),
    ),
}  # fmt: skip
HOSTS = {"SRV-1": "hv-1"}


def machine(name: str, guests: int, cluster: str | None = None, cores: int = 16) -> Machine:
    on = tuple(Guest(f"{name}-vm{each}", 4, running=True) for each in range(guests))
    return Machine(name, (cores, cores), cluster, on)


def guests_of(*machines: Machine, version: str | None = "2019") -> Running:
    return {guest.name: version for each in machines for guest in each.guests}


def right(quantity: int, version: str = "2022", product: str = LARGER, number: int = 1) -> Entitlement:
    return Entitlement(f"LIC-{number}", product, Metric.CORE, quantity, version)


def judged(
    machines: list[Machine], running: dict[str, Running], owned: list[Entitlement]
) -> dict[str, Position]:
    rights = effective(owned, TODAY, HOSTS).rights
    placed = hosted(PRODUCTS, machines, running, rights, TODAY)
    needs: list[Need] = []
    doubts: list[Doubt] = []
    for name, hosts in placed.running.items():
        under = placed.under.get(name, frozenset())
        more, open_ = machine_needs(name, PRODUCTS[name], machines, hosts, under=under)
        needs, doubts = needs + more, doubts + open_
    return {each.product: each for each in positions(PRODUCTS, owned, needs, doubts, TODAY, HOSTS)}


def test_rights_of_the_larger_edition_license_a_host_for_all_guests_of_the_lesser() -> None:
    host = machine("hv-1", 9)
    found = judged([host], {LESSER: guests_of(host)}, [right(32)])
    assert LESSER not in found
    assert (found[LARGER].required, found[LARGER].verdict) == (32, Verdict.OK)
    assert "9 guests, 9 of them with a lesser edition" in found[LARGER].lines[1].text


def test_without_enough_rights_or_of_an_earlier_version_the_lesser_edition_is_needed() -> None:
    host = machine("hv-1", 9)
    for owned in ([], [right(31)], [right(32, "2016")], [replace(right(32), quantity=None)]):
        found = judged([host], {LESSER: guests_of(host)}, owned)
        assert found[LESSER].required == 160
        assert found[LESSER].verdict is not Verdict.OK
    found = judged([host], {LESSER: guests_of(host, version=None)}, [right(32, "2019")])
    assert found[LESSER].required == 160


def test_rights_go_where_they_save_most_and_to_no_host_that_needs_no_more_of_the_lesser() -> None:
    few, many, two = machine("hv-1", 4), machine("hv-2", 9), machine("hv-3", 2)
    running = {LESSER: guests_of(few, many, two)}
    found = judged([few, many, two], running, [right(32)])
    assert (found[LARGER].required, found[LESSER].required) == (32, 64 + 32)
    found = judged([few, many, two], running, [right(96)])
    assert (found[LARGER].required, found[LESSER].required, found[LESSER].verdict) == (64, 32, Verdict.OK)


def test_rights_that_the_larger_edition_needs_itself_license_no_other_host() -> None:
    own, other = machine("hv-1", 3), machine("hv-2", 9)
    running = {LARGER: guests_of(own), LESSER: guests_of(other)}
    found = judged([own, other], running, [right(32)])
    assert (found[LARGER].required, found[LESSER].shortfall) == (32, 160)
    found = judged([own, other], running, [right(64)])
    assert (found[LARGER].required, found[LARGER].verdict) == (64, Verdict.OK)
    assert LESSER not in found


def test_where_the_larger_edition_is_on_a_host_its_guests_of_no_later_version_need_nothing_more() -> None:
    host = Machine(
        "hv-1", (16, 16), guests=tuple(Guest(f"vm{each}", 4, running=each > 2) for each in range(9))
    )
    found = judged([host], {LARGER: {"hv-1": "2019"}, LESSER: guests_of(host)}, [right(32, "2019")])
    assert LESSER not in found
    assert found[LARGER].verdict is Verdict.OK
    earlier: dict[str, Running] = {LARGER: {"hv-1": "2019"}, LESSER: guests_of(host, version="2016")}
    assert LESSER not in judged([host], earlier, [right(32, "2019")])
    later = judged(
        [host], {LARGER: {"hv-1": "2019"}, LESSER: guests_of(host, version="2022")}, [right(32, "2019")]
    )
    assert later[LESSER].verdict is Verdict.UNKNOWN
    assert later[LARGER].verdict is Verdict.OK


def test_all_hosts_of_a_cluster_are_licensed_or_none() -> None:
    one, two = machine("hv-1", 3, "CL1"), machine("hv-2", 3, "CL1")
    running = {LESSER: guests_of(one, two)}
    assert judged([one, two], running, [right(32)])[LESSER].required == 192
    found = judged([one, two], running, [right(64)])
    assert (LESSER in found, found[LARGER].required) == (False, 64)


def test_rights_that_were_sold_with_a_host_license_that_host_alone() -> None:
    here, there = machine("hv-1", 9), machine("hv-2", 9)
    oem = replace(right(32), kind=Kind.OEM, asset="SRV-1")
    found = judged([here, there], {LESSER: guests_of(here, there)}, [oem])
    assert (found[LARGER].required, found[LARGER].verdict, found[LESSER].required) == (32, Verdict.OK, 160)
    assert judged([there], {LESSER: guests_of(there)}, [oem])[LESSER].shortfall == 160


def test_rights_that_may_count_as_the_lesser_edition_license_no_host_whole() -> None:
    host = machine("hv-1", 9)
    owned = [
        right(32, product=LESSER, number=1),
        replace(right(32, number=2), kind=Kind.UPGRADE, base="LIC-1"),
    ]
    assert judged([host], {LESSER: guests_of(host)}, owned)[LESSER].required == 160


def test_a_guest_that_two_lists_place_and_a_host_of_unknown_cores_stay_with_the_lesser_edition() -> None:
    one = machine("hv-1", 9)
    two = replace(one, name="hv-2")
    assert judged([one, two], {LESSER: guests_of(one)}, [right(64)])[LESSER].required == 320
    unknown = replace(one, processors=())
    assert judged([unknown], {LESSER: guests_of(one)}, [right(640)])[LESSER].verdict is Verdict.UNKNOWN


sizes = st.lists(st.tuples(st.integers(0, 7), st.sampled_from([8, 16, 24])), min_size=1, max_size=4)
owned_units = st.tuples(
    st.integers(0, 4), st.sampled_from([LESSER, LARGER]), st.sampled_from(["2016", "2019"])
)


@given(sizes, st.lists(owned_units, max_size=3), owned_units, st.integers(0, 4))
@settings(max_examples=120, deadline=None)
def test_a_right_more_never_makes_all_that_is_short_more(
    hosts: list[tuple[int, int]], owned: list[tuple[int, str, str]], more: tuple[int, str, str], large: int
) -> None:
    machines = [machine(f"hv-{at}", guests, cores=cores) for at, (guests, cores) in enumerate(hosts)]
    names = list(guests_of(*machines))
    running: dict[str, Running] = {LARGER: dict.fromkeys(names[:large], "2019")}
    running[LESSER] = dict.fromkeys(names[large:], "2019")
    rights = [
        right(16 * units, version, name, at) for at, (units, name, version) in enumerate([*owned, more])
    ]

    def short(bought: list[Entitlement]) -> int:
        return sum(each.shortfall for each in judged(machines, running, bought).values())

    assert short(rights) <= short(rights[:-1])
    assert short(rights) == short(rights[::-1])
