"""Results on a terminal: tables, blocks, findings. Text is data: no markup, no escapes."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Column, Result, Show, Table, columns_of
from schoten_ict.core.streams import Streams
from schoten_ict.core.text import printable
from schoten_ict.core.verdict import Verdict
from schoten_ict.render.values import shown
from schoten_ict.render.widths import fitted, longest_word, words_fit

_STYLES = {
    Verdict.OK: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.UNKNOWN: "magenta",
}
_BAR_CELLS = 20
_GAP = 2


class _Console(Console):
    """One that leaves it to the caller what to do when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        """Rich would end the program with 1."""
        raise BrokenPipeError


class Screen:
    """Draws on one stream for one run."""

    def __init__(self, streams: Streams, zone: Callable[[], tzinfo], *, color: bool) -> None:
        self._zone = zone
        self._console = _Console(
            file=streams.stdout,
            width=streams.width,
            color_system="auto" if color else None,
            force_terminal=color or None,
            no_color=not color,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=False,
            legacy_windows=False,
        )

    def findings(self, result: Result[Any], *, verbose: bool) -> None:
        """Draw nothing but what is wrong."""
        told = result.findings if verbose else result.for_people()
        self._findings([each for each in told if each.counted is not Verdict.OK])
        self._total(result)

    def result(self, result: Result[Any], *, verbose: bool) -> None:
        """Draw rows, extra tables and findings."""
        self._rows(Table(result.row_type, result.rows), detail=result.detail)
        for name, table in result.tables.items():
            if table.rows:
                self._console.print()
                self._console.print(Text(name.replace("_", " ").capitalize(), style="bold"))
                self._rows(table, detail=False)
        told = result.findings if verbose else result.for_people()
        findings = [each for each in told if verbose or each.verdict is not Verdict.OK]
        self._findings(findings)
        if result.judged:
            self._total(result)

    def _rows(self, table: Table[Any], *, detail: bool) -> None:
        columns = _visible(table)
        if not columns:
            return
        if detail:
            for number, row in enumerate(table.rows):
                self._block(row, columns, first=number == 0)
        else:
            self._table(table.rows, columns)

    def _table(self, rows: Sequence[Any], columns: Sequence[Column]) -> None:
        drawn = RichTable(
            box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold"
        )
        columns, cells = self._with_room(rows, columns)
        for column, width in zip(columns, self._widths(columns, cells), strict=True):
            justify: Literal["left", "right"] = "right" if column.right else "left"
            drawn.add_column(Text(column.title), justify=justify, overflow="fold", width=width)
        barred = [column.key for column in columns if column.bar]
        bars = [_bars([getattr(row, key) for row in rows]) for key in barred]
        for _ in barred:
            drawn.add_column(no_wrap=True, overflow="crop")
        for line, *drawings in zip(cells, *bars, strict=True):
            drawn.add_row(*line, *drawings)
        self._console.print(drawn)

    def _with_room(
        self, rows: Sequence[Any], columns: Sequence[Column]
    ) -> tuple[Sequence[Column], list[list[Text]]]:
        """The columns for which there is room without breaking words, and their cells."""
        cells = [[self._cell(getattr(row, column.key)) for column in columns] for row in rows]
        while not self._fits(columns, cells):
            spare = [number for number, column in enumerate(columns) if column.show is Show.IF_ROOM]
            if not spare:
                break
            texts = self._texts(columns, cells)
            widest = max(spare, key=lambda number: (longest_word(texts[number]), number))
            columns = [column for number, column in enumerate(columns) if number != widest]
            cells = [[cell for number, cell in enumerate(line) if number != widest] for line in cells]
        return columns, cells

    def _fits(self, columns: Sequence[Column], cells: Sequence[Sequence[Text]]) -> bool:
        return words_fit(self._texts(columns, cells), self._room(columns))

    def _widths(self, columns: Sequence[Column], cells: Sequence[Sequence[Text]]) -> list[int]:
        return fitted(self._texts(columns, cells), self._room(columns))

    def _room(self, columns: Sequence[Column]) -> int:
        """Cells for the texts of a table: the terminal's width without gaps and bars."""
        bars = sum(column.bar for column in columns)
        return self._console.width - _GAP * (len(columns) - 1) - bars * (_GAP + _BAR_CELLS)

    @staticmethod
    def _texts(columns: Sequence[Column], cells: Sequence[Sequence[Text]]) -> list[list[str]]:
        return [
            [column.title, *(line[number].plain for line in cells)] for number, column in enumerate(columns)
        ]

    def _block(self, row: Any, columns: Sequence[Column], *, first: bool) -> None:
        if not first:
            self._console.print()
        drawn = RichTable.grid(padding=(0, 2, 0, 0))
        drawn.add_column(style="dim", no_wrap=True)
        drawn.add_column(overflow="fold")
        for column in columns:
            value = getattr(row, column.key)
            if not _is_blank(value):
                drawn.add_row(Text(column.title), self._cell(value))
        self._console.print(drawn)

    def _cell(self, value: object) -> Text:
        style = _STYLES[value] if isinstance(value, Verdict) else ""
        return Text(shown(value, self._zone), style=style)

    def _findings(self, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        self._console.print()
        drawn = RichTable.grid(padding=(0, 2, 0, 0))
        drawn.add_column(no_wrap=True)
        drawn.add_column(no_wrap=True)
        drawn.add_column(overflow="fold")
        for finding in sorted(findings, key=lambda each: (-each.counted.rank, each.subject)):
            drawn.add_row(*self._finding(finding))
        self._console.print(drawn)

    def _finding(self, finding: Finding) -> tuple[Text, Text, Text]:
        word, style = finding.verdict.value, _STYLES[finding.verdict]
        summary = Text(printable(finding.summary))
        if finding.accepted:
            word, style = "accepted", "dim"
            summary.append(
                f" (until {finding.accepted.until}: {printable(finding.accepted.reason)})", style="dim"
            )
        elif finding.learning:
            word, style = "learning", "dim"
        if finding.remedy and not finding.accepted:
            summary.append(f"\n-> {printable(finding.remedy)}", style="dim")
        return Text(word, style=style), Text(printable(finding.subject)), summary

    def _total(self, result: Result[Any]) -> None:
        known = [each.counted for each in result.findings if each.accepted or not each.learning]
        counts = [
            f"{known.count(verdict)} {verdict}"
            for verdict in (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK)
        ]
        if learning := len(result.findings) - len(known):
            counts.append(f"{learning} learning")
        self._console.print()
        line = Text(result.status.value, style=_STYLES[result.status])
        self._console.print(line.append(f"  {', '.join(counts)}", style="not bold default"))


def _bars(values: Sequence[Any]) -> list[Text]:
    """A bar for each amount, the largest at full length; nothing for what is absent or negative."""
    sizes = [max(0.0, float(value or 0)) for value in values]
    largest = max(sizes, default=0.0)
    return [Text("\u2588" * round(_BAR_CELLS * size / largest) if largest else "") for size in sizes]


def _visible(table: Table[Any]) -> list[Column]:
    """The columns that a screen may show: not those for machines, nor those without any value."""
    return [
        column
        for column in columns_of(table.row_type)
        if column.show is Show.ALWAYS
        or (
            column.show is not Show.NEVER
            and any(not _is_blank(getattr(row, column.key)) for row in table.rows)
        )
    ]


def _is_blank(value: object) -> bool:
    return value in (None, "", (), [], {})
