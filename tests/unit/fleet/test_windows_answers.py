"""Reading a Windows machine's answer. The answers are written by hand; none was recorded from Windows."""

import json
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.hostfacts import HostFacts, Interface, Listener, Service, Title, Volume
from schoten_ict.core.remote import Command, Completed, RemoteError
from schoten_ict.fleet.ask import windows
from schoten_ict.formats.answers import number, rows, text

ANSWERS = Path(__file__).parent / "windows_answers"
SCRIPT = Path(windows.__file__).with_name("windows.ps1")
PARTS = [
    "os", "running", "system", "bios", "processors", "volumes", "adapters", "software", "user_software",
    "services", "listeners", "defender", "antivirus", "bitlocker", "administrators",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "version", "type", "addresses", "masks", "port", "path", "value", "Count"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def answer(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def facts(name: str) -> HostFacts:
    return windows.read(answer(name))


def gaps(read: HostFacts) -> dict[str, str]:
    return {gap.subject: gap.code for gap in read.missing}


@pytest.mark.parametrize("path", sorted(ANSWERS.glob("*.json")), ids=lambda path: path.stem)
def test_every_answer_says_that_it_was_written_by_hand_and_survives_being_kept(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert "ritten by hand" in document["_note"]
    assert set(document["parts"]) | set(document["errors"]) <= set(PARTS)
    read = windows.read(document)
    assert HostFacts.from_parts(json.loads(json.dumps(read.parts()))).parts() == read.parts()


@pytest.mark.parametrize(
    ("name", "os", "version", "build"),
    [
        ("server-2016", "Windows Server 2016 Standard", "1607", "14393.7515"),
        ("server-2019-denied", "Windows Server 2019 Standard", "1809", "17763.6532"),
        ("server-2022", "Windows Server 2022 Datacenter", "21H2", "20348.2762"),
        ("server-2025", "Windows Server 2025 Standard", "24H2", "26100.32522"),
        ("windows-11-24h2-dutch", "Windows 11 Pro", "24H2", "26100.8037"),
    ],
)
def test_each_windows_is_named_with_its_build_and_ubr(name: str, os: str, version: str, build: str) -> None:
    identity = facts(name).identity
    assert identity is not None
    assert (identity.os, identity.os_version, identity.os_build) == (os, version, build)


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("server-2016", "ServerStandard"),
        ("server-2022", "ServerDatacenter"),
        ("windows-11-24h2-dutch", "Professional"),
    ],
)
def test_the_edition_is_kept_as_windows_calls_it_in_every_language(name: str, edition: str) -> None:
    identity = facts(name).identity
    assert identity is not None
    assert identity.edition == edition


def test_a_server_is_read_part_by_part() -> None:
    read = facts("server-2016")
    assert read.missing == ()
    assert read.identity is not None
    assert (read.identity.vendor, read.identity.serial, read.identity.virtual) == (
        "Dell Inc.",
        "7QX1234",
        None,
    )
    assert read.hardware is not None
    assert (read.hardware.sockets, read.hardware.cores, read.hardware.threads) == (2, 20, 40)
    assert read.interfaces == (
        Interface("LAN", "b0:26:28:00:00:01", ("127.10.10.25/24", "fe80::1234/64"), up=True, speed_mbps=20_000,
                  alias="Microsoft Network Adapter Multiplexor Driver"),
        Interface("NIC4", "b0:26:28:00:00:04", (), up=False, alias="Broadcom NetXtreme Gigabit Ethernet"),
    )  # fmt: skip
    assert [volume.name for volume in read.volumes or ()] == ["C:\\", "D:\\Mount\\Logs\\"]
    assert read.listeners == (
        Listener("tcp", "0.0.0.0", 1433, "sqlservr"),
        Listener("tcp", "::", 1433, "sqlservr"),
        Listener("udp", "0.0.0.0", 1434, "sqlbrowser"),
    )
    assert read.state is not None
    assert read.state.uptime_seconds == 864_000
    assert read.state.free_bytes == {"C:\\": 21_474_836_480, "D:\\Mount\\Logs\\": 436_870_912_000}


def test_both_registry_views_and_the_programs_of_users_are_software() -> None:
    assert facts("server-2016").software == (
        Title("7-Zip 19.00", "19.00", "Igor Pavlov", "x86", "registry"),
        Title("Microsoft SQL Server 2016 (64-bit)", None, "Microsoft Corporation", "x64", "registry"),
    )
    dutch = facts("windows-11-24h2-dutch").software or ()
    assert Title(
        "Microsoft Teams classic", "1.7.00.1", "Microsoft Corporation", None, "registry", "SCHOTEN\\hannesv"
    ) in dutch  # fmt: skip


def test_a_service_of_a_logon_session_keeps_its_name_over_logons() -> None:
    assert facts("server-2016").services == (
        Service("Backup_2019", running=False, starts="manual"),
        Service("CDPUserSvc", running=True, starts="auto"),
        Service("MSSQLSERVER", running=True, starts="auto"),
    )


def test_parts_that_are_denied_are_missing_and_not_empty() -> None:
    read = facts("server-2019-denied")
    assert (read.hardware, read.interfaces, read.volumes, read.services, read.listeners) == (None,) * 5
    assert read.protection is None
    found = gaps(read)
    assert {found[part] for part in ("serial", "hardware", "volumes", "interfaces", "services")} == {"denied"}
    assert found["administrators"] == "denied"
    assert found["antivirus"] == "absent"
    assert found["encryption"] == "denied"
    assert next(gap for gap in read.missing if gap.subject == "serial").remedy


def test_an_empty_answer_where_every_machine_has_one_is_missing() -> None:
    document = answer("server-2022")
    document["parts"] |= {"bios": [], "services": [], "user_software": []}
    assert gaps(windows.read(document)) == {"serial": "protocol", "services": "protocol"}


def test_without_the_feature_no_volume_is_encrypted_and_that_is_an_answer() -> None:
    protection = facts("server-2016").protection
    assert protection is not None
    assert protection.encryption == {"C:\\": "absent", "D:\\Mount\\Logs\\": "absent"}


def test_the_states_of_bitlocker_are_told_apart() -> None:
    found = {name: facts(name).protection for name in ("server-2022", "server-2025", "windows-11-24h2-dutch")}
    assert [each.encryption for each in found.values() if each] == [
        {"C:\\": "off"}, {"C:\\": "on"}, {"C:\\": "suspended"},
    ]  # fmt: skip


def test_another_virus_scanner_is_named_and_nothing_is_claimed_of_it() -> None:
    protection = facts("windows-11-24h2-dutch").protection
    assert protection is not None
    assert (protection.antivirus, protection.antivirus_enabled, protection.signatures_at) == (
        "ESET Security", None, None,
    )  # fmt: skip


def test_a_defender_that_does_not_run_is_unknown_and_never_ok() -> None:
    read = facts("server-2025")
    assert gaps(read)["antivirus"] == "absent"
    assert read.protection is not None
    assert (read.protection.antivirus, read.protection.antivirus_enabled) == (None, None)


def test_administrators_are_accounts_or_sids_in_any_language() -> None:
    protection = facts("server-2016").protection
    assert protection is not None
    assert protection.administrators == (
        "S-1-5-21-1-2-3-1105",
        "SCHOTEN\\Domain Admins",
        "SRV-SQL01\\Administrator",
    )
    dutch = facts("windows-11-24h2-dutch").protection
    assert dutch is not None
    assert dutch.administrators == ("LT-0042\\Beheerder", "SCHOTEN\\Domeinadministrators")


def test_machines_of_a_hypervisor_say_so() -> None:
    names = ("server-2022", "server-2025", "server-2016")
    assert [each.virtual for name in names if (each := facts(name).identity)] == ["vmware", "microsoft", None]


def test_a_list_of_one_is_read_however_powershell_wrote_it() -> None:
    assert facts("server-2025").volumes == (Volume("C:\\", "NTFS", 68_719_476_736, "x"),)


class Canned:
    """Gives one answer, whatever is asked, and keeps what was asked."""

    def __init__(self, stdout: bytes, stderr: bytes = b"", *, cut: bool = False) -> None:
        self.done = Completed(0, stdout, stderr, 1, cut)
        self.asked: list[Command] = []

    def run(self, command: Command) -> Completed:
        self.asked.append(command)
        return self.done

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_what_is_asked_is_the_script_as_it_stands_with_parameters_beside_it() -> None:
    runner = Canned(json.dumps(answer("server-2022")).encode())
    windows.collect(runner, 42)
    [command] = runner.asked
    assert command.text == SCRIPT.read_text(encoding="utf-8")
    assert (dict(command.parameters), command.seconds) == ({"most": windows.MOST}, 42)


@pytest.mark.parametrize(
    ("clock", "offset"),
    [((1_004_000, 1_007_000), 0), ((1_100_000, 1_103_000), 93_000), ((900_000, 903_000), -100_000)],
)
def test_the_clock_is_off_by_what_is_proven(clock: tuple[int, int], offset: int) -> None:
    """Asked at 1000 s, answered at 1010 s of our clock; PowerShell starts somewhere in between."""
    document = {**answer("server-2022"), "clock": clock[0], "clock_again": clock[1]}
    state = windows._with_clock(windows.read(document), document, (1000.0, 1010.0)).state
    assert state is not None
    assert state.clock_offset_ms == offset


@pytest.mark.parametrize(
    ("runner", "code"),
    [
        (Canned(b"", b"line 3: boom\nmore"), "protocol"),
        (Canned(b"[" * 100_000), "protocol"),
        (Canned(b"[]"), "protocol"),
        (Canned(b'{"schema": "other"}'), "protocol"),
        (Canned(b"{}", cut=True), "too-large"),
    ],
)
def test_an_answer_of_something_else_is_one_error(runner: Canned, code: str) -> None:
    with pytest.raises(RemoteError) as raised:
        windows.collect(runner, 5)
    assert raised.value.problems[0].code == code


def kept_or_refused(document: dict[str, Any]) -> None:
    try:
        read = windows.read(document)
    except RemoteError:
        return
    kept = json.dumps(read.parts(), ensure_ascii=False, allow_nan=False).encode()
    assert HostFacts.from_parts(json.loads(kept)).parts() == read.parts()


@given(st.dictionaries(st.sampled_from(["schema", "parts", "errors", "clock"]), JSON))
def test_any_json_gives_facts_or_one_error(document: dict[str, Any]) -> None:
    kept_or_refused(document)


@given(
    st.dictionaries(st.sampled_from(PARTS), JSON),
    st.dictionaries(st.sampled_from(PARTS), JSON),
)
def test_any_parts_give_facts_that_can_be_kept(parts: dict[str, Any], errors: dict[str, Any]) -> None:
    kept_or_refused({"schema": windows.SCHEMA, "parts": parts, "errors": errors})


@given(st.data(), st.sampled_from(sorted(path.stem for path in ANSWERS.glob("*.json"))))
def test_any_value_in_place_of_another_gives_facts(data: st.DataObject, name: str) -> None:
    document = answer(name)
    part = data.draw(st.sampled_from(sorted(document["parts"])))
    entries = rows(document["parts"][part])
    if entries:
        row = dict(data.draw(st.sampled_from(entries)))
        row[data.draw(st.sampled_from(sorted(row)))] = data.draw(JSON | st.text(st.characters(), max_size=9))
        document["parts"][part] = [*entries, row]
        kept_or_refused(document)


def test_values_keep_to_what_can_be_stored() -> None:
    assert text({"a": " \0x\ud800 "}, "a") == "x?"
    assert text({"a": 5}, "a") is None
    assert [number(each) for each in (5, "5", 5.0, True, -1, 2**63, 1.5, float("nan"), "٣")] == [
        5, 5, 5, None, None, None, None, None, None,
    ]  # fmt: skip


def test_the_script_is_powershell() -> None:
    grammar = pytest.importorskip("tree_sitter_powershell")
    tree_sitter = pytest.importorskip("tree_sitter")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    source = SCRIPT.read_bytes()
    assert not parser.parse(source).root_node.has_error
    assert parser.parse(source.rstrip().replace(b"catch {", b"catch", 1)).root_node.has_error  # it does look


def test_the_script_asks_for_every_part_that_is_read_and_is_plain_ascii() -> None:
    source = SCRIPT.read_text(encoding="ascii")
    assert [line.split("'")[1] for line in source.splitlines() if line.startswith("Read-Part '")] == PARTS
    assert f"'{windows.SCHEMA}'" in source
