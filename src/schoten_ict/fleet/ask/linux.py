"""Linux over SSH or on the machine itself: one script, one answer, read part by part.

Sources: os-release(5), proc(5), /sys/class/dmi/id, df(1) in POSIX form, ip(8), dpkg-query(1), rpm(8),
systemctl(1), ss(8). What a tool does not tell is a missing part with its reason, never a guess.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from schoten_ict.core.errors import Problem
from schoten_ict.core.hostfacts import (
    Hardware,
    HostFacts,
    Identity,
    Interface,
    Listener,
    Service,
    State,
    Title,
    Volume,
)
from schoten_ict.core.remote import Command, RemoteError, Runner
from schoten_ict.formats.framed import Section, new_marker, sections
from schoten_ict.formats.identifiers import clean_serial

_SCRIPT = Path(__file__).with_name("linux.sh")
_MOST_DIGITS = 20
_NOT_VIRTUAL = frozenset({"none", ""})


def collect(runner: Runner, seconds: float) -> HostFacts:
    """Ask one machine; raises `RemoteError` when the answer is none of ours."""
    marker = new_marker()
    script = f"B='{marker}'\n{_SCRIPT.read_text(encoding='utf-8')}"
    asked_at = time.time()
    done = runner.run(Command(script, seconds=seconds))
    answered_at = time.time()
    found = sections(done.stdout.decode("utf-8", errors="replace"), marker)
    if not found:
        raise RemoteError(
            "did not answer as a POSIX shell does", code="protocol", remedy="is it a Linux machine?"
        )
    facts = read(found)
    return _with_clock(facts, found, (asked_at, answered_at), cut=done.cut)


def read(found: Mapping[str, Section]) -> HostFacts:
    """The facts in a machine's answers; pure."""
    dmi = _pairs(_text(found, "dmi"))
    missing = list(_missing(found, dmi))
    return HostFacts(
        identity=_identity(found, dmi),
        hardware=_hardware(_text(found, "cpu"), _text(found, "memory")),
        interfaces=_interfaces(_text(found, "links"), _text(found, "addresses"))
        if _well(found, "links")
        else None,
        volumes=tuple(_volumes(_text(found, "df"))) if _well(found, "df") else None,
        software=_software(found),
        services=_services(found),
        listeners=tuple(_listeners(_text(found, "listeners"))) if _well(found, "listeners") else None,
        state=State(uptime_seconds=_uptime(_text(found, "uptime")), free_bytes=_free(_text(found, "df"))),
        missing=tuple(missing),
    )


def _text(found: Mapping[str, Section], name: str) -> str:
    return found[name].text if name in found else ""


def _well(found: Mapping[str, Section], name: str) -> bool:
    return name in found and found[name].status == 0


def _missing(found: Mapping[str, Section], dmi: Mapping[str, str]) -> Iterator[Problem]:
    parts = (("links", "interfaces", "ip"), ("df", "volumes", "df"), ("listeners", "listeners", "ss"))
    for section, part, tool in parts:
        if not _well(found, section):
            yield Problem("absent", f"{tool} gave no answer", part, f"install {tool}")
    if not any(_well(found, name) for name in ("dpkg", "rpm", "apk")):
        yield Problem("absent", "no package manager that ict knows answered", "software")
    if "units" not in found:
        yield Problem("absent", "services are read from systemd only", "services")
    physical = _text(found, "virt").strip() in _NOT_VIRTUAL
    if physical and dmi.get("sys_vendor") and not dmi.get("product_serial"):
        yield Problem(
            "denied",
            "the serial number is readable by root only",
            "serial",
            "set sudo: true for this connection",
        )


def _pairs(text: str) -> dict[str, str]:
    """`NAME=value` lines, values without their quotes (os-release(5))."""
    pairs = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip().isidentifier():
            pairs[name.strip()] = value.strip().strip("\"'")
    return pairs


def _identity(found: Mapping[str, Section], dmi: Mapping[str, str]) -> Identity:
    release = _pairs(_text(found, "release"))
    uname = _text(found, "uname").split()
    virtual = _text(found, "virt").strip()
    serial = clean_serial(dmi.get("product_serial", "")) or clean_serial(dmi.get("chassis_serial", ""))
    complete = len(uname) == len(("system", "node", "release", "machine"))
    return Identity(
        hostname=uname[1] if complete else None,
        vendor=clean_serial(dmi.get("sys_vendor", "")),
        model=clean_serial(dmi.get("product_name", "")) or dmi.get("devicetree") or None,
        serial=serial,
        os=release.get("NAME") or (uname[0] if uname else None),
        os_version=release.get("VERSION_ID"),
        os_build=release.get("VERSION") or release.get("PRETTY_NAME"),
        kernel=uname[2] if complete else None,
        architecture=uname[3] if complete else None,
        virtual=None if virtual in _NOT_VIRTUAL else virtual,
        firmware=clean_serial(dmi.get("bios_version", "")),
    )


def _hardware(cpu: str, memory: str) -> Hardware:
    names, sockets, cores, threads = list[str](), set[str](), set[tuple[str, str]](), 0
    socket = "0"
    for line in cpu.splitlines():
        key, _, value = (part.strip() for part in line.partition(":"))
        if key == "processor":
            threads += 1
        elif key in {"model name", "Model", "Hardware"}:
            names.append(value)
        elif key == "physical id":
            socket = value
            sockets.add(value)
        elif key == "core id":
            cores.add((socket, value))
    return Hardware(
        cpu=names[0] if names else None,
        sockets=len(sockets) or None,
        cores=len(cores) or None,
        threads=threads or None,
        memory_bytes=_memory(memory),
    )


def _memory(text: str) -> int | None:
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["MemTotal:"] and words[1:2] and _is_number(words[1]):
            return int(words[1]) * 1024
    return None


def _interfaces(links: str, addresses: str) -> tuple[Interface, ...]:
    own: dict[str, list[str]] = {}
    for line in addresses.splitlines():
        match line.split():
            case [_, name, "inet" | "inet6", address, *_]:
                own.setdefault(name.partition("@")[0], []).append(address)
    found = []
    for line in links.splitlines():
        match line.split():
            case [_, label, flags, *words] if label.endswith(":"):
                name = label.rstrip(":").partition("@")[0]
                mac = words[words.index("link/ether") + 1] if "link/ether" in words[:-1] else None
                if name != "lo":
                    up = "UP" in flags.strip("<>").split(",")
                    found.append(Interface(name, mac, tuple(sorted(own.get(name, []))), up=up))
    return tuple(sorted(found, key=lambda each: each.name))


def _disks(df: str) -> Iterator[tuple[str, str, int, int, str]]:
    """Device, type, size, free and mount point of each line (df -PT -B1)."""
    for line in df.splitlines():
        match line.split(maxsplit=6):
            case [device, kind, size, _used, free, _share, mount] if _is_number(size) and _is_number(free):
                yield device, kind, int(size), int(free), mount


def _volumes(df: str) -> Iterator[Volume]:
    for device, kind, size, _free_bytes, mount in _disks(df):
        yield Volume(mount, kind, size, device)


def _free(df: str) -> dict[str, int]:
    return {mount: free for _device, _kind, _size, free, mount in _disks(df)}


def _software(found: Mapping[str, Section]) -> tuple[Title, ...] | None:
    readers = {"dpkg": _debian, "rpm": _redhat, "apk": _alpine}
    titles = [
        title for name, reader in readers.items() if _well(found, name) for title in reader(found[name].text)
    ]
    if not any(_well(found, name) for name in readers):
        return None
    return tuple(
        sorted(set(titles), key=lambda each: (each.name, each.version or "", each.architecture or ""))
    )


def _debian(text: str) -> Iterator[Title]:
    for line in text.splitlines():
        match line.split("\t"):
            case [status, name, version, architecture, maintainer] if status[1:2] == "i":
                yield Title(name, version, maintainer or None, architecture, "dpkg")


def _redhat(text: str) -> Iterator[Title]:
    for line in text.splitlines():
        match line.split("\t"):
            case [name, version, architecture, vendor] if name != "gpg-pubkey":
                maker = None if vendor == "(none)" else vendor
                yield Title(name, version.removeprefix("0:"), maker, architecture, "rpm")


def _alpine(text: str) -> Iterator[Title]:
    """Lines such as `musl-1.2.4-r2 x86_64 {musl} (MIT) [installed]`."""
    for line in text.splitlines():
        match line.split():
            case [label, architecture, *_]:
                parts = label.rsplit("-", 2)
                if len(parts) == len(("name", "version", "release")) and all(parts):
                    yield Title(parts[0], f"{parts[1]}-{parts[2]}", None, architecture, "apk")


def _services(found: Mapping[str, Section]) -> tuple[Service, ...] | None:
    if not _well(found, "units"):
        return None
    starts = {}
    for line in _text(found, "unitfiles").splitlines():
        match line.split():
            case [unit, state, *_]:
                starts[unit] = state
    services = []
    for line in _text(found, "units").splitlines():
        match line.lstrip("●* ").split():
            case [unit, load, _active, sub, *_] if unit.endswith(".service") and load != "not-found":
                services.append(Service(unit.removesuffix(".service"), sub == "running", starts.get(unit)))
    return tuple(sorted(services, key=lambda each: each.name))


def _listeners(text: str) -> Iterator[Listener]:
    """Lines of `ss -Htulnp`: protocol, state, queues, local address, peer, process."""
    seen = set()
    for line in text.splitlines():
        match line.split():
            case [protocol, _state, _received, _sent, local, _peer, *rest]:
                address, colon, port = local.rpartition(":")
                process = " ".join(rest).partition('(("')[2].partition('"')[0]
                if colon and _is_number(port):
                    seen.add(Listener(protocol, address.partition("%")[0], int(port), process or None))
    return iter(sorted(seen, key=lambda each: (each.protocol, each.port, each.address, each.process or "")))


def _uptime(text: str) -> int | None:
    whole = text.partition(".")[0].strip()
    return int(whole) if _is_number(whole) else None


def _with_clock(
    facts: HostFacts, found: Mapping[str, Section], ours: tuple[float, float], *, cut: bool
) -> HostFacts:
    """The facts with the clock's offset and the boot time; `ours` is our clock when asked and answered.

    Theirs is read first and last, so that the way there and the way back cancel out (as in RFC 5905).
    """
    state = facts.state or State()
    theirs = (_seconds(_text(found, "clock")), _seconds(_text(found, "clock-again")))
    if theirs[0] is not None and theirs[1] is not None:
        offset = (theirs[0] - ours[0] + theirs[1] - ours[1]) / 2
        state = replace(state, clock_offset_ms=round(offset * 1000))
    if state.uptime_seconds is not None:
        booted = datetime.fromtimestamp(ours[1] - state.uptime_seconds, UTC)
        state = replace(state, booted_at=booted.strftime("%Y-%m-%dT%H:%MZ"))
    gaps = facts.missing
    if cut:
        gaps = (*gaps, Problem("too-large", "the answer was longer than the limit", "answer"))
    return replace(facts, state=state, missing=gaps)


def _seconds(text: str) -> float | None:
    """Seconds since 1970 as `date +%s.%N` prints them; without fractions it means half a second."""
    whole, _, fraction = text.strip().partition(".")
    if not _is_number(whole):
        return None
    return int(whole) + (int(fraction[:3]) / 1000 if _is_number(fraction[:3]) else 0.5)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS
