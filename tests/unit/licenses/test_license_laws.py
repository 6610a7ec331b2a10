"""Laws of licence arithmetic: an entitlement more never harms, order plays no part, unknown is never ok."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.licenses import Product, TitleRule
from schoten_ict.licenses.judge.allocation import Supply, allocate
from schoten_ict.licenses.judge.positions import Position, positions
from schoten_ict.licenses.judge.versions import Grant, reach
from schoten_ict.licenses.model import Doubt, Entitlement, Kind, Metric, Need

TODAY = date(2026, 11, 28)
VERSIONS = ("1", "2", "3")


def product(*, includes: tuple[str, ...] = (), downgrade: bool = True, latest: bool = False) -> Product:
    return Product(
        name="N", publisher="P", family="f", metric="device", versions=VERSIONS, includes=includes,
        downgrade=downgrade, latest=latest, released={"2": date(2020, 1, 1)},
    )  # fmt: skip


CATALOGUE = {
    "whole": product(includes=("suite",), latest=True),
    "suite": product(includes=("paint", "draw")),
    "paint": product(),
    "draw": product(downgrade=False),
    "standard": product(),
    "pro": product(),
    "plain": Product(name="N", publisher="P", family="f", metric="device"),
}
HOSTS = {"A-1": "pc-1", "A-2": "pc-2"}
names = st.sampled_from([*CATALOGUE, "oddity"])
quantities = st.integers(0, 4)
versions = st.sampled_from([None, *VERSIONS, "odd"])
days = st.sampled_from([date(2019, 1, 1), TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)])


@st.composite
def entitlements(draw: st.DrawFn, number: int) -> Entitlement:
    kind = draw(st.sampled_from(Kind))
    low = 0 if draw(st.integers(0, 9)) == 0 else 1  # a base that is bought later is rare
    base = draw(st.integers(low, max(low, number - 1)))
    return Entitlement(
        number=f"LIC-{number}",
        product=draw(names),
        metric=draw(st.sampled_from([Metric.DEVICE] * 5 + [Metric.USER, Metric.SUBSCRIPTION, Metric.SITE, None])),
        quantity=draw(st.one_of(quantities, quantities, quantities, st.none())),
        version=draw(versions),
        kind=kind,
        base=f"LIC-{base}" if kind is Kind.UPGRADE else None,
        asset=draw(st.sampled_from([None, "A-1", "A-2", "A-9"])) if kind is Kind.OEM else None,
        expires=draw(st.one_of(st.none(), st.none(), days)),
        maintenance_until=draw(st.one_of(st.none(), days)),
    )  # fmt: skip


@st.composite
def shelves(draw: st.DrawFn) -> tuple[Entitlement, ...]:
    return tuple(draw(entitlements(number)) for number in range(1, draw(st.integers(0, 6)) + 1))


subjects = st.sampled_from(["host:pc-1", "host:pc-2", "host:pc-3", "person:1", "declared", "tenant:t"])
needs_of = st.lists(
    st.builds(
        Need,
        product=names,
        metric=st.sampled_from([Metric.DEVICE] * 5 + [Metric.USER, Metric.SUBSCRIPTION, Metric.FREE]),
        quantity=quantities,
        subject=subjects,
        why=st.just("because"),
        version=versions,
    ),
    max_size=7,
)
doubts_of = st.lists(
    st.builds(Doubt, product=names, why=st.just("who knows"), at_most=st.one_of(st.none(), quantities)),
    max_size=2,
)  # fmt: skip
Rows = Mapping[tuple[str, Metric], Position]


def judged(owned: Sequence[Entitlement], needs: Iterable[Need] = (), doubts: Iterable[Doubt] = ()) -> Rows:
    found = positions(CATALOGUE, owned, needs, doubts, TODAY, HOSTS)
    assert len({(each.product, each.metric) for each in found}) == len(found)
    return {(each.product, each.metric): each for each in found}


def without_lines(rows: Rows) -> list[Position]:
    """The rows that say anything, without what only explains them."""
    return [replace(each, lines=()) for each in rows.values() if each.required or each.owned != 0]


@given(shelves(), needs_of, doubts_of)
@settings(max_examples=120, deadline=None)
def test_nothing_is_negative_and_nothing_is_covered_twice(
    owned: tuple[Entitlement, ...], needs: list[Need], doubts: list[Doubt]
) -> None:
    for each in judged(owned, needs, doubts).values():
        required = each.required or 0
        numbers = (each.covered, each.borrowed, each.lent, each.shortfall, each.surplus, required)
        assert min(*numbers, each.owned or 0, each.at_most or 0) >= 0
        assert each.covered + each.shortfall <= required
        assert each.borrowed <= each.covered
        if each.owned is not None:
            assert each.covered - each.borrowed + each.lent + each.surplus <= each.owned
        assert each.at_most is None or each.at_most >= required
        assert (each.delta is not None and each.delta < 0) == (each.shortfall > 0)


@given(shelves(), needs_of, doubts_of, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_the_input_plays_no_part(
    owned: tuple[Entitlement, ...], needs: list[Need], doubts: list[Doubt], chance: Random
) -> None:
    shuffled = chance.sample(owned, len(owned)), chance.sample(needs, len(needs)), doubts[::-1]
    assert judged(owned, needs, doubts) == judged(*shuffled)


@given(shelves(), st.data(), needs_of, doubts_of)
@settings(max_examples=250, deadline=None)
def test_an_entitlement_more_never_makes_any_shortfall_larger(
    owned: tuple[Entitlement, ...], data: st.DataObject, needs: list[Need], doubts: list[Doubt]
) -> None:
    more = data.draw(entitlements(len(owned) + 1))
    before, after = judged(owned, needs, doubts), judged((*owned, more), needs, doubts)
    assert before.keys() <= after.keys()
    for row, each in before.items():
        assert after[row].shortfall <= each.shortfall, row


def on(host: str, name: str, version: str) -> Need:
    return Need(name, Metric.DEVICE, 1, f"host:{host}", "because", version)


def one(number: int, name: str, version: str, base: int | None = None) -> Entitlement:
    kind = Kind.FULL if base is None else Kind.UPGRADE
    return Entitlement(
        f"LIC-{number}", name, Metric.DEVICE, 1, version, kind, base=None if base is None else f"LIC-{base}"
    )


def test_an_upgrade_of_a_suite_takes_nothing_from_a_member_elsewhere() -> None:
    needs = [on("pc-1", "suite", "2"), on("pc-2", "paint", "1")]
    owned = [one(1, "suite", "1")]
    before, after = judged(owned, needs), judged([*owned, one(2, "suite", "2", base=1)], needs)
    paint, suite = ("paint", Metric.DEVICE), ("suite", Metric.DEVICE)
    assert (before[suite].shortfall, before[paint].shortfall) == (1, 0)
    assert (after[suite].shortfall, after[paint].shortfall) == (0, 0)
    assert Verdict.UNKNOWN in {after[suite].verdict, after[paint].verdict}


def test_an_upgrade_of_an_edition_takes_nothing_from_another_edition() -> None:
    needs = [on("pc-1", "standard", "1"), on("pc-2", "standard", "2"), on("pc-3", "pro", "1")]
    owned = [one(1, "standard", "1"), one(2, "standard", "1"), one(3, "pro", "1", base=2)]
    before, after = judged(owned, needs), judged([*owned, one(4, "standard", "2", base=1)], needs)
    standard, pro = ("standard", Metric.DEVICE), ("pro", Metric.DEVICE)
    assert (before[standard].shortfall, before[pro].shortfall) == (1, 0)
    assert after[pro].shortfall == 0
    assert Verdict.UNKNOWN in {after[standard].verdict, after[pro].verdict}


def test_a_right_that_went_through_several_editions_counts_as_one_of_them() -> None:
    owned = [
        replace(one(1, "standard", "1"), quantity=2),
        replace(one(2, "pro", "1", base=1), quantity=2),
        one(3, "plain", "1", base=2),
    ]
    needs = [on("pc-1", "standard", "1"), Need("plain", Metric.DEVICE, 1, "host:pc-2", "because")]
    found = {row[0]: each for row, each in judged(owned, needs).items()}
    assert sum(each.owned or 0 for each in found.values()) == 2
    assert (found["standard"].covered, found["pro"].surplus) == (1, 1)
    assert found["plain"].shortfall in {0, 1}


def test_a_right_that_came_back_to_its_first_edition_counts_once() -> None:
    owned = [
        replace(one(1, "whole", "1"), quantity=2),
        replace(one(2, "suite", "1", base=1), quantity=2),
        one(3, "whole", "1", base=2),
    ]
    assert judged(owned, [on("pc-1", "whole", "1")])["whole", Metric.DEVICE].shortfall == 0


def test_two_rights_of_one_number_both_count() -> None:
    owned = [one(1, "plain", "1"), one(1, "plain", "1")]
    assert judged(owned)["plain", Metric.DEVICE].owned == 2


@given(shelves(), needs_of, doubts_of, days)
@settings(max_examples=120, deadline=None)
def test_what_expired_changes_nothing(
    owned: tuple[Entitlement, ...], needs: list[Need], doubts: list[Doubt], last: date
) -> None:
    expired = [replace(each, expires=TODAY - timedelta(days=1)) for each in owned]
    assert without_lines(judged(expired, needs, doubts)) == without_lines(judged((), needs, doubts))


@given(shelves(), needs_of, doubts_of, st.data())
@settings(max_examples=80, deadline=None)
def test_an_entitlement_in_two_parts_is_the_same_as_in_one(
    owned: tuple[Entitlement, ...], needs: list[Need], doubts: list[Doubt], data: st.DataObject
) -> None:
    bases = {each.base for each in owned}
    whole = [each for each in owned if each.kind is not Kind.UPGRADE and each.number not in bases]
    if not whole:
        return
    one = data.draw(st.sampled_from(whole))
    part = data.draw(st.integers(0, one.quantity or 0))
    rest = None if one.quantity is None else one.quantity - part
    parts = [
        replace(one, quantity=None if one.quantity is None else part),
        replace(one, number=f"LIC-{len(owned) + 1}", quantity=rest),
    ]
    split = [*(each for each in owned if each is not one), *parts]
    assert without_lines(judged(split, needs, doubts)) == without_lines(judged(owned, needs, doubts))


@given(shelves(), needs_of, doubts_of)
@settings(max_examples=120, deadline=None)
def test_what_is_not_known_is_never_ok(
    owned: tuple[Entitlement, ...], needs: list[Need], doubts: list[Doubt]
) -> None:
    endless = {each.product for each in doubts if each.at_most is None}
    for each in judged(owned, needs, doubts).values():
        if each.verdict is Verdict.OK:
            assert each.product in CATALOGUE
            assert each.product not in endless
            assert each.covered == each.required
            assert (
                each.unlimited
                or each.lent
                or each.owned is None
                or (
                    each.at_most is not None and each.at_most <= each.owned + each.borrowed + suites_of(owned)
                )
            )
        else:
            assert each.doubts or each.shortfall or each.owned is None


def suites_of(owned: Iterable[Entitlement]) -> int:
    return sum(each.quantity or 10**6 for each in owned if each.product in {"whole", "suite"})


@given(shelves(), needs_of, doubts_of)
@settings(max_examples=80, deadline=None)
def test_what_is_known_later_only_makes_up_its_mind(
    owned: tuple[Entitlement, ...], needs: list[Need], doubts: list[Doubt]
) -> None:
    """A proven shortfall stays one when unclear versions turn out to be the newest, or the oldest."""
    for truth in VERSIONS:
        known = [each if each.version else replace(each, version=truth) for each in owned]
        before, after = judged(owned, needs, doubts), judged(known, needs, doubts)
        for row, each in before.items():
            if not any(one.kind is Kind.UPGRADE for one in owned) and each.product not in {
                "suite",
                "paint",
                "draw",
            }:
                assert after[row].shortfall >= each.shortfall, (row, truth)


@st.composite
def exact_shelves(draw: st.DrawFn) -> tuple[Entitlement, ...]:
    """Rights of which everything is known."""
    found = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        kind = draw(st.sampled_from([Kind.FULL, Kind.FULL, Kind.OEM, Kind.UPGRADE]))
        found.append(
            Entitlement(
                f"LIC-{number}",
                draw(st.sampled_from(["whole", "suite", "suite", "paint", "draw", "standard", "pro"])),
                Metric.DEVICE,
                draw(st.integers(0, 2)),
                draw(st.sampled_from(VERSIONS)),
                kind,
                base=f"LIC-{draw(st.integers(1, max(1, number - 1)))}" if kind is Kind.UPGRADE else None,
                asset=draw(st.sampled_from(["A-1", "A-2"])) if kind is Kind.OEM else None,
            )
        )
    return tuple(each for each in found if each.base != each.number)


exact_needs = st.lists(
    st.builds(
        Need,
        product=st.sampled_from(["whole", "suite", "paint", "draw", "standard", "pro"]),
        metric=st.just(Metric.DEVICE),
        quantity=st.just(1),
        subject=st.sampled_from(["host:pc-1", "host:pc-2", "host:pc-3"]),
        why=st.just("because"),
        version=st.sampled_from(VERSIONS),
    ),
    max_size=5,
    unique_by=lambda need: (need.product, need.subject),
)
Unit = tuple[str, frozenset[tuple[str, str]]]
"""Where a unit can be (empty: anywhere), and the products in versions that it covers there."""


@given(exact_shelves(), exact_needs)
@settings(max_examples=250, deadline=None)
def test_ok_is_said_only_where_a_way_is_found_and_fail_only_where_none_is(
    owned: tuple[Entitlement, ...], needs: list[Need]
) -> None:
    found = judged(owned, needs)
    verdicts = {each.verdict for each in found.values() if each.required}
    spared = {product for need in needs for product in closure(need.product)}
    wanted = frozenset(
        (need.subject, need.product, need.version or "")
        for need in needs
        if not any(
            other.subject == need.subject and need.product in closure(other.product) for other in needs
        )
    )
    feasible = any(can_cover(wanted, units) for units in choices(owned))
    if Verdict.FAIL in verdicts:
        assert not feasible
    if verdicts == {Verdict.OK} and not spared & {each.product for each in found.values() if each.doubts}:
        assert feasible


def closure(name: str) -> set[str]:
    inner = set(CATALOGUE[name].includes)
    return inner | {deeper for each in inner for deeper in closure(each)}


def covers(chain: Sequence[Entitlement]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (used, version)
        for each in chain
        for used in (each.product, *closure(each.product))
        for version in VERSIONS
        if reach(CATALOGUE[each.product], CATALOGUE[used], Grant(each.product, each.version), version, TODAY)
    )


def choices(owned: Sequence[Entitlement]) -> Iterable[tuple[Unit, ...]]:
    """The units that there are, where a unit of another edition is the one or the other."""
    left: dict[str, list[tuple[int, tuple[Entitlement, ...]]]] = {}
    for each in owned:
        bases = left.get(each.base or "", [])
        if each.kind is not Kind.UPGRADE:
            left[each.number] = [(each.quantity or 0, (each,))]
        elif bases:
            size = min(bases[0][0], each.quantity or 0)
            left[each.number] = [(size, (*bases[0][1], each))]
            bases[0] = (bases[0][0] - size, bases[0][1])
    ways: list[tuple[Unit, ...]] = [()]
    for count, chain in (each for stock in left.values() for each in stock):
        place = HOSTS[chain[0].asset] if chain[0].asset else ""
        options = [
            covers([each for each in chain if each.product == edition])
            for edition in sorted({each.product for each in chain})
        ]
        for _ in range(count):
            ways = [(*way, (place, option)) for way in ways for option in options]
    return ways


def can_cover(wanted: frozenset[tuple[str, str, str]], units: tuple[Unit, ...]) -> bool:
    """Whether giving each unit to one machine can cover all, by trying every way."""
    if not wanted:
        return True
    if not units:
        return False
    place, covered = units[0]
    for subject in {each[0] for each in wanted}:
        if place in {"", subject.removeprefix("host:")}:
            rest = frozenset(each for each in wanted if each[0] != subject or each[1:] not in covered)
            if can_cover(rest, units[1:]):
                return True
    return can_cover(wanted, units[1:])


units = st.integers(0, 3)


@given(
    st.dictionaries(st.sampled_from("abc"), units, max_size=3),
    st.lists(
        st.tuples(
            units, st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)), st.sampled_from([None, "p"])
        ),
        max_size=4,
    ),
    units,
)
@example({"b": 1, "a": 1}, [(1, {"a": 0, "b": 0}, None), (1, {"b": 1}, None)], 0)
@settings(max_examples=120, deadline=None)
def test_as_many_are_covered_as_trying_every_way_covers(
    needs: dict[str, int], offers: list[tuple[int, dict[str, int], str | None]], shared: int
) -> None:
    supplies = [Supply(place, size, serves, pool) for place, (size, serves, pool) in enumerate(offers)]
    found = allocate(needs, supplies, {"p": shared})
    wanted = tuple(name for name, count in sorted(needs.items()) for _ in range(count))
    assert found.total == most(
        wanted, tuple((size, tuple(serves), pool) for size, serves, pool in offers), shared
    )
    for place, supply in enumerate(supplies):
        used = sum(count for (_, at), count in found.served.items() if at == place)
        assert used <= supply.capacity
    assert all(0 <= count <= needs[name] for name, count in found.covered.items())


@cache
def most(
    wanted: tuple[str, ...], offers: tuple[tuple[int, tuple[str, ...], str | None], ...], shared: int
) -> int:
    """The largest number of units that can be covered, by trying every way."""
    if not wanted:
        return 0
    best = most(wanted[1:], offers, shared)
    for place, (size, serves, pool) in enumerate(offers):
        if size and wanted[0] in serves and (pool is None or shared):
            left = (*offers[:place], (size - 1, serves, pool), *offers[place + 1 :])
            best = max(best, 1 + most(wanted[1:], left, shared - (pool is not None)))
    return best


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(VERSIONS), st.booleans()), max_size=4),
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(VERSIONS)), max_size=4),
)
@example([(1, "1", True), (1, "2", False)], [(1, "2"), (1, "1")])
@settings(max_examples=80, deadline=None)
def test_a_product_by_itself_is_covered_as_far_as_trying_every_way_covers_it(
    owned: list[tuple[int, str, bool]], needs: list[tuple[int, str]]
) -> None:
    until = {True: TODAY, False: None}
    rights = [
        Entitlement(f"LIC-{place}", "paint", Metric.DEVICE, count, version, maintenance_until=until[cared])
        for place, (count, version, cared) in enumerate(owned)
    ]
    wanted = [Need("paint", Metric.DEVICE, count, "declared", "x", version) for count, version in needs]
    offers = tuple(
        (count, tuple(v for v in VERSIONS if reaches(Grant("paint", version, until[cared]), v)), None)
        for count, version, cared in owned
    )
    best = most(tuple(version for count, version in needs for _ in range(count)), offers, 0)
    found = judged(rights, wanted).get(("paint", Metric.DEVICE))
    if found is not None:
        assert (found.covered, found.shortfall) == (best, sum(count for count, _ in needs) - best)


def reaches(grant: Grant, version: str) -> bool:
    found = reach(CATALOGUE["paint"], CATALOGUE["paint"], grant, version, TODAY)
    return found is not None and found.sure


def test_titles_that_tell_versions_make_a_product_versioned() -> None:
    rule = TitleRule(title=r"Tool (?P<version>\d+)")
    tool = Product(name="T", publisher="P", family="t", metric="device", rules=(rule,))
    found = reach(tool, tool, Grant("tool"), None, TODAY)
    assert found is not None
    assert not found.sure
