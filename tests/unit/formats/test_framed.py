"""Taking the framed answers of a script apart: nothing that a tool prints can pass for a frame."""

import subprocess

from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.framed import Section, new_marker, sections


def test_a_frame_that_another_program_prints_is_text() -> None:
    text = "@ict-1 begin release\n@ict-2 begin fake\nNAME=x\n@ict-2 end 0\n@ict-1 end 0\nnoise\n"
    found = sections(text, "@ict-1")
    assert list(found) == ["release"]
    assert "@ict-2 begin fake" in found["release"].text


def test_an_answer_that_breaks_off_lacks_its_last_part() -> None:
    text = "@ict-1 begin uname\nLinux a b c\n@ict-1 end 0\n@ict-1 begin df\nFilesystem"
    assert list(sections(text, "@ict-1")) == ["uname"]


def test_what_a_tool_complains_of_stands_apart_from_what_it_answers() -> None:
    text = "@m begin apt\nInst a\n@m said E: locked\n@m said \n@m said W: old\n@m end 100\n"
    assert sections(text, "@m") == {"apt": Section("Inst a", 100, "E: locked\n\nW: old")}


def test_complaints_of_one_tool_are_not_those_of_the_next() -> None:
    text = "@m begin a\n@m said E: bad\n@m end 1\n@m begin b\nfine\n@m end 0\n"
    assert sections(text, "@m")["b"] == Section("fine", 0)


def test_a_status_that_is_no_number_is_none() -> None:
    assert sections("@m begin a\n@m end \n", "@m") == {"a": Section("", -1)}


def test_a_shell_takes_the_marker_as_one_word() -> None:
    marker = new_marker()
    done = subprocess.run(["sh", "-c", f"echo {marker}"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{marker}\n"
    assert marker != new_marker()


@given(st.text(), st.text(alphabet="@ict-0123abc ", max_size=12))
def test_any_text_can_be_taken_apart(text: str, marker: str) -> None:
    sections(text, marker)
