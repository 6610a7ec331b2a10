"""The steps to one Windows machine, one after the other, over one log-in."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from schoten_ict.commands.doctor.windows import before, collected, inside, reading
from schoten_ict.commands.doctor.windows.about import About
from schoten_ict.core.errors import IctError, NotFoundError
from schoten_ict.core.finding import Finding
from schoten_ict.core.remote import Command, RemoteError, Target, Via
from schoten_ict.core.text import nearest
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.reach import connections

if TYPE_CHECKING:
    from schoten_ict.connect.winrm.session import WinRmRunner
    from schoten_ict.core.guard import AccountGuard
    from schoten_ict.core.protocols import Progress
    from schoten_ict.inventory import Inventory
    from schoten_ict.reach import InventoryReach
    from schoten_ict.workspace import Workspace

T = TypeVar("T")
_KNOCK, _LOGIN, _TRIVIAL, _PROBES, _COLLECTION = 5.0, 30.0, 60.0, 180.0, 300.0


@dataclass(slots=True)
class Visit:
    """What the steps share. `ends` is set by a step that failed and without which no other makes sense."""

    about: About
    inventory: "Inventory"
    reach: "InventoryReach"
    guard: "AccountGuard"
    stack: ExitStack
    transport: str = ""
    protocol: str = ""
    ends: bool = False
    _target: Target | None = field(default=None, repr=False)
    _runner: "WinRmRunner | None" = field(default=None, repr=False)

    @property
    def target(self) -> Target:
        """Where it is and who asks, from the step that found it out."""
        assert self._target is not None
        return self._target

    @property
    def runner(self) -> "WinRmRunner":
        """The session, from the step that logged in."""
        assert self._runner is not None
        return self._runner

    def named(self, target: Target, transport: str) -> None:
        """The machine and its account are known."""
        self._target, self.transport = target, transport

    def let_in(self, runner: "WinRmRunner") -> None:
        """Somebody logged in; leaving the visit ends it."""
        self._runner = self.stack.enter_context(runner)


Stage = Callable[[Visit], Iterator[Finding]]


def begin(workspace: "Workspace", host: str, stack: ExitStack) -> Visit:
    """A visit to a host of the inventory; `stack` ends what it opens. Raises `NotFoundError`."""
    from schoten_ict.reach import InventoryReach

    inventory = workspace.inventory
    names = [each.name for each in inventory.hosts]
    if host not in names:
        raise NotFoundError(
            f"no host {host!r} in the inventory{nearest(host, names)}", remedy="ict inventory list"
        )
    reach = InventoryReach(inventory, workspace.guard, ())
    return Visit(About(host, workspace.now), inventory, reach, workspace.guard, stack)


def steps(visit: Visit, progress: "Progress") -> Iterator[Finding]:
    """The findings of each step as they come.

    After a step that the others need and that failed, one finding names what was not tried.
    """
    waiting = list(STAGES)
    for name, stage in STAGES.items():
        waiting.remove(name)
        try:
            yield from stage(visit)
            failed = visit.ends
        except IctError as error:
            yield visit.about.broken(name, error.problems[0])
            failed = True
        progress.step(name, failed=failed, waiting=waiting)
        if failed and name not in _LONE:
            yield before.rest(visit.about, waiting)
            return


def _declared(visit: Visit) -> Iterator[Finding]:
    host = next(each for each in visit.inventory.hosts if each.name == visit.about.host)
    connection = connections(visit.inventory, host).get(Via.WINRM.value)
    if connection is None:
        visit.ends = True
        remedy = "add connect: {winrm: {credential: NAME}} to it or to one of its groups"
        yield visit.about.fail("declared", "no winrm connection is declared", remedy)
        return
    yield visit.about.ok("declared", f"{host.address} over winrm, credential {connection.credential}")


def _credential(visit: Visit) -> Iterator[Finding]:
    from schoten_ict.connect.winrm.login import transport_of

    target = visit.reach.target(visit.about.host, Via.WINRM)
    if target.account is None:
        visit.ends = True
        remedy = "add credential: NAME to its winrm connection"
        yield visit.about.fail("credential", "no credential is declared", remedy)
        return
    visit.named(target, transport_of(target.account))
    seen = f"{target.account.name}: {target.account.user} by {visit.transport}, its password was found"
    yield visit.about.ok("credential", seen)


def _port(visit: Visit) -> Iterator[Finding]:
    from schoten_ict.connect.winrm import looking
    from schoten_ict.connect.winrm.transport import HTTP_PORT, HTTPS_PORT, place_of, uses_tls

    place = place_of(visit.target)
    try:
        milliseconds = looking.knock(visit.target, _KNOCK)
    except RemoteError as error:
        visit.ends = True
        other = HTTP_PORT if uses_tls(visit.target) else HTTPS_PORT
        is_open = _opens(visit.target, other)
        yield before.closed(visit.about, error.problems[0], other, other_open=is_open)
        return
    seen = f"{place.address} port {place.port} is open, {milliseconds} ms"
    yield visit.about.ok("port", seen, duration_ms=milliseconds)


def _opens(target: Target, port: int) -> bool:
    from schoten_ict.connect.winrm.looking import knock

    try:
        knock(target, _KNOCK, port=port)
    except RemoteError:
        return False
    return True


def _certificate(visit: Visit) -> Iterator[Finding]:
    from schoten_ict.connect.winrm import looking
    from schoten_ict.connect.winrm.transport import uses_tls

    if not uses_tls(visit.target):
        yield before.uncertified(visit.about, visit.transport)
        return
    found = looking.shown(visit.target, _KNOCK)
    visit.protocol = found.protocol
    refused = None
    try:
        looking.verify(visit.target, _KNOCK)
    except RemoteError as error:
        refused = error.problems[0]
    visit.ends = refused is not None
    yield before.certificate(visit.about, found, refused)


def _service(visit: Visit) -> Iterator[Finding]:
    from schoten_ict.connect.winrm.looking import offered
    from schoten_ict.connect.winrm.transport import place_of

    found = before.service(visit.about, offered(visit.target, _KNOCK), place_of(visit.target).port)
    visit.ends = found.verdict is Verdict.FAIL
    yield found


def _login(visit: Visit) -> Iterator[Finding]:
    from schoten_ict.connect.winrm import open_winrm

    runner, milliseconds = _timed(lambda: open_winrm(visit.target, visit.guard, _LOGIN))
    visit.let_in(runner)
    user = visit.target.account.user if visit.target.account else ""
    yield visit.about.ok("login", f"{user} was let in by {visit.transport}", duration_ms=milliseconds)


def _powershell(visit: Visit) -> Iterator[Finding]:
    said = visit.runner.bare(inside.BARE, _TRIVIAL)
    found = inside.powershell(visit.about, said.stdout.decode("utf-8", "replace"))
    visit.ends = found.verdict is Verdict.FAIL
    yield found


def _script(visit: Visit) -> Iterator[Finding]:
    completed = visit.runner.run(Command(inside.HELLO, seconds=_TRIVIAL))
    found = inside.script(visit.about, completed.stdout, completed.duration_ms)
    visit.ends = found.verdict is Verdict.FAIL
    yield found
    yield inside.encryption(visit.about, visit.protocol, visit.transport)


def _probes(visit: Visit) -> Iterator[Finding]:
    asked_at = time.time()
    answer = reading.ask(visit.runner, _PROBES)
    ours = asked_at, time.time()
    yield inside.stdin(visit.about, answer.one("echo"))
    yield inside.unicode(visit.about, answer.one("echo"))
    yield inside.clock(visit.about, answer.one("clock"), ours)
    yield inside.account(visit.about, answer.one("account"))
    yield inside.limits(visit.about, answer.one("limits"), answer.lacks("limits", always=True))
    yield from reading.rights(visit.about, answer)


def _inventory(visit: Visit) -> Iterator[Finding]:
    from schoten_ict.fleet.ask.windows import collect

    facts, milliseconds = _timed(lambda: collect(visit.runner, _COLLECTION))
    yield collected.inventory(visit.about, facts, milliseconds)


def _patch(visit: Visit) -> Iterator[Finding]:
    from schoten_ict.patch.ask.windows import collect

    facts, milliseconds = _timed(lambda: collect(visit.runner, _COLLECTION, search=False))
    yield collected.patch(visit.about, facts, milliseconds)


def _timed(ask: Callable[[], T]) -> tuple[T, int]:
    """What it gave, and after how many milliseconds."""
    began = time.monotonic()
    return ask(), round((time.monotonic() - began) * 1000)


STAGES: Mapping[str, Stage] = {
    "declared": _declared,
    "credential": _credential,
    "port": _port,
    "certificate": _certificate,
    "service": _service,
    "login": _login,
    "powershell": _powershell,
    "script": _script,
    "probes": _probes,
    "inventory": _inventory,
    "patch": _patch,
}
_LONE = frozenset({"probes", "inventory", "patch"})
"""Those that need the others and that no other needs."""
