"""How borg is started: for which repository, with which memory, and so that nothing is ever asked."""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from schoten_ict.backup.ask.borg.log import faults_of, messages
from schoten_ict.backup.ask.borg.proofs import Ended, ended
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import Fault
from schoten_ict.backup.order import Order
from schoten_ict.core.amounts import parse_size
from schoten_ict.core.files import PRIVATE
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import RemoteError

_LOCK_SECONDS = "5"
_SHORT_SECONDS = 60.0
_KEYS = "~/.config/borg/keys"
_AFAR = re.compile(r"ssh://|(?:[^@:/\s]+@)?(?:\[[^\]/]+\]|[^:/\s]+):")
_NEVER_ASKS = {
    "BORG_EXIT_CODES": "modern",
    "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
    "BORG_DISPLAY_PASSPHRASE": "no",
    "BORG_RSH": "ssh -o BatchMode=yes -o ConnectTimeout=30",
}


@dataclass(frozen=True, slots=True)
class Borg:
    """borg for one repository. `memory` is its BORG_BASE_DIR: caches, and what it knows to notice a rollback.

    `options` are for commands that read, such as `--bypass-lock`. `tested` says that it has tested itself in
    this look, which takes it a quarter of every start.
    """

    machine: Machine
    order: Order
    location: str
    memory: str
    keys: str = ""
    options: tuple[str, ...] = ()
    tested: bool = False

    def run(
        self,
        *words: str,
        archive: str = "",
        after: Sequence[str] = (),
        folder: str = "",
        most: float = float("inf"),
    ) -> Ended:
        """Run a command to its end: `words`, the repository or the archive, `after`. Raises `RemoteError`."""
        done = self.machine.run(self._program(words, archive, after, folder, most))
        return ended(done.exit_code, done.stdout, done.stderr, done.duration_ms / 1000)

    def lines(self, *words: str, archive: str, after: Sequence[str] = (), most: float) -> Iterator[bytes]:
        """The lines of an answer as they come. Raises `RemoteError`; `failure_of` says what it means."""
        return self.machine.lines(self._program(words, archive, after, "", most))

    def _program(
        self, words: Sequence[str], archive: str, after: Sequence[str], folder: str, most: float
    ) -> Program:
        order = self.order
        target = escaped(self.location) + (f"::{escaped(archive)}" if archive else "")
        password = order.secrets.get("password")
        secrets = {name: secret for name, secret in order.secrets.items() if name != "password"}
        environment = dict(_NEVER_ASKS) | {"BORG_BASE_DIR": self.memory}
        if password is not None:
            secrets["BORG_PASSPHRASE"] = password
        else:
            environment["BORG_PASSPHRASE"] = ""
        # A repository that must be encrypted is not to be swapped for one that is not.
        environment["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] = "no" if password is not None else "yes"
        if self.tested:
            environment["BORG_SELFTEST"] = "disabled"
        if self.keys:
            environment["BORG_KEYS_DIR"] = self.keys
        program = order.job.repository.program or "borg"
        command, *rest = words
        return Program(
            (
                program,
                "--log-json",
                "--lock-wait",
                _LOCK_SECONDS,
                command,
                *self.options,
                *rest,
                target,
                *after,
            ),
            environment=environment,
            secrets=secrets,
            folder=folder,
            seconds=order.deadline.left(most),
        )


def borg_for(machine: Machine, order: Order, scratch: str) -> Borg:
    """How borg is called for the repository of a job as it is declared. Raises `RemoteError`."""
    keys = machine.path(_KEYS)
    return Borg(
        machine,
        order,
        location=order.job.repository.url,
        memory=_memory(machine, order, scratch),
        keys=keys if machine.glob(keys, _SHORT_SECONDS) else "",
    )


def _memory(machine: Machine, order: Order, scratch: str) -> str:
    """A folder of this account that lasts: where caches of the job are, else in the home of the account."""
    if order.state == Path():
        return f"{scratch}/memory"
    if any(machine.glob(str(folder), _SHORT_SECONDS) for folder in (order.state, order.state.parent)):
        account = os.geteuid() if hasattr(os, "geteuid") else 0
        return f"{machine.path(str(order.state))}/borg-{account}{PRIVATE}"
    return machine.path(f".cache/ict/borg-{hashlib.sha256(order.owner.encode()).hexdigest()[:24]}")


def folder_of(machine: Machine, url: str) -> str | None:
    """The folder of a repository on this machine's own disks; None for one behind SSH.

    The rules are borg's: `ssh://`, `user@host:path` and `host:path` are elsewhere, also in 1.x on the
    machine itself.
    """
    path = url.removeprefix("file://")
    if path == url and _AFAR.match(url) is not None:
        return None
    return machine.path(path)


def bandwidth(order: Order) -> tuple[str, ...]:
    """The limit for what is sent; for what comes in borg has none."""
    if order.job.verify.bandwidth is None:
        return ()
    return ("--remote-ratelimit", str(max(1, parse_size(order.job.verify.bandwidth) // 1024)))


def escaped(text: str) -> str:
    """`text` as it stands: borg replaces `{now}` and the like in names that it is given."""
    return text.replace("{", "{{").replace("}", "}}")


def failure_of(error: RemoteError) -> tuple[Fault, ...]:
    """What the error of a listing means: it holds the last line of the log."""
    said = error.problems[0].message
    found = faults_of(messages(said[said.find("{") :].encode("utf-8", "replace"))) if "{" in said else ()
    return found or (fault_of(error),)
