"""Windows over WinRM: one PowerShell script, one JSON answer, read part by part.

Sources: the registry's CurrentVersion and Uninstall keys (both views, and the hives of who is logged on),
the CIM classes Win32_OperatingSystem, _ComputerSystem, _BIOS, _Processor, _Volume, _NetworkAdapter,
_NetworkAdapterConfiguration, _Service, _EncryptableVolume, SecurityCenter2, Get-MpComputerStatus,
Get-NetTCPConnection. A part that Windows denies or lacks is missing with its reason, never a guess.
"""

import ipaddress
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.core.hostfacts import (
    Hardware,
    HostFacts,
    Identity,
    Interface,
    Listener,
    Protection,
    Service,
    State,
    Title,
    Volume,
)
from schoten_ict.core.remote import Command, Completed, RemoteError, Runner
from schoten_ict.formats.answers import Row, document_of, number, rows, text
from schoten_ict.formats.identifiers import clean_mac, clean_serial

SCHEMA = "ict-windows/1"
MOST = 20_000
"""The most entries of one part: nobody has more programs than this."""
_SCRIPT = Path(__file__).with_name("windows.ps1")
_FIRST_WINDOWS_11 = 22000
_NO_SPEED = 2**63 - 1
_USER_SERVICE_INSTANCE = 0x80
_HYPERVISORS = (
    ("vmware", "vmware"), ("virtualbox", "oracle"), ("virtual machine", "microsoft"), ("kvm", "kvm"),
    ("qemu", "kvm"), ("hvm domu", "xen"), ("google compute engine", "google"), ("amazon ec2", "amazon"),
)  # fmt: skip
_PARTS = {
    "os": "identity", "running": "uptime", "system": "identity", "bios": "serial", "processors": "hardware",
    "volumes": "volumes", "adapters": "interfaces", "software": "software", "user_software": "user software",
    "services": "services", "listeners": "listeners", "defender": "antivirus", "bitlocker": "encryption",
    "administrators": "administrators",
}  # fmt: skip
"""What each question of the script gives; `antivirus` (Windows Security) is absent on every server."""
_ALWAYS = frozenset({"os", "running", "system", "bios", "processors", "services", "administrators"})
"""What every machine has at least one of: an empty answer is none."""
_DENIED = ("0x80070005", "0x80041003", "0x80338104", "unauthorizedaccess", "securityexception")
_ABSENT = (
    "0x80041002", "0x8004100e", "0x80041010", "0x80070002", "commandnotfound", "0x800106ba", "0x80070426",
)  # fmt: skip
"""No such object, namespace, class, file or command; a Defender service that does not run (two codes)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a question has no answer: `code` is `denied`, `absent`, `too-large` or `protocol`."""

    code: str
    message: str


def collect(runner: Runner, seconds: float) -> HostFacts:
    """Ask one machine; raises `RemoteError` when the answer is none of ours."""
    script = _SCRIPT.read_text(encoding="utf-8")
    asked_at = time.time()
    done = runner.run(Command(script, parameters={"most": MOST}, seconds=seconds))
    answered_at = time.time()
    document = _document(done)
    return _with_clock(read(document), document, (asked_at, answered_at))


def _document(done: Completed) -> Mapping[str, Any]:
    document = document_of(
        done, "gave no facts", remedy="is it a Windows machine with PowerShell 4 or newer?"
    )
    if not isinstance(document, Mapping):
        raise RemoteError("gave an answer of another shape", code="protocol")
    return document


def read(document: Mapping[str, Any]) -> HostFacts:
    """The facts in a machine's answer; pure. Raises `RemoteError` for an answer of another kind."""
    if document.get("schema") != SCHEMA or not isinstance(document.get("parts"), Mapping):
        raise RemoteError("gave an answer of another shape", code="protocol")
    parts = {name: rows(value) for name, value in document["parts"].items()}
    faults = _faults(document.get("errors"))
    volumes = parts.get("volumes")
    listed = [parts.get(name) for name in ("software", "user_software")]
    return HostFacts(
        identity=_identity(parts),
        hardware=_hardware(parts),
        interfaces=_interfaces(parts["adapters"]) if "adapters" in parts else None,
        volumes=tuple(_volumes(volumes)) if volumes is not None else None,
        software=_software(*listed) if any(each is not None for each in listed) else None,
        services=_services(parts["services"]) if "services" in parts else None,
        listeners=_listeners(parts["listeners"]) if "listeners" in parts else None,
        protection=_protection(parts, faults),
        state=State(
            uptime_seconds=number(_first(parts, "running").get("uptime")),
            free_bytes={
                text(each, "name") or "": free
                for each in volumes or ()
                if _has_place(each) and (free := number(each.get("free"))) is not None
            },
        ),
        missing=tuple(_missing(parts, faults)),
    )


def _first(parts: Mapping[str, list[Row]], name: str) -> Row:
    found = parts.get(name)
    return found[0] if found else {}


def _faults(errors: object) -> dict[str, Fault]:
    found = {}
    for name, reason in errors.items() if isinstance(errors, Mapping) else ():
        row = reason if isinstance(reason, Mapping) else {"message": reason}
        codes = f"{text(row, 'hresult') or ''} {text(row, 'id') or ''}".lower()
        code = "protocol"
        if any(each in codes for each in _DENIED):
            code = "denied"
        elif any(each in codes for each in _ABSENT):
            code = "absent"
        elif "toomany" in codes:
            code = "too-large"
        found[str(name)] = Fault(code, text(row, "message") or "gave no answer")
    return found


def _missing(parts: Mapping[str, list[Row]], faults: Mapping[str, Fault]) -> Iterator[Problem]:
    named = bool(parts.get("antivirus"))
    for name, part in _PARTS.items():
        fault = faults.get(name)
        if fault is None and (name not in parts or (name in _ALWAYS and not parts[name])):
            fault = Fault("protocol", "was not in the answer")
        if fault is None or (name == "bitlocker" and fault.code == "absent"):
            continue  # without the feature nothing can be encrypted, which is an answer
        if name == "defender" and named:
            continue  # another product takes its place
        remedy = "give the account of this credential the right to read it" if fault.code == "denied" else ""
        yield Problem(fault.code, fault.message, part, remedy)


def _identity(parts: Mapping[str, list[Row]]) -> Identity | None:
    if not any(name in parts for name in ("os", "system", "bios")):
        return None
    entry, system, bios = (_first(parts, name) for name in ("os", "system", "bios"))
    vendor, model = text(system, "vendor"), text(system, "model")
    return Identity(
        hostname=text(entry, "hostname"),
        vendor=clean_serial(vendor or ""),
        model=clean_serial(model or ""),
        serial=clean_serial(text(bios, "serial") or ""),
        os=_product(entry),
        os_version=text(entry, "display") or text(entry, "release"),
        os_build=_build(entry),
        edition=text(entry, "edition"),
        kernel=text(_first(parts, "running"), "version"),
        architecture=text(entry, "architecture"),
        virtual=_virtual(vendor or "", model or ""),
        firmware=clean_serial(text(bios, "version") or ""),
    )


def _product(entry: Row) -> str | None:
    """ProductName, which still says Windows 10 on a client of build 22000 or later."""
    product = text(entry, "product")
    client = (text(entry, "installation") or "Client") == "Client"
    if product and client and (number(entry.get("build")) or 0) >= _FIRST_WINDOWS_11:
        return product.replace("Windows 10", "Windows 11", 1)
    return product


def _build(entry: Row) -> str | None:
    """`26100.2314`: build and UBR, as winver shows them."""
    build, revision = text(entry, "build"), number(entry.get("ubr"))
    return f"{build}.{revision}" if build and revision is not None else build


def _virtual(vendor: str, model: str) -> str | None:
    """The hypervisor by the name of the machine; HypervisorPresent is true on real ones too (VBS)."""
    name = f"{vendor} {model}".lower()
    return next((kind for word, kind in _HYPERVISORS if word in name), None)


def _hardware(parts: Mapping[str, list[Row]]) -> Hardware | None:
    if "processors" not in parts and "system" not in parts:
        return None
    sockets = parts.get("processors", [])
    return Hardware(
        cpu=text(sockets[0], "name") if sockets else None,
        sockets=len(sockets) or None,
        cores=sum(number(each.get("cores")) or 0 for each in sockets) or None,
        threads=sum(number(each.get("threads")) or 0 for each in sockets) or None,
        memory_bytes=number(_first(parts, "system").get("memory")),
    )


def _interfaces(adapters: Sequence[Row]) -> tuple[Interface, ...]:
    found = []
    for each in adapters:
        name, speed = text(each, "name"), number(each.get("speed"))
        if name is None:
            continue
        known = speed is not None and 0 < speed < _NO_SPEED
        found.append(
            Interface(
                name=name,
                mac=_mac(text(each, "mac")),
                addresses=tuple(sorted(_addresses(each))),
                up=each.get("up") if isinstance(each.get("up"), bool) else None,
                speed_mbps=speed // 1_000_000 if known and speed is not None else None,
                alias=text(each, "alias"),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.name, each.alias or "")))


def _addresses(adapter: Row) -> Iterator[str]:
    """Addresses with their prefix length; Windows gives a mask for IPv4 and a length for IPv6."""
    addresses, masks = adapter.get("addresses"), adapter.get("masks")
    if isinstance(addresses, list) and isinstance(masks, list):
        for address, mask in zip(addresses, masks, strict=False):
            try:
                yield ipaddress.ip_interface(f"{str(address).partition('%')[0]}/{mask}").with_prefixlen
            except ValueError:
                continue


def _mac(address: str | None) -> str | None:
    try:
        return clean_mac(address or "")
    except ValueError:
        return None


def _has_place(volume: Row) -> bool:
    """Whether a volume has a letter or a folder; recovery and boot partitions have neither."""
    name = text(volume, "name")
    return name is not None and not name.startswith("\\\\?\\")


def _volumes(volumes: Sequence[Row]) -> Iterator[Volume]:
    for each in volumes:
        if _has_place(each):
            size, device = number(each.get("size")), text(each, "device")
            yield Volume(text(each, "name") or "", text(each, "system"), size, device)


def _software(machine: list[Row] | None, users: list[Row] | None) -> tuple[Title, ...]:
    titles = {
        Title(
            name=name,
            version=text(each, "version"),
            publisher=text(each, "publisher"),
            architecture=text(each, "architecture"),
            source="registry",
            user=text(each, "user"),
        )
        for each in (*(machine or ()), *(users or ()))
        if (name := text(each, "name")) is not None
    }
    return tuple(
        sorted(
            titles,
            key=lambda each: (
                each.name, each.version or "", each.architecture or "", each.user or "", each.publisher or "",
            ),
        )
    )  # fmt: skip


def _services(services: Sequence[Row]) -> tuple[Service, ...]:
    """The services; those of one logon session without the number that changes at every logon."""
    found = {}
    for each in services:
        name, state, starts = text(each, "name"), text(each, "state"), text(each, "starts")
        if name is None:
            continue
        if (number(each.get("type")) or 0) & _USER_SERVICE_INSTANCE:
            name = name.rpartition("_")[0] or name
        running = None if state is None else state == "Running"
        found[name] = Service(name, running, starts.lower() if starts else None)
    return tuple(found[name] for name in sorted(found))


def _listeners(listeners: Sequence[Row]) -> tuple[Listener, ...]:
    found = {
        Listener(protocol, address, port, text(each, "process"))
        for each in listeners
        if (protocol := text(each, "protocol"))
        and (address := text(each, "address"))
        and (port := number(each.get("port"))) is not None
    }
    return tuple(sorted(found, key=lambda each: (each.protocol, each.port, each.address, each.process or "")))


def _protection(parts: Mapping[str, list[Row]], faults: Mapping[str, Fault]) -> Protection | None:
    answers = ("defender", "antivirus", "bitlocker", "administrators")
    if not any(name in parts for name in answers):
        return None
    defender = _first(parts, "defender")
    others = sorted(
        name for each in parts.get("antivirus", ()) if (name := text(each, "name")) and "Defender" not in name
    )
    enabled = defender.get("enabled") if isinstance(defender.get("enabled"), bool) else None
    if others and not enabled:  # whether another product works is something that Windows does not say
        name, enabled, signatures = ", ".join(others), None, None
    else:
        name = "Microsoft Defender" if "defender" in parts else ""
        signatures = text(defender, "signatures")
    members = (_account(text(each, "path") or "") for each in parts.get("administrators", ()))
    return Protection(
        antivirus=name or None,
        antivirus_enabled=enabled,
        signatures_at=signatures,
        encryption=_encryption(parts, faults),
        administrators=tuple(sorted({member for member in members if member})),
    )


def _encryption(parts: Mapping[str, list[Row]], faults: Mapping[str, Fault]) -> dict[str, str]:
    """By volume: `on`, `off`, `suspended`, `locked`, or `absent` where BitLocker is not installed."""
    fault = faults.get("bitlocker")
    if fault is not None and fault.code == "absent":
        return {text(each, "name") or "": "absent" for each in parts.get("volumes", ()) if _has_place(each)}
    found = {}
    for each in parts.get("bitlocker", ()):
        name, protection = text(each, "name"), number(each.get("protection"))
        if name is not None:
            states = {0: "off", 1: "on", 2: "locked"}
            state = states.get(-1 if protection is None else protection, "unknown")
            whole = number(each.get("conversion")) == 1
            found[f"{name}\\"] = "suspended" if state == "off" and whole else state
    return found


def _account(path: str) -> str:
    r"""`DOMAIN\user` of an ADsPath such as WinNT://WORKGROUP/SRV-01/Administrator, or a SID."""
    words = [word for word in path.removeprefix("WinNT://").split("/") if word]
    return "\\".join(words[-2:])


def _with_clock(facts: HostFacts, document: Mapping[str, Any], ours: tuple[float, float]) -> HostFacts:
    """The facts with the boot time and how far their clock is off at least.

    `ours` is our clock when asked and when answered. Their clock was read in between, which bounds the offset
    on both sides. PowerShell takes seconds to start, so the middle of these bounds would be no measurement:
    what counts is the bound nearest to zero, and zero where that lies between them.
    """
    state = facts.state or State()
    theirs = (number(document.get("clock")), number(document.get("clock_again")))
    if theirs[0] is not None and theirs[1] is not None:
        most, least = theirs[0] - ours[0] * 1000, theirs[1] - ours[1] * 1000
        state = replace(state, clock_offset_ms=round(least if least > 0 else min(most, 0)))
    if state.uptime_seconds is not None:
        booted = datetime.fromtimestamp(max(ours[1] - state.uptime_seconds, 0), UTC)
        state = replace(state, booted_at=booted.strftime("%Y-%m-%dT%H:%MZ"))
    return replace(facts, state=state)
