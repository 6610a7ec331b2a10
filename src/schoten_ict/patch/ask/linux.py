"""Linux over SSH or on the machine itself: one script, one answer; the package manager's own words are read.

What is asked of each manager stands in its module. A machine whose package manager is another one says so.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from schoten_ict.core.errors import Problem
from schoten_ict.core.remote import Command, RemoteError, Runner
from schoten_ict.formats.framed import new_marker, sections
from schoten_ict.patch.ask import apt, dnf, zypper
from schoten_ict.patch.ask.apt_pro import read_pro
from schoten_ict.patch.ask.linux_restarts import read_reboot
from schoten_ict.patch.ask.linux_told import Found, Told, moment, pairs, text, well
from schoten_ict.patch.facts import INCOMPLETE, Feed, PatchFacts, Reboot, System

MANAGERS: Mapping[str, Callable[[Found, datetime], Told]] = {
    "apt": apt.read, "dnf": dnf.read, "zypper": zypper.read,
}  # fmt: skip
_SCRIPT = Path(__file__).with_name("linux.sh")
_LIMIT = 64 * 1024 * 1024
_CLOCK = timedelta(days=1)
_LTS = (".04",)


def collect(runner: Runner, seconds: float, now: datetime) -> PatchFacts:
    """Ask one machine within `seconds`; `now` is our time, against which ages are read.

    No tool may take more than half of the time, so that one that hangs leaves the others theirs. Raises
    `RemoteError` when the answer is none of ours, or is cut off.
    """
    marker = new_marker()
    head = f"B='{marker}' S={max(1, int(seconds / 2))}\n"
    done = runner.run(Command(head + _SCRIPT.read_text(encoding="utf-8"), seconds=seconds, limit=_LIMIT))
    if done.cut:
        raise RemoteError("the answer was longer than the limit", code="too-large")
    found = sections(done.stdout.decode("utf-8", errors="replace"), marker)
    if "whole" not in found:
        raise RemoteError(
            "did not answer as a POSIX shell does", code="protocol", remedy="is it a Linux machine?"
        )
    return read(found, now)


def read(found: Found, now: datetime) -> PatchFacts:
    """The facts in a machine's answers; pure."""
    manager = text(found, "manager").strip()
    reader = MANAGERS.get(manager)
    told = reader(found, now) if reader else _unknown(manager)
    system = _system(found, told)
    release = system.kernel if system and system.kernel else ""
    reboot = read_reboot(found, release)
    is_off = _is_off(text(found, "clock"), now)
    missing = (*told.missing, *_missing(found, system, reboot, is_off=is_off))
    return PatchFacts(
        manager=manager or "unknown",
        system=system,
        updates=told.updates,
        reboot=reboot,
        lists_at=None if is_off else told.lists_at,
        patched_at=told.patched_at,
        feed=Feed("repositories", told=told.sources) if reader else None,
        missing=missing,
    )


def _unknown(manager: str) -> Told:
    name = manager or "no package manager"
    return Told(missing=(Problem("absent", f"{name}: ict asks apt, dnf and zypper only", "updates"),))


def _missing(found: Found, system: System | None, reboot: Reboot, *, is_off: bool) -> Iterator[Problem]:
    if system is None:
        yield Problem("absent", "there is no os-release that says which system it is", "system")
    if reboot.needed is None:
        yield Problem("absent", "nothing on the machine tells whether it waits for a restart", "reboot",
                      "install needrestart (Debian, Ubuntu) or dnf-utils (Red Hat)")  # fmt: skip
    if is_off:
        yield Problem("clock", "the machine's clock is more than a day off, so that ages mean nothing",
                      "lists_at", "set its clock")  # fmt: skip
    if system is not None and _hides_subscriptions(found, system):
        message = "whether there are updates for subscribers only (ESM) is not told"
        remedy = "see what pro security-status says" if "pro" in found else "install ubuntu-pro-client"
        yield Problem(INCOMPLETE, message, "updates", remedy)


def _hides_subscriptions(found: Found, system: System) -> bool:
    """Whether nothing on an Ubuntu LTS tells of Ubuntu Pro: its client by an answer, or its hook in apt."""
    is_lts = system.family == "ubuntu" and (system.version or "").endswith(_LTS)
    return (
        is_lts
        and (not well(found, "pro") or read_pro(text(found, "pro")) is None)
        and " ESM" not in text(found, "upgrade")
        and ("Ubuntu Pro" not in text(found, "upgrade"))
    )


def _system(found: Found, told: Told) -> System | None:
    release = pairs(text(found, "release"))
    words = text(found, "uname").split()
    complete = len(words) == len(("system", "release", "machine"))
    family = release.get("ID", "")
    if not family:
        return None
    return System(
        family=family.lower(),
        name=release.get("PRETTY_NAME") or release.get("NAME", ""),
        version=release.get("VERSION_ID") or None,
        kernel=words[1] if complete else None,
        architecture=words[2] if complete else None,
        subscriptions=told.subscriptions,
    )


def _is_off(clock: str, now: datetime) -> bool:
    theirs = moment(clock)
    return theirs is not None and abs(theirs - now) > _CLOCK
