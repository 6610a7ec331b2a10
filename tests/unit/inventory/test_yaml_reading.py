"""YAML 1.2 scalars, and one clear line for everything that is not accepted as YAML."""

from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schoten_ict.inventory.document import Document, read_document


def read(text: str | bytes) -> Document:
    return read_document("x.yaml", text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("true", True),
        ("false", False),
        ("010", "010"),
        ("0123", "0123"),
        ("+3236801234", "+3236801234"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("10:20:30:40:50:10", "10:20:30:40:50:10"),
        ("190:20:30", "190:20:30"),
        ("2026-12-13", "2026-12-13"),
        ("2026-12-13T10:00:00Z", "2026-12-13T10:00:00Z"),
        ("1_000", "1_000"),
        ("12e5", "12e5"),
        (".inf", ".inf"),
        ("0", 0),
        ("-7", -7),
        ("42", 42),
        ("1.50", 1.5),
        ("9" * 19, "9" * 19),
        ("9" * 5000, "9" * 5000),
        ("~", None),
        ("null", None),
        ("", None),
        ('"42"', "42"),
        ("'true'", "true"),
        ("=", "="),
        ("Łódź", "Łódź"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(written: str, value: object) -> None:
    found = read(f"key: {written}\n").root["key"]
    assert (found, type(found)) == (value, type(value))


def test_keys_stay_text() -> None:
    assert read("1: a\nNO: b\ntrue: c\n").root == {"1": "a", "NO": "b", "true": "c"}


def test_aliases_and_block_text_are_read() -> None:
    document = read("a: &x {k: 1}\nb: *x\nc: >-\n  one\n  two\n")
    assert document.root == {"a": {"k": 1}, "b": {"k": 1}, "c": "one two"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "---\n...\n", "\ufeff"])
def test_an_empty_file_declares_nothing(text: str) -> None:
    document = read(text)
    assert (document.root, document.misread) == ({}, ())


@pytest.mark.parametrize(
    ("text", "line", "path", "message"),
    [
        ("a: 1\na: 2\n", 2, ("a",), "written twice, first on line 1"),
        ("hosts:\n  - name: a\n    name: b\n", 3, ("hosts", 0, "name"), "written twice, first on line 2"),
        ("a: 1\n---\nb: 2\n", 2, (), "a second document starts here"),
        ("- a\n", 1, (), "the file is no mapping of sections"),
        ("hello\n", 1, (), "the file is no mapping of sections"),
        (
            "hosts:\n\t- name: x\n",
            2,
            ("hosts",),
            "not valid YAML: a tab, or one of @ ` %, starts something here",
        ),
        ('a: 1\nb: "x\nc: 2\n', 2, ("b",), "not valid YAML: a quote that is opened here is never closed"),
        ("a: 1\nb: [1, 2\nc: 3\n", 2, ("b", 1), "not valid YAML: a list that is opened here is not closed"),
        ("a: {b: 1\nc: 3\n", 1, ("a", "b"), "not valid YAML: a mapping that is opened here is not closed"),
        ("a:\n  b: 1\n c: 2\n", 3, ("a",), "not valid YAML: the line does not fit the ones above it"),
        (
            "a: b: c\n",
            1,
            ("a",),
            "not valid YAML: a second ': ' on one line, or a line that is indented too far",
        ),
        ("a: 1\nb: \x1b[31m\n", 2, (), "a control character"),
        ("a: \x00\n", 1, (), "a control character"),
        (b"a: 1\nb: caf\xe9\n", 2, (), "not UTF-8 text (byte 0xe9)"),
        ("a: 1".encode("utf-16"), 1, (), "not UTF-8 text (byte 0xff)"),
        ("a: !!python/object/apply:os.system [x]\n", 1, ("a",), "tags (!) are not accepted"),
        ("a: !!binary aGk=\n", 1, ("a",), "tags (!) are not accepted"),
        ("a: &x {k: 1}\nb:\n  <<: *x\n", 3, ("b", "<<"), "merge keys (<<) are not part of YAML 1.2"),
        ("!!str a: b\n", 1, ("a",), "tags (!) are not accepted"),
        ("? [a, b]\n: c\n", 1, ("?1",), "a key must be text"),
        ("a: *b\n", 1, ("a",), "an alias (*) without an anchor (&) that ends above it"),
        ("a: &x 1\nb: &x [*x]\n", 2, ("b", 0), "an alias (*) without an anchor (&) that ends above it"),
        ("a: &x [*x]\n", 1, ("a", 0), "an alias (*) without an anchor (&) that ends above it"),
        ("%YAML 2.0\n---\na: 1\n", 1, (), "not valid YAML: found incompatible YAML document"),
    ],
)
def test_what_is_no_yaml_for_us_names_line_path_and_cause(
    text: str | bytes, line: int, path: tuple[str | int, ...], message: str
) -> None:
    (wrong,) = read(text).misread
    assert (wrong.line, wrong.path, wrong.message) == (line, path, message)
    assert wrong.remedy


def test_several_errors_of_one_file_are_all_named() -> None:
    wrong = read("a: 1\na: 2\nb: !x y\nc: 1\nc: 2\n").misread
    assert [each.line for each in wrong] == [2, 3, 5]


def test_an_alias_name_is_not_repeated_because_it_may_be_a_password() -> None:
    (wrong,) = read("password: *hunter2\n").misread
    assert "hunter2" not in wrong.message + wrong.remedy


def test_a_billion_laughs_is_refused_before_it_grows() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    names = "abcdefghijkl"
    for before, name in pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    (wrong,) = read("\n".join(lines)).misread
    assert wrong.message == "aliases expand to more than 100000 values"


@pytest.mark.parametrize("opening", ["[", "{a: ", "\n- "])
def test_deep_nesting_is_refused(opening: str) -> None:
    (wrong,) = read("a: " + opening * 50_000).misread if opening != "\n- " else read("- " * 5000).misread
    assert wrong.message == "nested too deeply"


def test_errors_stop_at_a_hundred() -> None:
    assert len(read("k: 1\n" * 5000).misread) == 100


def test_every_entry_knows_its_line() -> None:
    document = read("a: 1\n\nb:\n  - x: 1\n    y:\n      2\n  - [p,\n     q]\n")
    lines = {
        (): 1,
        ("a",): 1,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 0, "y"): 5,
        ("b", 1): 7,
        ("b", 1, 1): 8,
        ("b", 7): 3,
        ("b", "x"): 3,
        ("c",): 1,
        ("a", 0): 1,
    }
    assert {path: document.line(path) for path in lines} == lines


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_give_a_mapping_or_an_error(data: bytes) -> None:
    document = read(data)
    assert isinstance(document.root, dict)
    assert all(wrong.line >= 1 and wrong.message for wrong in document.misread)


@settings(deadline=None)
@given(st.text(alphabet="ab01:-[]{},&*!|>'\"%@#?~<.\t\n \r\ufeff\x85\u2028é", max_size=60))
def test_any_punctuation_gives_a_mapping_or_an_error(text: str) -> None:
    document = read(text)
    assert isinstance(document.root, dict)
    assert all(wrong.line <= text.count("\n") + text.count("\r") + 4 for wrong in document.misread)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


class Quoted(yaml.SafeDumper):
    """Writes every text in quotes, so that YAML 1.1 and 1.2 read the same."""


Quoted.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), plain, max_size=4))
def test_what_was_written_is_read_back(value: dict[str, Any]) -> None:
    document = read(yaml.dump(value, Dumper=Quoted, allow_unicode=False))
    assert (document.misread, document.root) == ((), value)
