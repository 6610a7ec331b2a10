"""Taking a backup with restic, and knowing whether all of the source is in it."""

from time import monotonic

from schoten_ict.backup.ask.restic.output import backed_up
from schoten_ict.backup.ask.restic.paths import exclude
from schoten_ict.backup.ask.restic.tool import Restic, ResticError, kibibytes, text
from schoten_ict.backup.facts import Fault, Kind, Taken
from schoten_ict.backup.order import Order
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.machine import Machine
from schoten_ict.core.text import counted

_PARTIAL = 3
"""How `backup` ends when it could not read everything (restic's manual, "Exit status codes")."""
_SHOWN = 5


def take(machine: Machine, order: Order) -> Taken:
    """Back up the declared paths. It waits up to five minutes for a lock, where restic can (0.16).

    Raises `ConfigurationError` for a job without paths.
    """
    source = order.job.source
    if not source.paths:
        raise ConfigurationError(
            f"{order.job.name}: there is nothing to back up", remedy="name the paths under source: paths"
        )
    started = monotonic()
    try:
        tool = Restic(machine, order)
        words = _backup_words(tool, order, tool.version())
        done = tool.run((*words, "--", *(machine.path(path) for path in source.paths)))
        said = backed_up(text(done.stdout), text(done.stderr))
        point = tool.whole_id(said.point)
    except ResticError as error:
        return Taken("", complete=False, faults=error.faults)
    faults = _lacking(said.skipped, said.unread)
    if done.exit_code == _PARTIAL and not faults:
        faults = (Fault(Kind.INCOMPLETE, "at least one file could not be read"),)
    elif done.exit_code and not faults:
        faults = tuple(map(tool.opening_fault, tool.faults_of(done)))
    if said.point and said.told.get("files") == 0:
        faults = (*faults, Fault(Kind.EMPTY, "the sources hold no files at all"))
    told = {**said.told, "seconds": round(monotonic() - started, 1)}
    return Taken(point, complete=bool(point) and not done.exit_code and not faults, faults=faults, told=told)


def _backup_words(tool: Restic, order: Order, version: tuple[int, int, int]) -> tuple[str, ...]:
    name = tool.machine.name
    host = () if name == "localhost" else ("--host", name)
    kept = ("--no-cache",) if tool.local else ()  # newer versions do nothing where HOME cannot be written
    waiting = ("--retry-lock", "5m") if version >= (0, 16, 0) else ()
    bandwidth = order.job.verify.bandwidth
    limit = ("--limit-upload", kibibytes(bandwidth)) if bandwidth else ()
    left_out = [f"--exclude={exclude(pattern)}" for pattern in order.job.source.exclude]
    return ("backup", "--json", "--quiet", *kept, *host, *waiting, *limit, *left_out)


def _lacking(skipped: tuple[str, ...], unread: tuple[str, ...]) -> tuple[Fault, ...]:
    """What the backup does not hold. Some versions end with 0 when one of several sources is not there."""
    faults = []
    if skipped:
        faults.append(Fault(Kind.MISSING_FILES, f"not there: {', '.join(skipped)}", skipped[0]))
    if unread:
        shown = ", ".join(unread[:_SHOWN]) + (", ..." if len(unread) > _SHOWN else "")
        faults.append(Fault(Kind.INCOMPLETE, f"{counted(len(unread), 'file')} not read: {shown}", unread[0]))
    return tuple(faults)
