"""Recordings of real Windows: our server answers as they did, and our client understands them.

The recordings are exchanges of messages (`corpus/winrm/*.yml`); those that speak to the shell `cmd` are used,
the others speak a protocol that is not used here.
"""

import base64
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.messages import RSP, FaultError, Request, answer, fault, read
from lab.servers.winrm.shells import Shells
from schoten_ict.connect.place import Place
from schoten_ict.connect.winrm.script import plain
from schoten_ict.connect.winrm.shell import Output, Shell
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.remote import RemoteError

pytestmark = pytest.mark.corpus

SHELLS = (
    "test_client_execute_cmd", "test_client_execute_cmd_environment", "test_winrs_bad_cmd_id",
    "test_winrs_environment", "test_winrs_extra_opts", "test_winrs_fail_poll_process", "test_winrs_no_cmd_shell",
    "test_winrs_noprofile", "test_winrs_open_already_opened", "test_winrs_operation_timeout", "test_winrs_send",
    "test_winrs_standard", "test_winrs_stderr_rc", "test_winrs_unicode",
)  # fmt: skip
OTHERS = (
    "test_client_execute_ps_failure", "test_psrp_is_alive_http_error", "test_psrp_is_alive_invalid_selectors",
    "test_psrp_is_alive_other_wsman_error", "test_psrp_is_alive_state_disconnected",
    "test_psrp_long_running_cmdlet", "test_wsman_update_envelope_size_150",
    "test_wsman_update_envelope_size_4096", "test_wsman_update_envelope_size_500",
)  # fmt: skip
_WORDS = {
    "Action", "To", "Value", "Text", "Message", "FaultDetail", "ProviderFault", "ExitCode", "ResourceURI",
    "ResourceUri", "IdleTimeOut", "InputStreams", "OutputStreams", "WorkingDirectory", "Variable",
}  # fmt: skip
_ACTIVITY = "{http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd}ActivityId"
_STREAM = re.compile(r'<rsp:Stream Name="(\w+)" CommandId="[^"]*">([^<]+)</rsp:Stream>')


@dataclass(frozen=True)
class Exchange:
    request: str
    response: str
    refused: bool

    @property
    def action(self) -> str:
        return read(self.request.encode()).action

    def streams(self, name: str) -> bytes:
        return b"".join(
            base64.b64decode(text) for each, text in _STREAM.findall(self.response) if each == name
        )


Recording = Callable[[str], list[Exchange]]


@pytest.fixture
def recording(corpus: Callable[[str], Path]) -> Recording:
    def load(name: str) -> list[Exchange]:
        document: dict[str, Any] = yaml.safe_load(corpus(f"winrm/{name}.yml").read_text(encoding="utf-8"))
        return [
            Exchange(each["request"], each["response"], "transport_error" in each)
            for each in document["messages"]
        ]

    return load


def test_every_recording_is_used_or_speaks_another_protocol(corpus: Callable[[str], Path]) -> None:
    found = {path.stem for path in corpus("winrm").glob("*.yml")}
    assert found == {*SHELLS, *OTHERS}


@pytest.mark.parametrize("name", SHELLS)
def test_our_server_answers_as_windows_did(recording: Recording, name: str) -> None:
    exchanges = recording(name)
    clock = Clock()
    shells = Shells(recorded_answers(exchanges), chunk=10**6, clock=lambda: clock.now, pause=clock.pause)
    ids: dict[str, str] = {}
    for each in exchanges:
        request = read(renamed(each.request, ids).encode())
        try:
            response = shells.respond(request, "vagrant").decode()
            refused = False
        except FaultError as refusal:
            response, refused = fault(refusal, "WIN", request).decode(), True
        assert refused == each.refused
        assert shape(response) == shape(each.response)
        learn(ids, each.response, response)
    assert shells.open_now() == 0 or exchanges[-1].action != "Delete"


@pytest.mark.parametrize("name", SHELLS)
def test_our_client_understands_what_windows_answered(recording: Recording, name: str) -> None:
    for exchanges in commands(recording(name)):
        player = Player(list(exchanges))
        expected = [each for each in exchanges if each.action == "Receive" and not each.refused]
        if any(each.refused and "2150858793" not in each.response for each in exchanges):
            with pytest.raises(RemoteError) as caught:
                run(player)
            assert caught.value.problems[0].code == "protocol"
        else:
            output = run(player)
            assert output.stdout == b"".join(each.streams("stdout") for each in expected)
            assert output.stderr == b"".join(each.streams("stderr") for each in expected)
            assert output.exit_code == (1 if name == "test_winrs_stderr_rc" else 0)
        assert player.asked[-2:] in (["Signal", "Delete"], ["Create", "Delete"], ["Command", "Delete"])


def test_japanese_comes_through_the_utf8_shell(recording: Recording) -> None:
    [exchanges] = commands(recording("test_winrs_unicode"))
    assert run(Player(list(exchanges))).stdout.decode() == "こんにちは\n"


def test_errors_in_clixml_are_unpacked_and_progress_is_left_out(corpus: Callable[[str], Path]) -> None:
    shown = plain(corpus("winrm/test_sanitise_clixml_with_error.xml").read_bytes())
    assert shown.startswith("fake : The term 'fake' is not recognized as the name of a cmdlet")
    assert "At line:1 char:1\r\n+ fake cmdlet\r\n" in shown
    assert "Preparing modules" not in shown
    assert plain(corpus("winrm/test_sanitise_clixml_with_no_errors.xml").read_bytes()) == ""


@dataclass
class Clock:
    """Time that passes when someone waits."""

    now: float = 0.0

    def pause(self, seconds: float) -> bool:
        self.now += seconds
        return False


def recorded_answers(exchanges: list[Exchange]) -> Answers:
    """What the recorded commands gave, as answers of our server."""
    answers = Answers()
    receives = [each for each in exchanges if each.action == "Receive"]
    waited = any("2150858793" in each.response for each in receives)
    for each in exchanges:
        if each.action != "Command" or each.refused:
            continue
        body = read(each.request.encode()).body
        words = [body.findtext(f".//{{{RSP}}}Command") or ""]
        words += [argument.text or "" for argument in body.iter(f"{{{RSP}}}Arguments")]
        later = [receive for receive in receives if exchanges.index(receive) > exchanges.index(each)]
        parts = [receive.streams("stdout").decode() for receive in later if receive.streams("stdout")]
        stderr = b"".join(receive.streams("stderr") for receive in later).decode()
        early = parts.pop(0) if waited else ""
        known = Known(
            "recorded from Windows", "".join(parts), stderr=stderr, exit_code=1 if stderr else 0,
            seconds=30.0 if waited else 0.0, early=early,
        )  # fmt: skip
        answers.add(" ".join(words), known)
    return answers


def renamed(text: str, ids: dict[str, str]) -> str:
    for recorded, ours in ids.items():
        text = text.replace(recorded, ours)
    return text


def learn(ids: dict[str, str], recorded: str, ours: str) -> None:
    """Which of our names stand for the recorded names of shell and command."""
    for pattern in (r'Name="ShellId">([^<]+)<', r"<rsp:CommandId>([^<]+)<"):
        theirs, own = re.search(pattern, recorded), re.search(pattern, ours)
        if theirs and own:
            ids[theirs[1]] = own[1]


def shape(text: str) -> Any:
    """A message without what differs from one machine and moment to the next."""

    def of(element: ET.Element) -> Any:
        children = [of(child) for child in element if child.tag != _ACTIVITY]
        # Windows dropped a backslash from the name of a variable that it was given.
        variable = element.tag.endswith("}Variable")
        names = (
            set() if variable else {"Name", "End", "State", "Code", "provider", "path"} & set(element.attrib)
        )
        merged = [
            child for number, child in enumerate(children) if number == 0 or child != children[number - 1]
        ]
        words = element.text if element.tag.rpartition("}")[2] in _WORDS else None
        return element.tag, words, sorted((name, element.attrib[name]) for name in names), merged

    return of(ET.fromstring(text))


def commands(exchanges: list[Exchange]) -> Iterator[list[Exchange]]:
    """The exchanges of each shell that one command was run in."""
    current: list[Exchange] = []
    for each in exchanges:
        current.append(each)
        if each.action == "Delete":
            if any(one.action in {"Command", "Receive"} for one in current):
                yield current
            current = []


@dataclass
class Player:
    """Answers each request with the next recorded answer to the same action; stands where `Transport` does."""

    exchanges: list[Exchange]
    asked: list[str] = field(default_factory=list)
    place: Place = Place("win", "127.0.0.1", 5985)
    patience: float = 0.0
    left: float = 60.0

    def allow(self, deadline: Deadline) -> None:
        self.left = deadline.left

    def send_message(self, message: str) -> bytes:
        request = read(message.encode())
        self.asked.append(request.action)
        found = next((each for each in self.exchanges if each.action == request.action), None)
        if found is None:
            return self._unrecorded(request)
        self.exchanges.remove(found)
        response = re.sub(r"(<a:RelatesTo>)[^<]*", rf"\g<1>{request.message_id}", found.response)
        if found.refused:
            raise WinRMTransportError("http", 500, response)
        return response.encode()

    def _unrecorded(self, request: Request) -> bytes:
        """The recorded client asked less: it sent no input, or never started the command."""
        assert request.action in {"Send", "Signal", "Command"}
        body = "<rsp:CommandResponse><rsp:CommandId>X</rsp:CommandId></rsp:CommandResponse>"
        return answer(f"{RSP}/{request.action}Response", body, request)


def run(player: Player) -> Output:
    shell = Shell(player)  # type: ignore[arg-type]
    assert isinstance(shell._protocol, Protocol)
    with shell:
        return shell.run("recorded", (), b"input", 10**6)
