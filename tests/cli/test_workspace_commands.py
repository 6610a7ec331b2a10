"""`ict init`, `config show`, `doctor`: a workspace is made, explained and judged."""

import os
import stat
from pathlib import Path

import pytest

from running import NOW, Ict
from schoten_ict.commands.doctor import checks
from schoten_ict.commands.doctor.facts import (
    Declared,
    Folder,
    FoundWorkspace,
    SecretFacts,
    SecretFile,
    Stored,
)
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict
from schoten_ict.store import Store

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")


def verdicts(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["check"].removeprefix("doctor."): row["verdict"] for row in rows}


def doctor(ict: Ict, *words: object) -> dict[str, str]:
    return verdicts(ict(*words, "doctor", "-o", "json").json()["data"])


def test_init_makes_a_workspace_that_is_valid(ict: Ict, tmp_path: Path) -> None:
    made = ict("init", tmp_path / "new")
    assert made.exit == 0
    assert {row["action"] for row in made.table()} == {"made"}
    valid = ict("-w", tmp_path / "new", "inventory", "validate")
    assert valid.exit == 0
    policies = [path.name for path in (tmp_path / "new" / "policies").iterdir()]
    assert policies == ["ict-materiaal-1.md"]


@posix
def test_init_opens_data_to_the_group_and_closes_it_to_others(ict: Ict, tmp_path: Path) -> None:
    ict("init", tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new" / "data").stat().st_mode) == 0o2770
    assert stat.S_IMODE((tmp_path / "new" / "inventory.yaml").stat().st_mode) == 0o660


def test_init_keeps_what_is_there_and_extends_gitignore_once(ict: Ict) -> None:
    (ict.folder / ".gitignore").write_text("*.log")
    assert ict("init", ".").exit == 0
    lines = (ict.folder / ".gitignore").read_text().splitlines()
    assert lines[0] == "*.log"
    assert lines.count("data/") == lines.count("secrets/") == 1
    (ict.folder / "inventory.yaml").unlink()
    again = ict("init", ".")
    actions = {Path(row["path"]).name: row["action"] for row in again.table()}
    assert actions == {
        "inventory.yaml": "made", "inventory.schema.json": "kept", ".gitignore": "kept",
        "ict-materiaal-1.md": "kept", "data": "kept",
    }  # fmt: skip


def test_init_refuses_a_second_inventory_and_leaves_it(ict: Ict) -> None:
    (ict.folder / "inventory.yaml").write_text("hosts: []\n")
    assert ict("init", ".").exit == 6
    assert [path.name for path in ict.folder.iterdir()] == ["inventory.yaml"]


def test_init_refuses_a_network_file_system_before_it_writes(
    ict: Ict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schoten_ict.store.connection.file_system", lambda _folder: "nfs4")
    answer = ict("init", tmp_path / "new")
    assert answer.exit == 7
    assert "network file system (nfs4)" in answer.err
    assert not (tmp_path / "new").exists()


def test_config_show_names_who_decided(ict: Ict, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICT_COLOR", "never")
    rows = {row["name"]: row for row in ict("config", "show", "-o", "tsv").table()}
    assert rows["output"] == {"name": "output", "value": "tsv", "source": "--output"}
    assert rows["color"] == {"name": "color", "value": "never", "source": "ICT_COLOR"}
    assert rows["workspace"]["value"] == str(workspace)
    assert rows["organisation.timezone"]["value"] == "Europe/Brussels"
    name = rows["organisation.name"]
    file, _, line = name["source"].rpartition(":")
    assert name["value"] in Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_config_show_says_default_where_nothing_is_declared(ict: Ict, workspace: Path) -> None:
    (workspace / "inventory.yaml").write_text("organisation: {name: A}\n")
    rows = {row["name"]: row for row in ict("config", "show").table()}
    assert rows["organisation.language"]["source"] == "default"
    assert rows["output"] == {"name": "output", "value": "tsv", "source": "default"}


def test_config_show_works_without_a_workspace(ict: Ict) -> None:
    rows = {row["name"]: row for row in ict("config", "show").table()}
    assert rows["workspace"] == {"name": "workspace", "value": "", "source": "default"}


def test_the_nearest_workspace_above_is_used(ict: Ict, workspace: Path) -> None:
    below = workspace / "a" / "b"
    below.mkdir(parents=True)
    rows = {row["name"]: row for row in ict("config", "show", cwd=below).table()}
    assert rows["workspace"]["value"] == str(workspace)


def test_doctor_is_content_with_a_new_workspace(ict: Ict, workspace: Path) -> None:
    found = doctor(ict)
    about_the_machine = {"clock-sync"}
    assert {name: verdict for name, verdict in found.items() if verdict != "ok"}.keys() <= about_the_machine
    assert {"python", "libraries", "inventory", "data", "store", "disk", "clock", "secrets"} <= found.keys()


def test_doctor_without_a_workspace_says_so(ict: Ict) -> None:
    answer = ict("doctor")
    assert answer.exit == 4
    assert verdicts(answer.table())["workspace"] == "fail"


def test_doctor_speaks_on_a_terminal_with_an_invalid_inventory(ict: Ict, workspace: Path) -> None:
    (workspace / "inventory.yaml").write_text("hosts: 3\n")
    answer = ict("doctor", tty=True)
    assert answer.exit == 4
    assert "inventory.yaml:1" in answer.out
    assert "\x1b[" in answer.out


@posix
def test_doctor_sees_open_folders_open_inventories_and_open_secrets(ict: Ict, workspace: Path) -> None:
    secret = workspace / "restic"
    secret.write_text("geheim")
    secret.chmod(0o644)
    inventory = workspace / "inventory.yaml"
    credential = "credentials:\n  linux: {kind: ssh, user: ict, key: 'file:restic'}\n"
    inventory.write_text(inventory.read_text() + credential)
    inventory.chmod(0o666)
    (workspace / "data").chmod(0o755)
    found = doctor(ict)
    assert (found["data"], found["ownership"], found["secrets"]) == ("fail", "fail", "fail")
    assert "geheim" not in ict("doctor", "-o", "json").out


def test_doctor_sees_a_damaged_store(ict: Ict, recorded: Path) -> None:
    path = recorded / "data" / "ict.db"
    path.write_bytes(b"no database at all, but long enough to be one" * 100)
    assert doctor(ict)["store"] == "fail"


def test_doctor_reads_an_older_store_without_upgrading_it(ict: Ict, recorded: Path) -> None:
    with Store(recorded / "data", "jan", NOW) as store, store.transaction() as change:
        change.connection.execute("PRAGMA user_version = 1")
    assert doctor(ict)["store"] == "ok"
    assert not (recorded / "data" / "backups").exists()


def test_doctor_sees_a_clock_before_the_last_entry(ict: Ict, recorded: Path) -> None:
    answer = ict("doctor", "-o", "json", now=NOW.replace(day=5))
    assert verdicts(answer.json()["data"])["clock"] == "fail"


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (checks.python((3, 10, 9), NOW), Verdict.FAIL),
        (checks.libraries({"rich": "15", "typst": None}, NOW), Verdict.FAIL),
        (checks.documents(None, NOW), Verdict.FAIL),
        (checks.synchronised(None, NOW), Verdict.UNKNOWN),
        (checks.synchronised(False, NOW), Verdict.WARN),
        (checks.synchronised(True, NOW), Verdict.OK),
        (checks.workspace(FoundWorkspace(None, Problem("x", "none", remedy="ict init")), NOW), Verdict.FAIL),
        (checks.inventory(Declared(0, (Problem("x", "wrong"),), None), NOW), Verdict.FAIL),
        (checks.secrets(SecretFacts((SecretFile(Path("a"), None),), 2), NOW), Verdict.WARN),
        (checks.secrets(SecretFacts((SecretFile(Path("a"), 0o640),), 2), NOW), Verdict.OK),
        (checks.file_system(("nfs4", True), NOW), Verdict.FAIL),
        (checks.file_system(("", False), NOW), Verdict.UNKNOWN),
        (checks.file_system(("ext4", False), NOW), Verdict.OK),
        (checks.disk(99_000_000, NOW), Verdict.FAIL),
        (checks.disk(999_000_000, NOW), Verdict.WARN),
        (checks.disk(2_000_000_000, NOW), Verdict.OK),
        (checks.data_folder(Folder(Path("d"), None, "", False), NOW), Verdict.OK),
        (checks.data_folder(Folder(Path("d"), 0o2770, "ict", False), NOW), Verdict.FAIL),
        (checks.data_folder(Folder(Path("d"), 0o2770, "ict", True), NOW), Verdict.OK),
        (checks.store(Stored(3, 2), NOW), Verdict.FAIL),
        (checks.store(Stored(2, 2, ("row 3 missing",)), NOW), Verdict.FAIL),
        (checks.store(Stored(None, 2, problem=Problem("x", "read-only")), NOW), Verdict.FAIL),
        (checks.clock(None, False, NOW), Verdict.FAIL),
        (checks.clock(NOW, True, NOW), Verdict.OK),
    ],
)
def test_each_check_reaches_its_verdict_with_a_remedy(finding: Finding, verdict: Verdict) -> None:
    assert finding.verdict is verdict
    assert finding.summary
    assert finding.remedy or verdict is Verdict.OK or finding.check == "doctor.store"


@posix
def test_a_data_folder_that_the_group_cannot_share_is_a_warning() -> None:
    finding = checks.data_folder(Folder(Path("d"), 0o0700, "ict", True), NOW)
    assert (finding.verdict, finding.remedy) == (Verdict.WARN, "chmod 2770 d")


def test_doctor_names_exceptions_to_checks_that_there_are_not(ict: Ict, workspace: Path) -> None:
    assert doctor(ict)["exceptions"] == "ok"
    rules = "".join(
        f'  - {{check: {check}, subject: "job:x", reason: x, until: 2027-01-01}}\n'
        for check in ("backup.freshnes", "backup.freshness", "patch.*", "assets.count.missing", '"*"')
    )
    declare(workspace, f"exceptions:\n{rules}")
    [found] = [
        each for each in ict("doctor", "-o", "json").json()["data"] if each["check"] == "doctor.exceptions"
    ]
    assert found["verdict"] == "warn"
    assert found["summary"].endswith("there are not: backup.freshnes (did you mean backup.freshness?)")


def test_an_exception_says_of_what_kind_its_subject_is(ict: Ict, workspace: Path) -> None:
    declare(
        workspace, "exceptions: [{check: backup.size, subject: bib-sqlite, reason: x, until: 2027-01-01}]\n"
    )
    answer = ict("inventory", "validate", "-o", "json")
    assert (answer.exit, "does not say of what kind it is" in answer.out) == (7, True)


def declare(workspace: Path, exceptions: str) -> None:
    path = workspace / "inventory.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("exceptions: []\n", exceptions), encoding="utf-8"
    )
