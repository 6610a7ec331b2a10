"""What a job must have backups of: each declared host and path, or each target of the product."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from schoten_ict.backup.facts import Point
from schoten_ict.inventory.sections.backups import BackupJob


@dataclass(frozen=True, slots=True)
class Series:
    """One thing of which there must be backups. Empty fields match anything."""

    host: str = ""
    path: str = ""
    target: str = ""

    def __str__(self) -> str:
        return self.target or ":".join(part for part in (self.host, self.path) if part) or "the job"

    def covers(self, point: Point) -> bool:
        """Whether a point holds this; what the engine does not tell cannot be missing."""
        if self.target:
            return point.target.casefold() == self.target.casefold()
        return _same_host(self.host, point.host) and _holds(point.paths, self.path)


def declared(job: BackupJob, targets: Sequence[str] | None = None) -> list[Series]:
    """The series of a job; one that matches everything where nothing is declared.

    `targets` are what the product itself has to back up, where the job names none.
    """
    if names := job.repository.jobs or targets:
        return [Series(target=name) for name in names]
    return [
        Series(host, path) for host in (job.source.hosts or ("",)) for path in (job.source.paths or ("",))
    ]


def newest(series: Series, points: Iterable[Point]) -> Point | None:
    """The newest point that covers a series."""
    return max((each for each in points if series.covers(each)), key=lambda each: each.at, default=None)


def earlier(point: Point, points: Sequence[Point]) -> list[Point]:
    """The points of the same kind as `point` that are older, newest first."""
    alike = (each for each in points if _kind(each) == _kind(point) and each.at < point.at)
    return sorted(alike, key=lambda each: each.at, reverse=True)


def compared_with(older: Sequence[Point], looked: Collection[str]) -> Point | None:
    """Which of the older points, newest first, a new one is compared with: the newest that was looked at."""
    return next((each for each in older if each.id in looked), next(iter(older), None))


def _kind(point: Point) -> tuple[str, tuple[str, ...], str]:
    return point.host, point.paths, point.target


def _same_host(wanted: str, host: str) -> bool:
    """A backup may say the short name or the full one."""
    if not wanted or not host:
        return True
    left, right = wanted.casefold(), host.casefold()
    return left == right or left.partition(".")[0] == right.partition(".")[0]


def _holds(paths: Sequence[str], wanted: str) -> bool:
    if not wanted or not paths:
        return True
    return any(_is_below(wanted, path) for path in paths)


def _is_below(path: str, folder: str) -> bool:
    kind = PureWindowsPath if "\\" in path or path[1:2] == ":" else PurePosixPath
    try:
        return kind(path).is_relative_to(kind(folder))
    except ValueError:
        return False
