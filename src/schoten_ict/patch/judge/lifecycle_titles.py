"""Which release cycle an installed title is of, by few rules that are certain.

A rule wants the publisher and the name as the product's own installer or repository writes them. What a Linux
distribution packages itself is never matched: the distribution keeps it, whatever upstream does.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from schoten_ict.core.hostfacts import Title
from schoten_ict.patch.data.tables import Cycle, Cycles

Pick = Callable[[re.Match[str], str], str | None]
"""From the match of the name and the version to the name of a cycle."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`name`, `publisher` and `version` must match whole; `pick` names the cycle of `product`."""

    product: str
    name: re.Pattern[str]
    publisher: re.Pattern[str]
    pick: Pick
    version: re.Pattern[str] = re.compile(r".*")


def cycle_of(title: Title, cycles: Cycles) -> Cycle | None:
    """The cycle by the first rule that fits, or None."""
    name, publisher = " ".join(title.name.split()), (title.publisher or "").strip()
    version = re.sub(r"^\d+:", "", (title.version or "").strip())
    for rule in RULES:
        match = rule.name.fullmatch(name)
        if match and rule.publisher.fullmatch(publisher) and rule.version.fullmatch(version):
            cycle = rule.pick(match, version)
            row = cycles.get(rule.product, {}).get(cycle) if cycle else None
            return row if row is None or rule.product != "firefox" else _firefox(row, match)
    return None


def _firefox(row: Cycle, match: re.Match[str]) -> Cycle | None:
    """The dates of an ESR cycle are those of the ESR; the other Firefox of that number ended long before."""
    return row if row.lts == bool(match["esr"]) else None


def _major(_: re.Match[str], version: str) -> str | None:
    found = re.match(r"(\d{1,9})(?:[.\-+_]|$)", version, re.ASCII)
    return found[1] if found else None


def _minor(_: re.Match[str], version: str) -> str | None:
    """`17.9` of `17.09.04a`."""
    found = re.match(r"(\d{1,9})\.(\d{1,9})(?!\d)", version, re.ASCII)
    return f"{found[1]}.{int(found[2])}" if found else None


def _fortios(match: re.Match[str], version: str) -> str | None:
    return _minor(match, version.removeprefix("v"))


def _named(match: re.Match[str], _: str) -> str | None:
    return match["cycle"]


def _dotnet(match: re.Match[str], _: str) -> str | None:
    """`8` of 8.0.11, `3.1` of .NET Core 3.1.32."""
    major, minor = int(match["major"]), int(match["minor"])
    return f"{major}" if major >= _FIRST_WHOLE_DOTNET else f"{major}.{minor}"


_FIRST_WHOLE_DOTNET = 5
_SERVICE_PACKS = {
    "2016": ("13.0", ((7000, "-sp3-acp"), (6300, "-sp3"), (5026, "-sp2"), (4001, "-sp1"), (1601, ""))),
    "2014": ("12.0", ((6024, "-sp3"), (5000, "-sp2"), (4100, "-sp1"), (2000, ""))),
    "2012": ("11.0", ((7001, "-sp4"), (6020, "-sp3"), (5058, "-sp2"), (3000, "-sp1"), (2100, ""))),
}
"""SQL Server: the cycle and the lowest build of each service pack, newest first (Microsoft's build lists)."""
_WITHOUT_SERVICE_PACKS = {"2017": "14.0", "2019": "15.0", "2022": "16.0", "2025": "17.0"}


def _sql_server(match: re.Match[str], version: str) -> str | None:
    year = match["year"]
    if year in _WITHOUT_SERVICE_PACKS:
        return _WITHOUT_SERVICE_PACKS[year]
    cycle, packs = _SERVICE_PACKS[year]
    found = re.match(r"(\d{1,9})\.\d+\.(\d{1,9})(?!\d)", version, re.ASCII)
    if found is None or f"{found[1]}.0" != cycle:
        return None
    build = int(found[2])
    return next((cycle + pack for least, pack in packs if build >= least), None)


def _exchange(match: re.Match[str], version: str) -> str | None:
    """By the year in its name, else by its version: 2019 and the Subscription Edition are both 15.2."""
    if match["name"]:
        return "subscription" if match["name"].startswith("S") else match["name"]
    found = re.match(r"15\.(\d{1,9})\.(\d{1,9})(?!\d)", version, re.ASCII)
    if found is None:
        return None
    if found[1] == "2":
        return "subscription" if int(found[2]) >= _FIRST_SUBSCRIPTION else "2019"
    return {"0": "2013", "1": "2016"}.get(found[1])


_FIRST_SUBSCRIPTION = 2562


def _office(match: re.Match[str], _: str) -> str | None:
    """LTSC has a cycle of its own for 2024 only; that of 2021 ends on the same day."""
    return f"{match['year']}-ltsc" if match["ltsc"] and match["year"] == "2024" else match["year"]


def _veeam(match: re.Match[str], version: str) -> str | None:
    """By major from 10 on (`12` of 12.3.2.3617), else by minor (`9.5`)."""
    major = _major(match, version)
    return major if major and int(major) >= _FIRST_WHOLE_VEEAM else _minor(match, version)


_FIRST_WHOLE_VEEAM = 10


def _rule(product: str, name: str, publisher: str, pick: Pick, version: str = r".*") -> Rule:
    return Rule(product, re.compile(name), re.compile(publisher), pick, re.compile(version, re.IGNORECASE))


_MICROSOFT = r"Microsoft Corporation"
_VMWARE = r"VMware(?:, Inc\.| by Broadcom)?|VMware, Inc|Broadcom(?: Inc\.)?"
_DOTNET = r"(?P<major>[0-9]{1,9})\.(?P<minor>[0-9]{1,9})"
RULES = (
    _rule("mssqlserver", r"(?:Microsoft )?SQL Server (?P<year>2012|2014|2016|2017|2019|2022|2025)"
          r"(?: \(64-bit\)| Database Engine Services)?", _MICROSOFT, _sql_server),
    _rule("msexchange", r"Microsoft Exchange Server(?: (?P<name>2010|2013|2016|2019|Subscription Edition))?"
          r"(?: (?:Cumulative Update \d+|RTM))?", _MICROSOFT, _exchange),
    _rule("office", r"Microsoft Office (?P<ltsc>LTSC )?(?:Home[\w ]*|Standard|Professional(?: Plus)?) "
          r"(?P<year>2010|2013|2016|2019|2021|2024)(?: - [a-z]{2,3}-[a-z]{2})?", _MICROSOFT, _office),
    _rule("dotnet", rf"Microsoft (?:\.NET (?:Core )?(?:Runtime|SDK)|Windows Desktop Runtime|ASP\.NET Core)"
          rf"(?: -)? {_DOTNET}\.\d+(?: - Shared Framework)?(?: \((?:x64|x86|arm64)\))?", _MICROSOFT, _dotnet),
    _rule("dotnet", rf"(?:dotnet|aspnetcore)-(?:runtime|sdk)-{_DOTNET}",
          r"Microsoft(?: Corporation)?|.*@microsoft\.com>?", _dotnet),
    _rule("dotnetfx", r"Microsoft \.NET Framework (?P<cycle>4\.[5-8](?:\.\d)?)", _MICROSOFT, _named),
    _rule("powershell", r"PowerShell [67]-x(?:64|86)", _MICROSOFT, _minor),
    _rule("powershell", r"powershell(?:-lts)?", r"Microsoft(?: Corporation)?|.*@microsoft\.com>?", _minor),
    _rule("php", r"PHP (?P<cycle>\d\.\d)(?:\.\d+)?", r"The PHP Group", _named),
    _rule("php", r"php(?P<cycle>\d\.\d)(?:-(?:cli|fpm|common))?", r".*", _named, r".*\bdeb\.sury\.org.*"),
    _rule("postgresql", r"PostgreSQL (?P<cycle>9\.\d|\d\d)", r"PostgreSQL Global Development Group", _named),
    _rule("postgresql", r"postgresql-(?P<cycle>9\.\d|\d\d)", r".*", _named, r".*\.pgdg\d.*"),
    _rule("postgresql", r"postgresql(?P<cycle>\d\d)-server", r"PostgreSQL Global Development Group|PGDG",
          _named),
    _rule("proxmox-ve", r"pve-manager", r"Proxmox .*", _major),
    _rule("esxi", r"VMware ESXi", _VMWARE, _minor),
    _rule("vcenter", r"VMware vCenter(?: Server)?", _VMWARE, _minor),
    _rule("veeam-backup-and-replication", r"Veeam Backup & Replication(?: Server)?",
          r"Veeam Software.*", _veeam),
    _rule("firefox", r"Mozilla Firefox(?P<esr> ESR)?(?: \((?:x64|x86|ARM64|AArch64) [A-Za-z-]+\))?",
          r"Mozilla(?: Corporation)?", _major),
    _rule("chrome", r"Google Chrome|google-chrome-stable", r"Google (?:LLC|Inc\.)|.*@google\.com>?", _major),
    _rule("fortios", r"FortiOS", r"Fortinet(?:, Inc\.)?", _fortios),
    _rule("cisco-ios-xe", r"Cisco IOS XE(?: Software)?", r"Cisco(?: Systems(?:, Inc\.)?)?", _minor),
)  # fmt: skip
"""In order; the first whose name, publisher and version match decides, also where it knows no cycle."""
