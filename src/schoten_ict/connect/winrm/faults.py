"""What can go wrong on the way to a Windows machine, as one clear line with a stable code."""

import struct
from collections.abc import Callable
from http.client import HTTPException, IncompleteRead
from typing import ParamSpec, TypeVar
from xml.etree.ElementTree import ParseError

from spnego.exceptions import SpnegoError
from winrm.exceptions import (
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from schoten_ict.connect.channel import ANSWER_LIMIT
from schoten_ict.connect.place import Place, network_error
from schoten_ict.connect.wire import TooMuchError
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

_P = ParamSpec("_P")
_T = TypeVar("_T")
_LONGEST_REASON = 240

# What pywinrm and spnego raise at an answer that is not what they expect; seen by feeding them such answers.
_GARBAGE = (
    ParseError, ValueError, LookupError, TypeError, AttributeError, AssertionError, StopIteration,
    RecursionError, struct.error,
)  # fmt: skip
_FOREIGN = (
    OSError, HTTPException, TooMuchError, SpnegoError, WinRMError, WinRMTransportError,
    WinRMOperationTimeoutError, *_GARBAGE,
)  # fmt: skip

# Codes of faults (wsmerror.h and winerror.h of the Windows SDK).
_QUOTAS = {
    2150858815,  # ERROR_WSMAN_QUOTA_LIMIT
    2150859173,  # ERROR_WSMAN_QUOTA_MAX_SHELLS
    2150859174,  # ERROR_WSMAN_QUOTA_MAX_OPERATIONS
    2150859175,  # ERROR_WSMAN_QUOTA_USER
    2150859176,  # ERROR_WSMAN_QUOTA_SYSTEM
    2150859179,  # ERROR_WSMAN_QUOTA_MAX_SHELLUSERS
    *range(2150859236, 2150859243),  # the ..._PPQ quotas of a plug-in
}
_ACCESS_DENIED = 5
_NOT_FOUND = 2147942402  # HRESULT of ERROR_FILE_NOT_FOUND
_GONE = 2150858843  # ERROR_WSMAN_UNEXPECTED_SELECTORS: the shell or the command ended meanwhile
_SHELLS_OFF = 2150859180  # ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED


def asked(place: Place, doing: str, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """The value of `function`; what the libraries raise becomes a `RemoteError`.

    The error is raised outside the handler, so that no traceback leads back into frames that hold a secret.
    """
    try:
        return function(*args, **kwargs)
    except _FOREIGN as error:
        failure = remote_error(error, place, doing)
    raise failure


def remote_error(error: Exception, place: Place, doing: str) -> RemoteError:
    """`error` as a `RemoteError`; `doing` says what was going on (`connecting`, `logging in` ...)."""
    match error:
        case WSManFaultError():
            return _fault(error, place, doing)
        case WinRMTransportError():
            failure = place.error("protocol", f"HTTP {error.code} without an explanation while {doing}")
        case WinRMOperationTimeoutError():
            failure = place.error("timeout", f"it did not manage in time while {doing}")
        case TooMuchError():
            failure = place.error("too-large", f"one answer of more than {ANSWER_LIMIT} bytes while {doing}")
        case IncompleteRead():
            failure = network_error(ConnectionResetError(), place, doing)
        case OSError():
            failure = network_error(error, place, doing)
        case SpnegoError():
            failure = place.error("protocol", f"a security message that cannot be verified while {doing}")
        case _:
            failure = place.error(
                "protocol",
                f"an answer that is no WS-Management while {doing}",
                f"check that WinRM listens on {place.address} port {place.port}",
            )
    return failure


def _fault(error: WSManFaultError, place: Place, doing: str) -> RemoteError:
    number, kind = error.wsman_fault_code or 0, error.fault_subcode or ""
    reason = printable(" ".join(error.reason.split()))[:_LONGEST_REASON]
    said = f"while {doing}: {reason} (fault {number})"
    if number in _QUOTAS or error.wmierror_code in _QUOTAS or kind.endswith(":QuotaLimit"):
        remedy = "close shells there (Restart-Service WinRM ends all), or raise its quota for the account"
        return place.error("quota", said, remedy)
    if number in {_ACCESS_DENIED, _SHELLS_OFF} or kind.endswith(":AccessDenied"):
        remedy = "let the account use WinRM there (group Remote Management Users, AllowRemoteShellAccess)"
        return place.error("denied", said, remedy)
    if number == _NOT_FOUND:
        return place.error("protocol", f"powershell.exe is not where it belongs: {reason}")
    if number == _GONE:
        return place.error("protocol", f"the remote shell was ended by someone else {said}")
    return place.error("protocol", said)


def status_error(status: int, media_type: str, place: Place, doing: str) -> RemoteError:
    """An answer that is no WS-Management, by its HTTP status."""
    said = f"HTTP {status} while {doing}"
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        return place.error(
            "protocol", f"{said}: a redirect, which is not followed", "name the machine itself"
        )
    known = {
        401: ("denied", "the session is no longer accepted", ""),
        403: ("denied", "the request is forbidden", "check the IP filter of WinRM (IPv4Filter, IPv6Filter)"),
        404: ("protocol", "no WS-Management at /wsman", "check the port of the listener"),
        503: ("unreachable", "the WinRM service is not running", "start it there: Start-Service WinRM"),
    }
    if status in known:
        code, message, remedy = known[status]
        return place.error(code, f"{said}: {message}", remedy)
    what = printable(media_type)[:60] or "nothing"
    return place.error(
        "protocol",
        f"{said} with {what} instead of WS-Management",
        f"check that WinRM listens on {place.address} port {place.port}",
    )
