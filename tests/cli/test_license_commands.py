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


def test_a_holder_who_left_and_a_machine_that_nobody_knows_are_told(bought: Ict) -> None:
    bought("people", "leave", "1042", "--on", "2026-11-20")
    left = bought("licenses", "assign", "LIC-0001", "--person", "1042", tty=True)
    mistyped = bought("licenses", "assign", "LIC-0001", "--host", "pc-absent", tty=True)
    assert (left.exit, "left on 2026-11-20" in left.err) == (0, True)
    assert (mistyped.exit, "no machine is known as pc-absent" in mistyped.err) == (0, True)


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
        (("end", "LIC-0001", "--because", "AB12CDE34FGH56IJK78LMN90P"), 2, "looks like a product key"),
        (("assign", "LIC-0001", "--host", "AB12C DE34F GH56I JK78L MN90P"), 2, "looks like a product key"),
        (("assign", "LIC-0001", "--host", "85.07.30-033.28"), 3, "national register"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_clear_line(
    bought: Ict, words: tuple[object, ...], status: int, says: str
) -> None:
    answer = bought("licenses", *words)
    assert "12C" not in answer.err
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


@pytest.mark.parametrize("name", [name for name in LISTS if name != "skus.json"])
def test_strict_keeps_nothing_of_a_list_with_a_refused_row(bought: Ict, name: str) -> None:
    (bought.folder / name).write_text(LISTS[name], encoding="utf-8")
    before = bought("journal", "show").table()
    answer = bought("licenses", "import", name, "--yes", "--strict")
    assert (answer.exit, "nothing was applied" in answer.err) == (3, True)
    assert bought("journal", "show").table() == before


def test_what_left_the_list_is_told(bought: Ict) -> None:
    path = bought.folder / "bought.csv"
    path.write_text(LISTS["bought.csv"], encoding="utf-8")
    bought("licenses", "import", path, "--yes")
    path.write_text("product;aantal;bestelbon\nAnders;2;B2\n", encoding="utf-8")
    answer = bought("licenses", "import", path, "--yes", tty=True)
    assert (
        "1 licence of earlier lists not in this one, which still count: LIC-0002" in answer.err + answer.out
    )
    bought("licenses", "end", "LIC-0002", "--because", "opgezegd")
    assert "not in this one" not in bought("licenses", "import", path, "--yes", tty=True).err


def test_a_list_that_is_not_whole_takes_nothing_from_what_a_tenant_told(bought: Ict) -> None:
    path = bought.folder / "skus.json"
    good = LISTS["skus.json"]
    path.write_text(good, encoding="utf-8")
    assert bought("licenses", "import", path, "--at", "2026-11-01", "--yes").exit == 0
    before = bought("licenses", "audit", "-o", "tsv").table()
    assert [row["owned"] for row in before if row["product"] == "microsoft-365-e3"] == ["5"]
    other = good[1:-1].replace('"a"', '"b"').replace("SPE_E3", "SPE_F1")
    path.write_text(f"[{other},{good[1:-1].replace('7', '-7')}]", encoding="utf-8")
    assert bought("licenses", "import", path, "--yes").exit == 3
    after = bought("licenses", "audit", "-o", "tsv").table()
    assert [row["owned"] for row in after if row["product"] == "microsoft-365-e3"] == ["5"]


def test_one_tenant_by_two_lists_counts_once(bought: Ict) -> None:
    centre = "Product title,Total licenses,Expired licenses,Assigned licenses\nSPE_E3,7,2,7\n"
    (bought.folder / "centre.csv").write_text(centre, encoding="utf-8")
    (bought.folder / "skus.json").write_text(
        LISTS["skus.json"].replace("{", '{"accountId":"x.be",', 1), encoding="utf-8"
    )
    assert bought("licenses", "import", "centre.csv", "--yes").exit == 0
    refused = bought("licenses", "import", "skus.json", "--yes")
    assert (refused.exit, "give --tenant" in refused.err) == (2, True)
    assert bought("licenses", "import", "skus.json", "--tenant", "tenant", "--yes").exit == 0
    found = bought("licenses", "audit", "-o", "tsv").table()
    assert [row["owned"] for row in found if row["product"] == "microsoft-365-e3"] == ["5"]


def test_a_list_of_users_is_of_its_day_and_a_newer_one_stays(bought: Ict) -> None:
    (bought.folder / "users.csv").write_text(
        "User principal name,Licenses\nels@x.be,Kassa Pro\n", encoding="utf-8"
    )
    bought("licenses", "import", "users.csv", "--at", "2026-10-02", "--yes")
    kept = bought("journal", "show", "-o", "json").json()["data"]
    assert "2026-10-02" in str(kept)
    answer = bought("licenses", "import", "users.csv", "--at", "2026-10-01", "--yes")
    assert (answer.exit, "a newer list of seats is known, of 2026-10-02" in answer.err) == (6, True)


def test_what_machines_told_stands_in_the_journal_before_and_after(bought: Ict) -> None:
    for name in ("software.csv", "machines.csv"):
        path = bought.folder / name
        path.write_text(LISTS[name], encoding="utf-8")
        bought("licenses", "import", path, "--yes")
        path.write_text(
            LISTS[name].replace("Pro 3", "Pro 4").replace("2;16", "2;24").replace("PC-1", "pc-1"),
            encoding="utf-8",
        )
        bought("licenses", "import", path, "--yes")
    software, machines = (
        bought("journal", "show", each, "-o", "json").json()["data"] for each in ("host:PC-1", "host:esx1")
    )
    assert [each["action"] for each in software] == ["license.software"] * 2
    assert [each["action"] for each in machines] == ["license.machines"] * 2
    assert "[16, 16]" in str(machines)
    assert bought("journal", "show", "host:pc-1", "-o", "json").json()["data"] == []


def test_a_machine_keeps_the_name_that_an_earlier_list_gave_it(bought: Ict) -> None:
    path = bought.folder / "software.csv"
    for host in ("PC-9.x.be", "pc-9.X.BE"):
        path.write_text(f"host;title\n{host};Kassa Pro 3\n", encoding="utf-8")
        found = bought("licenses", "import", path, "--yes").table()
        assert [row["key"] for row in found] == ["PC-9.x.be"]


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
