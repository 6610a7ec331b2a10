"""Whether apt uses the archive of security updates of the release that a machine is of.

Sources: apt_preferences(5), os-release(5), and the Release files of Debian (`bookworm-security`, until buster
`buster/updates`, labelled Debian-Security), Ubuntu (`jammy-security`) and Ubuntu Pro (`jammy-infra-security`,
labelled UbuntuESM).

- The archive of another release has nothing for this one, and those of Ubuntu Pro stand beside that of
  everybody.
- apt takes nothing from an archive below 100, nor from one below the main archive of its release:
  `APT::Default-Release "bookworm"` lifts `bookworm` to 990 and not `bookworm-security` (release notes of
  Debian 11).
- Debian testing has one; unstable has none. Derivatives (Linux Mint) use those of the distribution whose
  archives they use; Raspbian has none. A mirror that merges everything into one archive does not tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schoten_ict.patch.ask.apt_policy import Origin, Release, is_security

_MAIN = frozenset({"Debian", "Ubuntu"})
_FOR_SUBSCRIBERS = frozenset({"UbuntuESM", "UbuntuESMApps"})
_ROLLING = frozenset({"unstable", "experimental"})
_WITH_SECURITY = frozenset({"debian", "ubuntu"})
_CODENAMES = ("VERSION_CODENAME", "UBUNTU_CODENAME", "DEBIAN_CODENAME")
_LEAST = 100
_DECLARE = "add the distribution's security archive"
_PIN = "see /etc/apt/preferences.d, and APT::Default-Release in apt-config dump"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is configured, and the codename in its Release file (`bookworm-security`)."""

    origin: Origin
    codename: str = ""

    @property
    def release(self) -> str:
        """The release that it is of: `bookworm`."""
        return _release(self.codename or self.origin.suite)

    @property
    def is_main(self) -> bool:
        """Whether it has a release itself, and not what came to it since."""
        return self.origin.label in _MAIN and "-" not in self.origin.suite

    def is_of(self, release: str) -> bool:
        """Whether it belongs to a release; mirrors may keep only one of the names."""
        return release in {_release(self.codename), _release(self.origin.suite)}


@dataclass(frozen=True, slots=True)
class Security:
    """`is_used` says whether such an archive is in use, so that what it lacks is no security update.

    `lacks` is why it cannot be known what lacks, with a `remedy`; empty where it can.
    """

    is_used: bool
    lacks: str = ""
    remedy: str = ""


def read_targets(text: str) -> tuple[Archive, ...]:
    """The archives that are configured, from rows of label, origin, suite and codename; pure.

    What was never fetched has none of them.
    """
    found = ([*line.split("\t"), "", "", ""][:4] for line in text.splitlines() if line)
    return tuple(
        dict.fromkeys(
            Archive(Origin(label or origin, suite or name), name) for label, origin, suite, name in found
        )
    )


def security_of(
    archives: Sequence[Archive], releases: Sequence[Release], system: Mapping[str, str]
) -> Security:
    """Whether the archives have the security updates of a machine; `system` is its os-release. Pure."""
    mains = [each for each in archives if each.origin.label in _MAIN and not is_security(each.origin)]
    stable = {each.release for each in mains if each.origin.suite not in _ROLLING}
    priorities = _priorities(releases)
    fetched = [
        each
        for each in archives
        if is_security(each.origin)
        and each.origin.label not in _FOR_SUBSCRIBERS
        and each.origin in priorities
    ]
    if not stable and any(each.origin.suite in _ROLLING for each in archives):
        return Security(is_used=False)
    family = system.get("ID", "").lower()
    wanted = _wanted(family, stable, system)
    if not wanted:
        is_needed = family in _WITH_SECURITY and not fetched
        return Security(bool(fetched), _absent("") if is_needed else "", _DECLARE if is_needed else "")
    for release in sorted(wanted):
        own = [priorities[each.origin] for each in fetched if each.is_of(release)]
        if not own:
            return Security(is_used=False, lacks=_absent(release), remedy=_DECLARE)
        others = [priorities.get(each.origin, 0) for each in mains if each.is_main and each.is_of(release)]
        if max(own) < max([_LEAST, *others]):
            message = f"apt takes no security updates of {release}: their archive has a lower priority"
            return Security(is_used=False, lacks=message, remedy=_PIN)
    return Security(is_used=True)


def _wanted(family: str, stable: set[str], system: Mapping[str, str]) -> set[str]:
    """The releases of which the security updates are needed; a derivative names its own release as well."""
    told = [name for key in _CODENAMES if (name := system.get(key, "").lower())]
    if family in _WITH_SECURITY and told:
        return {told[0]}
    return stable & set(told) or stable


def _priorities(releases: Sequence[Release]) -> dict[Origin, int]:
    """The highest of the lists of each archive that apt has."""
    found: dict[Origin, int] = {}
    for each in releases:
        if not each.is_installed:
            found[each.origin] = max(each.priority, found.get(each.origin, each.priority))
    return found


def _absent(release: str) -> str:
    of = f" of {release}" if release else ""
    return f"no archive of security updates{of} is configured, or none was fetched"


def _release(name: str) -> str:
    """`buster` of `buster/updates`, `jammy` of `jammy-infra-security`."""
    return name.lower().replace("/", "-").partition("-")[0]
