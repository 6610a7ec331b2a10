"""Files of a replica that were never in its source."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from schoten_ict.backup.ask.proving import SETTLED
from schoten_ict.backup.ask.replica.source import Source
from schoten_ict.core.machine import Entry

_MOST_FOLDERS = 40


def strays(
    extra: Sequence[str], replica: Mapping[str, Entry], source: Source, seconds: Callable[[float], float]
) -> list[str]:
    """Those of `extra` that came into the replica by another way than by a copy of the source.

    A file that was copied and then deleted in the source leaves its trace there: its folder changed after
    the copy was made. Where it did not, the file never was there. Of many folders the first are looked at.
    Raises `RemoteError`.
    """
    by_folder: defaultdict[str, list[str]] = defaultdict(list)
    for path in extra:
        by_folder[path.rpartition("/")[0]].append(path)
    found: list[str] = []
    for folder in sorted(by_folder)[:_MOST_FOLDERS]:
        changed = source.folder_changed(folder, seconds)
        for path in by_folder[folder]:
            written = replica[path].changed or replica[path].modified
            if changed is not None and written > changed + SETTLED:
                found.append(path)
    return sorted(found)
