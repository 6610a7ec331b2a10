"""The examples in `docs/inventory.md` load, and its errors are the ones that appear."""

import re
from pathlib import Path

import pytest

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.inventory.discovery import all_sections
from schoten_ict.inventory.fields import Declared
from schoten_ict.inventory.loading import load

PAGE = (Path(__file__).parents[3] / "docs" / "inventory.md").read_text(encoding="utf-8")
SECTIONS, ERRORS = PAGE.split("\n## Errors\n")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", SECTIONS, re.DOTALL)
WRONG = re.findall(r"```yaml\n(.*?)```\s*```text\n(.*?)```", ERRORS, re.DOTALL)


def test_the_examples_together_are_an_inventory_with_every_section(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").touch()
    (tmp_path / "inventory.d").mkdir()
    for number, example in enumerate(EXAMPLES):
        (tmp_path / "inventory.d" / f"{number:02}.yaml").write_text(example, encoding="utf-8")
    inventory = load(tmp_path)
    assert set(inventory.values) == {section.key for section in all_sections()}


@pytest.mark.parametrize(("document", "lines"), WRONG)
def test_the_errors_on_the_page_are_the_errors_that_appear(tmp_path: Path, document: str, lines: str) -> None:
    (tmp_path / "inventory.yaml").write_text(document, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    assert "".join(f"{problem.line()}\n" for problem in caught.value.problems) == lines


def test_every_key_is_on_the_page() -> None:
    keys = {field for kind in Declared.__subclasses__() for field in kind.__struct_encode_fields__}
    words = set(re.findall(r"\w+", PAGE))
    assert keys - words == set()
    assert len(WRONG) == 3
