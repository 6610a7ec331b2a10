"""How a PowerShell script travels: constant command line, JSON in, JSON out, PowerShell that parses."""

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_powershell
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from schoten_ict.connect.winrm import script
from schoten_ict.core.remote import Command

SOURCES = Path(script.__file__).parents[2]
PROGRAMS = sorted(SOURCES.rglob("*.ps1"))
texts = st.text(st.characters(codec="utf-8"))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


def errors(source: bytes) -> list[str]:
    """What the grammar of PowerShell does not understand."""

    def walk(node: Node) -> Iterator[str]:
        if node.is_error or node.is_missing:
            yield f"line {node.start_point[0] + 1}: {source[node.start_byte : node.end_byte][:60]!r}"
        for child in node.children:
            yield from walk(child)

    parser = Parser(Language(tree_sitter_powershell.language()))
    return list(walk(parser.parse(source).root_node))


def requested(command: Command) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(base64.b64decode(script.request(command)))
    return document


def answer(said: bytes = b"", messages: tuple[bytes, ...] = (), **changes: object) -> bytes:
    words: dict[str, object] = {
        "schema": "ict-winrm/1", "output": base64.b64encode(said).decode("ascii"),
        "errors": [base64.b64encode(each).decode("ascii") for each in messages], "cut": False,
    }  # fmt: skip
    return b"\x1e" + json.dumps({**words, **changes}).encode("ascii")


@pytest.mark.parametrize("path", PROGRAMS, ids=[path.name for path in PROGRAMS])
def test_every_powershell_file_parses(path: Path) -> None:
    assert errors(path.read_bytes()) == []


@pytest.mark.parametrize("name", ["windows.md", "backup-products.md"])
def test_the_powershell_of_a_page_parses(name: str) -> None:
    page = (SOURCES.parents[1] / "docs" / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```powershell\n(.*?)```", page, re.DOTALL)
    assert blocks
    assert [errors(block.encode("utf-8")) for block in blocks] == [[] for _ in blocks]


@pytest.mark.parametrize("name", ["bootstrap.ps1", "runner.ps1"])
def test_what_is_sent_of_a_program_parses_too_and_has_no_comments(name: str) -> None:
    sent = script.program(name)
    assert errors(sent.encode("utf-8")) == []
    assert not [line for line in sent.splitlines() if not line.strip() or line.lstrip().startswith("#")]


@pytest.mark.parametrize("broken", ["if ($a {", "'open", "& $b *>&1 | ForEach-Object { $_", "} else {"])
def test_the_parser_finds_broken_powershell(broken: str) -> None:
    assert errors(f"{script.program('runner.ps1')}\n{broken}\n".encode()) != []


def test_the_command_line_is_constant_short_and_has_a_full_path() -> None:
    line = " ".join((script.POWERSHELL, *script.arguments()))
    assert len(line) < 2900
    assert line.startswith(
        "C:\\Windows\\system32\\WindowsPowerShell\\v1.0\\powershell.exe -NoProfile -NonInteractive "
    )
    encoded = line.rpartition(" -EncodedCommand ")[2]
    assert base64.b64decode(encoded).decode("utf-16-le") == script.program("bootstrap.ps1")
    assert script.program("bootstrap.ps1").startswith("$ProgressPreference = 'SilentlyContinue'\n")


@given(st.text(), st.dictionaries(texts, values, max_size=5))
def test_script_and_parameters_arrive_as_they_were_and_the_runner_is_always_the_same(
    text: str, parameters: dict[str, Any]
) -> None:
    request = requested(Command(text, parameters=parameters, limit=5))
    assert request == {
        "runner": script.program("runner.ps1"), "script": text, "parameters": parameters, "limit": 5,
    }  # fmt: skip


@given(st.dictionaries(texts, values))
def test_a_request_is_ascii_that_no_code_page_changes(parameters: dict[str, Any]) -> None:
    sent = script.request(Command("x", parameters=parameters))
    assert set(sent.rstrip(b"\r\n")) <= set(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes"])
def test_parameters_that_are_no_json_are_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        script.request(Command("x", parameters={"a": value}))


@given(st.binary(), st.lists(st.text(st.characters(codec="utf-8"))))
def test_an_answer_gives_back_what_the_script_said(output: bytes, messages: list[str]) -> None:
    encoded = answer(output, tuple(each.encode() for each in messages))
    assert script.spoken(encoded, len(output)) == script.Spoken(output, tuple(messages), False)


def test_what_was_written_past_powershell_comes_first() -> None:
    assert script.spoken(b"chatter\r\n" + answer(b"said"), 100).output == b"chatter\r\nsaid"


def test_more_than_the_limit_is_cut_and_says_so() -> None:
    assert script.spoken(answer(b"0123456789"), 4) == script.Spoken(b"0123", (), True)
    assert script.spoken(answer(b"0123", cut=True), 4).cut


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"hello", b"\x1e", b"\x1enull", b"\x1e[]", b'\x1e{"schema": "ict-winrm/2"}', answer(schema=1),
        answer(output=None), answer(output="!"), answer(errors="x"), answer(errors=[1]), answer(errors=["="]),
        answer(cut="no"), answer()[:-1], b"<html></html>", b"\x1e\xff\xfe",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is never shown
        script.spoken(wrong, 100)


@given(st.binary() | st.binary().map(lambda tail: b"\x1e" + tail))
def test_any_bytes_are_an_answer_or_refused(stdout: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(script.spoken(stdout, 100), script.Spoken)


@given(st.binary() | st.text().map(lambda tail: f"#< CLIXML\n{tail}".encode()))
def test_any_standard_error_becomes_text(stderr: bytes) -> None:
    assert isinstance(script.plain(stderr), str)


def test_entities_in_clixml_are_not_followed() -> None:
    document = (
        '#< CLIXML\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><Objs xmlns="u"><S>&x;</S></Objs>'
    )
    assert script.plain(document.encode()) == document
