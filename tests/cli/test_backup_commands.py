"""`ict backup`, `schedule` and `notify` on a workspace whose backups are copies of a small database."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cli.test_json_keys import require_pinned_keys
from running import NOW, Answer, Ict
from schoten_ict.store.runlock import run_lock

JOBS = """\
organisation: {name: Proef}
services: [{name: app, rpo: 26h}, {name: wiki, rpo: 26h, criticality: high}]
hosts:
  - {name: srv-app, address: 127.0.0.2, kind: server, criticality: high}
  - {name: sw-1, address: 127.0.0.3, kind: switch}
backups:
  - name: app
    engine: sqlite
    source: {database: {name: app, tables: {klant: 3}}}
    repository: {url: "kopie/app-*.db"}
    rpo: 26h
    services: [app]
    owner: Koen Baeten
  - name: veeam
    engine: veeam
    repository: {url: Veeam, jobs: [VM]}
    services: [app]
"""


@pytest.fixture
def backed_up(ict: Ict) -> Ict:
    """A workspace with one copy of a database of an hour ago."""
    (ict.folder / "inventory.yaml").write_text(JOBS, encoding="utf-8")
    (ict.folder / "kopie").mkdir()
    copy(ict.folder / "kopie" / "app-2026-11-26T1605.db", rows=4)
    return ict


def copy(path: Path, rows: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE klant (naam TEXT)")
        database.executemany("INSERT INTO klant VALUES (?)", [(f"klant {n}",) for n in range(rows)])


def checks(answer: Answer, job: str = "app") -> dict[str, str]:
    [row] = [each for each in answer.json()["data"] if each["job"] == job]
    return {each["check"]: each["verdict"] for each in row["checks"]}


def test_a_good_copy_is_ok_and_says_why(backed_up: Ict) -> None:
    answer = backed_up("backup", "verify", "app", "-o", "json")
    assert (answer.exit, answer.json()["status"]) == (0, "ok")
    [row] = answer.json()["data"]
    assert (row["job"], row["engine"], row["verdict"]) == ("app", "sqlite", "ok")
    assert row["last_backup_at"].startswith("2026-11-26T1")
    assert checks(answer)["database"] == "ok"


def test_a_copy_without_its_rows_fails_with_4(backed_up: Ict) -> None:
    copy(backed_up.folder / "kopie" / "app-2026-11-26T1700.db", rows=1)
    answer = backed_up("backup", "verify", "app", "-o", "json")
    assert (answer.exit, checks(answer)["database"]) == (4, "fail")


def test_what_cannot_be_asked_is_unknown_with_3_and_quiet_tells_only_that(backed_up: Ict) -> None:
    answer = backed_up("backup", "verify", "-o", "json")
    assert answer.exit == 3
    assert checks(answer, "veeam") == {"reachable": "unknown"}
    assert [error["subject"] for error in answer.json()["errors"]] == ["job:veeam"]
    quiet = backed_up("backup", "verify", "-q", "-o", "table")
    assert "veeam" in quiet.out
    assert "job:app" not in quiet.out


def test_quiet_says_nothing_when_all_is_well(backed_up: Ict) -> None:
    answer = backed_up("backup", "verify", "app", "-q", "-o", "table")
    assert (answer.exit, answer.out, answer.err) == (0, "", "")


def test_monitoring_gets_one_line_with_its_own_codes(backed_up: Ict) -> None:
    answer = backed_up("backup", "verify", "app", "-o", "nagios")
    assert answer.exit == 0
    assert answer.out.startswith("backup.verify OK: ")
    assert backed_up("backup", "verify", "-o", "nagios").exit == 3
    assert backed_up("backup", "verify", "nothing", "-o", "nagios").exit == 3


def test_an_unknown_job_is_not_found(backed_up: Ict) -> None:
    answer = backed_up("backup", "verify", "ap")
    assert answer.exit == 5
    assert "did you mean app?" in answer.err


def test_a_job_that_another_run_looks_at_is_refused_with_its_name(backed_up: Ict) -> None:
    with run_lock(backed_up.folder / "data", "backup-app", "jan", NOW):
        answer = backed_up("backup", "verify", "app")
    assert answer.exit == 6
    assert "jan" in answer.err


def test_status_reads_the_store_and_an_old_verdict_is_unknown(backed_up: Ict) -> None:
    assert backed_up("backup", "status", "app").exit == 3
    backed_up("backup", "verify", "app")
    assert backed_up("backup", "status", "app", "-o", "json").json()["status"] == "ok"
    later = backed_up("backup", "status", "app", "-o", "json", now=NOW + timedelta(days=3))
    assert (later.exit, later.json()["status"]) == (3, "unknown")
    assert "not checked lately" in later.json()["findings"][0]["summary"]


def test_an_exception_is_shown_as_accepted_and_does_not_count(backed_up: Ict) -> None:
    rule = 'exceptions: [{check: backup.reachable, subject: "job:veeam", reason: komt later, until: 2026-12-31}]\n'
    (backed_up.folder / "inventory.yaml").write_text(JOBS + rule, encoding="utf-8")
    answer = backed_up("backup", "verify", "-o", "json")
    assert (answer.exit, answer.json()["status"], answer.json()["errors"]) == (0, "ok", [])
    [finding] = [each for each in answer.json()["findings"] if each["subject"] == "job:veeam"]
    assert finding["accepted"]["reason"] == "komt later"


def test_a_copy_that_is_gone_is_told(backed_up: Ict) -> None:
    backed_up("backup", "verify", "app")
    copy(backed_up.folder / "kopie" / "app-2026-11-26T1700.db", rows=4)
    (backed_up.folder / "kopie" / "app-2026-11-26T1605.db").unlink()
    answer = backed_up("backup", "verify", "app", "-o", "json", now=NOW + timedelta(minutes=1))
    assert checks(answer)["rollback"] == "warn"


def test_a_bad_slice_stays_known_between_runs(backed_up: Ict) -> None:
    backed_up("backup", "verify", "app")
    history = backed_up("backup", "history", "app", "-o", "json", now=NOW + timedelta(hours=1)).json()
    assert [row["act"] for row in history["data"]] == ["verify"]
    assert history["trend"][0]["measure"] in {"files", "size"}


def test_coverage_names_what_no_job_covers(backed_up: Ict) -> None:
    answer = backed_up("backup", "coverage", "-o", "json")
    assert answer.exit == 4
    verdicts = {(row["what"], row["name"]): row["verdict"] for row in answer.json()["data"]}
    assert verdicts == {("host", "srv-app"): "fail", ("service", "app"): "ok", ("service", "wiki"): "fail"}


def test_run_shows_the_plan_and_waits_for_yes(backed_up: Ict) -> None:
    answer = backed_up("backup", "run", "app")
    assert answer.exit == 8
    assert "kopie/app-*.db" in answer.err
    refused = backed_up("backup", "run", "veeam", "--yes")
    assert refused.exit == 2
    assert "taken by the product itself" in refused.err


def test_a_drill_by_hand_makes_a_report_and_counts(backed_up: Ict) -> None:
    words = ("--by-hand", "worked", "--took", "90min", "--remarks", "in het testnetwerk")
    answer = backed_up("backup", "drill", "app", *words, "-o", "json")
    [row] = answer.json()["data"]
    assert (answer.exit, row["drill"], row["seconds"]) == (0, "HT-2026-0001", 5400.0)
    assert (backed_up.folder / row["document"]).read_bytes().startswith(b"%PDF")
    failed = backed_up("backup", "drill", "app", "--by-hand", "failed", "-o", "json")
    assert failed.exit == 4
    assert backed_up("backup", "drill", "app", "--by-hand", "maybe").exit == 2
    assert backed_up("backup", "drill", "app", "--took", "1h").exit == 2


def test_evidence_is_a_chain_in_which_a_change_shows(backed_up: Ict) -> None:
    backed_up("backup", "verify", "app")
    backed_up("backup", "drill", "app", "--by-hand", "worked")
    first = backed_up("backup", "evidence", "--since", "2026-11-01", "-o", "json").json()
    with closing(sqlite3.connect(backed_up.folder / "data" / "ict.db")) as store, store:
        store.execute("UPDATE backup_run SET seconds = seconds + 1 WHERE act = 'verify'")
    second = backed_up("backup", "evidence", "--since", "2026-11-01", "-o", "json").json()
    assert first["chain"][0]["last"] != second["chain"][0]["last"]
    assert [row["act"] for row in first["data"]] == ["verify", "drill"]


def test_evidence_goes_to_pdf_and_markdown(backed_up: Ict) -> None:
    backed_up("backup", "verify", "app")
    answer = backed_up("backup", "evidence", "--since", "2026-11-01", "--pdf", "bewijs.pdf", "-o", "markdown")
    assert (backed_up.folder / "bewijs.pdf").read_bytes().startswith(b"%PDF")
    assert answer.out.startswith("| ")


def test_a_workspace_without_jobs_says_so(ict: Ict) -> None:
    (ict.folder / "inventory.yaml").write_text("organisation: {name: Leeg}\n", encoding="utf-8")
    answer = ict("backup", "verify", "-o", "table")
    assert "add backups: to inventory.yaml" in answer.err


@pytest.mark.parametrize("form", ["systemd", "cron", "task-scheduler"])
def test_a_schedule_names_this_workspace(backed_up: Ict, form: str) -> None:
    answer = backed_up("schedule", "show", "backup.verify", "--as", form, "--at", "05:30", "--days", "thu")
    assert answer.exit == 0
    assert str(backed_up.folder) in answer.out
    assert "backup verify -q --notify" in answer.out


def test_wrong_words_for_a_schedule_are_refused(backed_up: Ict) -> None:
    assert backed_up("schedule", "show", "backup.verfy").exit == 5
    for wrong in (("--as", "at"), ("--at", "25:00"), ("--days", "someday")):
        assert backed_up("schedule", "show", "backup.verify", *wrong).exit == 2


def test_every_recurring_command_is_one_that_exists(backed_up: Ict) -> None:
    for row in backed_up("schedule", "list", "-o", "json").json()["data"]:
        words = [word for word in row["command"].split()[1:] if not word.startswith("-")]
        assert backed_up(*words, "--help").exit == 0


def test_receivers_that_cannot_be_told_are_a_problem_and_no_silence(backed_up: Ict) -> None:
    (backed_up.folder / "adres").write_text("https://127.0.0.1:1/hook\n", encoding="ascii")
    (backed_up.folder / "adres").chmod(0o600)
    notify = 'notify: [{name: haak, webhook: {url: "file:adres"}, of: [nothing.*]}]\n'
    (backed_up.folder / "inventory.yaml").write_text(JOBS + notify, encoding="utf-8")
    assert backed_up("backup", "verify", "app", "--notify").exit == 0
    unknown = backed_up("notify", "test", "hak")
    assert unknown.exit == 5
    assert "did you mean haak?" in unknown.err


KEYS: list[Callable[[Ict], Answer]] = [
    lambda ict: ict("backup", "verify", "app", "-o", "json"),
    lambda ict: ict("backup", "status", "app", "-o", "json"),
    lambda ict: ict("backup", "history", "app", "-o", "json"),
    lambda ict: ict("backup", "coverage", "-o", "json"),
    lambda ict: ict("backup", "drill", "app", "--by-hand", "failed", "-o", "json"),
    lambda ict: ict("backup", "evidence", "--since", "2026-11-01", "-o", "json"),
    lambda ict: ict("backup", "run", "app", "--dry-run", "-o", "json"),
    lambda ict: ict("schedule", "list", "-o", "json"),
    lambda ict: ict("notify", "test", "-o", "json"),
]


def test_the_keys_of_every_answer_stay(backed_up: Ict) -> None:
    backed_up("backup", "verify", "app")
    for ask in KEYS:
        document = ask(backed_up).json()
        require_pinned_keys(json.loads(json.dumps(document)))


def test_anyone_can_compute_the_chain_again_from_the_json(backed_up: Ict) -> None:
    backed_up("backup", "verify", "app")
    backed_up("backup", "drill", "app", "--by-hand", "worked", "--remarks", "é")
    answer = backed_up("backup", "evidence", "--since", "2026-11-01", "-o", "json").json()
    last = "0" * 64
    for row in answer["data"]:
        line = json.dumps(row["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        last = hashlib.sha256((last + line).encode()).hexdigest()
        assert row["sha256"] == last
    assert answer["chain"][0]["last"] == last


def test_two_jobs_in_one_place_are_not_looked_at_by_two_runs(backed_up: Ict) -> None:
    twin = JOBS.replace(
        "  - name: veeam",
        '  - {name: twin, engine: sqlite, repository: {url: "./kopie/app-*.db"}, rpo: 26h}\n  - name: veeam',
    )
    (backed_up.folder / "inventory.yaml").write_text(twin, encoding="utf-8")
    place = str(backed_up.folder / "kopie" / "app-*.db")
    name = f"repository-{hashlib.sha256(place.encode()).hexdigest()[:16]}"
    with run_lock(backed_up.folder / "data", name, "jan", NOW):
        answer = backed_up("backup", "verify", "twin")
    assert answer.exit == 6
    assert f"a look at {place} is already running: jan" in answer.err


def test_what_was_open_about_a_job_that_is_no_longer_declared_is_settled(backed_up: Ict) -> None:
    copy(backed_up.folder / "kopie" / "app-2026-11-26T1700.db", rows=1)
    assert backed_up("backup", "verify", "app").exit == 4
    (backed_up.folder / "inventory.yaml").write_text(
        JOBS.replace("name: app\n    engine", "name: nieuw\n    engine"), encoding="utf-8"
    )
    backed_up("backup", "verify", "nieuw")
    with closing(sqlite3.connect(backed_up.folder / "data" / "ict.db")) as store:
        left = store.execute("SELECT count(*) FROM finding WHERE subject = 'job:app' AND resolved_at IS NULL")
        assert left.fetchone() == (0,)
