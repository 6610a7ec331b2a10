"""apt-cache policy: where the lists come from, and which versions of a package there are.

Sources: apt-cache(8), apt_preferences(5), and outputs of apt 1.2 to 2.6. Versions are listed newest first;
the installed one has three stars. A phased version has its percentage behind the priority.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_VERSION = re.compile(
    r"^ (?P<mark>\*\*\*|   ) (?P<version>\S+) (?P<priority>-?\d{1,9})(?P<phased> \(phased .*)?$"
)
_SOURCE = re.compile(r"^ *(?P<priority>-?\d{1,9}) (?P<source>\S.*)$")
_PACKAGE = re.compile(r"^(?P<name>[a-z0-9][a-z0-9+.:-]*):$")
_LOCAL = "/var/lib/dpkg/status"
_SPLIT = frozenset({"Debian", "Debian-Security", "Ubuntu", "UbuntuESM", "UbuntuESMApps"})
_LEAST = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """An archive as its Release file names it: Label and Suite (`Ubuntu`, `jammy-security`)."""

    label: str
    suite: str = ""

    @classmethod
    def parse(cls, told: str) -> "Origin":
        """The origin behind `Label:version/suite` of a simulation; the version may be absent."""
        label, _, rest = told.strip().partition(":")
        return cls(label, rest.rpartition("/")[2])

    def __str__(self) -> str:
        return f"{self.label}:{self.suite}" if self.suite else self.label


@dataclass(frozen=True, slots=True)
class Release:
    """One list that apt uses. `source` is `ADDRESS SUITE/COMPONENT ARCHITECTURE Packages`."""

    source: str
    priority: int
    origin: Origin

    @property
    def is_installed(self) -> bool:
        """Whether it is only what is installed here."""
        return self.source.startswith(_LOCAL)

    @property
    def is_local(self) -> bool:
        """Whether apt takes nothing from it: what is installed here, or what is pinned away."""
        return self.is_installed or self.priority <= 0

    @property
    def upgrades(self) -> bool:
        """Whether apt upgrades from it: from below 100 it only takes what is not installed at all."""
        return not self.is_installed and self.priority >= _LEAST


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a package and the archives that have it."""

    text: str
    origins: tuple[Origin, ...]
    installed: bool = False
    phased: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The versions of one package, newest first."""

    installed: str | None
    candidate: str | None
    versions: tuple[Version, ...]

    @property
    def newer(self) -> tuple[Version, ...]:
        """The versions above the installed one; none where nothing is installed."""
        for position, version in enumerate(self.versions):
            if version.installed:
                return self.versions[:position]
        return ()

    @property
    def reachable(self) -> tuple[Version, ...]:
        """The versions above the installed one up to the candidate: what an upgrade would bring."""
        newer = self.newer
        for position, version in enumerate(newer):
            if version.text == self.candidate:
                return newer[position:]
        return ()


def is_security(origin: Origin) -> bool:
    """Whether an archive has nothing but security updates. Names of packages do not matter.

    A mirror may have a label of its own and keeps the suite.
    """
    return origin.label == "Debian-Security" or origin.suite.endswith("-security")


def tells_apart(origin: Origin) -> bool:
    """Whether its distribution has an archive of its own for security updates, so that others have none."""
    return origin.label in _SPLIT


def read_releases(text: str) -> tuple[Release, ...]:
    """The lists in `apt-cache policy` without names; pure."""
    found = list[Release]()
    for line in text.splitlines():
        if line.startswith("Pinned packages:"):
            break
        if (source := _SOURCE.match(line)) is not None:
            found.append(Release(source["source"], int(source["priority"]), Origin("")))
        elif found and line.lstrip().startswith("release "):
            fields = dict(each.split("=", 1) for each in line.split(None, 1)[1].split(",") if "=" in each)
            origin = Origin(fields.get("l") or fields.get("o", ""), fields.get("a") or fields.get("n", ""))
            found[-1] = Release(found[-1].source, found[-1].priority, origin)
    return tuple(found)


def read_policies(text: str, releases: Iterable[Release]) -> dict[str, Policy]:
    """The packages in `apt-cache policy NAMES`; pure."""
    origins = {each.source: each.origin for each in releases if not each.is_local}
    found: dict[str, list[str]] = {}
    lines = list[str]()
    for line in text.splitlines():
        if (package := _PACKAGE.match(line)) is not None:
            lines = found.setdefault(package["name"], [])
        lines.append(line)
    return {name: _policy(own, origins) for name, own in found.items()}


def _policy(lines: Iterable[str], origins: Mapping[str, Origin]) -> Policy:
    head: dict[str, str] = {}
    versions = list[Version]()
    for line in lines:
        if (version := _VERSION.match(line)) is not None:
            versions.append(
                Version(version["version"], (), version["mark"] == "***", version["phased"] is not None)
            )
        elif versions and (source := _SOURCE.match(line)) is not None:
            versions[-1] = _seen_at(versions[-1], origins.get(source["source"]))
        elif not versions:
            key, _, value = line.strip().partition(": ")
            head[key] = value
    return Policy(_told(head.get("Installed")), _told(head.get("Candidate")), tuple(versions))


def _seen_at(version: Version, origin: Origin | None) -> Version:
    if origin is None or origin in version.origins:
        return version
    return Version(version.text, (*version.origins, origin), version.installed, version.phased)


def _told(value: str | None) -> str | None:
    return None if value is None or value == "(none)" else value
