"""Machines with fewer tools than Debian: what they can do is right, and what they cannot is said."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.machine_rig import ODD_NAMES
from lab.need import found, need
from lab.ssh_rig import code_of, nothing_left_over
from schoten_ict.connect.local import open_local
from schoten_ict.connect.machines.posix import PosixMachine
from schoten_ict.core.remote import RemoteError, Target, Via

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="a POSIX shell")]
TOOLS = (
    "sh",
    "env",
    "nice",
    "xargs",
    "ls",
    "od",
    "df",
    "head",
    "cat",
    "mktemp",
    "rm",
    "mkdir",
    "find",
    "sha256sum",
)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only programs that the machine has."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(need(name))
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def machine(tools: Path) -> Iterator[PosixMachine]:
    with nothing_left_over(), open_local(Target("nas", "127.0.0.1", Via.LOCAL)) as runner:
        yield PosixMachine(runner, "nas")


def instead(tools: Path, name: str, text: str) -> None:
    """Another program of that name."""
    real = (tools / name).resolve()
    (tools / name).unlink()
    (tools / name).write_text(f"#!/bin/sh\n{text.format(real=real)}\n", encoding="ascii")
    (tools / name).chmod(0o755)


def refused(act: object) -> RemoteError:
    assert callable(act)
    with pytest.raises(RemoteError) as caught:
        act()
    return caught.value


def test_with_these_tools_and_no_others_files_are_looked_at(machine: PosixMachine, tmp_path: Path) -> None:
    assert found("ionice") is None
    (tmp_path / "a").write_bytes(b"1")
    root = str(tmp_path)
    assert [entry.path for entry in machine.tree(root, 20).entries if "/" not in entry.path] == ["a"]
    assert machine.hashes(root, ["a"], 20) == {"a": hashlib.sha256(b"1").hexdigest()}
    assert machine.heads(root, ["a"], 4, 20) == {"a": b"1"}
    assert machine.free(root, 20) > 0
    with machine.scratch("job", root, 20) as folder:
        machine.write(f"{folder}/b", b"2", 20)
        assert machine.read(f"{folder}/b", 10, 20) == b"2"


@pytest.mark.parametrize(
    "said",
    ["find: unrecognized: -ignore_readdir_race", "find: -ignore_readdir_race: unknown primary or operator"],
)
def test_a_find_that_cannot_tell_times_is_named(
    machine: PosixMachine, tools: Path, tmp_path: Path, said: str
) -> None:
    instead(tools, "find", f"echo '{said}' >&2; exit 1")
    error = refused(lambda: machine.tree(str(tmp_path), 20))
    assert "its find has no -printf; that of GNU findutils has" in str(error)
    assert code_of(error) == "protocol"


def test_a_find_that_is_ended_half_way_gives_no_tree(
    machine: PosixMachine, tools: Path, tmp_path: Path
) -> None:
    instead(tools, "find", "printf 'f\\0001\\0001.0\\0001.0\\000one\\000f\\0001'; kill -9 $$")
    assert "breaks off" in str(refused(lambda: machine.tree(str(tmp_path), 20)))
    instead(tools, "find", "printf 'f\\0001\\0001.0\\0001.0\\000one\\000'; kill -9 $$")
    assert code_of(refused(lambda: machine.tree(str(tmp_path), 20))) == "failed"


def test_without_a_tool_for_sums_that_is_said(machine: PosixMachine, tools: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tools / "sha256sum").unlink()
    assert code_of(refused(lambda: machine.hashes(str(tmp_path), ["a"], 20))) == "absent"


def test_another_tool_for_sums_runs_alone_and_gives_the_same(
    machine: PosixMachine, tools: Path, tmp_path: Path
) -> None:
    """Only GNU's writes each line at once: two of another kind would write into each other's lines."""
    log = tmp_path / "at once"
    instead(
        tools,
        "sha256sum",
        f"[ \"$1\" = --version ] && exit 1\n[ ! -e '{log}.lock' ] || echo two >>'{log}'\n"
        f": >'{log}.lock'\n{{real}} \"$@\"\ncode=$?\nrm '{log}.lock'\nexit $code",
    )
    names = {os.fsdecode(name): name for name in ODD_NAMES} | {f"{n:0150}": b"%d" % n for n in range(300)}
    for name, content in names.items():
        (tmp_path / name).write_bytes(content)
    sums = machine.hashes(str(tmp_path), list(names), 60)
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in names.items()}
    assert not log.exists()


def test_two_programs_at_once_never_mix_their_lines(machine: PosixMachine, tmp_path: Path) -> None:
    """Names as long as they can be, so that one program's lines fill many buffers."""
    expected = {}
    for number in range(600):
        folder = tmp_path / ("d" * 200) / ("e" * (number % 200 + 1))
        folder.mkdir(parents=True, exist_ok=True)
        content = os.urandom(20) * (number % 50)
        path = folder / f"{number:0200}"
        path.write_bytes(content)
        expected[str(path.relative_to(tmp_path))] = hashlib.sha256(content).hexdigest()
    for _ in range(3):
        assert machine.hashes(str(tmp_path), list(expected), 60) == expected
