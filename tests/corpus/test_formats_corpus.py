"""CSV files of other asset tools read as they were meant."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from schoten_ict.formats.dates import DateOrder, read_dates
from schoten_ict.formats.identifiers import column_holds_national_numbers
from schoten_ict.formats.money import read_amounts
from schoten_ict.formats.tables import RawTable, read_table

pytestmark = pytest.mark.corpus

Locate = Callable[[str], Path]

# file, delimiter, encoding, columns, rows, line of the last row
FILES = [
    ("snipe-it/assets-sample.csv", ",", "utf-8-sig", 21, 22, 23),
    ("snipe-it/categories-sample.csv", ",", "utf-8", 7, 15, 16),
    ("snipe-it/licenses-sample.csv", ",", "utf-8", 20, 50, 145),
    ("snipe-it/locations-sample.csv", ",", "utf-8", 11, 10, 11),
    ("snipe-it/models-sample.csv", ",", "utf-8-sig", 9, 20, 21),
    ("snipe-it/suppliers-sample.csv", ",", "utf-8", 11, 10, 11),
    ("snipe-it/users-sample.csv", ",", "utf-8-sig", 23, 100, 101),
    ("other-csv/back_office_assets.csv", ",", "utf-8", 7, 2, 3),
    ("other-csv/fields.csv", ",", "utf-8", 7, 3, 4),
    ("other-csv/minimal.csv", ",", "utf-8", 4, 3, 4),
    ("other-csv/regions.csv", ",", "utf-8", 3, 2, 3),
    ("other-csv/types.csv", ",", "utf-8", 4, 3, 4),
    ("other-csv/warehouses_semicolon.csv", ";", "utf-8", 2, 3, 4),
    ("other-csv/warehouses_tab.csv", "\t", "utf-8", 2, 3, 4),
    ("m365/product_names_and_service_plan_identifiers.csv", ",", "utf-8-sig", 6, 5457, 5458),
]


def read(path: Path) -> RawTable:
    return read_table(path.read_bytes(), path.name)


@pytest.mark.parametrize("expected", FILES, ids=[name for name, *_ in FILES])
def test_every_sample_reads_whole(corpus: Locate, expected: tuple[str, str, str, int, int, int]) -> None:
    name, delimiter, encoding, columns, rows, last = expected
    table = read(corpus("assets") / name)
    assert (table.delimiter, table.encoding) == (delimiter, encoding)
    assert (len(table.header), len(table.rows)) == (columns, rows)
    assert table.rows[-1][0] == last
    assert table.problems == ()


def test_no_sample_is_forgotten(corpus: Locate) -> None:
    folder = corpus("assets")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.csv")}
    assert found == {name for name, *_ in FILES}


def test_quoted_cells_are_whole(corpus: Locate) -> None:
    assets = read(corpus("assets/snipe-it/assets-sample.csv"))
    assert assets.column("Model")[0] == 'Macbook Pro 13"'
    assert assets.column("Supplier")[0] == "Kunde, Doyle and Kozey"
    regions = read(corpus("assets/other-csv/regions.csv"))
    assert regions.column("users")[1] == "james.bond,sherlock.holmes"


def test_notes_of_several_lines_do_not_shift_the_line_numbers(corpus: Locate) -> None:
    path = corpus("assets/snipe-it/licenses-sample.csv")
    table = read(path)
    lines = path.read_text(encoding="utf-8").split("\n")
    for line, cells in table.rows:
        assert lines[line - 1].startswith(cells[0])
    assert any("\n" in notes for notes in table.column("notes"))


@pytest.mark.parametrize("name", ["Purchase Date", "Asset EOL Date"])
def test_american_dates_of_assets_decide_their_column(corpus: Locate, name: str) -> None:
    values = read(corpus("assets/snipe-it/assets-sample.csv")).column(name)
    column = read_dates(values, None)
    assert (column.order, column.errors, column.doubt) == (DateOrder.MDY, (), None)
    assert sum(day is None for day in column.days) == values.count("")
    assert column.days[0] == {"Purchase Date": date(2023, 1, 23), "Asset EOL Date": date(2028, 10, 27)}[name]


def test_american_dates_of_assets_are_no_belgian_dates(corpus: Locate) -> None:
    values = read(corpus("assets/snipe-it/assets-sample.csv")).column("Asset EOL Date")
    column = read_dates(values, DateOrder.DMY)
    assert set(column.days) == {None}
    assert len(column.errors) == len(values) - values.count("")


@pytest.mark.parametrize("name", ["purchase date", "expiration date"])
def test_american_dates_of_licences_decide_their_column(corpus: Locate, name: str) -> None:
    column = read_dates(read(corpus("assets/snipe-it/licenses-sample.csv")).column(name), None)
    assert (column.order, column.errors, column.doubt) == (DateOrder.MDY, (), None)


def test_iso_dates_of_users_need_no_order(corpus: Locate) -> None:
    column = read_dates(read(corpus("assets/snipe-it/users-sample.csv")).column("Start Date"), None)
    assert (column.order, column.errors, column.doubt) == (None, (), None)
    assert column.days[0] == date(2022, 3, 18)


def test_costs_read_to_the_cent(corpus: Locate) -> None:
    licences = read_amounts(read(corpus("assets/snipe-it/licenses-sample.csv")).column("purchase cost"), None)
    assert (licences.decimal, licences.currencies, licences.errors) == (".", frozenset({"USD"}), ())
    assert (licences.cents[0], licences.cents[-1]) == (1258, 4152)
    assets = read_amounts(read(corpus("assets/snipe-it/assets-sample.csv")).column("Purchase Cost"), None)
    assert (assets.decimal, assets.currencies, assets.errors) == (".", frozenset(), ())
    assert (assets.cents[0], assets.cents[-1]) == (226613, 440274)


def test_no_column_is_taken_for_national_numbers(corpus: Locate) -> None:
    for name, *_ in FILES:
        table = read(corpus("assets") / name)
        assert [each for each in table.header if column_holds_national_numbers(table.column(each))] == []
