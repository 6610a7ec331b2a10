"""What the build of a Windows proves to be installed: every cumulative update up to it."""

from schoten_ict.patch.facts import System
from schoten_ict.patch.judge.builds import Builds, is_server


def installed(system: System, builds: Builds) -> frozenset[str]:
    """The articles of the known releases of its build up to its UBR; none where build or UBR is not known."""
    server = is_server(system) if system.family == "windows" else None
    if server is None or system.build is None or system.ubr is None:
        return frozenset()
    releases = builds.by_build.get((server, system.build), ())
    return frozenset(each.kb for each in releases if each.ubr <= system.ubr)
