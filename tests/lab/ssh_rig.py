"""What the SSH tests share: targets on the farm, a memory for the account guard, and a look for leftovers."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab.servers.openssh import Farm
from schoten_ict.connect.ssh import SshRunner, open_ssh
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError, Target, Via
from schoten_ict.core.secrets import Secret

PASSWORD = "Juist-9271"
SECONDS = 20.0
_GONE_SECONDS = 5.0


@dataclass(slots=True)
class Memory:
    """Remembers refusals as the store does: by realm, user and fingerprint."""

    refusals: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def refused(self, account: Account) -> bool:
        return (account.realm, account.user, account.fingerprint) in self.refusals

    def remember(self, account: Account, host: str) -> None:
        self.refusals[account.realm, account.user, account.fingerprint] = host


def account(user: str, realm: str = "host:srv-web01", **secrets: str) -> Account:
    """An account with these secrets; its fingerprint follows them."""
    hidden = {name: Secret(value) for name, value in secrets.items()}
    return Account("linux", user, realm, str(hash(tuple(sorted(secrets.items())))), hidden)


def target(
    address: str, port: int, asker: Account | None, *known_hosts: Path, host: str = "srv-web01"
) -> Target:
    """A target at `address`."""
    return Target(host=host, address=address, via=Via.SSH, port=port, account=asker, known_hosts=known_hosts)


def farm_target(farm: Farm, number: int = 0, **secrets: str) -> Target:
    """A daemon of the farm, asked with its key unless other secrets are given."""
    asker = account(farm.user, **(secrets or {"key": farm.key.read_text()}))
    return target(farm.addresses[number], farm.port, asker, farm.known_hosts)


def opened(asked: Target, seconds: float = SECONDS, guard: AccountGuard | None = None) -> SshRunner:
    """A runner for the target."""
    return open_ssh(asked, guard or AccountGuard(Memory()), seconds)


def refusal_of(asked: Target, seconds: float = SECONDS, guard: AccountGuard | None = None) -> RemoteError:
    """The error with which the target cannot be opened."""
    try:
        opened(asked, seconds, guard).close()
    except RemoteError as error:
        return error
    raise AssertionError("the target was opened")


def code_of(error: RemoteError) -> str:
    """The code of its first problem."""
    return error.problems[0].code


@contextlib.contextmanager
def nothing_left_over() -> Iterator[None]:
    """Fails when the block leaves a thread or a file descriptor behind; threads get a moment to end."""
    threads, files = set(threading.enumerate()), _open_files()
    yield
    end = time.monotonic() + _GONE_SECONDS
    for thread in set(threading.enumerate()) - threads:
        thread.join(max(0.0, end - time.monotonic()))
    assert set(threading.enumerate()) <= threads
    assert _open_files() <= files


def _open_files() -> set[str]:
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that lists them is gone already
            found.add(f"{entry.name} {entry.readlink()}")
    return found


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that another process is about to do."""
    end = time.monotonic() + _GONE_SECONDS
    while not condition():
        assert time.monotonic() < end, what
        threading.Event().wait(0.02)
