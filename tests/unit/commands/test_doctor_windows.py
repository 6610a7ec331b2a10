"""The probes of `ict doctor --winrm`: PowerShell that only reads, and rules that no answer can upset."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from running import NOW
from schoten_ict.commands.doctor.windows import before, collected, inside, reading
from schoten_ict.commands.doctor.windows.about import About
from schoten_ict.commands.doctor.windows.visit import STAGES
from schoten_ict.connect.winrm import script as winrm
from schoten_ict.connect.winrm.looking import Offered, Shown
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding
from schoten_ict.core.hostfacts import HostFacts, Identity
from schoten_ict.core.verdict import Verdict
from schoten_ict.patch.ask import windows_told
from schoten_ict.patch.facts import PatchFacts, System
from windows_probing import ABSENT, ADMINISTRATOR, LIMITS, ORDINARY, parts
from windows_updating import DENIED

ABOUT = About("srv-file01", NOW)
NAMES = sorted(parts())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "length", "last", "at", "count", "name", "groups", "shells", "message"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=9,
)


def answer(told: dict[str, Any], errors: dict[str, Any] | None = None) -> windows_told.Answer:
    return windows_told.answer({"schema": "ict-patch/1", "parts": told, "errors": errors or {}})


def judged(read: windows_told.Answer) -> list[Finding]:
    """Every rule that looks at the answer of the probes."""
    echo = read.one("echo")
    return [
        inside.stdin(ABOUT, echo),
        inside.unicode(ABOUT, echo),
        inside.clock(ABOUT, read.one("clock"), (0.0, 1.0)),
        inside.account(ABOUT, read.one("account")),
        inside.limits(ABOUT, read.one("limits"), read.lacks("limits", always=True)),
        *reading.rights(ABOUT, read),
    ]


def test_the_script_asks_for_every_part_that_is_read_and_writes_the_names_of_the_tests() -> None:
    text = reading.script()
    asked = re.findall(r"^Read-Part '(\w+)'", text, re.MULTILINE)
    assert sorted(asked) == NAMES
    written = set(re.findall(r"(?:^|[;{(])\s*(\w+)\s*= ", text, re.MULTILINE))
    rows = [ADMINISTRATOR, LIMITS, parts()["echo"][0], parts()["clock"][0], {"count": 1}]
    assert {name for row in rows for name in row} <= written
    assert f"schema = '{windows_told.SCHEMA}'" in text
    assert text.isascii()


def test_the_script_changes_nothing_and_hides_nothing_of_its_runner() -> None:
    lines = [line for line in reading.script().splitlines() if not line.lstrip().startswith("#")]
    code = re.sub(r"'[^']*'", "", "\n".join(lines))
    verbs = {word.partition("-")[0] for word in re.findall(r"\b([A-Z][a-zA-Z]+-[A-Z]\w+)", code)}
    assert verbs <= {"Get", "Read", "Write", "Test", "New", "Where", "ForEach", "ConvertTo"}
    assert set(re.findall(r"New-Object (?:-ComObject )?([\w.]+)", code)) == {
        "System.DateTime", "System.Security.Principal.WindowsPrincipal", "Microsoft.Update.Session",
        "System.Security.Principal.SecurityIdentifier",
    }  # fmt: skip
    assert set(re.findall(r"\.([A-Z]\w+)\(", code)) <= {
        "OpenBaseKey", "OpenSubKey", "GetSubKeyNames", "Close", "GetCurrent", "IsInRole", "Translate", "Split",
        "Invoke", "CreateUpdateSearcher", "GetTotalHistoryCount", "Floor", "GetBaseException", "ToUniversalTime",
        "ToString",
    }  # fmt: skip
    runner = winrm.program("runner.ps1")
    own, theirs = (set(re.findall(r"^\s*\$(\w+) = ", each, re.MULTILINE)) for each in (code, runner))
    assert not (own & theirs) - {"ErrorActionPreference", "ProgressPreference"}


@given(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=9),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
)
def test_no_answer_upsets_the_rules_and_what_was_not_told_is_never_ok(
    told: dict[str, Any], errors: dict[str, Any]
) -> None:
    read = answer(told, errors)
    found = judged(read)
    json.dumps([dict(each.evidence) for each in found])
    assert all(each.remedy for each in found if each.verdict is not Verdict.OK)
    steps = {each.check.removeprefix("doctor.winrm."): each for each in found}
    for name, source in reading.SOURCES.items():
        if read.lacks(name, always=True) and not source.absent:
            assert steps[f"read.{name.replace('_', '-')}"].verdict is not Verdict.OK


@given(st.text() | st.from_regex(r"PowerShell \d{1,3}\.\d{1,3}(\.\d+)* [A-Za-z]{0,20}\r?\n"))
def test_only_full_language_of_version_4_or_later_is_ok(said: str) -> None:
    found = inside.powershell(ABOUT, said)
    if found.verdict is Verdict.OK:
        assert re.search(r"PowerShell ([4-9]|\d\d+)\.\d+.* FullLanguage", said)
    assert found.summary.isprintable()


@pytest.mark.parametrize(
    ("said", "verdict", "word"),
    [
        ("PowerShell 5.1.17763.6532 FullLanguage\r\n", Verdict.OK, "5.1"),
        ("PowerShell 5.1.17763.6532 ConstrainedLanguage\r\n", Verdict.FAIL, "collectors cannot work"),
        ("PowerShell 5.1.17763.6532 NoLanguage\r\n", Verdict.FAIL, "collectors cannot work"),
        ("PowerShell 3.0 FullLanguage\r\n", Verdict.FAIL, "4 is needed"),
        ("", Verdict.FAIL, "nothing"),
    ],
)
def test_the_language_mode_and_the_version_decide(said: str, verdict: Verdict, word: str) -> None:
    found = inside.powershell(ABOUT, said)
    assert found.verdict is verdict
    assert word in found.summary


def clock(seconds: float, took: float = 2.0) -> Verdict:
    return inside.clock(
        ABOUT, {"at": round((1_000_000 + seconds) * 1000)}, (1_000_000, 1_000_000 + took)
    ).verdict


def test_a_clock_counts_by_what_it_is_off_for_certain() -> None:
    assert [clock(each) for each in (0, 2, -50, 302, -299, 303, -301)] == [
        Verdict.OK, Verdict.OK, Verdict.OK, Verdict.WARN, Verdict.WARN, Verdict.FAIL, Verdict.FAIL,
    ]  # fmt: skip
    assert clock(300, took=301) is Verdict.OK, "a slow answer proves nothing"
    assert inside.clock(ABOUT, {}, (0, 1)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(("took", "verdict"), [(300, Verdict.OK), (15_001, Verdict.WARN)])
def test_a_round_trip_is_told_and_a_slow_one_warns(took: int, verdict: Verdict) -> None:
    found = inside.script(ABOUT, b"hello\r\n", took)
    assert (found.verdict, found.evidence["duration_ms"]) == (verdict, took)
    assert inside.script(ABOUT, b"hallo", 1).verdict is Verdict.FAIL


def shown(days: float, *, self_signed: bool = False) -> Shown:
    return Shown(("srv-a.test",), "CN=ca", NOW + timedelta(days=days), self_signed)


def test_a_certificate_is_judged_by_what_is_left_of_it_and_by_why_it_is_refused() -> None:
    refused = Problem("tls", "the certificate of x is refused: y", "", "name the authority")
    rules = [
        (shown(31), None, Verdict.OK, ""), (shown(29.5), None, Verdict.WARN, "renew"),
        (shown(-1), refused, Verdict.FAIL, "renew"), (shown(60), refused, Verdict.FAIL, "name the authority"),
        (shown(60, self_signed=True), refused, Verdict.FAIL, "domain's authority"),
    ]  # fmt: skip
    for certificate, reason, verdict, remedy in rules:
        found = before.certificate(ABOUT, certificate, reason)
        assert found.verdict is verdict
        assert remedy in found.remedy
    assert before.uncertified(ABOUT, "kerberos").verdict is Verdict.OK
    assert before.uncertified(ABOUT, "ntlm").verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("offered", "verdict"),
    [
        (Offered(401, ("Kerberos", "Negotiate")), Verdict.OK), (Offered(401, ("Basic", "Negotiate")), Verdict.WARN),
        (Offered(401, ()), Verdict.FAIL), (Offered(200, ("Negotiate",)), Verdict.FAIL),
        (Offered(404, ()), Verdict.FAIL),
    ],
)  # fmt: skip
def test_a_service_must_ask_for_a_log_in_that_hands_over_no_password(
    offered: Offered, verdict: Verdict
) -> None:
    assert before.service(ABOUT, offered, 5986).verdict is verdict


def test_a_right_that_is_denied_names_what_stays_unknown_and_what_may_be_absent_is_no_loss() -> None:
    read = answer({}, {"registry": DENIED, "bitlocker": DENIED, "antivirus": ABSENT, "services": ABSENT})
    found = {each.check.removeprefix("doctor.winrm.read."): each for each in reading.rights(ABOUT, read)}
    assert found["registry"].verdict is Verdict.FAIL
    assert found["bitlocker"].verdict is Verdict.WARN
    assert found["antivirus"].verdict is Verdict.OK
    assert found["services"].verdict is Verdict.WARN
    assert found["hotfixes"].verdict is Verdict.UNKNOWN
    assert all(source.without in found[name.replace("_", "-")].summary
               for name, source in reading.SOURCES.items() if name != "antivirus")  # fmt: skip


def test_an_ordinary_account_is_named_with_its_groups_and_an_administrator_as_one() -> None:
    assert "an administrator" in inside.account(ABOUT, ADMINISTRATOR).summary
    assert "member of Remote Management Users, Event Log Readers" in inside.account(ABOUT, ORDINARY).summary


def test_collections_are_ok_whole_warn_in_part_and_fail_without_who_it_is() -> None:
    gap = Problem("denied", "Toegang geweigerd", "encryption", "")
    whole = HostFacts(identity=Identity(hostname="SRV"))
    assert collected.inventory(ABOUT, whole, 5).verdict is Verdict.OK
    part = collected.inventory(ABOUT, HostFacts(identity=Identity(hostname="SRV"), missing=(gap,)), 5)
    assert part.verdict is Verdict.WARN
    assert "1 part told; denied: encryption" in part.summary
    assert collected.inventory(ABOUT, HostFacts(missing=(gap,)), 5).verdict is Verdict.FAIL
    system = System("windows", "Windows Server 2022", build=20348)
    assert collected.patch(ABOUT, PatchFacts("windows", system=system), 5).verdict is Verdict.OK
    assert collected.patch(ABOUT, PatchFacts("windows"), 5).verdict is Verdict.FAIL
    assert (
        collected.patch(ABOUT, PatchFacts("windows", system=system, missing=(gap,)), 5).verdict
        is Verdict.WARN
    )


def test_every_step_stands_on_the_page_about_windows() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "windows.md").read_text(encoding="utf-8")
    alone = {"probes"}  # its rows have names of their own
    rows = {"encryption", "stdin", "text", "clock", "account", "limits", "rest", "read.*"}
    assert [name for name in sorted({*STAGES} - alone | rows) if f"`{name}`" not in page] == []
