"""`ict licenses`: what was bought, who has it, and what the catalogue knows."""

import pytest

from cli.test_json_keys import require_pinned_keys
from running import Ict

PRODUCTS = """\
organisation: {name: Proef}
licenses:
  products:
    kassa: {name: Kassa Pro, publisher: Kassa NV, family: kassa, metric: user, rules: [{title: "Kassa Pro.*"}]}
"""


@pytest.fixture
def bought(counter: Ict) -> Ict:
    """A workspace with colleagues and assets, and twenty licences of one product."""
    path = counter.folder / "inventory.d"
    path.mkdir(exist_ok=True)
    (path / "licenses.yaml").write_text(PRODUCTS.split("\n", 1)[1], encoding="utf-8")
    assert counter("licenses", "add", "Kassa Pro", 20, "--set", "expires=2027-06-30").exit == 0
    return counter


def test_keys_of_entitlements_stay(bought: Ict) -> None:
    proof = bought.folder / "factuur.pdf"
    proof.write_bytes(b"%PDF")
    for words in (
        ("add", "kassa", 2, "--proof", proof),
        ("list",),
        ("edit", "LIC-0001", "--set", "cost=100"),
        ("assign", "LIC-0002", "--person", "1042"),
        ("show", "LIC-0002"),
        ("release", "LIC-0002", "--person", "1042", "--because", "left"),
        ("history", "LIC-0001"),
        ("products", "kassa"),
        ("end", "LIC-0001", "--because", "opgezegd"),
    ):
        answer = bought("licenses", *words, "-o", "json")
        assert answer.exit == 0, answer.err
        require_pinned_keys(answer.json())


def test_a_list_says_what_still_counts(bought: Ict) -> None:
    bought("licenses", "add", "kassa", 5, "--set", "expires=2026-01-31")
    bought("licenses", "end", "LIC-0001", "--because", "opgezegd")
    found = bought("licenses", "list").table()
    assert [(row["number"], row["state"]) for row in found] == [
        ("LIC-0001", "ended"),
        ("LIC-0002", "expired"),
    ]
    assert [row["number"] for row in bought("licenses", "list", "kassa", "--state", "expired").table()] == [
        "LIC-0002"
    ]
    assert bought("licenses", "list", "adobe").table() == []


def test_too_many_is_told_and_recorded(bought: Ict) -> None:
    bought("licenses", "add", "kassa", 1)
    bought("licenses", "assign", "LIC-0002", "--person", "1042")
    answer = bought("licenses", "assign", "LIC-0002", "--person", "1043", tty=True)
    assert (answer.exit, "1 unit more than were bought" in answer.err) == (0, True)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("add", "kasa", 1), 5, "no product"),
        (("add", "kassa"), 2, "how many is not said"),
        (("add", "kassa", 1, "--set", "colour=red"), 2, "has no field"),
        (("add", "kassa", 1, "--proof", "absent.pdf"), 5, "no file"),
        (("edit", "LIC-0009", "--set", "notes=x"), 5, "no entitlement"),
        (("edit", "LIC-0001"), 2, "nothing to change"),
        (("assign", "LIC-0001"), 2, "one holder is needed"),
        (("assign", "LIC-0001", "--person", "1042", "--host", "pc"), 2, "one holder is needed"),
        (("release", "LIC-0001", "--person", "1042"), 5, "has no LIC-0001"),
        (("release", "LIC-0001", "--person", "1042", "--because", "zomaar"), 2, "is no choice"),
        (("list", "--state", "old"), 2, "is no choice"),
        (("end", "LIC-0001", "--because", "x", "--on", "soon"), 2, "--on"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_clear_line(
    bought: Ict, words: tuple[object, ...], status: int, says: str
) -> None:
    answer = bought("licenses", *words)
    assert (answer.exit, says in answer.err) == (status, True), answer.err
    assert len(answer.err.splitlines()) == 1


LISTS = {
    "bought.csv": "product;aantal;bestelbon;vervaldatum\nKassa Pro;5;B1;2027-06-30\nAnders;2;B2;\nKassa Pro;veel;B3;\n",
    "skus.json": '[{"skuId":"a","skuPartNumber":"SPE_E3","consumedUnits":7,"prepaidUnits":{"enabled":5,"warning":2}}]',
    "users.csv": "User principal name,Licenses,Block credential\nels@x.be,Kassa Pro,True\n,Kassa Pro,False\n",
    "software.csv": "host;title;version\nPC-1;Kassa Pro 3;3\nPC-1;;\n",
    "machines.csv": "host;sockets;cores per cpu;vm;vcpu\nesx1;2;16;;\nesx1;;;web;4\n;1;1;;\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_recognised_planned_and_kept(bought: Ict, name: str) -> None:
    (bought.folder / name).write_text(LISTS[name], encoding="utf-8")
    planned = bought("licenses", "import", name, "--dry-run", "-o", "json")
    assert bought("licenses", "import", name).exit == 8
    done = bought("licenses", "import", name, "--yes", "-o", "json")
    assert done.exit == planned.exit == (0 if name == "skus.json" else 3)
    if done.exit == 3:
        require_pinned_keys(done.json())
    wanted = [row["action"] for row in planned.json()["data"]]
    assert [row["action"] for row in done.json()["data"]] == wanted
    assert "new" in wanted
    assert wanted.count("refused") == (0 if name == "skus.json" else 1)


def test_an_import_is_found_again_and_follows_its_list(bought: Ict) -> None:
    path = bought.folder / "bought.csv"
    path.write_text(LISTS["bought.csv"], encoding="utf-8")
    bought("licenses", "import", path, "--yes")
    assert [row["quantity"] for row in bought("licenses", "list", "kassa").table()] == ["20", "5"]
    again = bought("licenses", "import", path, "--yes").table()
    assert [row["action"] for row in again] == ["unchanged", "unchanged", "refused"]
    path.write_text(LISTS["bought.csv"].replace(";5;", ";7;"), encoding="utf-8")
    bought("licenses", "import", path, "--yes")
    assert [row["quantity"] for row in bought("licenses", "list", "kassa").table()] == ["20", "7"]
    assert bought("licenses", "history", "LIC-0002").table()[-1]["action"] == "entitlement.import"


def test_a_list_of_tomorrow_is_refused(bought: Ict) -> None:
    (bought.folder / "skus.json").write_text(LISTS["skus.json"], encoding="utf-8")
    answer = bought("licenses", "import", "skus.json", "--at", "2026-12-25", "--yes")
    assert (answer.exit, "lies in the future" in answer.err) == (2, True)
    assert bought("licenses", "import", "absent.csv").exit == 5
