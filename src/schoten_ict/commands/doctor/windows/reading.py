"""Which sources of the collectors the account may read, and what stays unknown without each: pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from schoten_ict.commands.doctor.windows.about import KEEP, About
from schoten_ict.commands.doctor.windows.inside import LENGTH, TEXT
from schoten_ict.core.finding import Finding
from schoten_ict.core.remote import Command, RemoteError, Runner
from schoten_ict.formats.answers import document_of, number
from schoten_ict.patch.ask import windows_told
from schoten_ict.patch.ask.windows_told import MOST, Answer

_FILLER = "a" * (LENGTH - 1) + "z"
_ADMINISTRATORS = "only Administrators may, for want of anything less"
_CIM = "give it Enable Account and Remote Enable on the namespace (WMI Control)"
_LOGS = "put it in Event Log Readers"
_KEY = "give it the right to read the key"


@dataclass(frozen=True, slots=True)
class Source:
    """What a collector reads: where, what is not known without it, and how the account may get to it.

    Without what is `needed` a machine cannot be judged at all. What may be `absent` is no loss then.
    """

    where: str
    without: str
    remedy: str
    needed: bool = False
    absent: bool = False


SOURCES = {
    "registry": Source("Windows NT\\CurrentVersion", "system, build and UBR", _KEY, needed=True),
    "programs": Source("the Uninstall keys", "installed software", _KEY),
    "users": Source("the hives of who is logged on", "software of single users", _ADMINISTRATORS),
    "servicing": Source("Component Based Servicing", "restarts and the last patch", _KEY, needed=True),
    "policies": Source("the policies on updates", "where updates come from", _KEY, needed=True),
    "system": Source("Win32_OperatingSystem", "uptime, memory and processors", _CIM, needed=True),
    "volumes": Source("Win32_Volume", "volumes and free space", _CIM),
    "services": Source("Win32_Service", "services", _CIM),
    "hotfixes": Source("Win32_QuickFixEngineering", "the list of hotfixes", _CIM),
    "licences": Source("SoftwareLicensingProduct", "extended security updates", _CIM),
    "ports": Source("Get-NetTCPConnection", "open ports", _CIM),
    "defender": Source("Get-MpComputerStatus", "antivirus", _ADMINISTRATORS),
    "antivirus": Source("root/SecurityCenter2", "antivirus of others", _CIM, absent=True),
    "bitlocker": Source("Win32_EncryptableVolume", "encryption", _ADMINISTRATORS, absent=True),
    "administrators": Source("the local group", "who is administrator there", _ADMINISTRATORS),
    "system_log": Source("event log System", "updates that failed", _LOGS),
    "update_log": Source("event log WindowsUpdateClient", "the last search for updates", _LOGS),
    "agent": Source(
        "the update agent", "titles and severities (patch scan --search)",
        "builds are judged all the same; or make a list there and: ict patch import",
    ),
}  # fmt: skip
"""The parts of `probes.ps1` that only ask whether something may be read."""


@cache
def script() -> str:
    """The whole text that is sent."""
    parts = files(windows_told.__package__).joinpath("windows_parts.ps1")
    own = files(__package__).joinpath("probes.ps1")
    return "\n".join(each.read_text(encoding="utf-8") for each in (parts, own))


def ask(runner: Runner, seconds: float) -> Answer:
    """The answer of a machine; raises `RemoteError`."""
    parameters = {"most": MOST, "text": TEXT, "filler": _FILLER}
    done = runner.run(Command(script(), parameters=parameters, seconds=seconds))
    answer = windows_told.answer(document_of(done, "gave no answer", remedy=KEEP))
    if not answer.parts and not answer.reasons:
        raise RemoteError("gave an answer without any part", code="protocol", remedy=KEEP)
    return answer


def rights(about: About, answer: Answer) -> Iterator[Finding]:
    """One finding per source."""
    for name, source in SOURCES.items():
        yield _right(about, f"read.{name.replace('_', '-')}", source, answer, name)


def _right(about: About, step: str, source: Source, answer: Answer, name: str) -> Finding:
    reason = answer.lacks(name, always=True)
    if reason is None:
        count = number(answer.one(name).get("count"))
        found = "may be read" if count is None else f"may be read, {count} found"
        return about.ok(step, f"{source.where}: {found}", count=count)
    seen = f"{source.where}: {reason.message.rstrip('.')}; unknown without it: {source.without}"
    evidence = {"code": reason.code, "hresult": reason.hresult}
    if reason.code == "absent" and source.absent:
        return about.ok(step, f"{source.where}: is not there, which is an answer", **evidence)
    if reason.code not in {"denied", "absent"}:
        return about.unknown(step, seen, KEEP, **evidence)
    remedy = source.remedy if reason.code == "denied" else "it is not there, or it is off"
    judge = about.fail if source.needed else about.warn
    return judge(step, seen, remedy, **evidence)
