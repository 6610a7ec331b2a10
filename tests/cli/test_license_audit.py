"""`ict licenses audit` and what goes with it, on machines that told their software."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cli.test_json_keys import require_pinned_keys
from running import NOW, Answer, Ict
from schoten_ict.commands.init import make_workspace
from schoten_ict.core.facts import Person
from schoten_ict.store import Store, observations, people

INVENTORY = """\
organisation: {name: Proef}
credentials: {linux: {kind: ssh, user: x, key: "file:k"}}
groups: [{name: linux, connect: {ssh: {credential: linux}}}]
hosts:
  - {name: pc-1, address: 127.0.0.2, groups: [linux]}
  - {name: pc-2, address: 127.0.0.3, groups: [linux]}
licenses:
  products:
    kassa: {name: Kassa Pro, publisher: K, family: kassa, metric: device, names: ["kassa pro.*"], rules: [{title: "Kassa Pro (?P<version>[0-9]+)"}]}
    tekst: {name: Tekst, publisher: T, family: tekst, metric: user}
    deel: {name: Deelprogramma, publisher: D, family: deel, metric: free, forbidden: deelt alles, rules: [{title: Deel}]}
  ignored: [{reason: library, rules: [{title: "lib.*"}]}]
"""


@pytest.fixture
def office(ict: Ict) -> Ict:
    """Two machines: both have Kassa Pro, one a forbidden program, one a title that no rule knows."""
    list(make_workspace(ict.folder))
    (ict.folder / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    listed(ict, "pc-1", "Kassa Pro 3", "libc6", "Deel")
    listed(ict, "pc-2", "Kassa Pro 4", "Onbekend")
    return ict


def listed(ict: Ict, host: str, *titles: str, at: datetime = NOW) -> None:
    with Store(ict.folder / "data", "jan", at) as store, store.transaction() as change:
        payload = [{"name": title, "version": None, "publisher": None} for title in titles]
        observations.observe(change, f"host:{host}", "host.software", "ssh", payload)


def row(answer: Answer, product: str = "kassa") -> dict[str, object]:
    found: dict[str, object] = next(each for each in answer.json()["data"] if each["product"] == product)
    return found


def findings(answer: Answer) -> dict[str, str]:
    return {each["check"].removeprefix("licenses."): each["verdict"] for each in answer.json()["findings"]}


def test_too_few_is_a_shortfall_with_what_to_buy_and_what_it_costs(office: Ict) -> None:
    office("licenses", "add", "kassa", 1, "--set", "version=4", "--set", "cost=250")
    answer = office("licenses", "audit", "-o", "json")
    assert answer.exit == 4
    found = row(answer)
    assert (found["owned"], found["required"], found["delta"], found["to_buy"], found["cost"]) == (
        1, 2, -1, 1, 250.0,
    )  # fmt: skip
    assert found["verdict"] == "fail"


def test_enough_is_ok_only_where_every_machine_was_looked_at(office: Ict) -> None:
    office("licenses", "add", "kassa", 2, "--set", "version=4")
    assert row(office("licenses", "audit", "-o", "json"))["verdict"] == "ok"
    later = NOW + timedelta(days=40)
    listed(office, "pc-1", "Kassa Pro 3", at=later)
    found = row(office("licenses", "audit", "-o", "json", now=later))
    assert (found["verdict"], found["required"], found["at_most"]) == ("ok", 2, 2)
    listed(office, "pc-2", "Onbekend", at=NOW + timedelta(days=1))
    office("licenses", "edit", "LIC-0001", "--set", "quantity=1")
    found = row(office("licenses", "audit", "-o", "json", now=later))
    assert (found["verdict"], found["required"], found["at_most"], found["to_buy"]) == ("unknown", 1, 2, None)


def test_machines_that_nobody_knows_stay_short_until_the_inventory_says_that_they_are_gone(
    office: Ict,
) -> None:
    listed(office, "pc-oud", "Kassa Pro 4")
    office("licenses", "add", "kassa", 2, "--set", "version=4")
    later = NOW + timedelta(days=70)
    for host in ("pc-1", "pc-2"):
        listed(office, host, "Kassa Pro 4", at=later)
    answer = office("licenses", "audit", "-o", "json", now=later)
    assert (row(answer)["required"], findings(answer)["collected"]) == (3, "unknown")
    text = INVENTORY.replace("licenses:\n", f"licenses:\n  gone: {{PC-OUD: {NOW.date()}}}\n")
    (office.folder / "inventory.yaml").write_text(text, encoding="utf-8")
    answer = office("licenses", "audit", "-o", "json", now=later)
    assert (row(answer)["required"], findings(answer)["collected"]) == (2, "ok")


def test_a_right_without_its_version_is_told_when_it_is_recorded(office: Ict) -> None:
    def told(*words: object) -> bool:
        answer = office("licenses", "add", *words, "-o", "table")
        return "--set version=" in answer.out + answer.err

    assert told("kassa", 2)
    assert not told("kassa", 2, "--set", "version=4")
    assert not told("deel", 2)


def test_what_is_forbidden_unknown_or_silent_is_told(office: Ict) -> None:
    told = findings(office("licenses", "audit", "-o", "json"))
    assert (told["forbidden"], told["titles"], told["collected"]) == ("fail", "unknown", "ok")
    listed(office, "pc-1", "Kassa Pro 3", "libc6")
    listed(office, "pc-2", "Kassa Pro 4")
    told = findings(office("licenses", "audit", "-o", "json"))
    assert "forbidden" not in told
    assert told["titles"] == "ok"
    later = office("licenses", "audit", "-o", "json", now=NOW + timedelta(days=40))
    assert findings(later)["collected"] == "unknown"


def test_a_workspace_that_knows_nothing_is_unknown(ict: Ict, workspace: Path) -> None:
    assert workspace.exists()
    assert ict("licenses", "audit").exit == 3


def test_what_is_planned_is_counted_and_no_state_of_ours(office: Ict) -> None:
    office("licenses", "add", "kassa", 2, "--set", "version=4")
    office("licenses", "audit")
    found = row(office("licenses", "audit", "--planned", "5 devices Kassa Pro", "-o", "json"))
    assert (found["required"], found["to_buy"]) == (7, 5)
    assert office("licenses", "trend", "kassa").table()[-1]["required"] == "2"
    assert office("licenses", "audit", "--planned", "5 users Kassa Pro").exit == 2
    assert office("licenses", "audit", "--planned", "5 devices Kassa Pro", "--notify").exit == 2
    assert office("licenses", "audit", "--planned", "5 Kasa Pro").exit == 5


def test_a_quote_is_compared_with_what_is_to_be_bought(office: Ict) -> None:
    quote = office.folder / "offerte.csv"
    quote.write_text(
        "omschrijving;aantal;prijs\nKassa Pro jaar;1;30000,00\nPlaatsing;1;500,00\n", encoding="utf-8"
    )
    answer = office("licenses", "audit", "--quote", quote, "-o", "json")
    lines = [(each["product"], each["offer"]) for each in answer.json()["quote"]]
    assert lines == [("kassa", "too few"), ("", "unknown product")]
    (total,) = answer.json()["total"]
    assert (total["excl_vat"], total["vat"], total["incl_vat"]) == (30500.0, 6405.0, 36905.0)
    require_pinned_keys(answer.json())


def gone(office: Ict, number: str) -> None:
    """A colleague who left still has a unit."""
    with Store(office.folder / "data", "jan", NOW) as store, store.transaction() as change:
        people.put(change, Person("7", "Wim Weg", leaves=date(2026, 11, 1)))
        change.connection.execute(
            "INSERT INTO entitlement_holder (entitlement, holder_kind, holder, since) "
            "VALUES (?, 'person', '7', '2026-01-01')",
            (number,),
        )


def test_what_left_lies_idle_and_is_given_on_before_buying(office: Ict) -> None:
    office("licenses", "add", "tekst", 1)
    gone(office, "LIC-0001")
    answer = office("licenses", "audit", "--planned", "1 user Tekst", "-o", "json")
    found = row(answer, "tekst")
    assert (found["required"], found["idle"], found["reharvest"], found["to_buy"]) == (2, 1, 1, 0)
    assert findings(answer)["idle"] == "warn"
    idle = office("licenses", "idle", "-o", "json")
    assert [each["subject"] for each in idle.json()["data"]] == ["person:7"]
    require_pinned_keys(idle.json())


def test_an_old_list_of_users_makes_nothing_idle(office: Ict) -> None:
    text = "User principal name,Licenses,Block credential\nels@x.be,Tekst,True\n"
    (office.folder / "users.csv").write_text(text, encoding="utf-8")
    office("licenses", "import", "users.csv", "--yes", "--at", "2026-09-01")
    assert office("licenses", "idle").table() == []
    assert findings(office("licenses", "audit", "-o", "json"))["idle"] == "unknown"
    office("licenses", "import", "users.csv", "--yes")
    assert [each["subject"] for each in office("licenses", "idle").table()] == ["account:els@x.be"]


def test_an_idle_unit_that_nothing_needs_frees_nothing(office: Ict) -> None:
    office("licenses", "add", "kassa", 1, "--set", "version=4")
    gone(office, "LIC-0001")
    found = row(office("licenses", "audit", "-o", "json"))
    assert (found["idle"], found["reharvest"], found["to_buy"]) == (1, 0, 1)


def test_an_answer_holds_until_a_right_or_a_list_that_it_rests_on_is_over(office: Ict) -> None:
    office("licenses", "add", "kassa", 2, "--set", "version=4", "--set", "expires=2026-11-30")
    (found,) = [
        each for each in office("licenses", "audit", "-o", "json").json()["findings"]
        if each["check"] == "licenses.position"
    ]  # fmt: skip
    assert (found["verdict"], found["valid_until"]) == ("ok", "2026-11-30T23:00:00Z")
    office("licenses", "edit", "LIC-0001", "--set", "expires=9999-12-31", "--set", "notice=3m")
    answer = office("licenses", "audit", "-o", "json", now=NOW + timedelta(days=34))
    assert "2026-12-31T17:05:00Z" in {each["valid_until"] for each in answer.json()["findings"]}
    assert office("licenses", "expiring", "--within", "100y").exit == 0


def test_the_price_recorded_last_counts_and_that_of_an_upgrade_never(office: Ict) -> None:
    office(
        "licenses", "add", "kassa", 1, "--set", "version=3", "--set", "cost=100", "--set", "starts=2026-01-01"
    )
    office("licenses", "add", "kassa", 1, "--set", "version=3", "--set", "cost=500")
    office("licenses", "add", "kassa", 1, "--set", "version=4", "--set", "kind=upgrade", "--set", "base=LIC-0001",
           "--set", "cost=7")  # fmt: skip
    found = row(office("licenses", "audit", "--planned", "1 device Kassa Pro", "-o", "json"))
    assert found["to_buy"] == 1
    assert found["cost"] == 500.0


def test_the_sum_can_be_followed_line_by_line(office: Ict) -> None:
    office("licenses", "add", "kassa", 1, "--set", "version=3")
    answer = office("licenses", "explain", "Kassa Pro", "-o", "json")
    assert answer.exit == 0
    kinds = [each["kind"] for each in answer.json()["data"]]
    assert kinds[0] == "owned"
    assert kinds[-1] == "sum"
    assert "1 owned, 2 required" in answer.json()["data"][-1]["text"]
    require_pinned_keys(answer.json())
    assert office("licenses", "explain", "adobe-nothing").exit == 5


def test_what_ends_soon_is_told_with_its_notice(office: Ict) -> None:
    office("licenses", "add", "kassa", 1, "--set", "expires=2027-02-28", "--set", "notice=3m")
    answer = office("licenses", "expiring", "-o", "json")
    (found,) = answer.json()["data"]
    assert (found["days"], found["notice_by"], found["notice_days"]) == (94, "2026-11-30", 4)
    require_pinned_keys(answer.json())
    assert office("licenses", "expiring", "--within", "soon").exit == 2
    assert findings(office("licenses", "audit", "-o", "json"))["expiring"] == "warn"


def test_every_title_is_a_product_ignored_or_unknown(office: Ict) -> None:
    answer = office("licenses", "titles", "-o", "json")
    assert {each["title"]: each["taken"] for each in answer.json()["data"]} == {
        "Kassa Pro 3": "product", "Kassa Pro 4": "product", "Deel": "product", "libc6": "ignored",
        "Onbekend": "unknown",
    }  # fmt: skip
    require_pinned_keys(answer.json())
    assert [each["title"] for each in office("licenses", "titles", "--unknown").table()] == ["Onbekend"]
    proposed = office("licenses", "titles", "--rules")
    assert "title: Onbekend" in proposed.out
    (office.folder / "inventory.d").mkdir(exist_ok=True)
    (office.folder / "inventory.d" / "software.yaml").write_text(proposed.out, encoding="utf-8")
    assert office("licenses", "titles", "--unknown").table() == []


def test_the_trend_has_a_row_per_day_of_an_audit(office: Ict) -> None:
    office("licenses", "add", "kassa", 2)
    office("licenses", "audit")
    office("licenses", "audit", now=NOW + timedelta(days=1))
    answer = office("licenses", "trend", "-o", "json", now=NOW + timedelta(days=1))
    assert [each["day"] for each in answer.json()["data"] if each["product"] == "kassa"] == [
        "2026-11-26", "2026-11-27",
    ]  # fmt: skip
    require_pinned_keys(answer.json())


def test_assets_in_use_of_which_nobody_says_what_they_are_leave_it_open(office: Ict) -> None:
    assert findings(office("licenses", "audit", "-o", "json"))["collected"] == "ok"
    with Store(office.folder / "data", "jan", NOW) as store, store.transaction() as change:
        change.connection.execute(
            "INSERT INTO asset (tag, category, status) VALUES ('LT-1', 'laptop', 'in-stock')"
        )
        change.connection.execute(
            "INSERT INTO custody (asset, holder_kind, holder, since) VALUES ('LT-1', 'room', 'balie', '2026-01-01')"
        )
    answer = office("licenses", "audit", "-o", "json")
    assert findings(answer)["collected"] == "unknown"
    text = INVENTORY.replace("licenses:\n", "licenses:\n  computers: [laptop]\n")
    (office.folder / "inventory.yaml").write_text(text, encoding="utf-8")
    answer = office("licenses", "audit", "-o", "json")
    silent = next(each for each in answer.json()["findings"] if each["check"] == "licenses.collected")
    assert "asset:LT-1" in silent["summary"]


def test_notice_that_was_missed_is_told_as_that(office: Ict) -> None:
    office("licenses", "add", "kassa", 1, "--set", "expires=2026-12-15", "--set", "notice=3m")
    answer = office("licenses", "audit", "-o", "json").json()
    (ending,) = [each for each in answer["findings"] if each["check"] == "licenses.expiring"]
    assert "notice was due by 2026-09-15" in ending["summary"]


def test_a_product_of_a_list_that_ended_is_no_row_any_more(office: Ict) -> None:
    (office.folder / "l.csv").write_text("product;aantal\nTotaalpakket;3\n", encoding="utf-8")
    office("licenses", "import", "l.csv", "--yes")
    assert row(office("licenses", "audit", "-o", "json"), "totaalpakket")["verdict"] == "unknown"
    office("licenses", "end", "LIC-0001", "--because", "vergissing")
    products = [each["product"] for each in office("licenses", "audit", "-o", "json").json()["data"]]
    assert "totaalpakket" not in products


def test_history_and_details_are_of_one_entitlement(office: Ict) -> None:
    (office.folder / "l.csv").write_text(
        "product;aantal;notities\nKassa Pro;3;balie\nX;1;y\n", encoding="utf-8"
    )
    office("licenses", "import", "l.csv", "--yes")
    (event,) = office("licenses", "history", "LIC-0001", "-o", "json").json()["data"]
    assert [each["subject"] for each in event["changes"]] == ["entitlement:LIC-0001"]
    assert "balie" in office("licenses", "show", "LIC-0001", tty=True).out
    assert office("licenses", "trend", "nothing").exit == 5


def test_the_quoted_price_goes_before_the_last_known_one(office: Ict) -> None:
    office("licenses", "add", "kassa", 1, "--set", "version=4", "--set", "cost=250")
    quote = office.folder / "offerte.csv"
    quote.write_text("omschrijving;aantal;prijs\nKassa Pro 4;3;30,00\n", encoding="utf-8")
    assert row(office("licenses", "audit", "-o", "json"))["cost"] == 250.0
    assert row(office("licenses", "audit", "--quote", quote, "-o", "json"))["cost"] == 30.0


def test_only_one_product_can_be_asked_for(office: Ict) -> None:
    office("licenses", "add", "kassa", 2, "--set", "version=4")
    assert office("licenses", "audit", "--product", "Kassa Pro").exit == 0
    forbidden = office("licenses", "audit", "--product", "deel", "-o", "json")
    assert (forbidden.exit, findings(forbidden)) == (4, {"forbidden": "fail"})
    assert office("licenses", "audit", "--product", "nothing").exit == 5
