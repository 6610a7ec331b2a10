"""Every failure has a stable code and one clear line."""

import ssl
from http.client import BadStatusLine, IncompleteRead
from socket import gaierror
from xml.etree.ElementTree import ParseError

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spnego.exceptions import BadMICError
from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

from schoten_ict.connect.place import Place
from schoten_ict.connect.winrm.faults import asked, remote_error, status_error
from schoten_ict.connect.wire import TooMuchError
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

PLACE = Place("srv-file01", "127.10.10.21", 5986)


def fault(
    code: int | None = None, kind: str | None = None, reason: str = "why", wmi: int | None = None
) -> WSManFaultError:
    return WSManFaultError(500, "m", "r", reason, "s:Sender", kind, code, wmi)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "unreachable"),
        (OSError(113, "No route to host"), "unreachable"),
        (gaierror(-2, "Name or service not known"), "unreachable"),
        (ConnectionResetError(), "unreachable"),
        (IncompleteRead(b""), "unreachable"),
        (TimeoutError(), "timeout"),
        (WinRMOperationTimeoutError(), "timeout"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "tls"),
        (ssl.SSLCertVerificationError(1, "x"), "tls"),
        (TooMuchError(), "too-large"),
        (BadStatusLine("x"), "protocol"),
        (ParseError(), "protocol"),
        (StopIteration(), "protocol"),
        (BadMICError(), "protocol"),
        (WinRMTransportError("http", 500, "x"), "protocol"),
        *[(fault(number), "quota") for number in (2150859173, 2150859174, 2150859175, 2150859236, 2150859242)],
        (fault(None, "w:QuotaLimit"), "quota"),
        (fault(None, None, wmi=2150859173), "quota"),
        (fault(5), "denied"),
        (fault(2150859180), "denied"),
        (fault(None, "w:AccessDenied"), "denied"),
        (fault(2150858843), "protocol"),
        (fault(2147942402), "protocol"),
        (fault(), "protocol"),
    ],
)  # fmt: skip
def test_failures_have_codes_and_name_the_host(error: Exception, code: str) -> None:
    [problem] = remote_error(error, PLACE, "asking").problems
    assert problem.code == code
    assert problem.subject == "host:srv-file01"
    assert problem.message


def test_a_time_out_while_connecting_means_that_nobody_is_there() -> None:
    assert remote_error(TimeoutError(), PLACE, "connecting").problems[0].code == "unreachable"


@pytest.mark.parametrize(
    ("status", "code"),
    [(301, "protocol"), (307, "protocol"), (400, "protocol"), (401, "denied"), (403, "denied"), (404, "protocol"),
     (500, "protocol"), (503, "unreachable"), (200, "protocol")],
)  # fmt: skip
def test_answers_that_are_no_ws_management_have_codes(status: int, code: str) -> None:
    [problem] = status_error(status, "text/html", PLACE, "asking").problems
    assert problem.code == code
    assert f"HTTP {status}" in problem.message


@given(st.text(), st.text())
def test_what_the_peer_says_steers_no_terminal_and_stays_short(reason: str, media_type: str) -> None:
    for error in (
        remote_error(fault(1, reason=reason), PLACE, "asking"),
        status_error(418, media_type, PLACE, "asking"),
    ):
        assert printable(str(error)) == str(error)
        assert len(str(error)) < 400


def test_the_libraries_exceptions_become_ours_without_a_trail() -> None:
    def fail() -> None:
        raise ParseError("x")

    with pytest.raises(RemoteError) as caught:
        asked(PLACE, "asking", fail)
    assert caught.value.__context__ is None


def test_a_mistake_of_our_own_is_not_hidden() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(PLACE, "asking", fail)
