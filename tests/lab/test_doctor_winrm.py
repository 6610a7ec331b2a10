"""`ict doctor --winrm` against a real WinRM server: real NTLM, real TLS, answers that were written by hand."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.certificates import Authority, Certificate
from lab.servers.winrm.manners import Manner
from lab.servers.winrm.messages import FaultError
from lab.servers.winrm.server import NtlmAccounts, WinRmServer
from lab.winrm_rig import NAME, PASSWORD, USER
from running import Answer, Ict
from schoten_ict.commands.doctor.windows.inside import BARE, HELLO
from schoten_ict.commands.doctor.windows.reading import SOURCES, script
from schoten_ict.commands.doctor.windows.visit import STAGES
from schoten_ict.fleet.ask import windows as fleet_windows
from schoten_ict.patch.ask import windows_told
from windows_probing import ABSENT, LIMITS, ORDINARY, parts, without, written
from windows_updating import DENIED, SERVER_2022
from windows_updating import written as patch_written

BY_HAND = "written by hand"
FACTS = Path(__file__).parents[1] / "unit" / "fleet" / "windows_answers"
INVENTORY = """
organisation: {{name: A}}
credentials:
  windows: {{kind: winrm, user: 'LAB\\svc-ict', password: "file:secret", transport: ntlm}}
hosts:
  - name: srv-file01
    address: {address}
    connect: {{winrm: {{credential: windows, port: {port}, tls: {{ca: ca.pem, server_name: {name}}}}}}}
  - {{name: sw-core-01, address: 127.0.0.3}}
exceptions: {exceptions}
"""
WRONG = "Herfst-2026!"
BEFORE = ["declared", "credential", "port", "certificate", "service", "login"]
INSIDE = ["powershell", "script", "encryption", "stdin", "text", "clock", "account", "limits"]
READS = [f"read.{name.replace('_', '-')}" for name in SOURCES]


def fleet_facts(name: str = "server-2022") -> str:
    return (FACTS / f"{name}.json").read_text(encoding="utf-8")


def answers(**changed: str | Known | None) -> Answers:
    """A good host, but for what is changed; None is a script that the machine does not know."""
    told: dict[str, str | Known | None] = {
        "bare": Known(BY_HAND, "PowerShell 5.1.20348.2849 FullLanguage\r\n"),
        "hello": "hello\n",
        "probes": Known(BY_HAND, told=lambda: written(parts())),
        "inventory": fleet_facts(),
        "patch": patch_written(SERVER_2022),
    }
    fleet_script = Path(fleet_windows.__file__).with_name("windows.ps1").read_text(encoding="utf-8")
    texts = {
        "bare": BARE, "hello": HELLO, "probes": script(), "inventory": fleet_script,
        "patch": windows_told.script("windows"),
    }  # fmt: skip
    known = Answers()
    for name, output in (told | changed).items():
        if output is not None:
            known.add(texts[name], output if isinstance(output, Known) else Known(BY_HAND, output))
    return known


@dataclass
class Site:
    """A workspace that declares one Windows machine, and the servers that stand for it."""

    folder: Path
    authority: Authority
    exceptions: str = "[]"

    def server(self, known: Answers | None = None, certificate: Certificate | None = None) -> WinRmServer:
        return WinRmServer(known or answers(), certificate=certificate or self.authority.issue(NAME, days=90))

    def declare(self, address: str, port: int, password: str = PASSWORD) -> None:
        text = INVENTORY.format(address=address, port=port, name=NAME, exceptions=self.exceptions)
        shutil.copy(self.authority.path, self.folder / "ca.pem")
        (self.folder / "inventory.yaml").write_text(text, encoding="utf-8")
        secret = self.folder / "secret"
        secret.write_text(password, encoding="utf-8")
        secret.chmod(0o600)

    def ask(self, *words: object) -> Answer:
        answer = Ict(self.folder)("doctor", "--winrm", "srv-file01", *words, now=datetime.now(UTC))
        assert PASSWORD not in answer.out + answer.err
        assert WRONG not in answer.out + answer.err
        assert "Traceback" not in answer.err
        return answer

    def seen(self, server: WinRmServer, password: str = PASSWORD) -> dict[str, Any]:
        """The rows by their step; whatever was opened over there has ended."""
        with server:
            self.declare(server.address, server.port, password)
            answer = self.ask("-o", "json")
            assert server.shells.open_now() == 0
        return by_step(answer)


def by_step(answer: Answer) -> dict[str, Any]:
    document = json.loads(answer.out)
    assert document["kind"] == "doctor.winrm"
    rows = {row["step"]: row for row in document["data"]}
    assert len(rows) == len(document["data"])
    assert all(row["remedy"] for row in rows.values() if row["verdict"] != "ok")
    return rows | {"exit": answer.exit}


def others(rows: dict[str, Any]) -> dict[str, str]:
    """The steps that are not ok."""
    return {step: row["verdict"] for step, row in rows.items() if step != "exit" and row["verdict"] != "ok"}


@pytest.fixture
def site(tmp_path: Path, authority: Authority, winrm_accounts: NtlmAccounts) -> Site:
    return Site(tmp_path, authority)


def test_a_good_host_is_ok_at_every_step_to_the_end_of_both_collections(site: Site) -> None:
    server = site.server()
    rows = site.seen(server)
    assert others(rows) == {}
    assert rows["exit"] == 0
    assert [*rows] == [*BEFORE, *INSIDE, *READS, "inventory", "patch", "exit"]
    assert rows["login"]["seen"] == f"{USER} was let in by ntlm"
    assert "5.1 in FullLanguage" in rows["powershell"]["seen"]
    assert "89 days left: for srv-file01.lab.test" in rows["certificate"]["seen"]
    assert rows["patch"]["seen"].endswith("parts told, none missing")
    assert rows["script"]["duration_ms"] >= 0
    assert server.counts.logins == 1, "one log-in for all steps"


def test_a_certificate_that_ends_within_a_month_warns(site: Site) -> None:
    rows = site.seen(site.server(certificate=site.authority.issue(NAME)))
    assert others(rows) == {"certificate": "warn"}
    assert "for 29 days only" in rows["certificate"]["seen"]


def test_over_http_each_message_is_sealed_and_the_server_unproven(site: Site) -> None:
    with WinRmServer(answers(), address="127.0.77.5", port=5985) as server:
        site.declare(server.address, server.port)
        rows = by_step(site.ask("-o", "json"))
    assert rows["encryption"]["verdict"] == "ok"
    assert "sealed under the ntlm log-in" in rows["encryption"]["seen"]
    assert rows["certificate"]["verdict"] == "warn"
    assert "5986" in rows["certificate"]["remedy"]


def test_a_wrong_password_is_tried_once_and_at_the_second_visit_not_at_all(site: Site) -> None:
    server = site.server()
    with server:
        site.declare(server.address, server.port, WRONG)
        first, second = (by_step(site.ask("-o", "json")) for _ in range(2))
        assert server.counts.attempts == 1
    assert (first["login"]["verdict"], first["exit"]) == ("fail", 4)
    assert second["login"]["verdict"] == "unknown"
    assert "ict inventory forgive windows" in second["login"]["remedy"]
    assert first["rest"]["verdict"] == second["rest"]["verdict"] == "unknown"
    assert first["rest"]["seen"] == "not tried: powershell, script, probes, inventory, patch"


def test_a_secret_that_is_not_there_ends_it_before_anything_is_sent(site: Site) -> None:
    with site.server() as server:
        site.declare(server.address, server.port)
        (site.folder / "secret").unlink()
        rows = by_step(site.ask("-o", "json"))
        assert server.counts.requests == []
    assert rows["credential"]["verdict"] == "fail"
    assert [*rows] == ["declared", "credential", "rest", "exit"]


def test_a_closed_port_is_told_and_the_other_way_is_tried(site: Site) -> None:
    site.declare("127.0.77.6", 5986)
    rows = by_step(site.ask("-o", "json"))
    assert [*rows] == ["declared", "credential", "port", "rest", "exit"]
    assert rows["port"]["verdict"] == "fail"
    assert "Connection refused" in rows["port"]["seen"]
    assert "nor is 5985 open" in rows["port"]["seen"]
    with WinRmServer(address="127.0.77.6", port=5985):
        rows = by_step(site.ask("-o", "json"))
    assert "port 5985 is open there" in rows["port"]["remedy"]


def test_certificates_that_do_not_hold_are_named_and_no_password_goes_over_them(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    foreign = Authority(tmp_path_factory.mktemp("foreign"))
    expected = {
        "has expired": site.authority.issue(NAME, days=-3),
        "signature failure": foreign.issue(NAME),
        "ostname mismatch": site.authority.issue("srv-other.lab.test"),
    }
    for reason, certificate in expected.items():
        server = site.server(certificate=certificate)
        rows = site.seen(server)
        assert rows["certificate"]["verdict"] == "fail", reason
        assert reason in rows["certificate"]["seen"]
        assert "issued by CN=lab authority" in rows["certificate"]["seen"]
        assert [*rows] == ["declared", "credential", "port", "certificate", "rest", "exit"]
        assert server.counts.requests == []


def test_constrained_language_is_named_and_nothing_else_is_sent(site: Site) -> None:
    server = site.server(answers(bare="", hello=None, probes=None, inventory=None, patch=None))
    server.answers.add(BARE, Known(BY_HAND, "PowerShell 5.1.26100.2161 ConstrainedLanguage\r\n"))
    rows = site.seen(server)
    assert rows["powershell"]["verdict"] == "fail"
    assert "the collectors cannot work there" in rows["powershell"]["seen"]
    assert "AppLocker or WDAC" in rows["powershell"]["remedy"]
    assert server.counts.commands == 1
    assert rows["rest"]["seen"] == "not tried: script, probes, inventory, patch"


def test_an_ordinary_account_is_told_what_stays_unknown_without_each_right(site: Site) -> None:
    denied = ("limits", "bitlocker", "defender", "agent", "services", "registry")
    probes = without(parts(account=ORDINARY), *denied, absent=("antivirus",))
    rows = site.seen(site.server(answers(probes=probes, inventory=fleet_facts("server-2019-denied"))))
    found = others(rows)
    assert {step for step, verdict in found.items() if step.startswith("read.") and verdict == "warn"} == {
        "read.bitlocker", "read.defender", "read.agent", "read.services",
    }  # fmt: skip
    assert found["read.registry"] == "fail"
    assert found["limits"] == "unknown"
    assert "unknown without it: encryption" in rows["read.bitlocker"]["seen"]
    assert "no administrator; member of Remote Management Users, Event Log Readers" in rows["account"]["seen"]
    assert rows["inventory"]["verdict"] == "warn"
    assert "denied" in rows["inventory"]["seen"]
    assert rows["patch"]["verdict"] == "ok"


def test_an_account_without_the_right_to_open_a_shell_is_told_the_group(site: Site) -> None:
    server = site.server()
    refused = FaultError(5, "w:AccessDenied", "Access is denied. ")
    server.manners.at("Create fault", refused)
    rows = site.seen(server)
    assert rows["powershell"]["verdict"] == "fail"
    assert "Remote Management Users" in rows["powershell"]["remedy"]


@pytest.mark.parametrize(
    "output",
    ["", "no JSON", "[]", "{}", '{"schema": "ict-patch/1"}', written({}), '{"schema": 5, "parts": {}}'],
)
def test_a_garbage_answer_costs_its_own_step_only(site: Site, output: str) -> None:
    rows = site.seen(site.server(answers(probes=output)))
    assert rows["probes"]["verdict"] == "fail"
    assert rows["patch"]["verdict"] == "ok"
    rows = site.seen(site.server(answers(inventory=output, patch=output)))
    assert (rows["inventory"]["verdict"], rows["patch"]["verdict"]) == ("fail", "fail")


@pytest.mark.parametrize(("name", "step"), [("bare", "powershell"), ("hello", "script")])
def test_an_answer_of_the_first_scripts_that_is_not_theirs_ends_it(site: Site, name: str, step: str) -> None:
    rows = site.seen(site.server(answers(**{name: "\x1b[31mwelcome\x07"})))
    assert rows[step]["verdict"] == "fail"
    assert rows[step]["seen"].isprintable()
    assert "rest" in rows


@pytest.mark.parametrize("manner", [Manner.NOT_HTTP, Manner.DROP, Manner.HTML])
def test_a_log_in_that_is_answered_by_something_else_is_one_clear_row(site: Site, manner: Manner) -> None:
    server = site.server()
    server.manners.at("Login", manner)
    rows = site.seen(server)
    assert rows["login"]["verdict"] == "fail"
    assert "rest" in rows


def test_a_web_server_and_one_that_offers_only_basic_are_told_before_any_password(site: Site) -> None:
    server = WinRmServer(answers(), certificate=site.authority.issue(NAME), offers=("Basic realm=x",))
    rows = site.seen(server)
    assert rows["service"]["verdict"] == "fail"
    assert "it offers Basic: no Negotiate" in rows["service"]["seen"]
    assert server.counts.attempts == 0
    rows = site.seen(
        WinRmServer(answers(), certificate=site.authority.issue(NAME), offers=("Negotiate", "Basic realm=x"))
    )
    assert rows["service"]["verdict"] == "warn"


def test_text_and_standard_input_that_arrive_otherwise_are_seen(site: Site) -> None:
    echo = {"text": "Ã©â‚¬Å¾", "length": 8191, "last": "a"}
    rows = site.seen(site.server(answers(probes=written(parts(echo=echo)))))
    assert (rows["stdin"]["verdict"], rows["text"]["verdict"]) == ("fail", "fail")


def test_a_clock_that_is_six_minutes_off_fails_and_quotas_that_are_low_warn(site: Site) -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    told = parts(clock={"at": now + 360_000}, limits=LIMITS | {"memory_mb": "150"})
    rows = site.seen(site.server(answers(probes=written(told))))
    assert rows["clock"]["verdict"] == "fail"
    assert "ahead of this machine's" in rows["clock"]["seen"]
    assert rows["limits"]["verdict"] == "warn"


def test_what_was_never_told_is_unknown_at_each_source(site: Site) -> None:
    told = {"echo": parts()["echo"]}
    broken = {"message": "RPC server is unavailable", "hresult": "0x800706ba", "id": "x"}
    rows = site.seen(site.server(answers(probes=written(told, {"services": broken}))))
    assert {rows[step]["verdict"] for step in [*READS, "clock", "account", "limits"]} == {"unknown"}


def test_a_host_that_is_not_there_and_one_without_winrm(site: Site) -> None:
    site.declare("127.0.77.7", 5986)
    ask = partial(Ict(site.folder), "doctor", "--winrm")
    answer = ask("srv-file02", "-o", "json")
    assert answer.exit == 5
    assert "did you mean srv-file01" in answer.json()["errors"][0]["message"]
    rows = by_step(ask("sw-core-01", "-o", "json"))
    assert rows["declared"]["verdict"] == "fail"
    assert rows["rest"]["seen"] == f"not tried: {', '.join([*STAGES][1:])}"


def test_an_exception_of_the_inventory_accepts_a_step(site: Site) -> None:
    site.exceptions = (
        "[{check: 'doctor.winrm.*', subject: 'host:srv-*', reason: beperkt account, until: 2999-01-01}]"
    )
    rows = site.seen(site.server(answers(probes=without(parts(), "bitlocker"))))
    assert rows["read.bitlocker"]["verdict"] == "warn"
    assert rows["exit"] == 0


def test_it_shows_on_a_terminal_and_to_nagios(site: Site) -> None:
    with site.server(answers(probes=without(parts(), "bitlocker", absent=("antivirus",)))) as server:
        site.declare(server.address, server.port)
        shown = Ict(site.folder)("doctor", "--winrm", "srv-file01", tty=True, now=datetime.now(UTC))
        nagios = site.ask("-o", "nagios")
    assert "read.bitlocker" in shown.out
    assert "only Administrators may" in shown.out
    assert nagios.exit == 1
    assert len(nagios.out.splitlines()) >= 1


def test_what_ends_the_answer_of_the_machine_is_an_account_that_may_read_nothing(site: Site) -> None:
    every = tuple(SOURCES)
    rows = site.seen(site.server(answers(probes=without(parts(), *every))))
    assert {rows[step]["verdict"] for step in READS} == {"warn", "fail"}
    absent = written({}, dict.fromkeys(every, ABSENT) | {"echo": DENIED})
    rows = site.seen(site.server(answers(probes=absent)))
    assert rows["read.bitlocker"]["verdict"] == "ok"
    assert rows["read.services"]["verdict"] == "warn"
    assert rows["stdin"]["verdict"] == "fail"
