"""The WinRM connector against a real server: scripts, parameters, limits, TLS, many hosts."""

import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from winrm.exceptions import InvalidCredentialsError
from winrm.protocol import Protocol

from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.manners import Manner
from lab.servers.winrm.messages import FaultError
from lab.servers.winrm.server import NtlmAccounts, WinRmServer
from lab.winrm_rig import (
    HELLO,
    NAME,
    PARAMETERS,
    PASSWORD,
    USER,
    Lab,
    Memory,
    account,
    code_of,
    refusal,
    threads,
    wait_for_hang_up,
)
from schoten_ict.connect.winrm import open_winrm
from schoten_ict.connect.winrm.identify import Identity, identify
from schoten_ict.core.errors import ConfigurationError, UsageError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Command, Completed, Target, Via

BY_HAND = "written by hand"
HOSTILE = {
    "quote": "'; Remove-Item C:\\ -Recurse; '",
    "double": '"; $(Stop-Computer) "',
    "backtick": "`n`$env:PATH`0",
    "here": "'@\nStop-Computer\n@'",
    "close": "} ; Stop-Computer ; {",
    "subexpression": "$(Get-Content C:\\secret)",
    "xml": "]]></rsp:Stream><x>&amp;",
    "separator": "\x1e{}",
    "text": "Geëerde burgemeester, 東京 \U0001f3db \u202e",
}


def test_a_script_gives_its_output(winrm: Lab) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        done = runner.run(Command(HELLO))
        assert done == Completed(0, b"hello\n", b"", done.duration_ms)
        assert server.shells.open_now() == 0
        assert (server.counts.attempts, server.counts.logins) == (1, 1)


def test_one_log_in_serves_many_commands_each_in_a_shell_of_its_own(winrm: Lab) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        assert [runner.run(Command(HELLO)).stdout for _ in range(5)] == [b"hello\n"] * 5
        assert (server.counts.logins, server.counts.shells, server.counts.ended) == (1, 5, 5)


def test_parameters_travel_as_json_and_never_in_the_script_or_the_command_line(winrm: Lab) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        plain = runner.run(Command(PARAMETERS))
        hostile = runner.run(Command(PARAMETERS, parameters=HOSTILE))
        assert json.loads(plain.stdout) == {}
        assert json.loads(hostile.stdout) == HOSTILE
        first, second = server.shells.lines
        assert first == second


def test_errors_and_the_exit_code_of_a_script_are_an_answer(winrm: Lab) -> None:
    answers = Answers()
    failing = answers.add("throw 'x'", Known(BY_HAND, "half\n", ("line 1: x", "warning: y"), 1))
    with winrm.server(answers) as server, winrm.open(server) as runner:
        done = runner.run(Command(failing))
    assert (done.exit_code, done.stdout, done.stderr) == (1, b"half\n", b"line 1: x\nwarning: y")


def test_long_scripts_and_long_answers_pass(winrm: Lab) -> None:
    answers = Answers()
    script = answers.add(HELLO + "# geë\n" * 40_000, Known(BY_HAND, "naïef €\n", repeat=100_000))
    with winrm.server(answers) as server, winrm.open(server) as runner:
        done = runner.run(Command(script))
        assert done.stdout == "naïef €\n".encode() * 100_000
        assert not done.cut
        assert server.counts.requests.count("Send") > 1


def test_output_beyond_the_limit_is_cut_over_there(winrm: Lab) -> None:
    answers = Answers()
    script = answers.add("long", Known(BY_HAND, "0123456789", repeat=10_000))
    with winrm.server(answers) as server, winrm.open(server) as runner:
        done = runner.run(Command(script, limit=1000))
    assert (len(done.stdout), done.cut) == (1000, True)


def test_endless_output_is_ended(winrm: Lab) -> None:
    answers = Answers()
    script = answers.add("endless", Known(BY_HAND, "0123456789", endless=True))
    with winrm.server(answers) as server, winrm.open(server) as runner:
        assert code_of(lambda: runner.run(Command(script, limit=100_000))) == "too-large"
        assert server.shells.open_now() == 0
        assert server.counts.requests[-2:] == ["Signal", "Delete"]
        assert runner.run(Command(HELLO)).stdout == b"hello\n"


def test_a_slow_script_is_waited_for_over_several_operations(
    winrm: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schoten_ict.connect.winrm.shell._OPERATION_SECONDS", 1)
    answers = Answers()
    script = answers.add("slow", Known(BY_HAND, "done", seconds=1.5))
    with winrm.server(answers) as server, winrm.open(server) as runner:
        assert runner.run(Command(script)).stdout == b"done"
        assert server.counts.requests.count("Receive") == 2


@pytest.mark.timeout(30)
def test_a_deadline_ends_the_command_over_there(winrm: Lab) -> None:
    answers = Answers()
    script = answers.add("slow", Known(BY_HAND, "done", seconds=3600))
    with winrm.server(answers) as server, winrm.open(server) as runner:
        error = refusal(lambda: runner.run(Command(script, seconds=1.2)))
        assert error.problems[0].code == "timeout"
        assert "1.2 s" in str(error)
        assert server.shells.open_now() == 0
        assert server.counts.requests[-2:] == ["Signal", "Delete"]


def test_powershell_that_gives_no_answer_says_what_it_wrote_instead(winrm: Lab) -> None:
    answers = Answers()
    clixml = (
        '#< CLIXML\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
        '<S S="Error">Cannot invoke method._x000D__x000A_</S></Objs>'
    )
    script = answers.add("mute", Known(BY_HAND, stderr=clixml, exit_code=1, mute=True))
    with winrm.server(answers) as server, winrm.open(server) as runner:
        error = refusal(lambda: runner.run(Command(script)))
    assert str(error) == "PowerShell ended with exit code 1 without an answer: Cannot invoke method."


def test_a_script_that_the_server_does_not_know_is_refused_by_it(winrm: Lab) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        assert "no answer is known" in str(refusal(lambda: runner.run(Command("Get-Date"))))
        assert server.shells.open_now() == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (FaultError(2150859173, "w:QuotaLimit", "This user is allowed a maximum number of shells. "), "quota"),
        (FaultError(2150859174, "w:QuotaLimit", "This user exceeded the operations. "), "quota"),
        (FaultError(5, "w:AccessDenied", "Access is denied. "), "denied"),
        (FaultError(2150858793, "w:TimedOut", "It did not manage. ", receiver=True), "timeout"),
        (FaultError(2147942402, "w:InternalError", "\x85The file is not found.", provider=True), "protocol"),
        (FaultError(2150858843, "w:InvalidSelectors", "The shell is gone."), "protocol"),
        (FaultError(995, "w:InternalError", "\u202eThe I/O operation was aborted."), "protocol"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("action", ["Create", "Command", "Send", "Receive"])
def test_faults_have_codes_and_leave_no_shell(winrm: Lab, action: str, fault: FaultError, code: str) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        server.manners.at(f"{action} fault", fault)
        if (action, code) == ("Receive", "timeout"):
            assert runner.run(Command(HELLO)).stdout == b"hello\n"
        else:
            assert code_of(lambda: runner.run(Command(HELLO))) == code
        assert server.shells.open_now() == 0
        assert server.counts.logins == 1


def test_the_quota_of_shells_is_told_and_ends_with_the_shells(winrm: Lab) -> None:
    with winrm.server(most=0) as server, winrm.open(server) as runner:
        error = refusal(lambda: runner.run(Command(HELLO)))
        assert error.problems[0].code == "quota"
        assert "raise its quota" in error.remedy
        server.shells.most = 1
        assert runner.run(Command(HELLO)).stdout == b"hello\n"


def test_failures_while_cleaning_up_do_not_spoil_an_answer(winrm: Lab) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        server.manners.at("Signal", Manner.DROP)
        server.manners.at("Delete", Manner.DROP)
        assert runner.run(Command(HELLO)).stdout == b"hello\n"
        assert runner.run(Command(HELLO)).stdout == b"hello\n"


def test_a_connection_lost_between_commands_is_replaced(winrm: Lab) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        server.manners.at("Delete", Manner.HANG_UP)
        assert runner.run(Command(HELLO)).stdout == b"hello\n"
        wait_for_hang_up(runner)
        assert runner.run(Command(HELLO)).stdout == b"hello\n"
        assert (server.counts.logins, server.counts.commands) == (2, 2)


@pytest.mark.parametrize("action", ["Command", "Send", "Receive"])
def test_a_command_whose_answer_was_lost_is_never_sent_again(winrm: Lab, action: str) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        server.manners.at(action, Manner.DROP)
        assert code_of(lambda: runner.run(Command(HELLO))) == "unreachable"
        assert server.counts.commands == 1
        assert server.counts.requests.count(action) == 1
        assert server.shells.open_now() == 0


def test_a_shell_that_could_not_be_ended_ends_by_itself_when_idle(winrm: Lab) -> None:
    moment = [0.0]
    with winrm.server(clock=lambda: moment[0]) as server, winrm.open(server) as runner:
        server.manners.at("Create", Manner.DROP)
        assert code_of(lambda: runner.run(Command(HELLO))) == "unreachable"
        assert server.shells.open_now() == 1
        moment[0] = 301.0
        assert server.shells.open_now() == 0


def test_standard_input_is_refused_and_large_requests_are_not_sent(winrm: Lab) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        with pytest.raises(UsageError, match="takes parameters"):
            runner.run(Command(HELLO, stdin=b"x"))
        assert code_of(lambda: runner.run(Command("#" * 1_500_000))) == "too-large"
        assert server.counts.shells == 0


def test_fifty_hosts_in_thirty_two_threads_all_answer_and_nothing_stays(winrm: Lab) -> None:
    before = threads()
    with ExitStack() as stack:
        servers = [stack.enter_context(winrm.server()) for _ in range(50)]
        guard = AccountGuard(Memory())

        def ask(number: int) -> bytes:
            target = winrm.target(servers[number], host=f"srv-{number}")
            with open_winrm(target, guard, 30) as runner:
                return runner.run(Command(PARAMETERS, parameters={"number": number})).stdout

        with ThreadPoolExecutor(32) as pool:
            given = [json.loads(stdout)["number"] for stdout in pool.map(ask, range(50))]
        assert given == list(range(50))
        assert sum(server.shells.open_now() for server in servers) == 0
        assert {server.counts.attempts for server in servers} == {1}
    assert threads() == before


def test_a_host_says_who_it_is_without_an_account(winrm: Lab) -> None:
    with winrm.server() as server:
        assert identify(server.address, server.port, tls=winrm.tls) == Identity(
            "Microsoft Corporation", "OS: 0.0.0 SP: 0.0 Stack: 3.0"
        )
        assert server.counts.attempts == 0
    assert identify(server.address, server.port, tls=winrm.tls) is None


def test_credentials_that_hand_over_the_password_are_never_used(winrm: Lab) -> None:
    with winrm.server() as server:
        for transport in ("basic", "plaintext", "credssp", "certificate", "ssl", "auto"):
            with pytest.raises(ConfigurationError, match=f"transport {transport} is"):
                winrm.open(server, account(transport=transport))
        assert server.counts.requests == []


def test_a_server_that_offers_only_basic_gets_no_password_and_shuts_no_account(winrm: Lab) -> None:
    memory = Memory()
    with winrm.server(offers=('Basic realm="WSMAN"',)) as server:
        error = refusal(lambda: open_winrm(winrm.target(server), AccountGuard(memory), 10))
        assert error.problems[0].code == "denied"
        assert "it offers Basic" in str(error)
        assert (server.counts.attempts, memory.hosts) == (0, [])


def test_the_environment_changes_neither_the_way_nor_the_trust(
    winrm: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Authority(tmp_path)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(other.path))
    with winrm.server() as server, winrm.open(server) as runner:
        assert runner.run(Command(HELLO)).stdout == b"hello\n"


@pytest.fixture
def https(authority: Authority, winrm_accounts: NtlmAccounts) -> Lab:
    return Lab(authority, authority.issue(NAME), tls=True)


def test_the_log_in_is_bound_to_the_tls_channel(https: Lab) -> None:
    with https.server(require_binding=True) as server:
        with https.open(server) as runner:
            assert runner.run(Command(HELLO)).stdout == b"hello\n"
        unbound = Protocol(
            f"https://127.0.0.1:{server.port}/wsman", "ntlm", USER, PASSWORD, send_cbt=False,
            server_cert_validation="ignore", proxy=None,
        )  # fmt: skip
        try:
            with pytest.raises(InvalidCredentialsError), pytest.warns(Warning, match="Unverified HTTPS"):
                unbound.open_shell()
        finally:
            unbound.transport.close_session()


@pytest.mark.parametrize("tls", [False, True])
def test_the_server_answers_another_client_as_well(https: Lab, tls: bool) -> None:
    other = Lab(https.authority, https.authority.issue("127.0.0.1"), tls)
    answers = Answers()
    answers.add("ipconfig /all", Known(BY_HAND, "Windows IP Configuration\r\n", stderr="x"))
    with other.server(answers) as server:
        scheme = "https" if tls else "http"
        client = Protocol(
            f"{scheme}://127.0.0.1:{server.port}/wsman", "ntlm", USER, PASSWORD, proxy=None,
            ca_trust_path=str(https.authority.path),
        )  # fmt: skip
        shell = client.open_shell(codepage=65001)
        command = client.run_command(shell, "ipconfig", ["/all"])
        assert client.get_command_output(shell, command) == (b"Windows IP Configuration\r\n", b"x", 0)
        client.cleanup_command(shell, command)
        client.close_shell(shell)
        assert server.shells.open_now() == 0


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("another authority", "certificate signature failure"),
        ("another name", "Hostname mismatch"),
        ("ended", "certificate has expired"),
    ],
)
def test_certificates_that_do_not_hold_are_refused_before_any_log_in(
    https: Lab, tmp_path: Path, case: str, said: str
) -> None:
    days = -2 if case == "ended" else 30
    with WinRmServer(certificate=https.authority.issue(NAME, days=days)) as server:
        ca = Authority(tmp_path).path if case == "another authority" else None
        name = "srv-other.lab.test" if case == "another name" else NAME
        target = https.target(server, ca=ca, name=name)
        error = refusal(lambda: open_winrm(target, AccountGuard(Memory()), 10))
        assert error.problems[0].code == "tls"
        assert said in str(error)
        assert "tls: ca" in error.remedy
        assert server.counts.requests == []


def test_a_certificate_of_nobody_known_to_the_system_is_refused(https: Lab) -> None:
    with https.server() as server:
        target = Target("srv", server.address, Via.WINRM, server.port, account(), tls=True, server_name=NAME)
        assert code_of(lambda: open_winrm(target, AccountGuard(Memory()), 10)) == "tls"


def test_old_tls_is_refused(https: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with https.server() as server:
        assert server._tls is not None
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            server._tls.maximum_version = ssl.TLSVersion.TLSv1_1
        assert code_of(lambda: https.open(server)) == "tls"


def test_https_and_http_are_not_taken_for_each_other(https: Lab, winrm_accounts: NtlmAccounts) -> None:
    http = Lab(https.authority, https.certificate, tls=False)
    with http.server() as server:
        assert code_of(lambda: https.open(server)) == "tls"
    with https.server() as server:
        assert code_of(lambda: http.open(server)) in {"protocol", "unreachable"}


@pytest.mark.parametrize("content", ["", "no certificate\n", None])
def test_an_authority_that_cannot_be_read_is_a_mistake_in_the_configuration(
    https: Lab, tmp_path: Path, content: str | None
) -> None:
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_text(content, encoding="utf-8")
    with https.server() as server, pytest.raises(ConfigurationError, match=r"ca\.pem"):
        open_winrm(https.target(server, ca=ca), AccountGuard(Memory()), 10)
