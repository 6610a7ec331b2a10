"""Windows machines and WSUS asked about updates over a real WinRM server that knows the scripts.

What they answer is written by hand from documentation: no PowerShell runs here. A script is known by its
digest, so that nothing but the text of the files is answered.
"""

from threading import Event
from typing import Any

import pytest

from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.manners import Manner
from lab.servers.winrm.server import NtlmAccounts, WinRmServer
from lab.winrm_rig import NAME, Lab, refusal
from schoten_ict.patch.ask import windows, windows_told, wsus
from schoten_ict.patch.ask.wsus_names import matched
from schoten_ict.patch.facts import Hold, PatchFacts, WsusComputer
from windows_updating import (
    DENIED,
    DUTCH,
    LTSC,
    MACHINES,
    SERVER_2019,
    SERVER_2022,
    SERVER_2025,
    computer,
    missing,
    policy,
    reboot,
    refused,
    search,
    written,
)
from windows_updating import wsus as wsus_server

BY_HAND = "written by hand"
PARTS = sorted(SERVER_2022)


@pytest.fixture
def lab(authority: Authority, winrm_accounts: NtlmAccounts) -> Lab:
    return Lab(authority, authority.issue(NAME), tls=True)


def answers(**outputs: str | Known) -> Answers:
    """An answer for each script by its name."""
    known = Answers()
    for name, output in outputs.items():
        known.add(windows_told.script(name), output if isinstance(output, Known) else Known(BY_HAND, output))
    return known


def scan(lab: Lab, known: Answers, *, searching: bool = False, seconds: float = 10) -> PatchFacts:
    with lab.server(known) as server:
        found = asked(lab, server, searching=searching, seconds=seconds)
        assert server.shells.open_now() == 0
    return found


def asked(lab: Lab, server: WinRmServer, *, searching: bool, seconds: float) -> PatchFacts:
    with lab.open(server) as runner:
        return windows.collect(runner, seconds, search=searching)


def gaps(found: PatchFacts) -> dict[str, str]:
    return {each.subject: each.code for each in found.missing}


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_each_windows_comes_whole_over_the_wire(lab: Lab, name: str) -> None:
    found = scan(lab, answers(windows=written(MACHINES[name])))
    assert found.system is not None
    assert (found.system.build, found.system.ubr) == {
        "2019": (17763, 8027), "2022": (20348, 4405), "2025": (26100, 32463), "ltsc": (19044, 6575),
        "dutch": (26100, 8037),
    }[name]  # fmt: skip
    assert found.reboot is not None
    assert found.reboot.needed is False
    assert (found.updates, found.missing) == (None, ())


def test_windows_11_in_dutch_that_refuses_the_search_keeps_everything_else(lab: Lab) -> None:
    known = answers(windows=written(DUTCH), windows_search=written({}, {"search": DENIED}))
    found = scan(lab, known, searching=True)
    assert found.system is not None
    assert found.system.name == "Windows 11 Pro"
    assert found.updates is None
    assert gaps(found) == {"updates": "denied"}
    assert [(each.update, each.code) for each in found.failures or ()] == [("KB5068861", "0x80070643")]


def test_a_search_on_server_2022_tells_titles_with_diacritics_and_what_is_held(lab: Lab) -> None:
    listed = search(
        missing("Beveiligingsupdate – geïnstalleerd (KB5070001)", "5070001", severity="Important"),
        missing("Realtek – stuurprogramma", "", articles=[], type=2, categories=[]),
        missing("Definities - KB2267602", "2267602"),
    )
    known = answers(windows=written(SERVER_2022), windows_search=written(listed))
    found = scan(lab, known, searching=True)
    assert [(each.key, each.title, each.hold) for each in found.updates or ()] == [
        ("KB5070001", "Beveiligingsupdate – geïnstalleerd (KB5070001)", None),
        ("Realtek – stuurprogramma", "Realtek – stuurprogramma", Hold.OPTIONAL),
    ]
    assert found.missing == ()


@pytest.mark.parametrize(
    "sign", ["servicing", "updates", "reporting", "joining", "name", "in_progress", "packages", "renames"]
)
def test_a_restart_of_every_kind_arrives(lab: Lab, sign: str) -> None:
    value: Any = {"name": "SRV-FILE02", "renames": ["\\??\\C:\\Temp\\a"]}.get(sign, True)
    found = scan(lab, answers(windows=written(SERVER_2019 | {"reboot": reboot(**{sign: value})}))).reboot
    assert found is not None
    only_shown = sign in {"in_progress", "packages", "renames"}
    assert (found.needed, len(found.reasons), len(found.shown)) == (
        not only_shown, int(not only_shown), int(only_shown),
    )  # fmt: skip


def test_a_client_of_wsus_that_cannot_reach_it_says_so_in_one_line(lab: Lab) -> None:
    declared = policy(server="https://srv-wsus01.schoten.test:8531", use_server=1, group="PCs")
    known = answers(
        windows=written(LTSC | {"policy": declared}), windows_search=written({}, refused("0x8024402c"))
    )
    found = scan(lab, known, searching=True)
    assert found.feed is not None
    assert (found.feed.kind, found.feed.server) == ("wsus", "https://srv-wsus01.schoten.test:8531")
    [problem] = found.missing
    assert problem.message == "the name of the update server or proxy is not found (0x8024402c)"


def test_a_broken_event_log_is_named_and_the_rest_is_told(lab: Lab) -> None:
    parts = {name: rows for name, rows in SERVER_2019.items() if name != "events"}
    broken = {"message": "Het gebeurtenislogboekbestand is beschadigd.", "hresult": "0x800705dc", "id": "x"}
    found = scan(lab, answers(windows=written(parts, {"events": broken})))
    assert (found.failures, gaps(found)) == (None, {"failures": "protocol"})
    assert found.patched_at is not None


@pytest.mark.parametrize("part", PARTS)
def test_one_part_that_is_missing_never_costs_another(lab: Lab, part: str) -> None:
    whole = scan(lab, answers(windows=written(SERVER_2022)))
    parts = {name: rows for name, rows in SERVER_2022.items() if name != part}
    found = scan(lab, answers(windows=written(parts, {part: DENIED})))
    fields = {
        "os": {"system"}, "hotpatch": set(), "licences": set(), "reboot": {"reboot"}, "policy": {"feed"},
        "events": {"failures"}, "rollups": {"patched_at"}, "searches": {"lists_at"}, "hotfixes": {"installed"},
    }[part]  # fmt: skip
    changed = {name for name in whole.__slots__ if getattr(whole, name) != getattr(found, name)}
    assert changed - {"missing"} == fields
    assert set(gaps(found)) == fields - {"patched_at"}  # the event log tells when it was patched as well


def test_a_search_that_does_not_end_leaves_what_was_told_before_it(lab: Lab) -> None:
    ended = Event()
    slow = Known(BY_HAND, told=lambda: str(ended.wait(20)))
    with lab.server(answers(windows=written(SERVER_2025), windows_search=slow)) as server:
        try:
            found = asked(lab, server, searching=True, seconds=3)
        finally:
            ended.set()
    assert found.system is not None
    assert found.system.hotpatch is True
    assert gaps(found) == {"updates": "timeout"}


def test_a_script_that_windows_refuses_says_why(lab: Lab) -> None:
    known = answers(windows=Known(BY_HAND, "", ("line 3: constrained language mode",), 1))
    error = refusal(lambda: scan(lab, known))
    assert "constrained language mode" in error.problems[0].message


@pytest.mark.parametrize("name", ["windows", "wsus"])
def test_the_parameters_are_all_that_is_sent_beside_the_script(lab: Lab, name: str) -> None:
    with lab.server(answers(**{name: Known(BY_HAND, echo=True)})) as server, lab.open(server) as runner:
        if name == "wsus":
            error = refusal(lambda: wsus.collect(runner, 10))
        else:
            error = refusal(lambda: windows.collect(runner, 10, search=False))
    assert error.problems[0].code == "protocol"  # the echo is no answer


@pytest.mark.parametrize(
    ("manner", "code"),
    [
        (Manner.DROP, "unreachable"), (Manner.STALL, "timeout"), (Manner.GARBAGE, "protocol"),
        (Manner.ENDLESS, "too-large"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["windows", "wsus"])
def test_a_machine_that_answers_badly_gives_no_facts(lab: Lab, name: str, manner: Manner, code: str) -> None:
    with lab.server(answers()) as server, lab.open(server) as runner:
        server.manners.at("Receive", manner)
        if name == "wsus":
            error = refusal(lambda: wsus.collect(runner, 0.8))
        else:
            error = refusal(lambda: windows.collect(runner, 0.8, search=True))
    assert error.problems[0].code == code


def wsus_scan(lab: Lab, output: str) -> tuple[WsusComputer, ...]:
    with lab.server(answers(wsus=output)) as server, lab.open(server) as runner:
        return wsus.collect(runner, 10).computers


def test_one_server_tells_600_computers_and_which_of_them_is_which_host(lab: Lab) -> None:
    names = [f"pc-{number:04d}" for number in range(600)]
    fleet = [computer(f"{name.upper()}.schoten.test", number) for number, name in enumerate(names)]
    fleet[7] |= {"missing": 1}
    lists = {"lists": [{"id": "id-7", "updates": ["u"]}], "updates": [missing("x", "5070001", id="u")]}
    found = matched(wsus_scan(lab, written(wsus_server(*fleet, **lists))), dict.fromkeys(names, "")).by_host
    assert sorted(found) == names
    assert [each.key for each in found["pc-0007"].updates or ()] == ["KB5070001"]
    assert all(found[name].updates == () for name in names if name != "pc-0007")


def test_a_machine_without_wsus_and_an_account_without_rights_are_told_apart(lab: Lab) -> None:
    absent = {"message": "Unable to find type", "hresult": "0x80131501", "id": "TypeNotFound"}
    error = refusal(lambda: wsus_scan(lab, written({}, {"server": absent})))
    assert error.problems[0].code == "absent"
    error = refusal(lambda: wsus_scan(lab, written({}, {"server": DENIED})))
    assert error.problems[0].code == "denied"
    assert "WSUS Reporters" in error.remedy
