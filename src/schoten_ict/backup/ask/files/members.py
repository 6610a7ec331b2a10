"""What a manifest says of the files of a backup: in an archive, or below a folder."""

import posixpath
from collections.abc import Collection, Iterator, Mapping

from schoten_ict.backup.ask.proving import named
from schoten_ict.backup.ask.sums import parsed
from schoten_ict.backup.facts import Fault, Kind


def sums_below(text: str, folder: str) -> dict[str, str]:
    """The sums of a manifest by path, where its paths count from `folder` (empty: the root).

    What leads out of the root is left out: there it can name nothing.
    """
    found: dict[str, str] = {}
    for path, digest in parsed(text).items():
        whole = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
        if whole != ".." and not whole.startswith("../"):
            found[whole] = digest
    return found


def listed(sums: Mapping[str, str], files: Collection[str], own: Collection[str]) -> Iterator[Fault]:
    """Files that the manifest names and that are not there, and the reverse; `own` are the manifests."""
    yield from named(Kind.MISSING_FILES, sorted(set(sums).difference(files)), "of the manifest not there")
    extra = set(files).difference(sums, own)
    if len(extra) <= len(sums):  # else it is somebody's list of a few
        yield from named(Kind.EXTRA, sorted(extra), "that the manifest does not name")


def matched(sums: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Fault]:
    """Files whose content is not that of the manifest; `found` are the sums of those that were read."""
    wrong = sorted(path for path, digest in found.items() if sums.get(path, digest) != digest)
    yield from named(Kind.MANIFEST, wrong, "with another content than in the manifest")
