"""Programs that are sent to other machines: they run in an old Python, need nothing, and fail in words."""

import ast
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schoten_ict.backup import sent
from schoten_ict.backup.ask.postgres.instance import quoted
from schoten_ict.backup.ask.there import _needed, fault_there, run_there
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.sent.dump import restore
from schoten_ict.backup.sent.streams import Clock, DamageError, Reader, TroubleError
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.machine import Program
from schoten_ict.core.remote import Completed, RemoteError

FOLDER = Path(sent.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
PROGRAMS = [name for name in MODULES if "\ndef main()" in (FOLDER / f"{name}.py").read_text(encoding="utf-8")]
_OLDEST = (3, 9)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("name", MODULES)
def test_a_program_is_written_for_an_old_python_and_uses_the_standard_library_alone(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=_OLDEST)
    for module in imported(tree):
        assert module.split(".")[0] in sys.stdlib_module_names or module.startswith(sent.__name__)
    assert "from __future__ import annotations" in text
    keywords = {
        keyword.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for keyword in node.keywords
    }
    assert not keywords & {"slots", "kw_only"}, "of dataclasses since 3.10"
    zips = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "zip"]
    assert not any(node.keywords for node in zips), "zip knows strict since 3.10"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_sent_with_what_it_needs_before_it(name: str) -> None:
    needed = _needed(name)
    assert needed[-1] == name
    assert needed.index("streams") < needed.index(name)
    assert len(set(needed)) == len(needed)


class Deaf(HereMachine):
    """A machine whose programs say something else than they should."""

    said = Completed(0, b"", b"", 1)
    absent = frozenset[str]()

    def run(self, program: Program) -> Completed:
        if program.argv[0] in self.absent:
            raise RemoteError("not there", code="absent")
        return self.said


@pytest.mark.parametrize("stdout", [b"", b"garbage\n", b"[1]\n", b'{"a": 1}\ngarbage', b"\xff\xfe{}"])
def test_an_answer_that_is_none_is_an_error(tmp_path: Path, stdout: bytes) -> None:
    machine = Deaf(tmp_path)
    machine.said = Completed(1, stdout, b"\x1b[2JTraceback: boom", 1)
    with pytest.raises(RemoteError, match=r"gave no answer \(exit code 1\).*boom") as caught:
        run_there(machine, "publish", {}, 10)
    assert "\x1b" not in str(caught.value)


def test_a_machine_without_python_is_told(tmp_path: Path) -> None:
    machine = Deaf(tmp_path)
    machine.absent = frozenset({sys.executable, "python3"})
    with pytest.raises(RemoteError, match="python3 is not there") as caught:
        run_there(machine, "publish", {}, 10)
    assert fault_there(caught.value).kind is Kind.NO_PROGRAM
    machine.absent = frozenset({sys.executable})
    machine.said = Completed(0, b'{"size": 1}\n', b"", 1)
    assert run_there(machine, "publish", {}, 10) == {"size": 1}


def test_what_a_program_meets_is_told_in_words(tmp_path: Path) -> None:
    request = {"do": "look", "path": str(tmp_path / "gone.db"), "scratch": str(tmp_path), "limit": 1000}
    with pytest.raises(RemoteError, match=r"gone\.db is not there") as caught:
        run_there(HereMachine(tmp_path), "sqlite", request, 10)
    assert fault_there(caught.value).kind is Kind.UNREACHABLE


def test_gzip_is_read_whatever_its_members_and_pieces(tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(content[:1000]) + gzip.compress(content[1000:]))
    reader = Reader(str(path), Clock(60))
    assert b"".join(reader.blocks()) == content
    assert reader.size == path.stat().st_size
    path.write_bytes(gzip.compress(bytes(50_000_000)))
    assert sum(map(len, Reader(str(path), Clock(60)).blocks())) == 50_000_000
    for damage in (path.read_bytes()[:-4], path.read_bytes() + b"more", path.read_bytes()[:-8] + bytes(8)):
        path.write_bytes(damage)
        with pytest.raises(DamageError):
            list(Reader(str(path), Clock(60)).blocks())
        path.write_bytes(gzip.compress(bytes(50_000_000)))


def test_reading_ends_with_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with pytest.raises(TroubleError, match="not done in time"):
        list(Reader(str(path), Clock(-1)).raw())


@pytest.mark.skipif(sys.platform == "win32", reason="needs cat")
def test_a_restore_that_fills_the_disk_is_ended_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"-- PostgreSQL database dump\n")
    request = {
        "psql": ["sleep", "300"],
        "path": str(tmp_path / "a.sql"),
        "seconds": 100,
        "folder": str(tmp_path),
    }
    said = restore(request | {"floor": 1 << 62})
    assert (said["full"], said["whole"]) == (True, False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs cat")
def test_a_restore_is_whole_when_the_word_at_its_end_comes_back_alone(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"-- PostgreSQL database dump\n")
    request = {"path": str(tmp_path / "a.sql"), "seconds": 100, "folder": str(tmp_path), "floor": 0}
    assert restore(request | {"psql": ["sed", "-n", r"s/^\\echo //p"]})["whole"]
    for words in (
        ["true"],
        ["false"],
        ["sh", "-c", "cat >/dev/null; exit 0"],
        ["sh", "-c", "sed -n 's/.echo //p'; exit 3"],
    ):
        assert not restore(request | {"psql": words})["whole"]
    (tmp_path / "a.sql").write_bytes(gzip.compress(b"-- PostgreSQL database dump\n" * 1000)[:-9])
    assert not restore(request | {"psql": ["sed", "-n", r"s/^\\echo //p"]})["whole"]


def test_a_name_never_ends_its_quotes() -> None:
    assert quoted('a"; DROP ROLE x; --') == '"a""; DROP ROLE x; --"'
    assert quoted("a\0b") == '"ab"'
