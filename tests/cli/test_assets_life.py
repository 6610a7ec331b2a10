"""`ict assets` receive, repair, lost, stolen, found, retire, reinstate, dispose: exit codes, keys and lines."""

import pytest

from running import Answer, Ict
from wholeness import faults_in

STATUS = ["tag", "make", "serial", "status"]
LOSS = ["tag", "make", "serial", "status", "holder", "holder_name", "handover", "report_before"]
REPAIR = [
    "tag", "supplier", "rma", "complaint", "loaner", "started_at", "ended_at", "days", "outcome", "cost",
]  # fmt: skip
DISPOSAL = ["tag", "make", "serial", "wiped", "certificate", "disposal", "document", "document_sha256"]
DISPOSE = ("dispose", "LT-0001", "--processor", "Recupel vzw", "--wiped", "shredder")


def data(ict: Ict, *words: str) -> list[dict[str, object]]:
    answer = ict("assets", *words, "-o", "json")
    assert answer.exit == 0, answer.err
    rows: list[dict[str, object]] = answer.json()["data"]
    return rows


def line(answer: Answer, code: int) -> str:
    assert (answer.exit, answer.out, answer.err.count("\n")) == (code, "", 1)
    return answer.err.removeprefix("ict: ").rstrip("\n")


def status(ict: Ict, tag: str = "LT-0001") -> str:
    return ict("assets", "show", tag).table()[0]["status"]


def test_every_move_gives_the_same_keys_and_is_refused_the_second_time(counter: Ict) -> None:
    counter("assets", "add", "--category", "laptop", "--ordered")
    for act, words, expected, again in (
        ("receive", ["LT-0002"], "in-stock", "LT-0002 is in service already"),
        ("retire", ["LT-0002", "lt-0002", "--reason", "oud"], "retired", "LT-0002 is retired already"),
        ("reinstate", ["LT-0002"], "in-stock", "LT-0002 is in service already"),
    ):
        (row,) = data(counter, act, *words)
        assert (list(row), row["status"]) == (STATUS, expected)
        assert line(counter("assets", act, *words), 6) == again


def test_a_loss_gives_the_deadline_in_the_zone_of_the_workspace(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042")
    (row,) = data(counter, "lost", "LT-0001", "--note", "trein")
    assert list(row) == LOSS
    assert (row["holder"], row["holder_name"]) == ("person:1042", "Els Peeters (1042)")
    assert row["handover"] == "GO-2026-0001"
    assert row["report_before"] == "2026-11-29T17:05:00Z"
    answer = counter("assets", "stolen", "LT-0001", "--police-report", "AN.11", tty=True)
    assert "within 72 hours: before 2026-11-29 18:05." in answer.err
    assert line(counter("assets", "lost", "LT-0001"), 6) == "LT-0001 is stolen - ict assets found LT-0001"
    assert data(counter, "found", "LT-0001")[0]["status"] == "in-stock"
    assert line(counter("assets", "found", "LT-0001"), 6) == "LT-0001 is in service already"


def test_a_loss_asks_after_what_it_held(counter: Ict) -> None:
    counter("assets", "assign", "MN-001-S", "--to", "asset:DK-0001")
    answer = counter("assets", "stolen", "DK-0001", tty=True)
    assert answer.err.endswith("It held MN-001-S: record that as stolen too, or ict assets return MN-001-S\n")


def test_a_repair_shows_in_the_list_while_its_holder_stays(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042")
    words = (
        "start",
        "LT-0001",
        "--supplier",
        "Dell",
        "--rma",
        "4711",
        "--complaint",
        "scherm",
        "--loaner",
        "DK-0001",
    )
    (row,) = data(counter, "repair", *words)
    assert list(row) == REPAIR
    listed = counter("assets", "list", "--status", "in-repair").table()
    assert [(each["tag"], each["holder"]) for each in listed] == [("LT-0001", "Els Peeters")]
    assert line(counter("assets", "repair", *words), 6) == "LT-0001 is in repair already"
    (open_,) = data(counter, "repair", "list", "--open")
    assert (open_["loaner"], open_["days"], open_["ended_at"]) == ("DK-0001", 0, None)
    answer = counter("assets", "repair", "end", "LT-0001", "--cost", "129,95", tty=True)
    assert (answer.exit, answer.err) == (0, "The loaner is still out: ict assets return DK-0001\n")
    assert status(counter) == "assigned"
    assert data(counter, "repair", "list")[0]["cost"] == 129.95
    assert faults_in(counter.folder / "data") == []


def test_a_loaner_that_came_back_is_not_asked_for(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042")
    counter("assets", "repair", "start", "LT-0001", "--loaner", "DK-0001")
    counter("assets", "return", "DK-0001")
    assert counter("assets", "repair", "end", "LT-0001", tty=True).err == ""


def test_a_repair_that_is_lost_is_over(counter: Ict) -> None:
    counter("assets", "repair", "start", "LT-0001")
    counter("assets", "lost", "LT-0001")
    assert not data(counter, "repair", "list", "--open")
    assert (
        line(counter("assets", "repair", "end", "LT-0001"), 6) == "LT-0001 is lost - ict assets found LT-0001"
    )


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["repair", "end", "LT-0001"], 6, "LT-0001 is in service already"),
        (["repair", "end", "LT-0001", "--cost", "veel"], 2, "--cost: 'veel' is no amount; write 1234.50 or 1234,50"),
        (["repair", "start", "LT-0001", "--loaner", "DK-0001"], 6, "LT-0001 is held by no person who could get a "),
        (["retire", "LT-0001", "LT-0404"], 5, "no asset 'LT-0404' (did you mean LT-0001?) - "),
        (["dispose", "LT-0001", "--wiped", "x"], 2, "Missing option '--processor' - ict assets dispose --help"),
        ([*DISPOSE, "--yes"], 6, "LT-0001 is in service - ict assets retire LT-0001"),
        ([*DISPOSE, "--yes", "--method", "gone"], 2, "--method 'gone' is no way to dispose - give recycler, sold, "),
        (["dispose", "DK-0001", "--processor", "x", "--yes"], 2, "DK-0001 has no proof of wiping - give --wiped "),
    ],
)  # fmt: skip
def test_a_wrong_move_gets_one_line_and_changes_nothing(
    counter: Ict, words: list[str], code: int, expected: str
) -> None:
    counter("assets", "retire", "DK-0001")
    assert line(counter("assets", *words), code).startswith(expected)
    assert (status(counter), status(counter, "DK-0001")) == ("in-stock", "retired")


def test_what_is_held_or_holds_is_not_retired(counter: Ict) -> None:
    counter("assets", "assign", "MN-001-S", "--to", "asset:DK-0001")
    assert (
        line(counter("assets", "retire", "DK-0001"), 6)
        == "DK-0001 holds MN-001-S - ict assets return MN-001-S"
    )
    assert line(counter("assets", "retire", "MN-001-S"), 6) == (
        "MN-001-S is held by asset:DK-0001 - ict assets return MN-001-S"
    )


# -- dispose


@pytest.fixture
def retired(counter: Ict) -> Ict:
    assert counter("assets", "retire", "LT-0001").exit == 0
    return counter


def test_without_a_terminal_and_without_yes_nothing_goes(retired: Ict) -> None:
    answer = retired("assets", *DISPOSE)
    assert (answer.exit, answer.out) == (8, "")
    assert answer.err.splitlines()[-1] == (
        "ict: Dispose of LT-0001 for good? Nothing was changed. - look at the plan with --dry-run, then give --yes"
    )
    assert status(retired) == "retired"


def test_a_plan_changes_nothing(retired: Ict) -> None:
    (row,) = data(retired, *DISPOSE, "--dry-run")
    assert (list(row), row["disposal"], row["wiped"]) == (DISPOSAL, None, "shredder")
    assert status(retired) == "retired"


@pytest.mark.parametrize(("said", "after"), [("j\n", "disposed"), ("n\n", "retired"), ("", "retired")])
def test_a_terminal_is_asked(retired: Ict, said: str, after: str) -> None:
    answer = retired("assets", *DISPOSE, stdin=said, tty=True)
    assert answer.exit == 0
    assert "Dispose of LT-0001 for good? [y/N]" in answer.err
    assert status(retired) == after


def test_yes_disposes_with_a_record_once(retired: Ict) -> None:
    (row,) = data(retired, *DISPOSE, "--yes", "--certificate", "C-77")
    assert (list(row), row["disposal"], row["certificate"]) == (DISPOSAL, "AF-2026-0001", "C-77")
    assert (retired.folder / str(row["document"])).read_bytes().startswith(b"%PDF-")
    assert line(retired("assets", *DISPOSE, "--yes"), 6) == "LT-0001 is disposed of already"
    assert faults_in(retired.folder / "data") == []


@pytest.mark.parametrize(
    "words",
    [
        ("lost", "LT-0001", "--note"),
        ("retire", "LT-0001", "--reason"),
        ("repair", "start", "LT-0001", "--complaint"),
        ("assign", "LT-0001", "--to", "1042", "--remarks"),
    ],
    ids=lambda words: words[0],
)
def test_no_line_for_the_record_holds_a_national_register_number(
    counter: Ict, words: tuple[str, ...]
) -> None:
    answer = counter("assets", *words, "van Jan, 85.07.30-033.28")
    assert (answer.exit, "033.28" in answer.err, words[-1] in answer.err) == (3, False, True)
    assert counter("assets", "history", "LT-0001").table()[-1]["what"] == "add"
