"""Text formats for pipes and documents: tsv, csv, markdown."""

import csv
import io
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from schoten_ict.core.result import Result, Table, columns_of
from schoten_ict.core.text import printable, spreadsheet_safe
from schoten_ict.core.verdict import Verdict
from schoten_ict.render.values import cell, cells


def tsv(result: Result[Any]) -> str:
    """Tab-separated with a header, untruncated; tabs and line breaks in values become spaces."""
    columns = columns_of(result.row_type)
    lines = ["\t".join(column.key for column in columns)]
    by_column = [cells(_values(result.rows, column.key)) for column in columns]
    lines += map("\t".join, zip(*by_column, strict=True))
    return "\n".join(lines) + "\n"


def comma_separated(result: Result[Any]) -> str:
    """CSV (RFC 4180, UTF-8) that a spreadsheet does not run: text that looks like a formula is quoted."""
    columns = columns_of(result.row_type)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(column.key for column in columns)
    by_column = [_safe(_values(result.rows, column.key)) for column in columns]
    writer.writerows(zip(*by_column, strict=True))
    return text.getvalue()


def markdown(result: Result[Any]) -> str:
    """Tables as GitHub-flavoured Markdown, findings as a list below them."""
    parts = [_markdown_table(Table(result.row_type, result.rows))]
    for name, table in result.tables.items():
        parts.append(f"## {name.replace('_', ' ').capitalize()}\n\n{_markdown_table(table)}")
    shown = [finding for finding in result.for_people() if finding.verdict is not Verdict.OK]
    if shown:
        lines = [f"- **{each.verdict}** {_escape(each.subject)}: {_escape(each.summary)}" for each in shown]
        parts.append("## Findings\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _values(rows: Sequence[Any], key: str) -> list[Any]:
    return list(map(attrgetter(key), rows))


def _safe(column: Sequence[object]) -> list[str]:
    """The cells of a column; only text can look like a formula, a negative number stays one."""
    return [
        spreadsheet_safe(form) if isinstance(value, str) else form
        for value, form in zip(column, cells(column), strict=True)
    ]


def _markdown_table(table: Table[Any]) -> str:
    columns = columns_of(table.row_type)
    head = "| " + " | ".join(column.title for column in columns) + " |"
    rule = "|" + "|".join("---:" if column.right else "---" for column in columns) + "|"
    rows = [
        "| " + " | ".join(_escape(_readable(getattr(row, column.key))) for column in columns) + " |"
        for row in table.rows
    ]
    return "\n".join([head, rule, *rows]) + "\n"


def _readable(value: object) -> str:
    """A cell for people: a list without anything is empty."""
    return "" if isinstance(value, (list, tuple)) and not value else cell(value)


def _escape(text: str) -> str:
    """Text that Markdown shows as it is: no table breaks, links, emphasis or HTML."""
    escaped = printable(text)
    for char in "\\`*_[]<>|#":
        escaped = escaped.replace(char, f"\\{char}")
    return escaped
