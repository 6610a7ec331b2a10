"""Windows over WinRM: registry, CIM and event log first, a search of the update agent on top where wanted.

From documentation and public examples, never run on Windows. Sources: the registry's CurrentVersion,
Component Based Servicing and WindowsUpdate keys; the policies of WindowsUpdate.admx; events 19, 20 (System)
and 26 (WindowsUpdateClient/Operational) of Microsoft-Windows-WindowsUpdateClient; Win32_QuickFixEngineering,
whose list lacks what was superseded and is shown only. Nothing is concluded here from build and UBR.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from schoten_ict.core.errors import Problem
from schoten_ict.core.remote import Runner
from schoten_ict.core.text import counted
from schoten_ict.formats.answers import Row, number, text
from schoten_ict.patch.ask import windows_search, windows_told
from schoten_ict.patch.ask.windows_events import failures, installs, searches
from schoten_ict.patch.ask.windows_search import Search
from schoten_ict.patch.ask.windows_told import Answer, flag, moment, texts
from schoten_ict.patch.ask.windows_updates import ARTICLE
from schoten_ict.patch.facts import DISABLED, PAUSED, SERVICE, Feed, PatchFacts, Reboot, System

MANAGER = "windows"
DAYS = 40
"""How far back the event log is read."""
_FIRST_WINDOWS_11 = 22000
_FIRST_HOTPATCHED = {True: 20348, False: 26100}
"""The first build that can be hotpatched, of servers and of clients."""
_ENROLLED = "Hotpatch Enrollment Package"
_ESU = {
    "f520e45e-7413-4a34-a497-d2765967d094": date(2026, 10, 13),
    "1043add5-23b1-4afb-9a0f-64343c8f3f8d": date(2027, 10, 12),
    "83d49986-add3-41d7-ba33-87c7bfb5c0fb": date(2028, 10, 10),
}
"""Until when each year of Extended Security Updates for Windows 10 lasts, by its activation id (Microsoft:
*Enable Extended Security Updates*, where the ids are the same on all machines)."""
_ARCHITECTURES = {"amd64": "x64", "arm64": "arm64", "x86": "x86"}
_REASONS = {
    "servicing": "component servicing",
    "updates": "installed updates",
    "reporting": "installed updates that were not reported yet",
    "joining": "a change of domain",
}
_SHOWN = {"in_progress": "component servicing is at work", "packages": "packages wait to be installed"}
_RENAMES = 20
_INSTALLED = frozenset({0x50, 0x70, 0x80})
"""CBS states of a package that was installed: superseded since, installed, permanent."""
_DISABLED = 4
_MARGIN = 0.05
"""The part of the time that is kept, so that a search that does not end leaves the answer to the rest."""


def collect(runner: Runner, seconds: float, *, search: bool) -> PatchFacts:
    """Ask one machine within `seconds`; raises `RemoteError` when the first answer is none of ours.

    A search that fails is a problem of `updates` and loses nothing of the rest.
    """
    started = monotonic()
    answer = windows_told.ask(runner, "windows", seconds, {"days": DAYS})
    found = None
    if search:
        found = windows_search.collect(runner, seconds * (1 - _MARGIN) - (monotonic() - started))
    return read(answer, datetime.now(UTC), found)


def read(answer: Answer, now: datetime, search: Search | None = None) -> PatchFacts:
    """The facts in the answers that a machine gave at `now`; pure."""
    system, reboot, feed = _system(answer, now.date()), _reboot(answer), _feed(answer)
    failed = (
        failures(answer.parts["events"], now - timedelta(days=DAYS)) if "events" in answer.parts else None
    )
    patched_at = _latest([*_rollups(answer), *installs(answer.parts.get("events", ()))], now)
    lists_at = now if search and search.is_whole else None
    if search is None or search.updates is None:
        lists_at = _latest(searches(answer.parts.get("searches", ())), now)
    return PatchFacts(
        manager=MANAGER,
        system=system,
        updates=search.updates if search else None,
        reboot=reboot,
        lists_at=lists_at,
        patched_at=patched_at,
        feed=feed,
        failures=failed,
        installed=_installed(answer),
        missing=(
            *(search.problems if search else ()),
            *_missing(answer, system, patched_at, lists_at),
        ),
    )


def _missing(
    answer: Answer, system: System | None, patched_at: datetime | None, lists_at: datetime | None
) -> Iterator[Problem]:
    for name, field in (("os", "system"), ("reboot", "reboot"), ("policy", "feed")):
        reason = answer.lacks(name, always=True)
        if reason is not None:
            yield reason.problem(field)
    if system is not None and (system.build is None or system.ubr is None):
        yield Problem("absent", "the registry does not tell build and UBR", "system")
    for name, field in (("events", "failures"), ("hotfixes", "installed")):
        reason = answer.lacks(name)
        if reason is not None:
            yield reason.problem(field)
    if patched_at is None:
        reason = answer.lacks("events") or answer.lacks("rollups")
        words = f"no installation in the servicing store nor in the log of {DAYS} days"
        yield reason.problem("patched_at") if reason else Problem("absent", words, "patched_at")
    if lists_at is None:
        reason = answer.lacks("searches")
        words = "no search for updates that succeeded is known"
        yield reason.problem("lists_at") if reason else Problem("absent", words, "lists_at")


def _system(answer: Answer, today: date) -> System | None:
    entry = answer.one("os")
    if not entry:
        return None
    architecture = (text(entry, "architecture") or "").lower()
    build, licensed = number(entry.get("build")), _esu_until(answer, today)
    return System(
        family="windows",
        name=_product(entry, build),
        version=text(entry, "display") or text(entry, "release"),
        edition=text(entry, "edition"),
        installation=text(entry, "installation"),
        build=build,
        ubr=number(entry.get("ubr")),
        hotpatch=_hotpatch(answer, build, text(entry, "installation")),
        architecture=_ARCHITECTURES.get(architecture, architecture or None),
        subscriptions=("esu",) if licensed else (),
        esu_until=licensed,
    )


def _product(entry: Row, build: int | None) -> str:
    """ProductName, which still says Windows 10 on a client of build 22000 or later."""
    product = text(entry, "product") or ""
    is_client = text(entry, "installation") == "Client"
    if is_client and (build or 0) >= _FIRST_WINDOWS_11:
        return product.replace("Windows 10", "Windows 11", 1)
    return product


def _hotpatch(answer: Answer, build: int | None, installation: str | None) -> bool | None:
    """Whether it is on the hotpatch track; None where only its UBR can tell.

    A server with the enrollment package and room for patches is. A client that policy allows it need not be:
    its licence is checked by Microsoft. A build that cannot be hotpatched is not.
    """
    if build is None or installation is None:
        return None
    is_server = installation.startswith("Server")
    if build < _FIRST_HOTPATCHED[is_server]:
        return False
    told = answer.one("hotpatch")
    if is_server and _ENROLLED in texts(told, "packages") and number(told.get("table")):
        return True
    return False if not is_server and number(told.get("policy")) == 0 else None


def _esu_until(answer: Answer, today: date) -> date | None:
    """The last day of the years of `esu` that are licensed; None where none is, or all are over."""
    known = {(text(row, "id") or "").lower() for row in answer.parts.get("licences", ())}
    return max((_ESU[each] for each in known & _ESU.keys() if today <= _ESU[each]), default=None)


def _reboot(answer: Answer) -> Reboot | None:
    """What waits for a restart; None where nothing was told, and not known where a sign of it was not."""
    told = answer.one("reboot")
    if not told:
        return None
    reasons = [words for name, words in _REASONS.items() if flag(told, name)]
    name, active = text(told, "name"), text(told, "active")
    if name and active and name.casefold() != active.casefold():
        reasons.append(f"a new name: {name}")
    is_told = (
        all(flag(told, each) is not None for each in _REASONS) and name is not None and active is not None
    )
    shown = [words for name, words in _SHOWN.items() if flag(told, name)]
    needed = True if reasons else False if is_told else None
    return Reboot(needed, tuple(reasons), shown=(*shown, *_renames(told)))


def _renames(told: Row) -> Iterator[str]:
    """Files that wait to be renamed or removed: any installer may leave them, and they come back."""
    names = [each.removeprefix("!").removeprefix("\\??\\") for each in texts(told, "renames")]
    for name in names[:_RENAMES]:
        yield f"rename of {name}"
    more = max(number(told.get("rename_count")) or 0, len(names)) - min(len(names), _RENAMES)
    if more:
        yield f"{counted(more, 'more file name')}"


def _feed(answer: Answer) -> Feed | None:
    """Where it gets its updates: a WSUS server counts only where the policy says to use it."""
    told = answer.one("policy")
    if not told:
        return None
    server = text(told, "server") if number(told.get("use_server")) == 1 else None
    words = dict(_policies(told))
    if server and number(told.get("source")) != 0:
        return Feed("wsus", server, words)
    return Feed("policy" if words else "windows-update", server or "", words)


def _policies(told: Row) -> Iterator[tuple[str, str]]:
    """What is declared about updates, in words."""
    if text(told, "server") and number(told.get("use_server")) != 1:
        yield "unused WSUS server", text(told, "server") or ""
    for name, words in (("status_server", "reports to"), ("group", "group"), ("release", "stays on"),
                        ("paused", PAUSED)):  # fmt: skip
        if value := text(told, name):
            yield words, value
    days = [found for name in ("defer", "managed_defer") if (found := number(told.get(name)))]
    if days:
        yield "deferred", counted(max(days), "day")
    if number(told.get("source")) == 0:
        yield "security updates from", "Windows Update"
    if number(told.get("no_auto")) == 1:
        yield "automatic updates", "off"
    if number(told.get("service_starts")) == _DISABLED:
        yield SERVICE, DISABLED


def _rollups(answer: Answer) -> Iterator[datetime | None]:
    """When each cumulative update that the servicing store knows was installed."""
    for row in answer.parts.get("rollups", ()):
        if number(row.get("state")) in _INSTALLED:
            yield moment(row, "at")


def _latest(times: list[datetime | None] | Iterator[datetime | None], now: datetime) -> datetime | None:
    """The last of times that can be; clocks differ a little, and what lies a day ahead proves nothing."""
    known = [each for each in times if each is not None and each - timedelta(days=1) <= now]
    return min(max(known), now) if known else None


def _installed(answer: Answer) -> tuple[str, ...] | None:
    if "hotfixes" not in answer.parts:
        return None
    names = {(text(row, "id") or "").upper() for row in answer.parts["hotfixes"]}
    return tuple(sorted(each for each in names if ARTICLE.fullmatch(each)))
