"""Reading what a WSUS server tells of its computers. The answers are written by hand; none was recorded."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.remote import RemoteError
from schoten_ict.patch.ask import windows_told, wsus
from schoten_ict.patch.ask.wsus_names import matched
from schoten_ict.patch.facts import Severity, Update, WsusComputer
from windows_updating import DENIED, SECURITY, computer, missing, told
from windows_updating import wsus as server

CUMULATIVE = missing("2026-11 Cumulative Update (KB5070001)", "5070001", severity="Critical", id="u-1")
OTHER = missing(
    "2026-11 .NET (KB5070002)", "5070002", severity="Unspecified", categories=[SECURITY], id="u-2", reboot=0
)
DEFENDER = missing("Definitions", "2267602", id="u-3")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
ODD = (
    LEAVES
    | st.lists(LEAVES, max_size=3)
    | st.dictionaries(st.sampled_from(["value", "Count", "id"]), LEAVES, max_size=3)
)
COUNTS = ("missing", "downloaded", "pending_reboot", "failed", "installed", "not_applicable", "not_known")


def read(*computers: dict[str, Any], **more: Any) -> tuple[WsusComputer, ...]:
    return wsus.read(told(server(*computers, **more)), 90.0).computers


def lists(*ids: str, number: int = 1) -> dict[str, Any]:
    return {"lists": [{"id": f"id-{number}", "updates": list(ids)}], "updates": [CUMULATIVE, OTHER, DEFENDER]}


def test_a_computer_is_told_with_its_counts_and_times_in_utc() -> None:
    [found] = read(computer("PC-0001.Schoten.Test.", pending_reboot=1, reported="2026-11-25T23:30:00Z"))
    assert found == WsusComputer(
        "pc-0001.schoten.test", "127.10.20.1", "Windows 11 Pro", "PCs", datetime(2026, 11, 25, 23, 30, tzinfo=UTC),
        datetime(2026, 11, 25, 9, 55, tzinfo=UTC), 0, 0, 1, 0, 120, 900, 3, updates=(),
    )  # fmt: skip


def test_the_updates_behind_the_counts_are_told_without_those_of_the_virus_scanner() -> None:
    [found] = read(computer("pc-0001", missing=2, failed=1), **lists("u-2", "u-1", "u-3"))
    assert found.problem is None
    assert found.updates == (
        Update("KB5070001", CUMULATIVE["title"], Severity.CRITICAL, True, published=date(2026, 11, 10), restart=True, source="wsus"),
        Update("KB5070002", OTHER["title"], Severity.UNRATED, True, published=date(2026, 11, 10), source="wsus"),
    )  # fmt: skip


def test_a_single_update_that_powershell_wrote_as_itself_is_the_same() -> None:
    unrolled = {"lists": {"id": "id-1", "updates": "u-1"}, "updates": CUMULATIVE}
    [found] = read(computer("pc-0001", missing=1), **unrolled)
    assert [each.key for each in found.updates or ()] == ["KB5070001"]


def test_a_computer_that_the_server_did_not_come_to_has_counts_only_and_says_so() -> None:
    first, second = read(computer("pc-0001", missing=1), computer("pc-0002", 2, missing=4), **lists("u-1"))
    by_host = {each.host: each for each in (first, second)}
    assert by_host["pc-0001"].updates is not None
    assert by_host["pc-0002"].updates is None
    assert by_host["pc-0002"].missing == 4
    problem = by_host["pc-0002"].problem
    assert problem is not None
    assert (problem.code, problem.subject) == ("timeout", "updates")
    assert "90 s" in problem.message


def test_a_computer_that_never_reported_misses_nobody_knows_what() -> None:
    [found] = read(computer("pc-0001", reported="", not_known=900))
    assert (found.reported_at, found.updates) == (None, None)
    assert found.problem is not None
    assert found.problem.code == "absent"


@pytest.mark.parametrize("part", ["lists", "updates"])
def test_lists_that_failed_leave_the_counts_and_the_reason(part: str) -> None:
    answer = server(computer("pc-0001", missing=1), computer("pc-0002", 2)) | lists("u-1")
    del answer[part]
    found = {each.host: each for each in wsus.read(told(answer, {part: DENIED})).computers}
    assert found["pc-0001"].updates is None
    assert found["pc-0001"].problem is not None
    assert found["pc-0001"].problem.code == "denied"
    assert found["pc-0002"].updates == ()


def test_a_computer_that_lacks_updates_of_which_none_is_listed_is_not_clean() -> None:
    """They may be approved for another group, or the server may not tell them."""
    [found] = read(computer("pc-0001", missing=2), **lists())
    assert found.updates is None
    assert found.problem is not None
    assert (
        found.problem.message
        == "the server counts updates that it lacks, and lists none that is approved for it"
    )


def test_an_update_that_is_not_known_makes_the_list_of_its_computer_no_list() -> None:
    [found] = read(computer("pc-0001", missing=2), **lists("u-1", "u-9"))
    assert found.updates is None
    assert found.problem is not None
    assert found.problem.message == "1 of its 2 updates have no title"


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [None, "", "many", -1, 1.5, {}, True])
def test_a_computer_without_a_count_is_left_out_and_never_clean(name: str, value: Any) -> None:
    found = read(computer("pc-0001", **{name: value}), computer("pc-0002", 2))
    assert [each.host for each in found] == ["pc-0002"]


def test_numbers_as_text_are_numbers() -> None:
    [found] = read(computer("pc-0001", 1, **dict[str, Any].fromkeys(COUNTS, "7")))
    assert [getattr(found, name) for name in COUNTS] == [7] * 7


def test_computers_of_which_none_can_be_read_are_an_error() -> None:
    with pytest.raises(RemoteError):
        read(computer("", 1), computer("", 2))


def test_a_server_without_computers_tells_none() -> None:
    assert read() == ()


def test_of_a_machine_that_was_set_up_anew_the_newest_record_counts() -> None:
    old = computer("pc-0001.schoten.test", 1, reported="2026-03-01T00:00:00Z", missing=40)
    never = computer("PC-0001.schoten.test", 3, reported="")
    [found] = read(old, computer("PC-0001.schoten.test", 2), never)
    assert (found.missing, found.address) == (0, "127.10.20.2")


@pytest.mark.parametrize(
    ("errors", "code", "words"),
    [
        ({"server": {"message": "Unable to find type", "hresult": "0x80131501", "id": "TypeNotFound"}}, "absent", "no WSUS"),
        ({"server": DENIED}, "denied", "Toegang"),
        ({"computers": {"message": "SQL timeout", "hresult": "0x80131904", "id": "x"}}, "protocol", "SQL timeout"),
    ],
)  # fmt: skip
def test_a_server_that_does_not_tell_its_computers_is_one_error(
    errors: dict[str, Any], code: str, words: str
) -> None:
    parts = {} if "server" in errors else {"server": [{"name": "x"}]}
    with pytest.raises(RemoteError) as raised:
        wsus.read(told(parts, errors))
    [problem] = raised.value.problems
    assert problem.code == code
    assert words in problem.message
    assert bool(problem.remedy) == (code == "denied")


def test_a_list_of_computers_that_was_cut_is_an_error_and_no_smaller_fleet() -> None:
    cut = {"computers": {"message": "more than 5000 entries", "hresult": "", "id": "TooMany"}}
    with pytest.raises(RemoteError) as raised:
        wsus.read(told(server(computer("pc-0001")), cut))
    assert raised.value.problems[0].code == "too-large"


FLEET = [
    computer("pc-0001.schoten.test", 1), computer("PC-0002", 2), computer("srv-a.schoten.test", 3),
    computer("srv-a.oud.test", 4), computer("srv-b.schoten.test", 5),
]  # fmt: skip


@pytest.mark.parametrize(
    ("hosts", "matches"),
    [
        ({"pc-0001": "127.10.20.9"}, {"pc-0001": "pc-0001.schoten.test"}),
        ({"PC-0001": ""}, {"PC-0001": "pc-0001.schoten.test"}),
        ({"pc-0002": "127.0.0.1"}, {"pc-0002": "pc-0002"}),
        ({"werkplek": "pc-0001.schoten.test"}, {"werkplek": "pc-0001.schoten.test"}),
        ({"srv-a": "srv-a.oud.test."}, {"srv-a": "srv-a.oud.test"}),
        ({"srv-a": "127.10.20.3"}, {}),
        ({"srv-b.elders.test": "127.10.20.5"}, {}),
        ({"srv-b": "srv-b.elders.test"}, {}),
        ({"srv-b": "::1"}, {"srv-b": "srv-b.schoten.test"}),
        ({"srv-b": "", "bestanden": "srv-b.schoten.test"}, {}),
        ({"onbekend": "127.10.20.1"}, {}),
    ],
)
def test_a_host_is_the_computer_that_its_name_alone_means(
    hosts: dict[str, str], matches: dict[str, str]
) -> None:
    found = matched(read(*FLEET), hosts)
    assert {host: each.host for host, each in found.by_host.items()} == matches


def test_computers_that_no_host_means_and_hosts_that_are_not_told_apart_are_named() -> None:
    hosts = {
        "pc-0001": "127.10.20.9", "srv-a": "127.10.20.3", "srv-b": "", "bestanden": "srv-b.schoten.test", "x": "",
    }  # fmt: skip
    found = matched(read(*FLEET), hosts)
    assert found.strangers == ("pc-0002",)
    assert found.ambiguous == ("bestanden", "srv-a", "srv-b")


def test_the_server_tells_when_it_last_fetched_updates_and_how_many_computers_were_not_read() -> None:
    found = wsus.read(told(server(computer("pc-0001"), computer("", 2), computer("pc-3", 3, missing=None))))
    assert (found.server, found.synchronised_at, found.unread) == (
        "SRV-WSUS01", datetime(2026, 11, 26, 2, tzinfo=UTC), 2,
    )  # fmt: skip


@pytest.mark.parametrize("rows", [[], [{"synchronised": ""}], [{"synchronised": "gisteren"}], [{}]])
def test_a_server_that_never_fetched_anything_does_not_say_when(rows: list[dict[str, Any]]) -> None:
    assert wsus.read(told(server(computer("pc-0001"), catalogue=rows))).synchronised_at is None


KEYS = {
    "server": ["name"], "catalogue": ["synchronised"], "computers": sorted(computer("")), "lists": ["id", "updates"],
    "updates": sorted(CUMULATIVE),
}  # fmt: skip


@given(
    st.fixed_dictionaries(
        {}, optional={
            name: st.lists(st.dictionaries(st.sampled_from(keys), ODD), max_size=2) | ODD for name, keys in KEYS.items()
        },
    ),
    st.dictionaries(st.sampled_from(sorted(KEYS)), ODD, max_size=2),
)  # fmt: skip
def test_any_json_gives_computers_or_one_error(parts: dict[str, Any], errors: dict[str, Any]) -> None:
    document = {"schema": windows_told.SCHEMA, "parts": parts, "errors": errors}
    try:
        found = wsus.read(windows_told.answer(json.loads(json.dumps(document))))
    except RemoteError:
        return
    assert all(each.host and (each.updates is None) == (each.problem is not None) for each in found.computers)


@given(st.data())
def test_any_value_in_place_of_another_is_read_and_never_hides_what_is_missing(data: st.DataObject) -> None:
    row = computer("pc-0001", missing=2)
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(ODD)
    found = read(row, computer("pc-0002", 2))
    for each in found:
        if each.host == "pc-0001" and each.missing:
            assert each.updates is None
