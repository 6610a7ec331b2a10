"""Label sheets: where labels lie, what is on them, and that nothing crosses to a neighbour."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
import segno

from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.render.documents import label_sheet
from schoten_ict.render.labels import QUIET_ZONE, SHEETS, Geometry
from schoten_ict.render.shapes import Label

DAY = date(2026, 11, 26)
DPI = 300
GREY = 128


@dataclass(frozen=True)
class Scan:
    """A printed page as a scanner sees it, addressed in millimetres."""

    width: int
    height: int
    grey: bytes

    def dark(self, x: float, y: float) -> bool:
        column, row = int(x * DPI / 25.4), int(y * DPI / 25.4)
        return self.grey[row * self.width + column] < GREY

    def dark_points(self) -> Iterator[tuple[float, float]]:
        for row in range(self.height):
            line = self.grey[row * self.width : (row + 1) * self.width]
            if min(line) < GREY:
                for column, grey in enumerate(line):
                    if grey < GREY:
                        yield (column + 0.5) * 25.4 / DPI, (row + 0.5) * 25.4 / DPI


def scans(pdf: bytes) -> list[Scan]:
    tool = shutil.which("pdftoppm")
    if tool is None:
        if os.environ.get("ICT_LAB") == "required":
            pytest.fail("pdftoppm is missing (poppler-utils)")
        pytest.skip("pdftoppm is missing (poppler-utils)")
    rest = subprocess.run([tool, "-gray", "-r", str(DPI)], input=pdf, capture_output=True, check=True).stdout
    found = []
    while rest:
        _magic, size, _depth, rest = rest.split(b"\n", 3)
        width, height = (int(number) for number in size.split())
        found.append(Scan(width, height, rest[: width * height]))
        rest = rest[width * height :]
    return found


def labels(count: int) -> list[Label]:
    return [
        Label(f"SCH-{index:05}", f"SCH-{index:05}", ("HP EliteBook 850 G8", "5CG1234XYZ"))
        for index in range(count)
    ]


def shows_code(scan: Scan, grid: Geometry, index: int, content: str) -> bool:
    """Whether each module of the QR code of `content` is printed at the label's place."""
    code = segno.make_qr(content, error="m")
    rows = list(code.matrix_iter(border=QUIET_ZONE))
    module = grid.qr / len(rows)
    x, y = grid.corner(index)
    left = x + min(1.5, grid.height * 0.06)
    top = y + (grid.height - grid.qr) / 2
    return all(
        scan.dark(left + (column + 0.5) * module, top + (row + 0.5) * module) == bool(value)
        for row, line in enumerate(rows)
        for column, value in enumerate(line)
    )


@pytest.mark.parametrize("name", SHEETS)
def test_grid_lies_centred_on_its_page_without_overlap(name: str) -> None:
    grid = SHEETS[name]
    right = grid.page_width - grid.corner(grid.per_page - 1)[0] - grid.width
    bottom = grid.page_height - grid.corner(grid.per_page - 1)[1] - grid.height
    assert right == pytest.approx(grid.left, abs=0.06)
    assert bottom == pytest.approx(grid.top, abs=0.06)
    assert grid.pitch_x >= grid.width
    assert grid.pitch_y >= grid.height


@pytest.mark.parametrize("name", SHEETS)
def test_every_label_of_a_full_sheet_carries_its_own_code(name: str) -> None:
    grid = SHEETS[name]
    (scan,) = scans(label_sheet(labels(grid.per_page), name, day=DAY))
    assert [
        index for index in range(grid.per_page) if not shows_code(scan, grid, index, f"SCH-{index:05}")
    ] == []


@pytest.mark.parametrize("name", SHEETS)
def test_long_text_stays_inside_its_label(name: str) -> None:
    grid = SHEETS[name]
    place = min(grid.columns + 2, grid.per_page)
    crowded = Label("W" * 80, "SCH-1", ("W" * 300, "model met een lange naam " * 30))
    (scan,) = scans(label_sheet([crowded], name, place, day=DAY, organisation="Bestuur " * 40))
    x, y = grid.corner(place - 1)
    points = list(scan.dark_points())
    assert len(points) > 1000
    assert min(point[0] for point in points) >= x
    assert max(point[0] for point in points) <= x + grid.width
    assert min(point[1] for point in points) >= y
    assert max(point[1] for point in points) <= y + grid.height
    assert shows_code(scan, grid, place - 1, "SCH-1")


def test_start_leaves_used_labels_empty_and_the_rest_flows_to_new_sheets() -> None:
    grid = SHEETS["L7160"]
    first, second = scans(label_sheet(labels(23), "l7160", 20, day=DAY))[:2]
    assert min(point[1] for point in first.dark_points()) >= grid.corner(19)[1]
    assert shows_code(first, grid, 19, "SCH-00000")
    assert shows_code(first, grid, 20, "SCH-00001")
    assert shows_code(second, grid, 0, "SCH-00002")
    assert shows_code(second, grid, 20, "SCH-00022")


def test_long_codes_are_printed_while_they_can_be_scanned() -> None:
    address = "https://ict.bestuur.test/assets/" + "x" * 60
    (scan,) = scans(label_sheet([Label("SCH-1", address)], "L7163", day=DAY))
    assert shows_code(scan, SHEETS["L7163"], 0, address)
    with pytest.raises(UsageError, match="SCH-1"):
        label_sheet([Label("SCH-1", address * 4)], "L4732", day=DAY)
    with pytest.raises(UsageError, match="SCH-1"):
        label_sheet([Label("SCH-1", address * 100)], "L7163", day=DAY)


def test_unknown_sheet_and_start_beyond_it_are_refused() -> None:
    with pytest.raises(NotFoundError, match="did you mean L7651") as caught:
        label_sheet(labels(1), "L7652", day=DAY)
    assert "dymo-11354" in caught.value.remedy
    with pytest.raises(UsageError, match="start 22 lies beyond") as beyond:
        label_sheet(labels(1), "L7160", 22, day=DAY)
    assert "1 to 21" in beyond.value.remedy


def test_equal_labels_give_equal_bytes() -> None:
    assert label_sheet(labels(3), "L7651", day=DAY) == label_sheet(labels(3), "L7651", day=DAY)
