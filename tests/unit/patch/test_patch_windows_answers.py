"""Reading what a Windows tells of its updates. The answers are written by hand; none was recorded from Windows."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.remote import Completed, RemoteError
from schoten_ict.patch.ask import windows, windows_told
from schoten_ict.patch.facts import Failure, Feed, PatchFacts, Reboot
from windows_updating import (
    DENIED,
    DUTCH,
    LTSC,
    MACHINES,
    SERVER_2019,
    SERVER_2025,
    STORE,
    event,
    machine,
    policy,
    reboot,
    searched,
    system,
    told,
)

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
DATES = st.sampled_from(
    [
        "",
        "0001-01-01T00:00:00Z",
        "2026-11-12",
        "2026-11-12T03:10:00",
        "12/11/2026 3:10",
        "9999-12-31T23:59:59Z",
    ]
)
ODD = (
    LEAVES
    | DATES
    | st.lists(LEAVES | DATES, max_size=3)
    | st.dictionaries(st.text(max_size=5), LEAVES, max_size=3)
)


def facts(parts: dict[str, Any], errors: dict[str, Any] | None = None) -> PatchFacts:
    return windows.read(told(parts, errors), NOW)


def gaps(found: PatchFacts) -> dict[str, str]:
    return {each.subject: each.code for each in found.missing}


@pytest.mark.parametrize(
    ("name", "product", "version", "edition", "build", "ubr"),
    [
        ("2019", "Windows Server 2019 Standard", "1809", "ServerStandard", 17763, 8027),
        ("2022", "Windows Server 2022 Datacenter", "21H2", "ServerDatacenter", 20348, 4405),
        ("2025", "Windows Server 2025 Standard", "24H2", "ServerStandard", 26100, 32463),
        ("ltsc", "Windows 10 Enterprise LTSC 2021", "21H2", "EnterpriseS", 19044, 6575),
        ("dutch", "Windows 11 Pro", "24H2", "Professional", 26100, 8037),
    ],
)
def test_each_windows_is_told_with_its_edition_build_and_ubr(
    name: str, product: str, version: str, edition: str, build: int, ubr: int
) -> None:
    found = facts(MACHINES[name])
    assert found.system is not None
    assert (found.system.name, found.system.version, found.system.edition) == (product, version, edition)
    assert (found.system.build, found.system.ubr, found.system.architecture) == (build, ubr, "x64")
    assert found.missing == ()


def test_without_a_search_nothing_is_said_of_missing_updates() -> None:
    found = facts(SERVER_2019)
    assert found.updates is None
    assert found.lists_at == datetime(2026, 11, 26, 6, tzinfo=UTC)
    assert found.patched_at == datetime(2026, 11, 12, 3, 20, tzinfo=UTC)
    assert found.installed == ("KB5068000", "KB5070001")


@pytest.mark.parametrize(
    ("parts", "track"),
    [
        (SERVER_2025, True),
        (SERVER_2019, False),
        (LTSC, False),
        (MACHINES["2022"], None),
        (DUTCH, None),
        (DUTCH | {"hotpatch": [{"packages": [], "policy": 1, "vbs": 1}]}, None),
        (DUTCH | {"hotpatch": [{"packages": [], "policy": 0}]}, False),
        (SERVER_2025 | {"hotpatch": [{"packages": ["Hotpatch Enrollment Package"], "table": 0}]}, None),
        (SERVER_2025 | {"hotpatch": []}, None),
    ],
)
def test_a_machine_is_on_the_hotpatch_track_only_where_that_is_proven(parts: Any, track: bool | None) -> None:
    found = facts(parts).system
    assert found is not None
    assert found.hotpatch is track


FIRST_YEAR, SECOND_YEAR, THIRD_YEAR = (
    "f520e45e-7413-4a34-a497-d2765967d094",
    "1043add5-23b1-4afb-9a0f-64343c8f3f8d",
    "83d49986-add3-41d7-ba33-87c7bfb5c0fb",
)


@pytest.mark.parametrize(
    ("licences", "until"),
    [
        ([FIRST_YEAR], None),
        ([SECOND_YEAR.upper()], date(2027, 10, 12)),
        ([FIRST_YEAR, SECOND_YEAR], date(2027, 10, 12)),
        ([THIRD_YEAR, SECOND_YEAR], date(2028, 10, 10)),
        (["00000000-0000-0000-0000-000000000000"], None),
    ],
)
def test_extended_updates_count_until_the_end_of_the_last_year_that_is_paid(
    licences: list[str], until: date | None
) -> None:
    found = facts(LTSC | {"licences": [{"id": each} for each in licences]}).system
    assert found is not None
    assert (found.subscriptions, found.esu_until) == (("esu",) if until else (), until)


@pytest.mark.parametrize(
    ("signs", "reason"),
    [
        ({"servicing": True}, "component servicing"),
        ({"updates": True}, "installed updates"),
        ({"reporting": True}, "installed updates that were not reported yet"),
        ({"joining": True}, "a change of domain"),
        ({"name": "SRV-FILE02"}, "a new name: SRV-FILE02"),
    ],
)
def test_every_sign_of_a_restart_is_named(signs: dict[str, Any], reason: str) -> None:
    assert facts(SERVER_2019 | {"reboot": reboot(**signs)}).reboot == Reboot(needed=True, reasons=(reason,))


def test_pending_renames_are_shown_and_never_counted() -> None:
    names = [f"\\??\\C:\\Temp\\{number}.tmp" for number in range(25)]
    found = facts(
        SERVER_2019 | {"reboot": reboot(renames=names, rename_count=80, packages=True, in_progress=True)}
    )
    assert found.reboot is not None
    assert (found.reboot.needed, found.reboot.reasons) == (False, ())
    assert "rename of C:\\Temp\\0.tmp" in found.reboot.shown
    assert found.reboot.shown[-1] == "60 more file names"
    assert facts(SERVER_2019 | {"reboot": reboot(renames="C:\\x", rename_count=1)}).reboot == Reboot(
        needed=False, shown=("rename of C:\\x",)
    )


def test_a_name_in_other_letters_is_the_same_name() -> None:
    assert facts(SERVER_2019 | {"reboot": reboot(active="srv-file01")}).reboot == Reboot(needed=False)


@pytest.mark.parametrize("sign", ["servicing", "updates", "reporting", "joining", "name", "active"])
def test_a_sign_that_is_not_told_leaves_it_open_unless_another_one_is_there(sign: str) -> None:
    found = facts(SERVER_2019 | {"reboot": reboot(**{sign: None})}).reboot
    assert found == Reboot(needed=None)
    other = "updates" if sign == "servicing" else "servicing"
    found = facts(SERVER_2019 | {"reboot": reboot(**{sign: None, other: True})}).reboot
    assert found is not None
    assert found.needed is True


@pytest.mark.parametrize(
    ("declared", "feed"),
    [
        ({}, Feed("windows-update")),
        (
            {"server": "http://srv-wsus01:8530", "use_server": 1, "group": "Servers"},
            Feed("wsus", "http://srv-wsus01:8530", {"group": "Servers"}),
        ),
        (
            {"server": "http://srv-wsus01:8530", "use_server": 0},
            Feed("policy", "", {"unused WSUS server": "http://srv-wsus01:8530"}),
        ),
        (
            {"server": "http://srv-wsus01:8530", "use_server": "1", "source": 0},
            Feed("policy", "http://srv-wsus01:8530", {"security updates from": "Windows Update"}),
        ),
        ({"defer": 7, "managed_defer": 14}, Feed("policy", "", {"deferred": "14 days"})),
        (
            {"no_auto": 1, "service_starts": 4, "release": "24H2", "paused": "2026-11-20"},
            Feed("policy", "", {"stays on": "24H2", "paused since": "2026-11-20", "automatic updates": "off",
                                "update service": "disabled"}),
        ),
    ],
)  # fmt: skip
def test_the_source_of_updates_is_the_one_that_policy_uses(declared: dict[str, Any], feed: Feed) -> None:
    assert facts(SERVER_2019 | {"policy": policy(**declared)}).feed == feed


def test_failures_are_of_the_last_40_days_with_their_code_and_in_any_language() -> None:
    assert facts(DUTCH).failures == (
        Failure(datetime(2026, 11, 20, 9, tzinfo=UTC), "KB5068861", "0x80070643"),
    )
    old = event(20, "Update (KB5060000)", "2026-10-16T10:00:00Z", "0x80070643")
    assert facts(SERVER_2019 | {"events": [old]}).failures == ()


@pytest.mark.parametrize(
    ("told_code", "code"),
    [
        ("0x80240034", "0x80240034"),
        ("-2145124300", "0x80240034"),
        ("2149842996", "0x80240034"),
        ("x", ""),
        ("", ""),
    ],
)
def test_a_code_is_told_in_hex_however_windows_wrote_it(told_code: str, code: str) -> None:
    [found] = (
        facts(
            SERVER_2019 | {"events": event(20, "x (KB5060000)", "2026-11-20T09:00:00Z", told_code)}
        ).failures
        or ()
    )
    assert found.code == code


def test_what_was_installed_after_it_failed_is_no_failure() -> None:
    log = [
        event(20, "x (KB5060001)", "2026-11-20T09:00:00Z", "0x1"),
        event(19, "x (KB5060001)", "2026-11-21T09:00:00Z"),
        event(19, "x (KB5060002)", "2026-11-20T09:00:00Z"),
        event(20, "x (KB5060002)", "2026-11-21T09:00:00Z", "0x1"),
    ]
    found = facts(SERVER_2019 | {"events": log})
    assert [each.update for each in found.failures or ()] == ["KB5060002"]
    assert found.patched_at == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_definitions_and_apps_of_the_store_are_neither_installations_nor_failures() -> None:
    later = "2026-11-25T09:00:00Z"
    log = [
        event(19, "Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 (Version 1.4)", later),
        event(20, "Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 (Version 1.4)", later, "0x1"),
        event(20, "9NBLGGH4NNS1-Microsoft.DesktopAppInstaller", later, "0x1", STORE),
        event(19, "Intel - net - 12.18.9.23", later),
    ]  # fmt: skip
    found = facts(SERVER_2019 | {"events": log})
    assert found.failures == ()
    assert found.patched_at == datetime(2026, 11, 12, 3, 20, tzinfo=UTC)


def test_a_rollup_that_waits_for_a_restart_is_not_installed() -> None:
    rollups = [
        {"name": "x", "state": 96, "at": "2026-11-25T00:00:00Z"},
        {"name": "y", "state": 80, "at": "2026-10-01T00:00:00Z"},
    ]
    found = facts(SERVER_2019 | {"events": [], "rollups": rollups})
    assert found.patched_at == datetime(2026, 10, 1, tzinfo=UTC)


def test_a_search_of_the_store_or_of_nobody_does_not_make_lists_fresh() -> None:
    log = [searched("2026-11-26T06:00:00Z", STORE), searched("2026-11-26T06:00:00Z", ""),
           searched("2026-11-01T06:00:00Z")]  # fmt: skip
    assert facts(SERVER_2019 | {"searches": log}).lists_at == datetime(2026, 11, 1, 6, tzinfo=UTC)
    found = facts(SERVER_2019 | {"searches": log[:2]})
    assert (found.lists_at, gaps(found)) == (None, {"lists_at": "absent"})


def test_times_that_lie_ahead_prove_nothing() -> None:
    ahead = {"events": [event(19, "x (KB5060001)", "2027-11-21T09:00:00Z")], "rollups": [],
             "searches": [searched("2027-11-26T06:00:00Z")]}  # fmt: skip
    found = facts(SERVER_2019 | ahead)
    assert (found.patched_at, found.lists_at) == (None, None)
    assert gaps(found) == {"patched_at": "absent", "lists_at": "absent"}


def test_a_broken_event_log_costs_what_it_alone_tells_and_is_named() -> None:
    parts = {name: rows for name, rows in SERVER_2019.items() if name not in {"events", "searches"}}
    broken = {"message": "The event log file is corrupted.", "hresult": "0x800705dd", "id": "x"}
    found = facts(parts, {"events": broken, "searches": broken})
    assert (found.failures, found.lists_at) == (None, None)
    assert found.patched_at == datetime(2026, 11, 12, 3, 20, tzinfo=UTC)
    assert gaps(found) == {"failures": "protocol", "lists_at": "protocol"}


def test_a_log_without_an_event_is_no_failure_and_that_is_an_answer() -> None:
    found = facts(SERVER_2019 | {"events": []})
    assert (found.failures, found.missing) == ((), ())


def test_parts_that_are_denied_are_missing_each_by_its_field() -> None:
    found = facts(
        {"events": []},
        dict.fromkeys(("os", "reboot", "policy", "hotfixes", "rollups", "searches"), DENIED),
    )
    assert (found.system, found.reboot, found.feed, found.installed, found.updates) == (None,) * 5
    assert gaps(found) == dict.fromkeys(
        ("system", "reboot", "feed", "installed", "patched_at", "lists_at"), "denied"
    )
    assert all(each.remedy for each in found.missing)


def test_an_answer_without_parts_names_all_of_them() -> None:
    found = facts({})
    assert set(gaps(found)) == {"system", "reboot", "feed", "failures", "installed", "patched_at", "lists_at"}
    assert found == PatchFacts("windows", missing=found.missing)


@pytest.mark.parametrize("value", [None, "", "x", -1, {}])
def test_a_system_without_its_ubr_says_so(value: Any) -> None:
    found = facts(machine(system("Windows Server 2022 Standard", "20348", value)))
    assert found.system is not None
    assert (found.system.build, found.system.ubr) == (20348, None)
    assert gaps(found) == {"system": "absent"}


def test_a_list_that_is_too_long_is_told_and_named() -> None:
    found = facts(
        SERVER_2019, {"events": {"message": "more than 5000 entries", "hresult": "", "id": "TooMany"}}
    )
    assert found.failures == ()
    assert gaps(found) == {"failures": "too-large"}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {},
        {"schema": "ict-patch/1"},
        {"schema": "other", "parts": {}},
        {"schema": "ict-patch/1", "parts": []},
    ],
)
def test_an_answer_of_something_else_is_one_error(document: object) -> None:
    with pytest.raises(RemoteError) as raised:
        windows_told.answer(document)
    [problem] = raised.value.problems
    assert problem.code == "protocol"


def kept(found: PatchFacts) -> None:
    """What is told can be kept, and what is not told is named."""
    import msgspec

    text = json.dumps(msgspec.to_builtins(found), allow_nan=False, ensure_ascii=False).encode()
    assert msgspec.json.decode(text, type=PatchFacts) == found
    named = {each.subject for each in found.missing}
    for field in ("system", "reboot", "feed", "failures", "installed", "patched_at", "lists_at"):
        assert getattr(found, field) is not None or field in named


@given(
    st.recursive(ODD, lambda inner: st.dictionaries(st.sampled_from(["schema", "parts", "errors"]), inner))
)
def test_any_json_is_read_or_refused(document: Any) -> None:
    try:
        answer = windows_told.answer(document)
    except RemoteError:
        return
    kept(windows.read(answer, NOW))


PARTS = {name: sorted(rows[0]) if rows else ["id"] for name, rows in SERVER_2019.items()}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.lists(st.dictionaries(st.sampled_from(keys), ODD), max_size=2) | ODD
            for name, keys in PARTS.items()
        },
    ),
    st.dictionaries(st.sampled_from(sorted(PARTS)), ODD, max_size=3),
)
def test_any_values_in_any_part_give_facts_that_can_be_kept(
    parts: dict[str, Any], errors: dict[str, Any]
) -> None:
    document = {"schema": windows_told.SCHEMA, "parts": parts, "errors": errors}
    kept(windows.read(windows_told.answer(document), NOW))


@given(st.data(), st.sampled_from(sorted(MACHINES)))
def test_any_value_in_place_of_another_is_read(data: st.DataObject, name: str) -> None:
    parts = json.loads(json.dumps(MACHINES[name]))
    part = data.draw(st.sampled_from(sorted(each for each, rows in parts.items() if rows)))
    row = parts[part][0]
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(ODD)
    kept(facts(parts))


@given(st.sampled_from(sorted(MACHINES)))
def test_lists_of_one_that_powershell_wrote_as_themselves_are_the_same(name: str) -> None:
    unrolled = {part: rows[0] if len(rows) == 1 else rows for part, rows in MACHINES[name].items()}
    wrapped = {part: {"value": rows, "Count": len(rows)} for part, rows in MACHINES[name].items()}
    assert facts(unrolled) == facts(wrapped) == facts(MACHINES[name])


@pytest.mark.parametrize(
    ("stdout", "stderr", "cut", "code", "words"),
    [
        (b"", b"regel 3: mislukt\nmeer", False, "protocol", "regel 3: mislukt"),
        (b"[" * 100_000, b"", False, "protocol", "gave no answer"),
        (b"1" * 5_000, b"", False, "protocol", "gave no answer"),
        (b"\xff\xfe", b"", False, "protocol", "gave no answer"),
        (b"[]", b"", False, "protocol", "another shape"),
        (b"{}", b"", True, "too-large", "limit"),
    ],
)
def test_what_is_no_answer_is_one_error_in_one_line(
    stdout: bytes, stderr: bytes, cut: bool, code: str, words: str
) -> None:
    with pytest.raises(RemoteError) as raised:
        windows_told.read(Completed(0, stdout, stderr, 1, cut))
    [problem] = raised.value.problems
    assert problem.code == code
    assert words in problem.message
    assert "\n" not in problem.line()


@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_one_error(stdout: bytes) -> None:
    try:
        found = windows_told.read(Completed(0, stdout, b"", 1))
    except RemoteError:
        return
    kept(windows.read(found, NOW))
