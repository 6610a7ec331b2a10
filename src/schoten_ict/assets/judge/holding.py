"""Assets that hold assets, as a dock its screen: who goes in a circle, and who cannot hold anything."""

from collections.abc import Mapping

from schoten_ict.assets.model import Status

GONE = frozenset({Status.RETIRED.value, Status.DISPOSED.value, Status.LOST.value, Status.STOLEN.value})
"""Statuses in which an asset cannot hold another."""


def circles(holders: Mapping[str, str]) -> set[str]:
    """The tags that hold themselves through others; `holders` are the tags of holders by tag."""
    found: set[str] = set()
    done: set[str] = set()
    for start in holders:
        path: dict[str, int] = {}
        tag: str | None = start
        while tag is not None and tag not in done and tag not in path:
            path[tag] = len(path)
            tag = holders.get(tag)
        if tag in path:
            found.update(each for each, place in path.items() if place >= path[tag])
        done.update(path)
    return found
