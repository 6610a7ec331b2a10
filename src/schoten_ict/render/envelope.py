"""The JSON envelope `ict/1`: versioned, additive, the same for answers and for failures."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.core.exits import ExitCode
from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Result, columns_of
from schoten_ict.core.text import is_hidden
from schoten_ict.core.times import utc_text
from schoten_ict.core.verdict import Verdict
from schoten_ict.render.values import plain

SCHEMA = "ict/1"
_UNUSUAL = re.compile(r"[^\x00-\u024f]|[\x80-\xa0]")  # not the letters of Europe


def envelope(result: Result[Any], now: datetime) -> dict[str, Any]:
    """A result as one JSON object."""
    document = _frame(result.kind, result.status, result.exit_code, now)
    document["data"] = [_row(row) for row in result.rows]
    for name, table in result.tables.items():
        document[name] = [_row(row) for row in table.rows]
    document["findings"] = [finding_json(finding) for finding in result.findings]
    document["errors"] = [_problem(problem) for problem in result.problems]
    return document


def failure(kind: str, problems: Sequence[Problem], code: ExitCode, now: datetime) -> dict[str, Any]:
    """A failure from before there was data, as the same object."""
    document = _frame(kind, Verdict.UNKNOWN, code, now)
    return {**document, "data": [], "findings": [], "errors": [_problem(each) for each in problems]}


def lines(result: Result[Any]) -> list[str]:
    """The rows as JSON Lines, nothing else."""
    return [dumps(_row(row)) for row in result.rows]


def dumps(value: object, indent: int | None = None) -> str:
    """JSON text in UTF-8: letters as they are, what steers a terminal or hides text escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text if text.isascii() else _UNUSUAL.sub(_escaped, text)


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding with the keys of the contract, in its order."""
    names = (
        "check", "subject", "key", "verdict", "summary", "evidence", "observed_at", "valid_until",
        "first_seen", "resolved_at", "remedy", "accepted", "learning",
    )  # fmt: skip
    return {name: plain(getattr(finding, name)) for name in names}


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    return json.dumps(char)[1:-1] if is_hidden(char) else char


def _frame(kind: str, status: Verdict, code: ExitCode, now: datetime) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": kind,
        "status": status.value,
        "exit_code": int(code),
        "generated_at": utc_text(now),
    }


def _row(row: Any) -> dict[str, Any]:
    return {column.key: plain(getattr(row, column.key)) for column in columns_of(type(row))}


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "code": problem.code,
        "subject": problem.subject,
        "message": problem.message,
        "remedy": problem.remedy,
    }
