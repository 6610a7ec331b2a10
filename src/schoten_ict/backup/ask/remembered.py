"""The files of the last two backups, kept on this machine, so that the next look can tell what changed."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schoten_ict.backup.ask.proving import Listing, churn
from schoten_ict.backup.facts import Churn
from schoten_ict.backup.order import Order
from schoten_ict.core.files import write_whole
from schoten_ict.core.machine import Entry

_NAME = "files.json.gz"
_MOST = 500_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Files = dict[str, tuple[int, datetime]]


def changed_since(order: Order, identity: str, listing: Listing, entries: Sequence[Entry]) -> Churn | None:
    """What the backup `identity` changed against the one before it; None where none was seen before.

    Remembers it. A second look at the same one compares with the same one before.
    """
    if order.state == Path() or len(entries) > _MOST:
        return None
    path = order.state / _NAME
    kept = _kept(path)
    newest = {each.path: (each.size, each.modified) for each in entries}
    before = kept.get("before") if kept.get("id") == identity else kept.get("newest")
    told = {"id": identity, "newest": _plain(newest), "before": before}
    write_whole(path, gzip.compress(json.dumps(told).encode("ascii"), 3, mtime=0))
    return churn(listing, _files(before), entries) if before is not None else None


def seen_lately(order: Order) -> Files:
    """The files of the last two backups that were seen, by their paths in the source: sizes and times."""
    kept = _kept(order.state / _NAME) if order.state != Path() else {}
    return _files(kept.get("before") or {}) | _files(kept.get("newest") or {})


def _kept(path: Path) -> dict[str, Any]:
    """What was remembered; nothing where it cannot be read."""
    try:
        kept = json.loads(gzip.decompress(path.read_bytes()))
        for name in ("newest", "before"):
            _files(kept[name] or {})
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return dict(kept)


def _plain(files: Files) -> dict[str, tuple[int, int]]:
    return {path: (size, (at - _EPOCH) // _MICROSECOND) for path, (size, at) in files.items()}


def _files(plain: dict[str, Any]) -> Files:
    return {
        str(path): (int(size), _EPOCH + timedelta(microseconds=int(at))) for path, (size, at) in plain.items()
    }
