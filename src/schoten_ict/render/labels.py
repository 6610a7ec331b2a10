"""Label sheets: where each label lies on the sheet, and its QR code."""

import io
from dataclasses import asdict, dataclass
from typing import Any

from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.text import nearest
from schoten_ict.render.shapes import Label, LabelSheet

QUIET_ZONE = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""
SMALLEST_MODULE_MM = 0.25
"""Three dots at 300 dpi; what is smaller prints too coarsely to be scanned reliably."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """A sheet of labels in millimetres: `left` and `top` are the corner of the first label.

    `pitch_x` and `pitch_y` go from one label's edge to the same edge of the next.
    """

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float
    page_width: float = 210.0
    page_height: float = 297.0

    @property
    def per_page(self) -> int:
        """How many labels a sheet has."""
        return self.columns * self.rows

    @property
    def qr(self) -> float:
        """The side of the QR code with its quiet zone: as high as fits, and 0.42 of the width at most."""
        return round(min(self.height - 2.0, self.width * 0.42), 2)

    def corner(self, index: int) -> tuple[float, float]:
        """The top left corner of the label at `index` (from 0, row by row) on its page."""
        row, column = divmod(index % self.per_page, self.columns)
        return round(self.left + column * self.pitch_x, 2), round(self.top + row * self.pitch_y, 2)


# Label sizes and counts as the manufacturers publish them; all these grids are centred on the sheet,
# with 2.54 mm between columns (2.5 mm on L7163) and nothing between rows.
SHEETS: dict[str, Geometry] = {
    "L4732": Geometry(5, 16, 35.6, 16.9, 11.0, 13.3, 38.1, 16.9),
    "L6011": Geometry(3, 9, 63.5, 29.6, 7.21, 15.3, 66.04, 29.6),
    "L7160": Geometry(3, 7, 63.5, 38.1, 7.21, 15.15, 66.04, 38.1),
    "L7163": Geometry(2, 7, 99.1, 38.1, 4.65, 15.15, 101.6, 38.1),
    "L7651": Geometry(5, 13, 38.1, 21.2, 4.67, 10.7, 40.64, 21.2),
    "dymo-11354": Geometry(1, 1, 57.0, 32.0, 0.0, 0.0, 57.0, 32.0, page_width=57.0, page_height=32.0),
}


def geometry(sheet: str) -> Geometry:
    """The geometry of a sheet by name, in any case; raises `NotFoundError` with the nearest name."""
    for name, known in SHEETS.items():
        if name.casefold() == sheet.casefold():
            return known
    raise NotFoundError(
        f"no label sheet {sheet!r}{nearest(sheet, list(SHEETS))}", remedy=f"known are {', '.join(SHEETS)}"
    )


def arranged(data: LabelSheet) -> dict[str, Any]:
    """The labels of `data` per page, each with its place and its QR code as SVG, for `labels.typ`.

    Raises `NotFoundError` for an unknown sheet, `UsageError` for a start beyond the sheet and for text
    that gives a QR code too fine to print.
    """
    grid = geometry(data.sheet)
    if data.start > grid.per_page:
        raise UsageError(
            f"start {data.start} lies beyond the sheet",
            remedy=f"{data.sheet} has labels 1 to {grid.per_page}",
        )
    pages: list[list[dict[str, Any]]] = []
    for index, label in enumerate(data.labels, start=data.start - 1):
        if index % grid.per_page == 0 or not pages:
            pages.append([])
        x, y = grid.corner(index)
        svg = qr_svg(label, grid.qr)
        pages[-1].append({"tag": label.tag, "lines": label.lines, "svg": svg, "x": x, "y": y})
    return {
        "organisation": data.organisation,
        "date": data.date.isoformat(),
        "geometry": {**asdict(grid), "qr": grid.qr},
        "pages": pages,
    }


def qr_svg(label: Label, side: float) -> str:
    """The QR code of `label` as SVG, quiet zone included, to be printed `side` millimetres wide.

    Error correction is M or better at the same size. Raises `UsageError` when a module gets too small.
    """
    import segno

    try:
        code = segno.make_qr(label.qr, error="m")
    except segno.DataOverflowError:
        raise _too_long(label) from None
    if side / code.symbol_size(border=QUIET_ZONE)[0] < SMALLEST_MODULE_MM:
        raise _too_long(label)
    out = io.BytesIO()
    code.save(out, kind="svg", border=QUIET_ZONE, xmldecl=False, svgns=True, omitsize=True, light=None)
    return out.getvalue().decode()


def _too_long(label: Label) -> UsageError:
    return UsageError(
        f"label {label.tag}: {len(label.qr)} characters make a QR code too fine to scan on this sheet",
        remedy="choose larger labels or put less in the code",
    )
