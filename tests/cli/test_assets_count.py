"""`ict assets count`: from the first scan to the findings, with rooms, restarts and refusals."""

from pathlib import Path

import pytest

from running import NOW, Answer, Ict
from schoten_ict.assets.acts import counting
from schoten_ict.inventory import load
from schoten_ict.store import Store, journal

SITES = """\
sites:
  - {name: gemeentehuis, title: Gemeentehuis, rooms: [GH-1.01, GH-1.02]}
  - {name: bibliotheek, title: Bibliotheek, rooms: [BIB-balie]}
"""


@pytest.fixture
def house(ict: Ict, workspace: Path) -> Ict:
    """Two laptops in GH-1.01, one in GH-1.02, a monitor in GH-1.01, and a laptop in the library."""
    inventory = workspace / "inventory.yaml"
    before = inventory.read_text(encoding="utf-8")
    site = "sites:\n  - {name: gemeentehuis, title: Gemeentehuis}\n"
    assert site in before
    inventory.write_text(before.replace(site, SITES), encoding="utf-8")
    for category, room, place, more in (
        ("laptop", "GH-1.01", "gemeentehuis", ("serial=5cg1234ab", "macs=00:11:22:33:44:55")),
        ("laptop", "GH-1.01", "Gemeentehuis", ("imei=490154203237518",)),
        ("laptop", "GH-1.02", "gemeentehuis", ()),
        ("monitor", "GH-1.01", "gemeentehuis", ()),
        ("laptop", "BIB-balie", "bibliotheek", ()),
    ):
        values = [f"--set={each}" for each in (f"location={room}", f"site={place}", *more)]
        assert ict("assets", "add", "--category", category, *values).exit == 0
    return ict


def outcomes(ict: Ict, name: str = "voorjaar") -> dict[str, str]:
    answer = ict("assets", "count", "status", name)
    assert answer.exit == 0, answer.err
    return {row["code"] or row["tag"]: row["outcome"] for row in answer.table()}


def scan(ict: Ict, *codes: str, name: str = "voorjaar", options: tuple[str, ...] = ()) -> Answer:
    answer = ict("assets", "count", "scan", name, *options, stdin="\n".join(codes) + "\n")
    assert answer.exit == 0, answer.err
    return answer


def test_a_count_from_start_to_finish(house: Ict) -> None:
    started = house("assets", "count", "start", "voorjaar", "--site", "GEMEENTEHUIS").table()[0]
    assert (started["site"], started["expected"], started["missing"]) == ("gemeentehuis", "4", "4")
    answer = scan(
        house, "LT-0001", "@GH-1.02", "LT-0002", "LT-0004", "8711234567890", options=("--location", "gh-1.01")
    )
    assert answer.err.splitlines() == [
        "LT-0001: found",
        "now in GH-1.02",
        "LT-0002: misplaced: recorded at GH-1.01",
        "LT-0004: misplaced: recorded at BIB-balie",
        "8711234567890: unknown: not on record",
    ]
    row = answer.table()[0]
    assert [row[name] for name in ("found", "misplaced", "unexpected", "unknown", "missing")] == list("12012")
    finished = house("assets", "count", "finish", "voorjaar", "-o", "json")
    assert finished.exit == 4
    assert {each["tag"]: each["outcome"] for each in finished.json()["data"]} == {
        "LT-0001": "found",
        "LT-0002": "misplaced",
        "LT-0003": "missing",
        "LT-0004": "misplaced",
        "MN-0001": "missing",
        None: "unknown",
    }
    told = {
        (each["check"], each["subject"], each["key"]): each["verdict"] for each in finished.json()["findings"]
    }
    assert told == {
        ("assets.count.missing", "asset:LT-0003", ""): "fail",
        ("assets.count.missing", "asset:MN-0001", ""): "fail",
        ("assets.count.misplaced", "asset:LT-0002", ""): "warn",
        ("assets.count.misplaced", "asset:LT-0004", ""): "warn",
        ("assets.count.unexpected", "count:voorjaar", ""): "ok",
        ("assets.count.unknown", "count:voorjaar", "8711234567890"): "warn",
    }  # fmt: skip
    assert house("journal", "verify").exit == 0


@pytest.mark.parametrize("code", ["LT-0001", "lt-0001", "5cg 1234ab", "00-11-22-33-44-55", "0011.2233.4455"])
def test_any_of_its_numbers_finds_an_asset(house: Ict, code: str) -> None:
    house("assets", "count", "start", "voorjaar")
    assert "LT-0001" in scan(house, code).err
    assert house("assets", "count", "list").table()[0]["found"] == "1"


def test_an_imei_finds_an_asset(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    assert scan(house, "490154203237518").err == "LT-0002 (490154203237518): found\n"


def test_a_number_of_two_assets_counts_for_neither(house: Ict) -> None:
    house("assets", "edit", "LT-0003", "--set", "imei=490154203237518")
    house("assets", "count", "start", "voorjaar")
    assert "belongs to LT-0002 and LT-0003: scan the tag" in scan(house, "490154203237518").err
    assert outcomes(house)["490154203237518"] == "unknown"


def test_scanning_twice_counts_once_and_says_so(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    answer = scan(house, "@GH-1.01", "LT-0001", "LT-0001", "5CG1234AB")
    assert answer.err.splitlines()[2:] == [
        "LT-0001: found (already scanned in GH-1.01)",
        "LT-0001 (5CG1234AB): found (already scanned in GH-1.01)",
    ]
    assert answer.table()[0]["found"] == "1"


def test_the_last_room_counts_when_a_room_was_forgotten(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    scan(house, "@GH-1.01", "LT-0003", "@GH-1.02", "LT-0003")
    assert outcomes(house)["LT-0003"] == "found"


def test_an_unknown_room_misplaces_nothing(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    answer = scan(house, "@GH-1.01", "@GH-1.03", "LT-0003")
    assert "no room 'GH-1.03' (did you mean GH-1.0" in answer.err
    assert outcomes(house)["LT-0003"] == "found"


def test_what_is_assigned_elsewhere_is_unexpected(house: Ict) -> None:
    house("assets", "assign", "LT-0004", "--to", "department:Bibliotheek")
    house("assets", "count", "start", "voorjaar", "--site", "gemeentehuis")
    assert scan(house, "LT-0004").err == "LT-0004: unexpected: assigned to Bibliotheek, not in scope\n"


def test_what_is_lost_retired_or_in_repair_is_not_looked_for_and_stands_out_when_seen(house: Ict) -> None:
    house("assets", "lost", "LT-0001")
    house("assets", "retire", "LT-0002")
    house("assets", "repair", "start", "LT-0003")
    house("assets", "count", "start", "voorjaar")
    assert set(outcomes(house)) == {"LT-0004", "MN-0001"}
    assert scan(house, "LT-0001").err == "LT-0001: unexpected: recorded as lost\n"
    told = house("assets", "count", "finish", "voorjaar", "-o", "json").json()["findings"]
    assert "ict assets found LT-0001" in [each["remedy"] for each in told]


def test_the_scope_is_fixed_when_the_count_starts(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar", "--location", "GH-1.01", "--category", "laptop")
    house("assets", "add", "--category", "laptop", "--set", "location=GH-1.01")
    house("assets", "edit", "LT-0002", "--set", "location=GH-1.02")
    assert outcomes(house) == {"LT-0001": "missing", "LT-0002": "missing"}
    scan(house, "LT-0001")
    assert outcomes(house) == {"LT-0001": "found", "LT-0002": "missing"}


def test_an_unknown_thing_that_is_added_afterwards_is_known(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar", "--site", "bibliotheek")
    scan(house, "NIEUW77", options=("--location", "BIB-balie"))
    assert outcomes(house)["NIEUW77"] == "unknown"
    words = ("--set=serial=NIEUW77", "--set=site=bibliotheek", "--set=location=BIB-balie")
    house("assets", "add", "--category", "laptop", *words)
    assert outcomes(house) == {"NIEUW77": "found", "LT-0004": "missing"}


def test_a_count_is_taken_up_again_later(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    scan(house, "LT-0001")
    scan(house, "LT-0002")
    assert house("assets", "count", "list").table()[0]["found"] == "2"


def test_finish_writes_the_rooms_only_after_a_yes(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar", "--site", "gemeentehuis")
    scan(house, "@GH-1.02", "LT-0001", "LT-0002", "LT-0003", "LT-0004", "MN-0001")
    words = ("assets", "count", "finish", "voorjaar", "--update-locations")
    assert house(*words, "--dry-run").exit == 0
    refused = house(*words)
    assert refused.exit == 8
    assert "Write the room of 4 assets?" in refused.err
    no = house(*words, stdin="n\n", tty=True)
    assert (no.exit, house("assets", "show", "LT-0001").table()[0]["location"]) == (8, "GH-1.01")
    yes = house(*words, "--yes")
    assert yes.exit == 0, yes.err
    moved = house("assets", "show", "LT-0004").table()[0]
    assert (moved["location"], moved["site"]) == ("GH-1.02", "gemeentehuis")
    assert house("assets", "show", "LT-0002").table()[0]["site"] == "Gemeentehuis"
    assert outcomes(house)["LT-0004"] == "misplaced"


def test_only_the_rooms_that_were_shown_are_written(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    scan(house, "@GH-1.02", "LT-0001", "LT-0002")
    with Store(house.folder / "data", "jan", NOW) as store:
        wanted = {"LT-0001": "BIB-balie", "LT-0002": "GH-1.02", "LT-0003": "GH-1.01"}
        closed = counting.finish(store, load(house.folder), "voorjaar", wanted)
    assert closed.corrected == {"LT-0002"}
    assert house("assets", "show", "LT-0001").table()[0]["location"] == "GH-1.01"
    assert house("assets", "show", "LT-0002").table()[0]["location"] == "GH-1.02"


def test_what_a_room_holds_is_held_by_the_room_where_it_was_seen(house: Ict) -> None:
    house("assets", "assign", "MN-0001", "--to", "room:GH-1.01")
    house("assets", "count", "start", "voorjaar", "--category", "monitor")
    assert "misplaced: recorded at GH-1.01" in scan(house, "@GH-1.02", "MN-0001").err
    house("assets", "count", "finish", "voorjaar", "--update-locations", "--yes")
    assert house("assets", "show", "MN-0001").table()[0]["holder_key"] == "room:GH-1.02"


def test_a_dry_run_gives_the_same_verdict_and_leaves_no_trace(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    scan(house, "LT-0001")
    trace = house("journal", "show").out
    dry = house("assets", "count", "finish", "voorjaar", "--dry-run", "-o", "json")
    assert house("journal", "show").out == trace
    wet = house("assets", "count", "finish", "voorjaar", "-o", "json")
    assert dry.exit == wet.exit == 4
    assert dry.json()["data"] == wet.json()["data"]


def test_a_finished_count_stays_as_it_was(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    scan(house, "@GH-1.01", "LT-0001")
    house("assets", "count", "finish", "voorjaar")
    before = house("assets", "count", "status", "voorjaar").out
    house("assets", "edit", "LT-0001", "--set", "location=GH-1.02")
    house("assets", "lost", "LT-0002")
    assert house("assets", "count", "status", "voorjaar").out == before


def test_seen_again_in_a_later_count_resolves_what_was_missing_and_leaves_the_rest(house: Ict) -> None:
    house("assets", "count", "start", "eerste", "--site", "gemeentehuis")
    house("assets", "count", "finish", "eerste")
    house("assets", "count", "start", "tweede", "--location", "GH-1.02")
    scan(house, "LT-0003", name="tweede")
    assert house("assets", "count", "finish", "tweede", now=NOW.replace(day=27)).exit == 0
    with Store(house.folder / "data", "jan", NOW) as store:
        rows = store.reader.execute(
            "SELECT subject FROM finding WHERE resolved_at IS NULL AND check_id = 'assets.count.missing' "
            "AND verdict = 'fail' ORDER BY subject"
        ).fetchall()
    assert [row["subject"] for row in rows] == ["asset:LT-0001", "asset:LT-0002", "asset:MN-0001"]


def test_every_step_is_in_the_journal_and_in_the_history_of_the_asset(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    scan(house, "@GH-1.02", "LT-0001")
    house("assets", "count", "finish", "voorjaar", "--update-locations", "--yes")
    with Store(house.folder / "data", "jan", NOW) as store:
        actions = [entry.action for entry in journal.entries(store.reader, subject="asset:LT-0001")]
    assert actions == ["count.finish", "count.scan", "asset.add"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("start", "voorjaar"), 6, "was started on 2026-11-26"),
        (("start", "a\x1bb"), 2, "is no name for a count"),
        (("start", "najaar", "--category", "lapto"), 5, "did you mean laptop?"),
        (("start", "najaar", "--site", "gemeentehui"), 5, "did you mean gemeentehuis?"),
        (("start", "najaar", "--location", "GH-1.03"), 5, "did you mean GH-1.0"),
        (("scan", "voorjar"), 5, "did you mean voorjaar?"),
        (("scan", "voorjaar", "--location", "GH-9"), 5, "no room 'GH-9'"),
        (("status", "voorjar"), 5, "did you mean voorjaar?"),
        (("status", "voorjaar", "--outcome", "mising"), 2, "did you mean missing?"),
        (("finish", "voorjar"), 5, "did you mean voorjaar?"),
        (("scan", "klaar"), 6, "was finished on 2026-11-26"),
        (("finish", "klaar"), 6, "was finished on 2026-11-26"),
        (("start", "klaar"), 6, "take another name"),
    ],
)
def test_refusals_say_why(house: Ict, words: tuple[str, ...], status: int, message: str) -> None:
    for name in ("voorjaar", "klaar"):
        assert house("assets", "count", "start", name).exit == 0
    house("assets", "count", "finish", "klaar")
    answer = house("assets", "count", *words, stdin="LT-0001\n")
    assert (answer.exit, answer.out) == (status, "")
    assert message in answer.err
    assert "\x1b" not in answer.err


def test_a_national_number_is_never_kept(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    answer = scan(house, "85073003328", "x" * 300)
    assert "national register number and is not kept" in answer.err
    assert "300 characters are no code" in answer.err
    assert "85073003328" not in house("assets", "count", "status", "voorjaar").out
    assert b"85073003328" not in b"".join(
        path.read_bytes() for path in (house.folder / "data").glob("ict.db*")
    )


def test_what_a_scanner_sends_is_data(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    answer = scan(house, "\x1b[31mrood", "  LT-0001\r", "", "=1+1")
    assert "\x1b" not in answer.err
    assert answer.table()[0]["unknown"] == "2"
    assert "'=1+1" in house("assets", "count", "status", "voorjaar", "-o", "csv").out


def test_on_a_terminal_a_bell_calls_for_a_look(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    answer = house("assets", "count", "scan", "voorjaar", stdin="LT-0001\nXYZ\n", tty=True)
    assert "Counting voorjaar" in answer.err
    assert "LT-0001: found\n" in answer.err
    assert "XYZ: unknown: not on record\a\n" in answer.err


def test_quiet_tells_only_what_is_wrong(house: Ict) -> None:
    house("assets", "count", "start", "voorjaar")
    assert scan(house, "LT-0001", "XYZ", options=("-q",)).err == "XYZ: unknown: not on record\n"
