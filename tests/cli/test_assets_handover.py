"""`ict assets` assign, accept, decline, return, transfer, swap: exit codes, keys and lines."""

import hashlib
from pathlib import Path

import pytest

from running import Answer, Ict
from wholeness import faults_in

ASSIGN = [
    "handover",
    "person",
    "name",
    "policy",
    "items",
    "accessories",
    "due_back",
    "document",
    "document_sha256",
]
INTAKE = [
    "intake", "tag", "holder", "handover", "state", "returned", "missing", "wiped", "document", "document_sha256",
]  # fmt: skip
OUTCOME = ["handover", "person", "outcome", "on", "how", "reason", "items", "scan"]


def data(ict: Ict, *words: str) -> list[dict[str, object]]:
    answer = ict("assets", *words, "-o", "json")
    assert answer.exit == 0, answer.err
    rows: list[dict[str, object]] = answer.json()["data"]
    return rows


def line(answer: Answer, code: int) -> str:
    """The one line of a refusal."""
    assert (answer.exit, answer.out, answer.err.count("\n")) == (code, "", 1)
    return answer.err.removeprefix("ict: ").rstrip("\n")


def test_assign_gives_the_keys_that_others_rely_on(counter: Ict) -> None:
    (row,) = data(
        counter, "assign", "lt-0001", "DK-0001", "LT-0001", "--to", "peeterse", "--accessory", "lader 65W",
        "--until", "31/12/2026",
    )  # fmt: skip
    assert list(row) == ASSIGN
    assert (row["handover"], row["person"], row["policy"]) == ("GO-2026-0001", "1042", "ict-materiaal@2")
    assert (row["items"], row["due_back"]) == (["LT-0001", "DK-0001"], "2026-12-31")
    assert row["accessories"] == {"LT-0001": ["lader 65W"]}
    content = (counter.folder / str(row["document"])).read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"pdfaid" in content
    assert hashlib.sha256(content).hexdigest() == row["document_sha256"]


def test_a_screen_says_what_to_do_next_and_who_is_leaving(counter: Ict) -> None:
    answer = counter("assets", "assign", "MN-001-S", "--to", "1043", tty=True)
    assert answer.err.splitlines() == [
        "Jan Maes leaves on 2026-12-31: take it back by then.",
        "No policy goes with this: the categories name none, and none was given.",
        "Print data/documents/2026/GO-2026-0001.pdf and let Jan Maes sign it, then:",
        "  ict assets accept GO-2026-0001 --how paper --scan FILE",
    ]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["LT-0001", "--to", "1099"], 6, "Wim Vertrokken (1099) left on 2026-11-20 - hand it to somebody else, "),
        (["LT-9999", "--to", "1042"], 5, "no asset 'LT-9999' - ict assets find TEXT looks in all fields"),
        (["LT-0001", "--to", "Els Petters"], 5, "no person 'Els Petters' (did you mean Els Peeters?) - "),
        (["LT-0001", "--to", "1042", "--until", "2026-11-25"], 2, "--until 2026-11-25 lies in the past - "),
        (["LT-0001", "--to", "1042", "--until", "morgen"], 2, "--until: 'morgen' is no date; write 2026-12-31 or "),
        (["LT-0001", "--to", "1042", "--policy", "mobil"], 5, "no policy 'mobil' (did you mean mobiel?) - "),
        (["LT-0001", "--to", "1042", "--policy", "mobiel@2"], 5, "policy mobiel has no version '2' - its "),
        (["LT-0001", "--to", "1042", "--lang", "fr"], 2, "--lang 'fr' is no language of ours - give nl or en"),
        (["LT-0001", "--to", "room:Raadzaal", "--until", "2026-12-01"], 2, "--until: only a person signs - "),
        (["LT-0001", "--to", "department:Burgerzake"], 5, "no department 'Burgerzake' (did you mean Burgerzaken?) "),
        (["LT-0001", "--to", "asset:LT-0001"], 6, "LT-0001 would hold itself"),
        (["LT-0001"], 2, "Missing option '--to' - ict assets assign --help"),
        (["--to", "1042"], 2, "Missing argument 'TAG...' - ict assets assign --help"),
    ],
)  # fmt: skip
def test_what_cannot_be_handed_over_gets_one_line(
    counter: Ict, words: list[str], code: int, expected: str
) -> None:
    assert line(counter("assets", "assign", *words), code).startswith(expected)
    assert faults_in(counter.folder / "data") == []


def test_a_second_time_says_why_not(counter: Ict) -> None:
    assert counter("assets", "assign", "LT-0001", "--to", "1042").exit == 0
    assert line(counter("assets", "assign", "LT-0001", "--to", "1042"), 6) == (
        "LT-0001 is already held by Els Peeters (1042) (since 2026-11-26, GO-2026-0001) - "
        "ict assets return LT-0001, or ict assets transfer LT-0001 --to PERSON"
    )


def test_a_refusal_in_json_is_an_envelope_with_the_subject(counter: Ict) -> None:
    answer = counter("assets", "assign", "LT-9999", "--to", "1042", "-o", "json")
    document = answer.json()
    assert (answer.exit, document["kind"], document["data"]) == (5, "assets.assign", [])
    assert document["errors"][0]["subject"] == "asset:LT-9999"


@pytest.mark.parametrize("status", ["ordered", "in-repair", "lost", "stolen", "retired"])
def test_what_is_not_in_stock_is_refused_with_the_way_out(counter: Ict, status: str) -> None:
    acts: dict[str, list[tuple[str, ...]]] = {
        "ordered": [("add", "--category", "laptop", "--ordered")],
        "in-repair": [("repair", "start", "LT-0001")],
        "lost": [("lost", "LT-0001")],
        "stolen": [("stolen", "LT-0001")],
        "retired": [("retire", "LT-0001")],
    }
    for words in acts[status]:
        assert counter("assets", *words).exit == 0
    tag = "LT-0002" if status == "ordered" else "LT-0001"
    reason, _, remedy = line(counter("assets", "assign", tag, "--to", "1042"), 6).partition(" - ")
    assert reason.startswith(f"{tag} is ")
    assert counter(*remedy.removeprefix("ict ").split()).exit == 0
    assert counter("assets", "assign", tag, "--to", "1042").exit == 0


def test_a_place_holds_without_a_number(counter: Ict) -> None:
    (row,) = data(counter, "assign", "LT-0001", "--to", "department:financiën")
    assert (row["handover"], row["person"], row["document"]) == (None, "department:Financiën", None)
    listed = counter("assets", "list", "--holder", "department:FINANCIËN").table()
    assert [each["tag"] for each in listed] == []  # upper case beyond ASCII is another word to SQLite
    assert len(counter("assets", "list", "--holder", "department:financiën").table()) == 1


def test_accept_files_the_scan_once(counter: Ict, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF signed")
    counter("assets", "assign", "LT-0001", "--to", "1042")
    (row,) = data(counter, "accept", "go-2026-0001", "--scan", str(scan), "--on", "26/11/2026")
    assert list(row) == OUTCOME
    assert (row["outcome"], row["on"], row["scan"]) == ("accepted", "2026-11-26", "GO-2026-0001-signed")
    assert line(counter("assets", "accept", "GO-2026-0001"), 6) == "GO-2026-0001 was accepted on 2026-11-26"
    assert not counter("assets", "list", "--unaccepted").table()


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["accept", "GO-2026-0007"], 5, "no handover 'GO-2026-0007' - "),
        (["accept", "GO-2026-0001", "--on", "2026-11-27"], 2, "--on 2026-11-27 lies in the future"),
        (["accept", "GO-2026-0001", "--on", "2026-11-25"], 2, "--on 2026-11-25 lies before the handover itself "),
        (["accept", "GO-2026-0001", "--scan", "geen.pdf"], 5, "--scan geen.pdf: No such file or directory - "),
        (["decline", "GO-2026-0001"], 2, "Missing option '--reason' - ict assets decline --help"),
        (["return", "MN-001-S"], 6, "MN-001-S is held by nobody: it is in stock - "),
        (["return", "LT-0001", "--missing", "muis"], 2, "--missing 'muis': LT-0001 went out with lader - "),
        (["return", "LT-0001", "DK-0001"], 6, "these items come from different holders: Els Peeters (1042), Jan "),
        (["transfer", "LT-0001", "--to", "1042"], 6, "LT-0001: held by Els Peeters (1042) already - to have it "),
        (["transfer", "MN-001-S", "--to", "1042"], 6, "MN-001-S is held by nobody: it is in stock - "),
        (["swap", "LT-0001", "lt-0001"], 2, "LT-0001 cannot be swapped for itself - name its successor"),
        (["swap", "LT-0001", "DK-0001"], 6, "DK-0001 is already held by Jan Maes (1043) (since "),
    ],
)  # fmt: skip
def test_wrong_answers_and_intakes_get_one_line(
    counter: Ict, words: list[str], code: int, expected: str
) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042", "--accessory", "lader")
    counter("assets", "assign", "DK-0001", "--to", "1043")
    assert line(counter("assets", *words), code).startswith(expected)
    assert counter("assets", "list", "--status", "assigned").out.count("\n") == 3
    assert faults_in(counter.folder / "data") == []


def test_decline_puts_back_in_stock(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042")
    (row,) = data(counter, "decline", "GO-2026-0001", "--reason", "eigen toestel")
    assert (row["outcome"], row["reason"]) == ("declined", "eigen toestel")
    assert counter("assets", "show", "LT-0001").table()[0]["status"] == "in-stock"


def test_return_gives_a_form_and_warns_of_what_was_not_wiped(counter: Ict) -> None:
    inventory = counter.folder / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace("lifetime: 5y}", "lifetime: 5y, wipe: true}"))
    counter("assets", "assign", "LT-0001", "DK-0001", "--to", "1042", "--accessory", "lader")
    words = ("LT-0001", "DK-0001", "--missing", "lader", "--wiped", "DK-0001=none")
    answer = counter("assets", "return", *words, tty=True)
    assert (answer.exit, answer.err) == (0, "Not wiped yet: LT-0001. Then: ict assets wiped TAG METHOD\n")
    counter("assets", "assign", "LT-0001", "--to", "1042")
    (row,) = data(counter, "return", "LT-0001", "--wiped", "herinstallatie")
    assert list(row) == INTAKE
    assert (row["intake"], row["handover"], row["wiped"]) == (
        "IN-2026-0002",
        "GO-2026-0002",
        "herinstallatie",
    )
    assert (counter.folder / str(row["document"])).read_bytes().startswith(b"%PDF-")


def test_what_stood_in_a_room_comes_back_with_a_form(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "room:Raadzaal")
    assert data(counter, "return", "LT-0001")[0]["holder"] == "room:Raadzaal"


@pytest.mark.parametrize("words", [("transfer", "LT-0001", "--to", "1043"), ("swap", "LT-0001", "DK-0001")])
def test_both_papers_are_in_the_answer(counter: Ict, words: tuple[str, ...]) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042", "--accessory", "lader")
    answer = counter("assets", *words, "--missing", "lader", "-o", "json").json()
    assert list(answer["data"][0]) == ASSIGN
    assert list(answer["intake"][0]) == INTAKE
    assert (answer["data"][0]["handover"], answer["intake"][0]["intake"]) == ("GO-2026-0002", "IN-2026-0001")
    assert faults_in(counter.folder / "data") == []


def test_a_scan_can_come_later_but_only_once_and_only_as_a_picture_or_pdf(counter: Ict) -> None:
    counter("assets", "assign", "LT-0001", "--to", "1042")
    counter("assets", "accept", "GO-2026-0001")
    (counter.folder / "scan.pdf").write_bytes(b"hello")
    answer = counter("assets", "accept", "GO-2026-0001", "--scan", "scan.pdf")
    assert (answer.exit, "no PDF, JPEG, PNG or TIFF" in answer.err) == (2, True)
    (counter.folder / "scan.pdf").write_bytes(b"%PDF-1.7 signed")
    (row,) = data(counter, "accept", "GO-2026-0001", "--scan", "scan.pdf")
    assert row["scan"] == "GO-2026-0001-signed"
    assert counter("assets", "accept", "GO-2026-0001", "--scan", "scan.pdf").exit == 6
