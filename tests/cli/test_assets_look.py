"""`ict assets` list, show, find, history, holder, leavers, check, add, edit: keys, filters, lines."""

from datetime import timedelta

import pytest

from running import NOW, Answer, Ict

CONTRACT = [
    "tag", "category", "manufacturer", "model", "serial", "status", "holder", "location", "warranty_until",
]  # fmt: skip
LIST = [
    "tag", "category", "manufacturer", "model", "serial", "status", "holder", "holder_key", "location", "site",
    "cost_centre", "warranty_until", "end_of_life", "due_back", "handover",
]  # fmt: skip
SHOW = [
    "tag", "category", "manufacturer", "model", "serial", "status", "holder", "holder_key", "held_since", "due_back",
    "handover", "accepted", "location", "site", "cost_centre", "supplier", "order_number", "purchase_date",
    "purchase_cost", "warranty_until", "end_of_life", "macs", "imei", "sim", "phone_number", "notes", "fields",
]  # fmt: skip


def data(ict: Ict, *words: str) -> list[dict[str, object]]:
    answer = ict("assets", *words, "-o", "json")
    assert answer.exit == 0, answer.err
    rows: list[dict[str, object]] = answer.json()["data"]
    return rows


def tags(ict: Ict, *words: str) -> list[str]:
    answer = ict("assets", *words)
    assert answer.exit == 0, answer.err
    return [row["tag"] for row in answer.table()]


def line(answer: Answer, code: int) -> str:
    assert (answer.exit, answer.out, answer.err.count("\n")) == (code, "", 1)
    return answer.err.removeprefix("ict: ").rstrip("\n")


def test_list_gives_the_keys_that_others_rely_on(counter: Ict) -> None:
    rows = data(counter, "list")
    assert list(rows[0]) == LIST
    assert set(CONTRACT) <= set(LIST)
    assert [row["tag"] for row in rows] == ["DK-0001", "GS-0001", "LT-0001", "MN-001-S"]


def test_show_tells_all_of_an_asset_in_any_case(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042")
    (row,) = data(counter, "show", "lt-0001")
    assert list(row) == SHOW
    assert (row["holder"], row["accepted"], row["held_since"]) == (
        "Els Peeters",
        False,
        "2026-11-26T17:05:00Z",
    )
    assert line(counter("assets", "show", "LT-0011"), 5) == (
        "no asset 'LT-0011' (did you mean LT-0001?) - ict assets find TEXT looks in all fields"
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--holder", "1042"], ["LT-0001"]),
        (["--holder", "person:1042"], ["LT-0001"]),
        (["--holder", "els peeters", "--category", "docking"], []),
        (["--holder", "room:raadzaal"], ["DK-0001"]),
        (["--holder", "asset:dk-0001"], ["MN-001-S"]),
        (["--status", "assigned"], ["DK-0001", "LT-0001", "MN-001-S"]),
        (["--status", "in-stock"], ["GS-0001"]),
        (["--category", "laptop", "--manufacturer", "dell"], ["LT-0001"]),
        (["--model", "5440"], ["LT-0001"]),
        (["--unaccepted"], ["LT-0001"]),
        (["--overdue"], []),
        (["--limit", "2"], ["DK-0001", "GS-0001"]),
    ],
)
def test_filters_read_like_the_question(counter: Ict, words: list[str], found: list[str]) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042", "--until", "2026-11-26")
    counter("assets", "assign", "DK-0001", "--to", "room:Raadzaal")
    counter("assets", "assign", "MN-001-S", "--to", "asset:DK-0001")
    assert tags(counter, "list", *words) == found


def test_a_loan_that_is_due_today_is_overdue_tomorrow(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042", "--until", "2026-11-26")
    assert counter("assets", "list", "--overdue", now=NOW).out.count("\n") == 1
    night = NOW + timedelta(hours=6)  # past midnight in Brussels
    assert counter("assets", "list", "--overdue", now=night).out.count("\n") == 2


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["list", "--status", "asigned"], 2, "--status 'asigned' is no status (did you mean assigned?) - assigned, "),
        (["list", "--warranty-before", "2027"], 2, "--warranty-before: '2027' is no date; write 2026-12-31 or "),
        (["list", "--holder", "1777"], 5, "no person '1777' - ict people list, or ict people add"),
        (["holder", "asset:LT-0404"], 5, "no asset 'LT-0404' (did you mean LT-0001?) - "),
        (["history", "XX-1"], 5, "no asset 'XX-1' - "),
        (["add", "--category", "lapto"], 5, "no category 'lapto' (did you mean laptop?) - declared are laptop, "),
        (["add", "--category", "laptop", "--tag", "lt-0001"], 6, "tag lt-0001 is taken - leave --tag out"),
        (["add", "--category", "laptop", "--tag", "a b"], 2, "--tag 'a b' is no tag - use letters, digits and "),
        (["add", "--category", "laptop", "--count", "2", "--tag", "X"], 2, "several assets cannot share a tag or "),
        (["add", "--category", "laptop", "--set", "serial=5cg1234"], 6, "serial number 5cg1234 belongs to LT-0001 "),
        (["edit", "LT-0001"], 2, "nothing to change - give --set NAME=VALUE"),
        (["edit", "LT-0001", "--set", "tag=LT-0002"], 2, "tag is not set by hand - a tag stays; a status moves by "),
    ],
)  # fmt: skip
def test_a_wrong_question_gets_one_line(counter: Ict, words: list[str], code: int, expected: str) -> None:
    assert line(counter("assets", *words), code).startswith(expected)


def test_find_looks_everywhere(counter: Ict) -> None:
    assert tags(counter, "find", "latitude", "5cg") == ["LT-0001"]
    assert tags(counter, "find", "niets") == []
    assert tags(counter, "find", '"*') == []


def test_history_tells_every_act_in_order_with_its_document(counter: Ict) -> None:
    for words in (
        ("assign", "LT-0001", "--to", "1042"),
        ("accept", "GO-2026-0001"),
        ("repair", "start", "LT-0001"),
        ("repair", "end", "LT-0001"),
        ("transfer", "LT-0001", "--to", "1043"),
        ("decline", "GO-2026-0002", "--reason", "neen"),
        ("lost", "LT-0001"),
        ("found", "LT-0001"),
        ("edit", "LT-0001", "--set", "location=Balie"),
        ("retire", "LT-0001"),
        ("dispose", "LT-0001", "--processor", "x", "--wiped", "shredder", "--yes"),
    ):
        assert counter("assets", *words).exit == 0, words
    rows = counter("assets", "history", "lt-0001").table()
    assert [(row["what"], row["document"]) for row in rows] == [
        ("add", ""), ("assign", "GO-2026-0001"), ("accept", "GO-2026-0001"), ("repair.start", ""), ("repair.end", ""),
        ("return", "IN-2026-0001"), ("assign", "GO-2026-0002"), ("decline", "GO-2026-0002"), ("lost", ""),
        ("found", ""), ("edit", ""), ("retire", ""), ("dispose", "AF-2026-0001"),
    ]  # fmt: skip
    assert [int(row["seq"]) for row in rows] == sorted(int(row["seq"]) for row in rows)
    documents = counter("assets", "history", "LT-0001", "-o", "json").json()["documents"]
    assert [each["number"] for each in documents] == [
        "AF-2026-0001", "GO-2026-0001", "GO-2026-0002", "IN-2026-0001",
    ]  # fmt: skip
    assert counter("journal", "verify").exit == 0


def test_edit_twice_is_journalled_once(counter: Ict) -> None:
    for _ in range(2):
        assert (
            counter("assets", "edit", "LT-0001", "--set", "location=Balie").table()[0]["location"] == "Balie"
        )
    assert len(counter("assets", "history", "LT-0001").table()) == 2


def test_add_many_gives_consecutive_tags(counter: Ict) -> None:
    assert tags(counter, "add", "--category", "laptop", "--count", "3") == ["LT-0002", "LT-0003", "LT-0004"]


def test_leavers_and_the_check_agree(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "DK-0001", "--to", "1043")
    later = NOW.replace(year=2027, month=1, day=2)
    (row,) = counter("assets", "leavers", now=later).table()
    assert row == {
        "person": "1043", "name": "Jan Maes", "left_on": "2026-12-31", "days": "2", "tags": '["DK-0001","LT-0001"]',
    }  # fmt: skip
    answer = counter("assets", "check", "-o", "json", now=later)
    assert answer.exit == 4
    findings = {each["check"]: each for each in answer.json()["findings"]}
    assert {name: each["verdict"] for name, each in findings.items()} == {
        "assets.leaver": "warn", "assets.overdue": "ok", "assets.unaccepted": "warn",
    }  # fmt: skip
    nagios = counter("assets", "check", "-o", "nagios", now=later)
    assert nagios.exit == 1
    assert nagios.out.startswith("ASSETS WARNING") or "Jan Maes" in nagios.out


def test_a_check_keeps_since_when_and_resolves(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042", "--until", "2026-11-26")
    counter("assets", "accept", "GO-2026-0001")
    for days in (1, 5):
        answer = counter("assets", "check", "-o", "json", now=NOW + timedelta(days=days))
        (finding,) = [each for each in answer.json()["findings"] if each["check"] == "assets.overdue"]
        assert (answer.exit, finding["first_seen"]) == (4, "2026-11-27T17:05:00Z")
    counter("assets", "return", "LT-0001")
    counter("assets", "assign", "DK-0001", "--to", "1042")
    answer = counter("assets", "check", now=NOW + timedelta(days=6))
    assert answer.exit == 0, answer.out


def test_where_nothing_is_held_nothing_is_known(counter: Ict) -> None:
    assert counter("assets", "check").exit == 3


def test_an_absent_store_reads_as_empty(counter: Ict, workspace_without_store: Ict) -> None:
    ict = workspace_without_store
    assert ict("assets", "list").out.count("\n") == 1
    assert line(ict("assets", "show", "LT-0001"), 5).startswith("no asset 'LT-0001'")
    assert not (ict.folder / "data" / "ict.db").exists()


@pytest.fixture
def workspace_without_store(counter: Ict) -> Ict:
    for path in (counter.folder / "data").glob("ict.db*"):
        path.unlink()
    return counter
