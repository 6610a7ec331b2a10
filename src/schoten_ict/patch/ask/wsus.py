"""WSUS over WinRM: one server tells what all its computers reported, also of those that are off.

From documentation and public examples, never run on a WSUS server. Sources: the administration API
(Microsoft.UpdateServices.Administration): GetTotalSummaryPerComputerTarget gives the counts in one call, and
IComputerTarget.GetUpdateInstallationInfoPerUpdate, one call per computer, the updates behind them. Only what
is approved for a computer is told: what nobody approved is not missing to WSUS.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from schoten_ict.core.errors import Problem
from schoten_ict.core.remote import RemoteError, Runner
from schoten_ict.formats.answers import Row, number, text
from schoten_ict.patch.ask import windows_told
from schoten_ict.patch.ask.windows_told import Answer, moment, texts
from schoten_ict.patch.ask.windows_updates import by_key, is_antivirus, update
from schoten_ict.patch.ask.wsus_names import clean_name
from schoten_ict.patch.facts import Update, WsusComputer

SOURCE = "wsus"
_FIELD = "updates"
_LISTING = 0.6
"""The part of the time in which updates are listed computer by computer; the rest is for all else."""
_COUNTS = (
    "missing", "downloaded", "pending_reboot", "failed", "installed", "not_applicable", "not_known",
)  # fmt: skip
_NO_ROLE = "this machine has no WSUS: its administration API is not there"
_NONE_LISTED = "the server counts updates that it lacks, and lists none that is approved for it"
_NONE_REMEDY = "see in the console of WSUS which of them are approved for its group"
_MORE_TIME = "give it more time, such as --host-deadline 20min"
_NO_RIGHT = "add the account to the group WSUS Reporters of the server"


@dataclass(frozen=True, slots=True)
class Fleet:
    """What one server tells: its computers, and when it last fetched what is new.

    `synchronised_at` is None where that was not told. `unread` counts computers without a name or a count.
    """

    server: str
    synchronised_at: datetime | None
    computers: tuple[WsusComputer, ...]
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Lists:
    """The updates of each computer that the server came to, by its id, and why others have none."""

    by_computer: Mapping[str, tuple[Update, ...]] = field(default_factory=dict)
    broken: Mapping[str, Problem] = field(default_factory=dict)
    problem: Problem | None = None


def collect(runner: Runner, seconds: float) -> Fleet:
    """Ask one WSUS server within `seconds`; raises `RemoteError` where it does not tell its computers.

    A computer of which it told counts only has no `updates` and says why. What reported last comes first.
    """
    started = monotonic()
    answer = windows_told.ask(runner, "wsus", seconds, {"seconds": int(seconds * _LISTING)})
    return read(answer, monotonic() - started)


def read(answer: Answer, seconds: float = 0.0) -> Fleet:
    """What is in an answer that took `seconds`; pure. Raises `RemoteError` without a list of computers."""
    for name in ("server", "computers"):
        reason = answer.lacks(name, always=name == "server")
        if reason is not None:
            message = (
                _NO_ROLE if reason.code == "absent" else f"WSUS does not tell its computers: {reason.message}"
            )
            remedy = _NO_RIGHT if reason.code == "denied" else ""
            raise RemoteError(message, code=reason.code, remedy=remedy)
    lists = _lists(answer, seconds)
    rows = answer.parts["computers"]
    found = [each for row in rows if (each := _computer(row, lists)) is not None]
    if rows and not found:
        raise RemoteError(f"told {len(rows)} computers, and of none its name and counts")
    return Fleet(
        server=text(answer.one("server"), "name") or "",
        synchronised_at=moment(answer.one("catalogue"), "synchronised"),
        computers=_newest(found),
        unread=len(rows) - len(found),
    )


def _lists(answer: Answer, seconds: float) -> Lists:
    reason = answer.lacks("lists") or answer.lacks("updates")
    if reason is not None:
        return Lists(problem=reason.problem(_FIELD))
    known = {text(row, "id") or "": row for row in answer.parts["updates"]}
    lists: dict[str, tuple[Update, ...]] = {}
    broken: dict[str, Problem] = {}
    for row in answer.parts["lists"]:
        computer, ids = text(row, "id") or "", texts(row, "updates")
        wanted = [each for each in (known.get(id_, {}) for id_ in ids) if not is_antivirus(each)]
        told = [found for each in wanted if (found := update(each, SOURCE)) is not None]
        if not ids:
            broken[computer] = Problem("incomplete", _NONE_LISTED, _FIELD, _NONE_REMEDY)
        elif len(told) < len(wanted):
            words = f"{len(wanted) - len(told)} of its {len(ids)} updates have no title"
            broken[computer] = Problem("incomplete", words, _FIELD)
        else:
            lists[computer] = by_key(told)
    words = f"the server told counts only: in {seconds:.0f} s it did not come to this computer"
    return Lists(lists, broken, Problem("timeout", words, _FIELD, _MORE_TIME))


def _computer(row: Row, lists: Lists) -> WsusComputer | None:
    """One computer; None where its name or a count was not told."""
    counts = {name: found for name in _COUNTS if (found := number(row.get(name))) is not None}
    host = clean_name(text(row, "host") or "")
    if not host or len(counts) < len(_COUNTS):
        return None
    id_ = text(row, "id") or ""
    reported = moment(row, "reported")
    is_clean = not (counts["missing"] or counts["downloaded"] or counts["failed"])
    updates: tuple[Update, ...] | None = lists.by_computer.get(id_)
    problem = None if updates is not None else lists.broken.get(id_, lists.problem)
    if reported is None:
        updates, problem = None, Problem("absent", "it never reported to the server", _FIELD)
    elif is_clean:
        updates, problem = (), None
    return WsusComputer(
        host=host,
        address=text(row, "address") or "",
        os=text(row, "os") or "",
        group=text(row, "group") or "",
        reported_at=reported,
        synchronised_at=moment(row, "synchronised"),
        updates=updates,
        problem=problem,
        **counts,
    )


def _newest(computers: Iterable[WsusComputer]) -> tuple[WsusComputer, ...]:
    """Of each name the record that reported last: a machine that was set up anew is registered again."""
    ordered = sorted(computers, key=lambda each: (_reported(each), each.host), reverse=True)
    found: dict[str, WsusComputer] = {}
    for each in ordered:
        found.setdefault(each.host, each)
    return tuple(found.values())


def _reported(computer: WsusComputer) -> float:
    return computer.reported_at.timestamp() if computer.reported_at else 0.0
