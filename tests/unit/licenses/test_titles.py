"""A title is taken for a product, for nothing, or for unknown, by rules that fit it whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.hostfacts import Title
from schoten_ict.inventory.sections.licenses import Ignored, LicensePolicy, Product, TitleRule
from schoten_ict.licenses.ask.titles import Titles, rules_of
from schoten_ict.licenses.catalogue import load
from schoten_ict.licenses.cleaning import clean
from schoten_ict.licenses.model import Outcome, Titled

OFFICE = Product(
    name="Office Standard", publisher="Microsoft", family="office", edition="standard", metric="device",
    rules=(
        TitleRule(
            title=r"Microsoft Office Standard (?P<version>\d{4})(?: - \w\w-\w\w)?", publisher="Microsoft.*",
            unless="KB\\d",
        ),
    ),
)  # fmt: skip
SQL = Product(
    name="SQL Server", publisher="Microsoft", family="sql-server", metric="core",
    rules=(TitleRule(title="mssql-server", version=r"(?P<version>\d+)\..*", source="dpkg"),),
)  # fmt: skip
LANGUAGE = Ignored(reason="language pack", rules=(TitleRule(title="Microsoft Office .* MUI .*"),))
TITLES = Titles(rules_of([("office", OFFICE), ("sql", SQL)], [LANGUAGE]))


@pytest.mark.parametrize(
    ("title", "outcome", "product", "version"),
    [
        (Title("Microsoft Office Standard 2019 - nl-nl", publisher="Microsoft Corporation"), "product", "office", "2019"),
        (Title("MICROSOFT® Office  Standard 2016", publisher="Microsoft(R)"), "product", "office", "2016"),
        (Title("Microsoft Office Standard 2016", publisher="Somebody"), "unknown", None, None),
        (Title("Microsoft Office Standard 2016"), "unknown", None, None),
        (Title("Update for Microsoft Office Standard 2016", publisher="Microsoft"), "unknown", None, None),
        (Title("Microsoft Office Standard MUI (Dutch) 2010"), "ignored", None, None),
        (Title("mssql-server", "16.0.4135.4-1", source="dpkg"), "product", "sql", "16"),
        (Title("mssql-server", "16.0.4135.4-1", source="rpm"), "unknown", None, None),
    ],
)  # fmt: skip
def test_a_title_is_taken_by_the_rule_that_fits_all_of_it(
    title: Title, outcome: str, product: str | None, version: str | None
) -> None:
    taken = TITLES(title)
    assert (taken.outcome, taken.product, taken.version) == (outcome, product, version)


def test_what_is_ignored_says_why_and_a_product_by_which_rule() -> None:
    assert TITLES(Title("Microsoft Office Standard MUI (Dutch) 2010")).reason == "language pack"
    assert "Office Standard" in TITLES(Title("Microsoft Office Standard 2016", publisher="Microsoft")).reason


@given(st.text(), st.none() | st.text(), st.none() | st.text())
def test_any_text_becomes_one_of_three_and_stays_that(
    name: str, version: str | None, publisher: str | None
) -> None:
    title = Title(name, version, publisher)
    taken = TITLES(title)
    assert taken.outcome in set(Outcome)
    assert (taken.product is not None) == (taken.outcome is Outcome.PRODUCT)
    assert clean(clean(name)) == clean(name)


def test_without_rules_everything_is_unknown() -> None:
    assert Titles([])(Title("anything")) == Titled(Outcome.UNKNOWN)


def test_what_the_workspace_declares_goes_before_the_package() -> None:
    rule = TitleRule(title="Adobe Acrobat XI Pro")
    own = Product(name="Ours", publisher="Adobe", family="acrobat", metric="device", rules=(rule,))
    catalogue = load(LicensePolicy(products={"ours": own}))
    assert catalogue.titles(Title("Adobe Acrobat XI Pro", publisher="Adobe Systems")).product == "ours"
    ignoring = LicensePolicy(ignored=(Ignored(reason="test", rules=(rule,)),))
    assert load(ignoring).titles(Title("Adobe Acrobat XI Pro")).outcome is Outcome.IGNORED


def test_another_rule_is_another_catalogue() -> None:
    ignored = Ignored(reason="test", rules=(TitleRule(title="x"),))
    assert load(LicensePolicy()).digest == load(LicensePolicy()).digest
    assert load(LicensePolicy()).digest != load(LicensePolicy(ignored=(ignored,))).digest
