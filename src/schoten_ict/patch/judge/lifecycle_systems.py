"""Which release cycle an operating system is of: os-release(5), or build and edition of Windows."""

import re
from collections.abc import Sequence

from schoten_ict.patch.data.tables import Cycle, Cycles
from schoten_ict.patch.facts import System
from schoten_ict.patch.judge.builds import is_server

_MAJOR = re.compile(r"(\d+)(?:\.|$)", re.ASCII)
_MINOR = re.compile(r"\d+\.\d+", re.ASCII)
_BY_MAJOR = {"debian": "debian", "rhel": "rhel", "rocky": "rocky-linux", "almalinux": "almalinux"}
_BY_MINOR = {"ubuntu": "ubuntu", "opensuse-leap": "opensuse", "sles": "sles"}

_CHANNELS = {
    "iot-lts": ("IoTEnterpriseS", "IoTEnterpriseSK"),
    "e-lts": ("EnterpriseS",),
    "e": ("Enterprise", "Education", "IoTEnterprise", "ServerRdsh"),
    "w": (
        "Core", "CoreSingleLanguage", "CoreCountrySpecific", "Professional", "ProfessionalWorkstation",
        "ProfessionalEducation",
    ),
}  # fmt: skip
"""EditionID by what endoflife.date calls (E) and (W), and by long-term servicing."""
_CHANNEL_OF = {
    name: channel for channel, names in _CHANNELS.items() for each in names for name in (each, f"{each}N")
}
_ENDINGS = {"iot-lts": ("-iot-lts", "-e-lts"), "e-lts": ("-e-lts",), "e": ("-e", ""), "w": ("-w", "")}
"""Cycles by channel: IoT LTSC 2019 and older share those of Enterprise, some others are of all editions."""
_LEGACY = {
    *_CHANNEL_OF, "Ultimate", "UltimateN", "HomePremium", "HomePremiumN", "HomeBasic", "HomeBasicN",
    "Starter", "StarterN", "Business", "BusinessN",
}  # fmt: skip
_FIRST_OF_10 = 10240
_SERVERS = {
    each + core
    for each in (
        "ServerStandard", "ServerDatacenter", "ServerTurbine", "ServerSolution", "ServerEnterprise",
        "ServerFoundation", "ServerWeb",
    )
    for core in ("", "Cor", "Core")
}  # fmt: skip
_SEMI_ANNUAL = {"ServerStandardACor", "ServerDatacenterACor"}
_SAME_RELEASE = {6002: 6003}
"""Server 2008 SP2 counts on since KB4489887 (2019)."""


def cycle_of(system: System, cycles: Cycles) -> Cycle | None:
    """The cycle, or None where none is certain."""
    if system.family == "windows":
        return _windows(system, cycles)
    version = system.version or ""
    if system.family == "centos":
        product, pattern = _centos(system.name), _MAJOR
    elif system.family in _BY_MAJOR:
        product, pattern = _BY_MAJOR[system.family], _MAJOR
    else:
        product, pattern = _BY_MINOR.get(system.family, ""), _MINOR
    if product == "sles" and version.isdecimal():
        version += ".0"
    match = pattern.match(version)
    return cycles.get(product, {}).get(match[0].rstrip(".")) if match else None


def _centos(name: str) -> str:
    """CentOS Linux and CentOS Stream are two products with one ID."""
    return "centos-stream" if "stream" in name.casefold() else "centos"


def _windows(system: System, cycles: Cycles) -> Cycle | None:
    server = is_server(system)
    if system.build is None or server is None:
        return None
    build = _SAME_RELEASE.get(system.build, system.build) if server else system.build
    product = "windows-server" if server else "windows"
    found = [row for row in cycles.get(product, {}).values() if row.latest.rpartition(".")[2] == str(build)]
    return _server(system, found) if server else _client(system, found)


def _client(system: System, found: Sequence[Cycle]) -> Cycle | None:
    if system.edition is None:
        return _only(found)
    if system.build is not None and system.build < _FIRST_OF_10:
        return _only(found) if system.edition in _LEGACY else None
    channel = _CHANNEL_OF.get(system.edition)
    for ending in _ENDINGS[channel] if channel else ():
        for row in found:
            if _ending(row) == ending:
                return row
    return None


def _ending(row: Cycle) -> str:
    """`-e-lts` of `10-21h2-e-lts`; empty for a cycle of all editions."""
    return next((each for each in ("-iot-lts", "-e-lts", "-iot", "-e", "-w") if row.cycle.endswith(each)), "")


def _server(system: System, found: Sequence[Cycle]) -> Cycle | None:
    """The year of a long-term release, or a semi-annual channel: 17763 is both."""
    semi_annual = [row for row in found if row.cycle.endswith(("-sac", "-ac"))]
    long_term = [row for row in found if row not in semi_annual]
    if system.edition in _SEMI_ANNUAL:
        return _only(semi_annual)
    if system.edition in _SERVERS:
        return _only(long_term or semi_annual)
    if system.edition is None and (year := re.search(r"\b20\d\d\b", system.name)):
        return _only([row for row in long_term if row.cycle.startswith(year[0])])
    return None


def _only(found: Sequence[Cycle]) -> Cycle | None:
    """The only one, or any where all end on the same days."""
    ends = {(row.active, row.security, row.extended) for row in found}
    return found[0] if len(ends) == 1 else None
