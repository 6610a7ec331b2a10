"""What the first scripts on a machine tell, judged: pure."""

import re
from datetime import timedelta

from schoten_ict.commands.doctor.windows.about import KEEP, About
from schoten_ict.core.finding import Finding
from schoten_ict.core.text import printable
from schoten_ict.core.times import length_text
from schoten_ict.formats.answers import Row, number, text
from schoten_ict.patch.ask.windows_told import Reason, flag, texts

BARE = '"PowerShell $($PSVersionTable.PSVersion) $($ExecutionContext.SessionState.LanguageMode)"'
"""Runs in every language mode: it only reads two properties."""
HELLO = "'hello'"
TEXT = "é€ž"
LENGTH = 60_000
"""Characters of a parameter: more than one message of standard input, and more than a command line takes."""
SLOW_MS = 15_000
MOST_APART = timedelta(minutes=5)
"""Kerberos refuses more (RFC 4120, and the policy that Windows comes with)."""
_APART = timedelta(minutes=1)
_SAID = re.compile(r"PowerShell (\d+)\.(\d+)\S* (\w+)\s*\Z")
_OLDEST = (4, 0)
_LONGEST = 160
_ROLES = {
    "S-1-5-32-580": "Remote Management Users",
    "S-1-5-32-573": "Event Log Readers",
    "S-1-5-32-559": "Performance Log Users",
    "S-1-5-32-558": "Performance Monitor Users",
}
"""Well-known groups (MS-DTYP 2.4.2.4), whose names Windows translates."""
_LEAST_SHELLS, _LEAST_MEGABYTES, _LEAST_ENVELOPE = 5, 512, 150
"""Two collections beside a person's own sessions; what Windows 8 had; what the messages ask for."""


def powershell(about: About, said: str) -> Finding:
    """Version and language mode; in any other than FullLanguage the scripts of the collectors cannot run."""
    match = _SAID.search(said)
    if match is None:
        seen = f"PowerShell said {printable(said.strip())[:_LONGEST] or 'nothing'!r}"
        return about.fail("powershell", seen, "is it a Windows machine with PowerShell 4 or newer?")
    version, mode = (int(match[1]), int(match[2])), match[3]
    if mode != "FullLanguage":
        seen = f"PowerShell {match[1]}.{match[2]} in {mode}: the collectors cannot work there"
        remedy = "let AppLocker or WDAC allow full language to this account; until then all of it is unknown"
        return about.fail("powershell", seen, remedy)
    if version < _OLDEST:
        remedy = "install Windows Management Framework 5.1 there"
        return about.fail("powershell", f"PowerShell {match[1]}.{match[2]}, 4 is needed", remedy)
    return about.ok("powershell", f"PowerShell {match[1]}.{match[2]} in {mode}")


def script(about: About, output: bytes, milliseconds: int) -> Finding:
    """A trivial script came back."""
    if output.strip() != b"hello":
        seen = f"'hello' came back as {printable(output.decode('utf-8', 'replace'))[:_LONGEST]!r}"
        return about.fail("script", seen, KEEP)
    seen = f"a trivial script came back in {milliseconds} ms"
    if milliseconds > SLOW_MS:
        remedy = "look at its virus scanner and its load, or give a collection more --host-deadline"
        return about.warn("script", seen, remedy, duration_ms=milliseconds)
    return about.ok("script", seen, duration_ms=milliseconds)


def encryption(about: About, protocol: str, transport: str) -> Finding:
    """Messages went to and fro by now: over TLS, or each sealed under the log-in."""
    if protocol:
        return about.ok("encryption", f"{protocol}, and the log-in is bound to it")
    seen = f"HTTP, every message sealed under the {transport} log-in; an unsealed one would be refused"
    return about.ok("encryption", seen)


def stdin(about: About, echo: Row) -> Finding:
    """A long parameter arrived whole, so standard input takes more than a command line or one message."""
    length = number(echo.get("length"))
    if length == LENGTH and text(echo, "last") == "z":
        return about.ok("stdin", f"script and a parameter of {LENGTH} characters arrived whole")
    seen = f"of a parameter of {LENGTH} characters {length} arrived"
    return about.fail("stdin", seen, KEEP)


def unicode(about: About, echo: Row) -> Finding:
    """Text beyond ASCII came back as it went."""
    came = text(echo, "text")
    if came == TEXT:
        return about.ok("text", f"{TEXT} came back as it went")
    return about.fail("text", f"{TEXT} came back as {came!r}: names would be kept wrong", KEEP)


def account(about: About, told: Row) -> Finding:
    """Who one is over there, by which log-in, and whether as an administrator."""
    name = text(told, "name") or "somebody"
    by = text(told, "authentication") or "an unnamed log-in"
    groups = [words for sid, words in _ROLES.items() if sid in texts(told, "groups")]
    administrator = flag(told, "administrator")
    evidence = {"administrator": administrator, "authentication": by, "groups": groups}
    if administrator is None:
        return about.unknown("account", f"{name} by {by}: its rights are not told", KEEP, **evidence)
    if administrator:
        return about.ok("account", f"{name} by {by}, an administrator", **evidence)
    words = f"no administrator; member of {', '.join(groups) or 'no group that reads'}"
    return about.ok("account", f"{name} by {by}, {words}", **evidence)


def clock(about: About, told: Row, ours: tuple[float, float]) -> Finding:
    """How far its clock is off at least; `ours` is our clock when asked and when answered, in seconds.

    Its own was read in between, which bounds the difference on both sides.
    """
    theirs = number(told.get("at"))
    if theirs is None:
        return about.unknown("clock", "its clock was not told", KEEP)
    least, most = theirs / 1000 - ours[1], theirs / 1000 - ours[0]
    apart = least if least > 0 else min(most, 0.0)
    seen = f"its clock is {length_text(abs(apart))} {'ahead of' if apart > 0 else 'behind'} this machine's"
    remedy = "set both right: w32tm /query /status there, timedatectl here"
    if abs(apart) > MOST_APART.total_seconds():
        more = "Kerberos refuses more than 5 min"
        return about.fail("clock", f"{seen}; {more}", remedy, seconds=round(apart))
    if abs(apart) > _APART.total_seconds():
        return about.warn("clock", seen, remedy, seconds=round(apart))
    about_equal = f"within {length_text(max(1.0, most - least))} of this machine's"
    return about.ok("clock", f"its clock is {about_equal}", seconds=round(apart))


def limits(about: About, told: Row, reason: Reason | None) -> Finding:
    """The quotas of remote shells; only administrators may read them."""
    if reason is not None:
        remedy = "an administrator sees them there: winrm get winrm/config"
        return about.unknown("limits", f"its quotas cannot be read: {reason.message.rstrip('.')}", remedy)
    found = {name: number(told.get(name)) for name in ("shells", "memory_mb", "envelope_kb", "processes")}
    seen = (
        f"MaxShellsPerUser {found['shells']}, MaxMemoryPerShellMB {found['memory_mb']}, "
        f"MaxEnvelopeSizekb {found['envelope_kb']}, MaxProcessesPerShell {found['processes']}"
    )
    if None in found.values():
        return about.unknown("limits", f"not all are told: {seen}", "winrm get winrm/config", **found)
    least = {"shells": _LEAST_SHELLS, "memory_mb": _LEAST_MEGABYTES, "envelope_kb": _LEAST_ENVELOPE}
    low = [name for name, floor in least.items() if (found[name] or 0) < floor]
    if low:
        return about.warn("limits", f"low: {seen}", "raise them there: winrm set winrm/config/winrs", **found)
    return about.ok("limits", seen, **found)
