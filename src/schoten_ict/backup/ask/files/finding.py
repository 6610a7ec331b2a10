"""Which backups there are, and the sums that are kept of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec

from schoten_ict.backup.ask.filepoints import Copy, copies, said_by_name, split
from schoten_ict.backup.ask.sums import BESIDE, parsed
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.backup.sent.archive import MANIFESTS
from schoten_ict.backup.sent.unpacking import form_of
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

SECONDS = 60.0
WRITING = timedelta(hours=12)
"""How long a backup may take whose name does not tell when it began."""
_SKEW = timedelta(minutes=5)
_LIMIT = 256 * 1024 * 1024


def backups(machine: Machine, order: Order) -> list[Copy] | Fault:
    """The backups of a job, oldest first; a fault where their place is not there. Raises `RemoteError`."""
    found = copies(machine, order)
    url = order.job.repository.url
    if isinstance(found, Fault) or "*" in url or "?" in url:
        return found
    if not found:
        return Fault(Kind.NO_REPOSITORY, f"{machine.path(url)} is not there", machine.path(url))
    if not found[0].entry.is_folder:
        return found
    inside = copies(machine, elsewhere(order, f"{url.rstrip('/')}/*"))
    assert not isinstance(inside, Fault)
    dated = [copy for copy in inside if _is_backup(copy)]
    return dated if len(dated) * 2 > len(inside) else found


def _is_backup(copy: Copy) -> bool:
    """Whether something in a folder is one of several backups there."""
    is_kept = copy.entry.is_folder or form_of(copy.name) != (None, False)
    return is_kept and said_by_name(copy.name) is not None


def elsewhere(order: Order, url: str) -> Order:
    """The same order for a repository at `url`."""
    repository = msgspec.structs.replace(order.job.repository, url=url)
    return replace(order, job=msgspec.structs.replace(order.job, repository=repository))


def newest_of(found: list[Copy], order: Order) -> Copy:
    """The newest backup that is not dated in the future; the newest of all where each one is."""
    present = [copy for copy in found if copy.at <= order.now + _SKEW]
    return (present or found)[-1]


@dataclass(frozen=True, slots=True)
class Kept:
    """The sums that are kept of a backup outside of it: `sums` by path as written, found in `where`.

    `fault` is why there is none, where there must be one.
    """

    sums: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    fault: Fault | None = None

    def own(self, copy: Copy) -> str | None:
        """The sum of the backup itself; None where only files in it are named."""
        return next((digest for path, digest in self.sums.items() if split(f"/{path}")[1] == copy.name), None)


def kept_of(machine: Machine, order: Order, copy: Copy) -> Kept:
    """The declared manifest, or one beside the backup. Raises `RemoteError`."""
    declared = order.job.repository.manifest
    if declared is not None:
        path = machine.path(declared)
        text = text_of(machine, order, path)
        if text is None:
            return Kept(fault=Fault(Kind.MANIFEST, f"the manifest {path} is not there", path))
        return Kept(parsed(text), path)
    beside = text_of(machine, order, copy.path + BESIDE)
    if beside is not None:
        nameless = beside.strip().lower() if re.fullmatch(r"\s*[0-9a-fA-F]{64}\s*", beside) else ""
        sums = {copy.name: nameless} if nameless else parsed(beside)
        empty = None if sums else Fault(Kind.MANIFEST, f"{printable(copy.name)}{BESIDE} names nothing")
        return Kept(sums, copy.path + BESIDE, empty)
    folder = split(copy.path)[0]
    for name in sorted(MANIFESTS):
        if machine.glob(f"{folder}/{name}", order.deadline.left(SECONDS)):
            kept = Kept(parsed(text_of(machine, order, f"{folder}/{name}") or ""), f"{folder}/{name}")
            return kept if kept.own(copy) else Kept()
    return Kept()


def text_of(machine: Machine, order: Order, path: str) -> str | None:
    """A manifest's text; None where there is no such file. Raises `RemoteError`."""
    try:
        return machine.read(path, _LIMIT, order.deadline.left(SECONDS)).decode("utf-8", "surrogateescape")
    except RemoteError as error:
        if error.problems[0].code == "absent":
            return None
        raise
