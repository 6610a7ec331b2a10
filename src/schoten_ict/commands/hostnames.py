"""Names of hosts for completion: reading a large inventory takes longer than a TAB may."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from schoten_ict.workspace import INVENTORY_FILE


def names(root: Path, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The names of the hosts declared in `root`, from the cache when no file has changed since.

    Raises `ConfigurationError` for an invalid inventory and `OSError` where files cannot be read.
    """
    state = _state(root)
    cache = _cache_folder(environ) / f"hosts-{hashlib.sha256(str(root.absolute()).encode()).hexdigest()[:16]}"
    try:
        known, *found = cache.read_text(encoding="utf-8").splitlines()
        if known == state:
            return found
    except (OSError, ValueError):
        pass
    found = _load(root)
    _keep(cache, [state, *found])
    return found


def _state(root: Path) -> str:
    """Sizes and times of the inventory's files: what changes when one of them does."""
    files = [root / INVENTORY_FILE, *sorted((root / "inventory.d").glob("*.yaml"))]
    statuses = ((path.name, path.stat()) for path in files)
    return ";".join(f"{name}:{status.st_size}:{status.st_mtime_ns}" for name, status in statuses)


def _load(root: Path) -> list[str]:
    from schoten_ict.inventory.loading import load

    return [host.name for host in load(root).hosts]


def _keep(cache: Path, lines: list[str]) -> None:
    from schoten_ict.core.files import write_whole

    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_whole(cache, "".join(f"{line}\n" for line in lines).encode())
    except OSError:  # without a cache it is slower, no more
        return


def _cache_folder(environ: Mapping[str, str]) -> Path:
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]) / "ict"
    if os.name == "nt" and environ.get("LOCALAPPDATA"):
        return Path(environ["LOCALAPPDATA"]) / "ict" / "cache"
    return Path.home() / ".cache" / "ict"
