"""`ict journal` and `ict store`: shown, proven, exported, pruned, copied."""

import json
import os
import sqlite3
from pathlib import Path

import pytest

from running import Answer, Ict


def tampered(workspace: Path, *statements: str) -> None:
    """Change the store behind its back, as someone with write access could."""
    connection = sqlite3.connect(workspace / "data" / "ict.db")
    for trigger in ("journal_is_not_updated", "journal_is_not_deleted", "journal_subject_is_not_deleted"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def only_finding(answer: Answer) -> dict[str, object]:
    (finding,) = answer.json()["findings"]
    return dict(finding)


def test_show_lists_changes_newest_first(ict: Ict, recorded: Path) -> None:
    rows = ict("journal", "show", "-o", "json").json()["data"]
    assert [row["seq"] for row in rows] == [3, 2, 1]
    assert rows[0]["what"] == "status before -> returned"
    assert rows[0]["changes"] == [
        {"subject": "asset:LT-0001", "values": {"status": {"before": "before", "after": "returned"}}}
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("asset:LT-0001",), [3, 2, 1]),
        (("asset:LT-0002",), []),
        (("--since", "2026-11-10"), [3, 2]),
        (("--since", "10/11/2026"), [3, 2]),
        (("--limit", "1"), [3]),
        (("--limit", "0"), [3, 2, 1]),
    ],
)
def test_show_selects(ict: Ict, recorded: Path, words: tuple[str, ...], expected: list[int]) -> None:
    rows = ict("journal", "show", *words, "-o", "json").json()["data"]
    assert [row["seq"] for row in rows] == expected


def test_show_on_a_terminal_is_in_local_time(ict: Ict, recorded: Path) -> None:
    assert "2026-11-20 18:05" in ict("journal", "show", tty=True).out


def test_verify_says_how_much_is_proven(ict: Ict, recorded: Path) -> None:
    answer = ict("journal", "verify", "-o", "json")
    assert answer.exit == 0
    assert only_finding(answer)["summary"] == "3 entries in one chain, 0 with pruned values"


def test_verify_names_the_entry_that_was_changed(ict: Ict, recorded: Path) -> None:
    tampered(recorded, "UPDATE journal SET who = 'piet' WHERE seq = 2")
    answer = ict("journal", "verify", "-o", "json")
    assert answer.exit == 4
    assert only_finding(answer)["summary"] == "entry 2 was changed after it was written"


def test_a_head_kept_elsewhere_shows_a_cut_that_nothing_else_does(ict: Ict, recorded: Path) -> None:
    head = recorded / "head.json"
    head.write_text(ict("journal", "export", "--head-only", "-").out)
    tampered(
        recorded,
        "DELETE FROM journal_value WHERE seq = 3",
        "DELETE FROM journal_subject WHERE seq = 3",
        "DELETE FROM journal WHERE seq = 3",
        "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'journal'",
    )
    assert ict("journal", "verify").exit == 0
    answer = ict("journal", "verify", "--head", head, "-o", "json")
    assert answer.exit == 4
    assert "cut off" in str(only_finding(answer)["summary"])


def test_verify_accepts_a_head_that_the_journal_outgrew(ict: Ict, recorded: Path) -> None:
    exported = recorded / "journal.jsonl"
    ict("journal", "export", exported)
    ict("journal", "prune", "--before", "2026-11-05", "--yes")
    answer = ict("journal", "verify", "--head", exported, "-o", "json")
    assert answer.exit == 0
    assert "nothing cut off since the exported entry 3" in str(only_finding(answer)["summary"])


@pytest.mark.parametrize("content", ["", "{}\n", "no json\n", '{"head": 3}\n', '{"head": {"seq": "x"}}\n'])
def test_a_head_that_is_none_is_wrong_usage(ict: Ict, recorded: Path, content: str) -> None:
    head = recorded / "head.json"
    head.write_text(content)
    assert ict("journal", "verify", "--head", head).exit == 2
    assert ict("journal", "verify", "--head", recorded / "nosuch").exit == 5


def test_export_holds_every_entry_and_ends_with_the_head(ict: Ict, recorded: Path) -> None:
    lines = [json.loads(line) for line in ict("journal", "export", "-").out.splitlines()]
    assert [line.get("seq") for line in lines] == [1, 2, 3, None]
    assert [line["previous"] for line in lines[1:3]] == [line["hash"] for line in lines[:2]]
    assert lines[-1]["head"] == {"seq": 3, "hash": lines[2]["hash"], "at": "2026-11-26T17:05:00Z"}


def test_export_never_overwrites(ict: Ict, recorded: Path) -> None:
    target = recorded / "journal.jsonl"
    target.write_text("older")
    assert ict("journal", "export", target).exit == 6
    assert target.read_text() == "older"
    assert ict("journal", "export", recorded / "nosuch" / "journal.jsonl").exit == 5


def test_prune_forgets_values_keeps_the_chain_and_is_an_entry_itself(ict: Ict, recorded: Path) -> None:
    done = ict("journal", "prune", "--before", "2026-11-11", "--yes", "-o", "json")
    assert done.json()["data"] == [{"action": "pruned", "entries": 2, "before": "2026-11-10T23:00:00Z"}]
    rows = ict("journal", "show", "-o", "json").json()["data"]
    assert [row["what"] for row in rows[2:]] == ["(pruned)", "(pruned)"]
    assert rows[0]["action"] == "journal.prune"
    assert rows[0]["subject"] == "before:2026-11-10T23:00:00Z"
    verified = only_finding(ict("journal", "verify", "-o", "json"))
    assert verified["summary"] == "4 entries in one chain, 2 with pruned values"
    files = [path for path in (recorded / "data").rglob("*") if path.is_file()]
    assert not [path for path in files if b"in_stock" in path.read_bytes()]


def test_prune_twice_changes_nothing_the_second_time(ict: Ict, recorded: Path) -> None:
    ict("journal", "prune", "--before", "2026-11-11", "--yes")
    again = ict("journal", "prune", "--before", "2026-11-11", "--yes", "-o", "json")
    assert again.json()["data"][0]["action"] == "nothing"
    assert len(ict("journal", "show").table()) == 4


def test_prune_plans_without_touching_anything(ict: Ict, recorded: Path) -> None:
    planned = ict("journal", "prune", "--before", "2026-11-11", "--dry-run", "-o", "json")
    assert planned.json()["data"][0]["action"] == "planned"
    assert len(ict("journal", "show").table()) == 3


@pytest.mark.parametrize(("answer", "exit_code", "entries"), [("y\n", 0, 4), ("n\n", 8, 3), ("", 8, 3)])
def test_prune_asks_a_person(ict: Ict, recorded: Path, answer: str, exit_code: int, entries: int) -> None:
    done = ict("journal", "prune", "--before", "2026-11-11", stdin=answer, tty=True)
    assert done.exit == exit_code
    assert "Forget the values of 2 entries for good? [y/N]" in done.err
    assert len(ict("journal", "show").table()) == entries


def test_prune_never_asks_under_no_input(ict: Ict, recorded: Path) -> None:
    done = ict("journal", "prune", "--before", "2026-11-11", "--no-input", stdin="y\n", tty=True)
    assert done.exit == 8
    assert "[y/N]" not in done.err


def test_prune_refuses_the_future(ict: Ict, recorded: Path) -> None:
    assert ict("journal", "prune", "--before", "2027-01-01", "--yes").exit == 2


def test_backup_is_a_whole_database_and_never_overwrites(ict: Ict, recorded: Path) -> None:
    target = recorded / "copy.db"
    assert ict("store", "backup", target).exit == 0
    copy = sqlite3.connect(target)
    assert copy.execute("SELECT count(*) FROM journal").fetchone() == (3,)
    copy.close()
    assert ict("store", "backup", target).exit == 6


def test_backup_of_nothing_and_into_nowhere_is_not_found(ict: Ict, workspace: Path) -> None:
    assert ict("store", "backup", "copy.db").exit == 5
    assert not (workspace / "copy.db").exists()


def test_check_looks_at_every_part(ict: Ict, recorded: Path) -> None:
    answer = ict("store", "check", "-o", "json")
    parts = {row["part"]: row for row in answer.json()["data"]}
    assert list(parts) == ["file", "references", "journal", "documents", "permissions"]
    assert parts["journal"]["checked"] == 3
    if os.name == "posix":
        assert answer.exit == 0


def test_check_finds_a_broken_journal_and_a_broken_reference(ict: Ict, recorded: Path) -> None:
    tampered(
        recorded,
        "UPDATE journal SET subject = 'asset:LT-0002' WHERE seq = 1",
        "INSERT INTO journal_subject VALUES ('asset:X', 99)",
    )
    findings = {each["check"]: each for each in ict("store", "check", "-o", "json").json()["findings"]}
    assert findings["store.journal"]["verdict"] == "fail"
    assert "journal_subject" in findings["store.references"]["summary"]


def test_check_of_no_store_is_unknown(ict: Ict, workspace: Path) -> None:
    assert ict("store", "check").exit == 3
    assert ict("store", "check", "-o", "nagios").exit == 3


def test_check_of_a_damaged_page_is_a_finding_not_a_crash(ict: Ict, recorded: Path) -> None:
    path = recorded / "data" / "ict.db"
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    answer = ict("store", "check", "-o", "json")
    assert answer.exit in {4, 7}
    assert "internal" not in {error["code"] for error in answer.json()["errors"]}
