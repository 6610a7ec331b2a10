"""National register numbers are found in a text, and refused without being repeated."""

import pytest

from schoten_ict.core.errors import IncompleteError
from schoten_ict.formats.privacy import holds_national_number, refuse_national_number


@pytest.mark.parametrize(
    "text",
    ["85.07.30-033.28", " 85073003328 ", "Rijksregister 85.07.30-033.28, gezien", "nr:850730-033.28"],
)
def test_a_text_with_such_a_number_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(IncompleteError) as caught:
        refuse_national_number("--note", text)
    line = caught.value.problems[0].line()
    assert "--note" in line
    assert "033" not in line


@pytest.mark.parametrize("text", ["", "85.07.30-033.29", "bestelling 85073003328 geleverd", "03 658 12 34"])
def test_other_numbers_pass(text: str) -> None:
    refuse_national_number("--note", text)


def test_a_telephone_number_is_one_only_in_the_official_form() -> None:
    assert not holds_national_number("85 07 30 033 28", phone=True)
    assert not holds_national_number("85073003328", phone=True)
    assert holds_national_number("85.07.30-033.28", phone=True)
