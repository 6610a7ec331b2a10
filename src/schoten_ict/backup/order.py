"""What one look at a job must do: the declaration, the secrets, and how deep to go this time."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from schoten_ict.core import deadline
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import Runner
from schoten_ict.core.secrets import Secret
from schoten_ict.inventory.sections.backups import BackupJob


class Deadline:
    """How much time a look has: so many seconds, and no more than what `outer` leaves."""

    def __init__(self, seconds: float, outer: deadline.Deadline | None = None) -> None:
        self._clock = deadline.Deadline(seconds, outer)

    def left(self, most: float = float("inf")) -> float:
        """Seconds until the end, at least 0.1 and at most `most`: what a step may take."""
        return max(0.1, min(most, self._clock.left))

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self._clock.over

    @property
    def clock(self) -> deadline.Deadline:
        """What runs out, for what ends with it."""
        return self._clock


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of the data to read: `number` (from 1) of `of`; 1 of 1 is all."""

    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Order:
    """One look at one job.

    `deep` is False for a look at the list only (copies, escrow, `run`): nothing is read or restored then.
    `read` is the slice of the data to read, `sample` how many files to restore (chosen by `seed`), `drill`
    whether everything is restored and compared. `again` are files of the backup that were wrong last time:
    they are restored with the sample as long as they are in the newest backup. `owner` names the scratch
    folders. `secrets` are by field: `password`, or the variable's name for those of `environment`. `state` is
    a folder on this machine that lasts between runs (caches, and the security database in which borg notes
    rollbacks). `source` opens a machine of the source to compare with, `runner` a session for PowerShell on
    another host of the job for as long as a deadline allows; they raise `RemoteError` or
    `ConfigurationError`. `looked` are the ids of the backups that earlier looks saw: what is new is compared
    with the newest of them, so that no backup between two looks passes unseen.
    """

    job: BackupJob
    now: datetime
    deadline: Deadline
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    deep: bool = True
    read: Slice | None = None
    sample: int = 0
    seed: int = 0
    again: tuple[str, ...] = ()
    looked: frozenset[str] = frozenset()
    drill: bool = False
    owner: str = ""
    state: Path = Path()
    source: Callable[[str], Machine] | None = None
    runner: Callable[[str, Deadline], AbstractContextManager[Runner]] | None = None
