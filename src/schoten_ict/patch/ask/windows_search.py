"""The search of the update agent, on top of what a Windows tells anyway: titles, severities and CVEs.

A search that fails proves nothing, least of all that nothing is missing. Windows 11 24H2 and later and
Windows Server 2025 refuse it to remote sessions (PSWindowsUpdate issues 60 and 65), older ones allow it.
Sources: the Windows Update Agent API (ISearchResult, OperationResultCode), wuerror.h and winerror.h, and
Microsoft's *Windows Update error code list by component*.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.remote import Runner
from schoten_ict.core.text import counted
from schoten_ict.formats.answers import number
from schoten_ict.patch.ask import windows_told
from schoten_ict.patch.ask.windows_told import Answer, Reason
from schoten_ict.patch.ask.windows_updates import by_key, is_antivirus, update
from schoten_ict.patch.facts import Update

SOURCE = "update agent"
_FIELD = "updates"
_SUCCEEDED, _WITH_ERRORS = 2, 3
_RESULTS = {0: "was not begun", 1: "is still going on", 4: "failed", 5: "was broken off"}
_REFUSED = Reason("denied", "this Windows refuses the search for updates to remote sessions (0x80070005)")
_REFUSED_REMEDY = (
    "its build is judged all the same; for the list ask the WSUS server, or import one made on the machine"
)
_SERVER = "see whether it reaches its WSUS server or the internet, and its proxy"
_SERVICE = "start the services wuauserv and bits there, or see which policy disables them"
_CLOCK = "set its clock, or renew the certificate of the WSUS server"
_WSUS = "see the application pool and the database of the WSUS server"
_LATER = "try again later"
_REPAIR = "run DISM /Online /Cleanup-Image /RestoreHealth there"
_CODES: Mapping[str, tuple[str, str, str]] = {
    "0x8024402c": ("unreachable", "the name of the update server or proxy is not found", _SERVER),
    "0x80072ee7": ("unreachable", "the name of the update server is not found", _SERVER),
    "0x80072ee2": ("unreachable", "the update server does not answer in time", _SERVER),
    "0x80072efd": ("unreachable", "no connection to the update server", _SERVER),
    "0x80072efe": ("unreachable", "the connection to the update server was broken", _SERVER),
    "0x80240438": ("unreachable", "the update server is not reached", _SERVER),
    "0x8024401c": ("unreachable", "the update server does not answer in time (HTTP 408)", _WSUS),
    "0x8024401f": ("unreachable", "the update server has an internal error (HTTP 500)", _WSUS),
    "0x80244021": ("unreachable", "a gateway before the update server fails (HTTP 502)", _WSUS),
    "0x80244022": ("unreachable", "the update server is overloaded or stopped (HTTP 503)", _WSUS),
    "0x80244023": ("unreachable", "a gateway before the update server does not answer (HTTP 504)", _WSUS),
    "0x80244017": ("denied", "the update server or proxy asks for a log-in (HTTP 401)", _SERVER),
    "0x80244018": ("denied", "the update server or proxy refuses it (HTTP 403)", _SERVER),
    "0x80244019": ("protocol", "the update server does not know the address (HTTP 404)", _WSUS),
    "0x8024401b": ("denied", "the proxy asks for a log-in (HTTP 407)", _SERVER),
    "0x80244010": ("protocol", "more updates than one search can ask WSUS about", f"{_LATER}; clean up WSUS"),
    "0x80072f8f": ("tls", "the certificate of the update server does not hold", _CLOCK),
    "0x80070422": ("absent", "the update service is disabled", _SERVICE),
    "0x8024002e": (
        "absent",
        "policy forbids access to the update server",
        "see the policies on Windows Update",
    ),
    "0x8024500c": (
        "absent",
        "policy forbids to connect to Windows Update",
        "see the policies on Windows Update",
    ),
    "0x8024001e": ("unreachable", "the update service or the machine was stopping", _LATER),
    "0x8024000b": ("unreachable", "the search was broken off", _LATER),
    "0x80240016": ("unreachable", "another installation is going on, or a restart is awaited", _LATER),
    "0x80248014": ("protocol", "the update service that it is set to use is not registered", _SERVICE),
    "0x80240032": ("protocol", "the update agent does not understand the search", ""),
    "0x80040154": ("absent", "the update agent is not registered", _REPAIR),
    "0x80080005": ("unreachable", "the update agent did not start", _SERVICE),
    "0x8007000e": ("unreachable", "too little memory for the search", _LATER),
    "0x80240fff": ("protocol", "an unexpected error of the update agent", _LATER),
}
"""What fails most, in one line each: code, message, remedy."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search gave: None where it failed. `is_whole` says that nothing of it is missing."""

    updates: tuple[Update, ...] | None
    problems: tuple[Problem, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it succeeded and everything in it was read."""
        return self.updates is not None and not self.problems


def collect(runner: Runner, seconds: float) -> Search:
    """Search on one machine within `seconds`, which may take minutes; an error is a problem of `updates`."""
    if seconds <= 0:
        return Search(None, (Problem("timeout", "no time was left to search for updates", _FIELD),))
    try:
        return read(windows_told.ask(runner, "windows_search", seconds, {}))
    except IctError as error:
        return Search(None, tuple(_about_updates(each) for each in error.problems))


def _about_updates(problem: Problem) -> Problem:
    return Problem(problem.code, f"the search for updates: {problem.message}", _FIELD, problem.remedy)


def read(answer: Answer) -> Search:
    """What a search gave; pure."""
    reason = answer.lacks("search", always=True)
    if reason is not None:
        return Search(None, (explained(reason),))
    row = answer.one("search")
    result = number(row.get("code"))
    if result not in {_SUCCEEDED, _WITH_ERRORS}:
        words = _RESULTS.get(-1 if result is None else result, "ended in a way that is not known")
        return Search(None, (Problem("failed", f"the search for updates {words}", _FIELD, _LATER),))
    reason = answer.lacks("updates")
    if reason is not None and reason.code != "too-large":
        return Search(None, (reason.problem(_FIELD),))
    return _listed(answer, result, number(row.get("count")), reason)


def _listed(answer: Answer, result: int, count: int | None, reason: Reason | None) -> Search:
    listed = answer.parts["updates"]
    wanted = [row for row in listed if not is_antivirus(row)]
    found = [each for row in wanted if (each := update(row, SOURCE)) is not None]
    problems = []
    if result == _WITH_ERRORS:
        problems.append(Problem("incomplete", "the search for updates ended with errors: there may be more",
                                _FIELD, _LATER))  # fmt: skip
    if count is None or count != len(listed) or reason is not None:
        told = "?" if count is None else count
        problems.append(Problem("incomplete", f"{len(listed)} of {told} updates were told", _FIELD))
    if len(found) < len(wanted):
        words = f"{counted(len(wanted) - len(found), 'update')} without a title or an article"
        problems.append(Problem("incomplete", words, _FIELD))
    if problems and not found:  # a list that lacks something and is empty would look like a clean one
        return Search(None, tuple(problems))
    return Search(by_key(found), tuple(problems))


def explained(reason: Reason) -> Problem:
    """Why a search failed, in one line; the code of Windows stands in it."""
    if reason.hresult == "0x80070005":
        return _REFUSED.problem(_FIELD, _REFUSED_REMEDY)
    if reason.hresult in _CODES:
        code, message, remedy = _CODES[reason.hresult]
        return Problem(code, f"{message} ({reason.hresult})", _FIELD, remedy)
    code = f" ({reason.hresult})" if reason.hresult else ""
    return replace(reason, message=f"the search for updates failed: {reason.message}{code}").problem(_FIELD)
