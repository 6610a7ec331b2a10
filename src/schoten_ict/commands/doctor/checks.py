"""How `ict doctor` judges: one pure function from facts to a finding per check."""

import os
import stat
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from schoten_ict.commands.doctor.facts import Declared, Folder, FoundWorkspace, SecretFacts, Stored
from schoten_ict.core.files import FOLDER_MODE
from schoten_ict.core.finding import Finding
from schoten_ict.core.times import utc_text
from schoten_ict.core.verdict import Verdict

OLDEST_PYTHON = (3, 11)
FEW_BYTES = 1_000_000_000
TOO_FEW_BYTES = 100_000_000
_SLACK = timedelta(minutes=2)
_MACHINE, _WORKSPACE = "machine:local", "workspace:here"
_SHOWN = 3


def python(version: tuple[int, int, int], now: datetime) -> Finding:
    """Python 3.11 or later."""
    text = ".".join(str(part) for part in version)
    if version[:2] < OLDEST_PYTHON:
        return _fail("python", _MACHINE, f"Python {text} is too old", now, "install Python 3.11 or later")
    return _ok("python", _MACHINE, f"Python {text}", now)


def libraries(versions: Mapping[str, str | None], now: datetime) -> Finding:
    """Every library can be imported."""
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        words = f"cannot be imported: {', '.join(missing)}"
        return _fail("libraries", _MACHINE, words, now, "install ict again: pipx reinstall schoten-ict")
    return _ok("libraries", _MACHINE, f"{len(versions)} libraries can be imported", now, versions=versions)


def documents(version: str | None, now: datetime) -> Finding:
    """The engine that makes PDFs is there."""
    if version is None:
        remedy = "install ict again; it needs typst for this platform"
        return _fail("documents", _MACHINE, "PDFs cannot be made: typst cannot be imported", now, remedy)
    return _ok("documents", _MACHINE, f"PDFs are made by typst {version}", now)


def synchronised(state: bool | None, now: datetime) -> Finding:
    """Something keeps the clock right. What cannot be told is unknown."""
    if state is None:
        words = "whether the clock is kept right cannot be told on this machine"
        return _unknown("clock-sync", _MACHINE, words, now, "look at the time service of this machine")
    if not state:
        words = "the kernel says that nothing keeps the clock right"
        return _warn("clock-sync", _MACHINE, words, now, "start systemd-timesyncd or chrony")
    return _ok("clock-sync", _MACHINE, "the clock is kept right", now)


def completion(scripts: Sequence[Path], now: datetime) -> Finding:
    """Completion is a convenience: without it nothing is wrong."""
    if not scripts:
        words = "shell completion is not installed (ict completion --help says how)"
        return _ok("completion", _MACHINE, words, now)
    places = ", ".join(str(script) for script in scripts)
    return _ok("completion", _MACHINE, f"shell completion is installed: {places}", now)


def workspace(found: FoundWorkspace, now: datetime) -> Finding:
    """There is a workspace."""
    if found.problem is not None:
        return _fail("workspace", _WORKSPACE, found.problem.message, now, found.problem.remedy)
    return _ok("workspace", _WORKSPACE, f"workspace {found.root}", now)


def inventory(declared: Declared, now: datetime) -> Finding:
    """The inventory is valid."""
    problems = declared.problems
    if problems:
        words = f"{len(problems)} problems in the inventory; first {problems[0].line()}"
        lines = [problem.line() for problem in problems]
        return _fail("inventory", _WORKSPACE, words, now, "ict inventory validate lists them", problems=lines)
    return _ok("inventory", _WORKSPACE, f"the inventory is valid: {declared.hosts} hosts", now)


def secrets(found: SecretFacts, now: datetime) -> Finding:
    """Files with secrets exist and are closed to others. Other references are counted, never resolved."""
    readable = [file.path for file in found.files if (file.mode or 0) & (stat.S_IROTH | stat.S_IWOTH)]
    if readable and os.name == "posix":
        words = f"{len(readable)} secret files can be read by everyone: {_some(readable)}"
        return _fail("secrets", _WORKSPACE, words, now, f"chmod o-rwx {readable[0]}")
    missing = [file.path for file in found.files if file.mode is None]
    if missing:
        words = f"{len(missing)} of {len(found.files)} secret files are not there: {_some(missing)}"
        return _warn("secrets", _WORKSPACE, words, now, "create them, readable by the team only")
    words = (
        f"{len(found.files)} secret files in order; {found.others} references of other kinds not looked at"
    )
    return _ok("secrets", _WORKSPACE, words, now)


def exceptions(unknown: Mapping[str, str], now: datetime) -> Finding:
    """Exceptions fit a check that there is; `unknown` are those that do not, with the nearest one."""
    if not unknown:
        return _ok("exceptions", _WORKSPACE, "every exception is to a check that there is", now)
    words = ", ".join(f"{check}{nearest}" for check, nearest in unknown.items())
    remedy = "-o json shows the id of every finding as check"
    return _warn("exceptions", _WORKSPACE, f"exceptions to checks that there are not: {words}", now, remedy)


def ownership(open_paths: Sequence[Path], now: datetime) -> Finding:
    """Nobody outside the group can change what the team decided."""
    if open_paths:
        words = f"anyone can change {_some(open_paths)}"
        return _fail("ownership", _WORKSPACE, words, now, f"chmod o-w {open_paths[0]}")
    return _ok("ownership", _WORKSPACE, "the folder and the inventory are closed to others", now)


def file_system(found: tuple[str, bool], now: datetime) -> Finding:
    """The data lies on a local disk, where SQLite's locks can be trusted."""
    kind, network = found
    if network:
        words = f"data/ lies on a network file system ({kind})"
        remedy = "move the workspace to a local disk of the management machine"
        return _fail("file-system", _WORKSPACE, words, now, remedy)
    if not kind:
        words = "the type of the file system of data/ cannot be told"
        return _unknown("file-system", _WORKSPACE, words, now, "make sure that it is a local disk")
    return _ok("file-system", _WORKSPACE, f"data/ lies on a local file system ({kind})", now)


def disk(free: int, now: datetime) -> Finding:
    """There is room for records and documents."""
    words = f"{free / 1e9:.1f} GB free for data/"
    if free < TOO_FEW_BYTES:
        return _fail("disk", _WORKSPACE, words, now, "make room", free=free)
    if free < FEW_BYTES:
        return _warn("disk", _WORKSPACE, words, now, "make room", free=free)
    return _ok("disk", _WORKSPACE, words, now, free=free)


def data_folder(found: Folder, now: datetime) -> Finding:
    """The data folder is open to its group, closed to others, and writable for this account."""
    if found.mode is None:
        return _ok("data", _WORKSPACE, "there is no data/ yet; the first change makes it", now)
    if not found.writable:
        words = f"this account cannot write to {found.path} ({found.mode:04o}, group {found.group or '?'})"
        remedy = f"add the account to the group {found.group or 'of the folder'}"
        return _fail("data", _WORKSPACE, words, now, remedy)
    if os.name != "posix":
        return _ok("data", _WORKSPACE, f"{found.path} can be written", now)
    if found.mode & stat.S_IRWXO:
        words = f"{found.path} is open to everyone ({found.mode:04o})"
        return _fail("data", _WORKSPACE, words, now, f"chmod {FOLDER_MODE:o} {found.path}")
    if found.mode != FOLDER_MODE:
        words = f"{found.path} is {found.mode:04o}, so colleagues may not be able to write what others made"
        return _warn("data", _WORKSPACE, words, now, f"chmod {FOLDER_MODE:o} {found.path}")
    words = f"{found.path} is open to the group {found.group or '?'} and closed to others"
    return _ok("data", _WORKSPACE, words, now)


def store(found: Stored, now: datetime) -> Finding:
    """The store can be read, is whole, and is of a version that this ict knows."""
    if found.problem is not None:
        return _fail("store", _WORKSPACE, found.problem.message, now, found.problem.remedy)
    if found.lost:
        return _fail(
            "store", _WORKSPACE, found.lost, now, "put a copy that ict store backup made in its place"
        )
    if found.version is None:
        return _ok("store", _WORKSPACE, "there is no store yet; the first change makes it", now)
    if found.version > found.known:
        words = f"the store has version {found.version}; this ict knows {found.known}"
        return _fail("store", _WORKSPACE, words, now, "upgrade this ict")
    if found.faults or found.unknown:
        return _unsound(found, now)
    ahead = "" if found.version == found.known else f", will be upgraded to {found.known} (after a backup)"
    return _ok("store", _WORKSPACE, f"the store is whole; version {found.version}{ahead}", now)


def _unsound(found: Stored, now: datetime) -> Finding:
    if found.faults:
        words = f"the store is damaged: {found.faults[0]}"
        return _fail("store", _WORKSPACE, words, now, "ict store check; put a backup in its place")
    words = f"the store does not know {len(found.unknown)} files in data/documents: {_some(found.unknown)}"
    return _fail("store", _WORKSPACE, words, now, "restore a newer copy of the store, or move the files away")


def clock(last_entry: datetime | None, zone_known: bool, now: datetime) -> Finding:
    """Time zones are known, and the clock does not stand before the last journal entry."""
    if not zone_known:
        words = "time zones are not known on this machine"
        return _fail("clock", _WORKSPACE, words, now, "install the package tzdata")
    if last_entry is not None and last_entry > now + _SLACK:
        words = f"the clock says {utc_text(now)}, before the last journal entry of {utc_text(last_entry)}"
        return _fail("clock", _WORKSPACE, words, now, "set the clock right before anything is recorded")
    return _ok("clock", _WORKSPACE, f"the clock says {utc_text(now)}", now)


def _some(paths: Sequence[Path | str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(str(path) for path in paths[:_SHOWN]) + more


def _ok(name: str, subject: str, summary: str, now: datetime, **evidence: Any) -> Finding:
    return Finding(f"doctor.{name}", subject, Verdict.OK, summary, now, evidence=evidence)


def _warn(name: str, subject: str, summary: str, now: datetime, remedy: str, **evidence: Any) -> Finding:
    return _finding(Verdict.WARN, name, subject, summary, now, remedy, evidence)


def _fail(name: str, subject: str, summary: str, now: datetime, remedy: str, **evidence: Any) -> Finding:
    return _finding(Verdict.FAIL, name, subject, summary, now, remedy, evidence)


def _unknown(name: str, subject: str, summary: str, now: datetime, remedy: str, **evidence: Any) -> Finding:
    return _finding(Verdict.UNKNOWN, name, subject, summary, now, remedy, evidence)


def _finding(
    verdict: Verdict,
    name: str,
    subject: str,
    summary: str,
    now: datetime,
    remedy: str,
    evidence: Mapping[str, Any],
) -> Finding:
    return Finding(f"doctor.{name}", subject, verdict, summary, now, evidence=evidence, remedy=remedy)
