"""Worked cases of licence arithmetic, from arithmetic.yaml, each with its source."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.judge.cores import Way, machine_needs
from schoten_ict.licenses.judge.lines import LineKind
from schoten_ict.licenses.judge.positions import Position, positions
from schoten_ict.licenses.model import Doubt, Entitlement, Machine, Metric, Need

TODAY = date(2026, 11, 28)
HOSTS = {"LT-1": "pc-1"}


class NeedCase(msgspec.Struct, forbid_unknown_fields=True):
    product: str
    metric: Metric
    quantity: int
    version: str | None = None
    subject: str = "declared"


class PositionCase(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    source: str
    expect: dict[str, dict[str, Any]]
    owned: tuple[Entitlement, ...] = ()
    needs: tuple[NeedCase, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    allocated: dict[str, list[tuple[str, int, str]]] = {}


class CoreCase(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    source: str
    product: str
    machines: tuple[Machine, ...]
    running: dict[str, str | None]
    needs: dict[str, int]
    doubts: list[int | None] = []
    way: Way | None = None


class Table(msgspec.Struct, forbid_unknown_fields=True):
    products: dict[str, Product]
    positions: list[PositionCase]
    cores: list[CoreCase]


TABLE = msgspec.yaml.decode(Path(__file__).with_name("arithmetic.yaml").read_bytes(), type=Table)


def by_row(case: PositionCase) -> Mapping[str, Position]:
    needs = [
        Need(each.product, each.metric, each.quantity, each.subject, "the case", each.version)
        for each in case.needs
    ]
    found = positions(TABLE.products, case.owned, needs, case.doubts, TODAY, HOSTS)
    return {f"{each.product} {each.metric}": each for each in found}


@pytest.mark.parametrize("case", TABLE.positions, ids=lambda case: case.name)
def test_position_of_the_worked_case(case: PositionCase) -> None:
    found = by_row(case)
    assert case.expect.keys() <= found.keys()
    for row, fields in case.expect.items():
        assert {name: getattr(found[row], name) for name in fields} == fields
    for row, told in case.allocated.items():
        lines = [line for line in found[row].lines if line.kind is LineKind.ALLOCATED]
        assert [(line.text, line.quantity, line.reference) for line in lines] == told


@pytest.mark.parametrize("case", TABLE.cores, ids=lambda case: case.name)
def test_cores_of_the_worked_case(case: CoreCase) -> None:
    product = TABLE.products[case.product]
    needs, doubts = machine_needs(case.product, product, case.machines, case.running, case.way)
    assert {need.subject.removeprefix("host:"): need.quantity for need in needs} == case.needs
    assert [doubt.at_most for doubt in doubts] == case.doubts
    assert {need.version for need in needs} <= set(case.running.values())


def test_the_table_has_at_least_forty_cases_each_with_a_name_of_its_own_and_a_source() -> None:
    cases = [(case.name, case.source) for case in TABLE.positions]
    cases += [(case.name, case.source) for case in TABLE.cores]
    assert len({name for name, _ in cases}) == len(cases) >= 40
    assert all(source for _, source in cases)


@pytest.mark.parametrize("case", TABLE.positions, ids=lambda case: case.name)
def test_lines_of_what_is_owned_and_of_what_is_required_add_up(case: PositionCase) -> None:
    for each in by_row(case).values():
        told = {
            kind: sum(line.quantity or 0 for line in each.lines if line.kind is kind) for kind in LineKind
        }
        if each.owned is not None:
            assert told[LineKind.OWNED] == each.owned
        assert told[LineKind.REQUIRED] == (each.required or 0)
        assert each.lines[-1].kind is LineKind.SUM


@pytest.mark.parametrize("case", TABLE.positions, ids=lambda case: case.name)
def test_every_entitlement_stands_in_a_line(case: PositionCase) -> None:
    told = " ".join(line.text for each in by_row(case).values() for line in each.lines)
    assert all(each.number in told for each in case.owned)
