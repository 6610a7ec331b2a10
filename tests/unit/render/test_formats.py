"""Every format over one awkward answer: text from others is data in all of them."""

import csv
import io
import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from running import FakeTTY
from schoten_ict.core.errors import Problem
from schoten_ict.core.exits import ExitCode, NagiosCode
from schoten_ict.core.finding import Acceptance, Finding
from schoten_ict.core.result import Document, Result, Show, Table, column
from schoten_ict.core.streams import Streams
from schoten_ict.core.times import Duration
from schoten_ict.core.verdict import Verdict
from schoten_ict.render.answers import FORMATS, Renderer

OK, WARN, FAIL, UNKNOWN = Verdict.OK, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN
NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
EVIL = "[red]x[/red] \x1b]0;t\x07 \x9b2J | `a` <b> *c* \u202egpj.exe\nnext\tcell"


@dataclass(frozen=True, slots=True)
class Inner:
    """A value with parts."""

    name: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Row:
    """One of each kind of value."""

    name: str = column("Name")
    price: Decimal | None = column("Price", right=True)
    seen: datetime | None = column("Seen", show=Show.IF_ANY, default=None)
    day: date | None = column("Day", show=Show.IF_ANY, default=None)
    verdict: Verdict = column("Verdict", default=Verdict.OK)
    whole: bool = column("Whole", default=True)
    length: Duration | None = column("Length", show=Show.IF_ANY, default=None)
    parts: tuple[Inner, ...] = column("Parts", show=Show.NEVER, default=())
    extra: dict[str, Any] | None = column("Extra", show=Show.NEVER, default=None)


AWKWARD = (
    Row(EVIL, Decimal("1234.50"), NOW, date(2026, 12, 31), FAIL, False, Duration(months=12)),
    Row("=HYPERLINK(1)", None, parts=(Inner("a\tb", WARN),), extra={"t": NOW, "x": [1, None]}),
    Row("nested", None, extra={EVIL: [EVIL]}),
    Row("-5", Decimal("-5.00")),
    Row("", None),
)


def finding(verdict: Verdict, **more: Any) -> Finding:
    return Finding("test.check", "host:a", verdict, more.pop("summary", f"is {verdict}"), NOW, **more)


ANSWER = Result(
    "test.rows", Row, AWKWARD, findings=[finding(FAIL, summary=EVIL, remedy=EVIL)], judged=True,
    tables={"more_rows": Table(Row, [Row(EVIL, None)])},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """What a renderer wrote."""

    exit: int
    out: str
    err: str


def show(answer: Result[Any] | Document | None, form: str, *, tty: bool = False, **options: Any) -> Shown:
    environ = options.pop("environ", {"TERM": "xterm"})
    kind = FakeTTY if tty else io.StringIO
    streams = Streams(io.StringIO(), kind(), io.StringIO(), environ)
    renderer = Renderer(streams, form, NOW, lambda: ZoneInfo("Europe/Brussels"), **options)
    status = renderer.show(answer)
    assert isinstance(streams.stdout, io.StringIO)
    assert isinstance(streams.stderr, io.StringIO)
    return Shown(status, streams.stdout.getvalue(), streams.stderr.getvalue())


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_lets_text_steer_the_terminal(form: str) -> None:
    shown = show(ANSWER, form)
    assert not set(shown.out + shown.err) & {"\x1b", "\x9b", "\x07", "\x00", "\u202e"}


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "nagios"])
def test_every_format_gives_the_same_exit_code(form: str) -> None:
    assert show(ANSWER, form).exit == ExitCode.FINDINGS


def test_table_shows_markup_as_text_times_in_the_zone_and_words_for_booleans() -> None:
    out = show(ANSWER, "table").out
    assert "[red]x[/red]" in out
    assert "2026-11-26 18:05" in out
    assert "no" in out.split()
    assert "More rows" in out
    assert "Parts" not in out


def test_a_column_without_any_value_is_not_drawn() -> None:
    out = show(Result("x", Row, [Row("a", None)]), "table").out
    assert "Seen" not in out
    assert "Price" in out


def test_tsv_is_one_line_a_row_untruncated_with_rfc_3339_times() -> None:
    head, *lines = show(ANSWER, "tsv").out.split("\n")
    assert head.split("\t") == [
        "name", "price", "seen", "day", "verdict", "whole", "length", "parts", "extra",
    ]  # fmt: skip
    assert len(lines) == len(AWKWARD) + 1
    assert all(line.count("\t") == 8 for line in lines[:-1])
    first, second = lines[0].split("\t"), lines[1].split("\t")
    assert first[1:7] == ["1234.50", "2026-11-26T17:05:00Z", "2026-12-31", "fail", "false", "1y"]
    assert json.loads(second[7]) == [{"name": "a\tb", "verdict": "warn"}]
    assert json.loads(second[8]) == {"t": "2026-11-26T17:05:00Z", "x": [1, None]}
    assert second[1] == second[2] == ""


def test_csv_runs_in_no_spreadsheet_and_keeps_amounts_amounts() -> None:
    rows = list(csv.reader(io.StringIO(show(ANSWER, "csv").out)))
    assert rows[2][0] == "'=HYPERLINK(1)"
    assert rows[4][:2] == ["'-5", "-5.00"]
    assert {len(row) for row in rows} == {9}
    assert "next cell" in rows[1][0]


def test_markdown_shows_text_as_text() -> None:
    out = show(ANSWER, "markdown").out
    assert "\\[red\\]x\\[/red\\]" in out
    assert "\\| \\`a\\` \\<b\\> \\*c\\*" in out
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1
    assert "## More rows" in out
    assert "- **fail** host:a: " in out


def test_json_is_the_envelope_with_values_as_they_are() -> None:
    document = json.loads(show(ANSWER, "json").out)
    assert (document["schema"], document["kind"]) == ("ict/1", "test.rows")
    assert (document["status"], document["exit_code"]) == ("fail", 4)
    assert document["generated_at"] == "2026-11-26T17:05:00Z"
    assert document["data"][0] == {
        "name": EVIL, "price": 1234.5, "seen": "2026-11-26T17:05:00Z", "day": "2026-12-31", "verdict": "fail",
        "whole": False, "length": "1y", "parts": [], "extra": None,
    }  # fmt: skip
    assert document["more_rows"][0]["name"] == EVIL
    assert list(document["findings"][0]) == [
        "check", "subject", "key", "verdict", "summary", "evidence", "observed_at", "valid_until", "first_seen",
        "resolved_at", "remedy", "accepted", "learning",
    ]  # fmt: skip


def test_jsonl_is_rows_and_nothing_else() -> None:
    lines = show(ANSWER, "jsonl").out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [row.name for row in AWKWARD]


def test_json_has_no_numbers_that_json_does_not_know() -> None:
    rows = [Row("a", Decimal("NaN"), extra={"x": float("inf"), "y": [float("nan")]})]
    text = show(Result("x", Row, rows), "json").out

    def refuse(word: str) -> None:
        raise AssertionError(word)

    (row,) = json.loads(text, parse_constant=refuse)["data"]
    assert (row["price"], row["extra"]) == (None, {"x": None, "y": [None]})


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_text_stays_in_its_cell(texts: list[str]) -> None:
    answer = Result("x", Row, [Row(text, None) for text in texts])
    assert len(show(answer, "tsv").out.split("\n")) == len(texts) + 2
    assert len(list(csv.reader(io.StringIO(show(answer, "csv").out)))) == len(texts) + 1
    assert [row["name"] for row in json.loads(show(answer, "json").out)["data"]] == texts


@pytest.mark.parametrize(
    ("verdicts", "exit_code", "nagios", "word"),
    [
        ([], ExitCode.INCOMPLETE, NagiosCode.UNKNOWN, "UNKNOWN: nothing was looked at"),
        ([OK, OK], ExitCode.OK, NagiosCode.OK, "OK: 2 ok"),
        ([OK, UNKNOWN], ExitCode.INCOMPLETE, NagiosCode.UNKNOWN, "UNKNOWN: 1 unknown, 1 ok"),
        ([UNKNOWN, WARN], ExitCode.FINDINGS, NagiosCode.WARNING, "WARNING: 1 warn, 1 unknown"),
        ([WARN, FAIL, OK], ExitCode.FINDINGS, NagiosCode.CRITICAL, "CRITICAL: 1 fail, 1 warn, 1 ok"),
    ],
)
def test_status_order_in_exit_codes_and_for_nagios(
    verdicts: list[Verdict], exit_code: ExitCode, nagios: NagiosCode, word: str
) -> None:
    answer = Result("test", Row, findings=[finding(verdict) for verdict in verdicts], judged=True)
    assert show(answer, "json").exit == exit_code
    shown = show(answer, "nagios")
    assert shown.exit == nagios
    assert shown.out.startswith(f"test {word}")
    assert shown.out.count("\n") == 1
    assert shown.out.rstrip("\n").endswith(
        " ".join(f"{verdict}={verdicts.count(verdict)};;;0" for verdict in (FAIL, WARN, UNKNOWN, OK))
    )


def test_nagios_names_the_worst_on_one_line_with_one_bar() -> None:
    shown = show(ANSWER, "nagios")
    assert shown.out.count("|") == 1
    assert " - host:a: [red]x[/red]" in shown.out


def test_nagios_has_nothing_to_say_without_a_verdict() -> None:
    shown = show(Result("x.list", Row, AWKWARD), "nagios")
    assert shown.exit == NagiosCode.UNKNOWN
    assert shown.out == "x.list UNKNOWN: this command gives no verdict - use -o json or -o tsv\n"


def test_accepted_and_learning_are_shown_and_not_counted() -> None:
    found = [
        finding(FAIL, accepted=Acceptance("leverancier", date(2026, 12, 13))),
        finding(WARN, learning=True),
    ]
    answer = Result("x", Row, findings=found, judged=True)
    shown = show(answer, "table")
    assert shown.exit == ExitCode.OK
    assert "accepted" in shown.out
    assert "(until 2026-12-13: leverancier)" in shown.out
    assert "learning" in shown.out
    assert shown.out.endswith("ok  0 fail, 0 warn, 0 unknown, 1 ok, 1 learning\n")
    assert show(answer, "nagios").out.startswith("x OK: 1 ok, 1 learning |")


def test_problems_go_to_stderr_and_make_the_answer_unknown() -> None:
    answer = Result("x", Row, AWKWARD, problems=[Problem("unreachable", "no\x1b route", "host:a", "look")])
    shown = show(answer, "tsv")
    assert shown.exit == ExitCode.INCOMPLETE
    assert shown.err == "ict: host:a: no\ufffd route - look\n"
    assert json.loads(show(answer, "json").out)["errors"][0]["code"] == "unreachable"


def test_quiet_says_nothing_when_all_is_well() -> None:
    good = Result("x", Row, AWKWARD, findings=[finding(OK)], judged=True)
    assert show(good, "table", quiet=True).out == ""
    assert show(good, "json", quiet=True).out != ""
    assert "fail" in show(ANSWER, "table", quiet=True).out


def test_verbose_also_shows_what_is_well() -> None:
    good = Result("x", Row, findings=[finding(OK)], judged=True)
    assert "is ok" not in show(good, "table").out
    assert "is ok" in show(good, "table", verbose=True).out


def test_notes_are_for_people() -> None:
    answer = Result("x", Row, AWKWARD, notes=["Next: this"])
    assert show(answer, "table").err == "Next: this\n"
    assert show(answer, "json").err == show(answer, "tsv").err == show(answer, "table", quiet=True).err == ""


def test_a_document_is_written_as_it_is_in_every_format() -> None:
    for form in FORMATS:
        assert show(Document("text/plain", EVIL), form).out == EVIL
    assert show(None, "json") == Shown(0, "", "")


def escapes(shown: Shown) -> bool:
    return "\x1b[" in shown.out


@pytest.mark.parametrize(
    ("tty", "environ", "color", "expected"),
    [
        (True, {"TERM": "xterm"}, "auto", True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, "auto", False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, "auto", True),
        (True, {"TERM": "dumb"}, "auto", False),
        (True, {"TERM": "xterm"}, "never", False),
        (False, {"TERM": "xterm"}, "auto", False),
        (False, {"TERM": "xterm", "NO_COLOR": "1"}, "always", True),
    ],
)
def test_colour(
    tty: bool, environ: dict[str, str], color: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "TERM", "xterm-256color")
    assert escapes(show(ANSWER, "table", tty=tty, environ=environ, color=color)) is expected


def test_names_in_the_first_column_are_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    rows = [Row("srv-backup-01", None, NOW, date(2026, 12, 31), extra={"a": 1}, length=Duration(months=1))]
    assert "srv-backup-01" in show(Result("x", Row, rows), "table").out
