"""TAB: fast, never failing, offering only what a shell can safely evaluate."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer import Context
from typer._click.shell_completion import CompletionItem
from typer.core import TyperCommand

from running import NOW, Ict
from schoten_ict.commands import completers, hostnames
from schoten_ict.commands.completing import _Fish, _PowerShell, _Zsh
from schoten_ict.core.facts import Person
from schoten_ict.core.streams import Streams
from schoten_ict.store import Store, people
from schoten_ict.workspace import Workspace


@pytest.fixture
def context(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """What a completer gets while someone types in the workspace."""
    monkeypatch.chdir(workspace)
    return Context(TyperCommand("ict"), obj=Workspace(Streams.standard(), NOW))


def stock(workspace: Path, *tags: str) -> None:
    """Assets with these tags, whatever else their table demands."""
    with Store(workspace / "data", "jan", NOW) as store, store.transaction() as change:
        columns = change.connection.execute("PRAGMA table_info(asset)").fetchall()
        needed = {each["name"]: "x" for each in columns if each["notnull"] and each["dflt_value"] is None}
        change.connection.execute("PRAGMA ignore_check_constraints = ON")
        for tag in tags:
            values = {**needed, "tag": tag, "model": f"Latitude {tag}"}
            marks = ", ".join("?" for _ in values)
            statement = f"INSERT INTO asset ({', '.join(values)}) VALUES ({marks})"
            change.connection.execute(statement, tuple(values.values()))


def staff(workspace: Path, *persons: Person) -> None:
    with Store(workspace / "data", "jan", NOW) as store, store.transaction() as change:
        for person in persons:
            people.put(change, person)


def test_tags_by_prefix_with_the_model(context: Context, workspace: Path) -> None:
    stock(workspace, "LT-0002", "LT-0001", "MN-0001")
    assert completers.asset_tags(context, "LT") == [
        ("LT-0001", "Latitude LT-0001"), ("LT-0002", "Latitude LT-0002"),
    ]  # fmt: skip
    assert len(completers.asset_tags(context, "")) == 3
    assert completers.asset_tags(context, "ZZ") == []


def test_people_by_key_and_by_user_name(context: Context, workspace: Path) -> None:
    staff(workspace, Person("1042", "An Peeters", username="apeeters"), Person("1043", "Jan Maes"))
    assert completers.people_keys(context, "104") == [("1042", "An Peeters"), ("1043", "Jan Maes")]
    assert completers.people_keys(context, "ap") == [("apeeters", "An Peeters")]


def test_document_numbers(context: Context, workspace: Path) -> None:
    with Store(workspace / "data", "jan", NOW) as store, store.transaction() as change:
        change.shelf.add("H-2026-0001", "handover", "a.pdf", b"%PDF")
    assert completers.document_numbers(context, "H-2026") == [("H-2026-0001", "handover")]


def test_at_most_fifty(context: Context, workspace: Path) -> None:
    staff(workspace, *(Person(f"{number:04}", "x") for number in range(200)))
    assert len(completers.people_keys(context, "0")) == 50


@pytest.mark.parametrize(
    "key", ["$(reboot)", "`id`", "a b", "a;b", "*", "x'y", 'x"y', "x\\", "a\nb", "-\x1b[2J"]
)
def test_what_a_shell_would_evaluate_is_not_offered(context: Context, workspace: Path, key: str) -> None:
    staff(workspace, Person(key, "x"), Person("1042", "$(reboot) `id` \x1b[2J'"))
    (offered,) = completers.people_keys(context, "")
    assert offered[0] == "1042"
    assert not set(offered[1]) & set("$`'\"\\;|<>\x1b")


def test_nothing_to_complete_from_is_an_empty_answer(context: Context, workspace: Path) -> None:
    for complete in (completers.asset_tags, completers.people_keys, completers.document_numbers):
        assert complete(context, "") == []
    (workspace / "data" / "ict.db").write_bytes(b"no database" * 100)
    assert completers.people_keys(context, "") == []
    (workspace / "inventory.yaml").write_text("hosts: [")
    assert completers.host_names(context, "") == []


def test_without_a_workspace_nothing_is_offered(
    tmp_path: Path, ict: Ict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ict.folder)
    outside = Context(TyperCommand("ict"), obj=Workspace(Streams.standard(), NOW))
    assert completers.asset_tags(outside, "") == completers.host_names(outside, "") == []


def test_a_store_without_the_table_is_an_empty_answer(context: Context, workspace: Path) -> None:
    sqlite3.connect(workspace / "data" / "ict.db").close()
    assert completers.asset_tags(context, "") == []


def test_completing_makes_no_store_and_changes_none(context: Context, workspace: Path) -> None:
    completers.people_keys(context, "")
    assert list((workspace / "data").iterdir()) == []


def test_hosts_come_from_the_inventory_and_follow_it(
    context: Context, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def declare(*names: str) -> None:
        lines = "".join(f"  - {{name: {name}, address: 127.0.0.2}}\n" for name in names)
        (workspace / "inventory.yaml").write_text(f"hosts:\n{lines}")

    declare("srv-b", "srv-a", "sw-a")
    assert completers.host_names(context, "srv-") == [("srv-a", ""), ("srv-b", "")]
    with monkeypatch.context() as patch:
        patch.setattr(hostnames, "_load", lambda _root: pytest.fail("the cache was not used"))
        assert len(completers.host_names(context, "srv-")) == 2
    declare("srv-c", "srv-b", "srv-a", "sw-a")
    assert len(completers.host_names(context, "srv-")) == 3


def test_a_cache_that_cannot_be_written_is_done_without(
    context: Context, workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (workspace / "inventory.yaml").write_text("hosts: [{name: srv-a, address: 127.0.0.2}]\n")
    assert completers.host_names(context, "") == [("srv-a", "")]


ITEM = CompletionItem("LT-1", help='it\'s $(id) `x` "y" a:b\nnext \\')


def test_help_lines_cannot_end_a_quoted_word_in_zsh() -> None:
    text = _Zsh(None, {}, "ict", "_ICT_COMPLETE").format_completion(ITEM)  # type: ignore[arg-type]
    assert text.startswith('"LT-1":"')
    assert not set(text[8:-1]) & set("'\"$`")
    assert "a\\\\:b" in text
    assert text.count("\\") == 2


def test_help_lines_stay_on_one_line_in_fish_and_powershell() -> None:
    assert _Fish(None, {}, "ict", "_ICT_COMPLETE").format_completion(ITEM).count("\n") == 0  # type: ignore[arg-type]
    text = _PowerShell(None, {}, "ict", "_ICT_COMPLETE").format_completion(ITEM)  # type: ignore[arg-type]
    assert text.startswith("LT-1:::")
    assert "\n" not in text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_script_asks_ict(ict: Ict, shell: str) -> None:
    answer = ict("completion", shell)
    assert answer.exit == 0
    assert "_ICT_COMPLETE" in answer.out
    assert f"complete_{shell}" in answer.out
    assert ict("completion", "tcsh").exit == 2


def asked(words: str, workspace: Path, **environ: str) -> list[str]:
    """What bash is offered for the last word of a command line."""
    typed = {"_ICT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        [sys.executable, "-m", "schoten_ict"], cwd=workspace, env={**os.environ, **typed, **environ},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


def test_commands_and_options_complete(workspace: Path) -> None:
    assert asked("ict jo", workspace) == ["journal"]
    assert asked("ict journal ver", workspace) == ["verify"]
    assert "--before" in asked("ict journal prune --", workspace)


def test_tags_complete_in_the_workspace_that_is_named(workspace: Path, tmp_path: Path) -> None:
    stock(workspace, "LT-0001")
    (tmp_path / "else").mkdir()
    assert asked("ict assets show LT", workspace) == ["LT-0001"]
    assert asked("ict assets show LT", tmp_path / "else") == []
    assert asked(f"ict -w {workspace} assets show LT", tmp_path / "else") == ["LT-0001"]
    assert asked(f"ict assets show -w {workspace} LT", tmp_path / "else") == ["LT-0001"]
    assert asked("ict assets show LT", tmp_path / "else", ICT_WORKSPACE=str(workspace)) == ["LT-0001"]


@pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="no bash")
def test_the_script_works_in_bash(ict: Ict, workspace: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "ict"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m schoten_ict "$@"\n')
    program.chmod(0o755)
    script = ict("completion", "bash").out
    typed = 'COMP_WORDS=(ict journal ver); COMP_CWORD=2; _ict_completion ict; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", f"{script}\n{typed}"], cwd=workspace, capture_output=True, text=True, check=True,
        env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.stdout.split() == ["verify"]
