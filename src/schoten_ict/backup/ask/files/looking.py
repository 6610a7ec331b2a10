"""A look at backups that are files."""

from collections.abc import Sequence
from dataclasses import replace

from schoten_ict.backup.ask.attributes import protected
from schoten_ict.backup.ask.filepoints import Copy
from schoten_ict.backup.ask.files.archives import look_at_archive
from schoten_ict.backup.ask.files.finding import backups, newest_of
from schoten_ict.backup.ask.files.trees import look_at_tree
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.ask.there import fault_there
from schoten_ict.backup.facts import BackupFacts, Fault, Point, Probe
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable


def observe(machine: Machine, order: Order) -> BackupFacts:
    """Everything about a job's backups that are files."""
    try:
        found = backups(machine, order)
    except RemoteError as error:
        return BackupFacts("files", order.now, access=Probe(blocked=fault_of(error)))
    if isinstance(found, Fault):
        return BackupFacts("files", order.now, access=Probe((found,)))
    points = tuple(_point(copy) for copy in found)
    facts = BackupFacts("files", order.now, access=Probe(told={"backups": len(found)}), points=points)
    if not order.deep or not found:
        return facts
    newest = newest_of(found, order)
    facts = replace(facts, immutable=_immutable(machine, order, found))
    look = look_at_tree if newest.entry.is_folder else look_at_archive
    try:
        return look(machine, order, found, newest, facts)
    except RemoteError as error:
        return replace(facts, structure=Probe(blocked=fault_there(error)))


def _immutable(machine: Machine, order: Order, found: Sequence[Copy]) -> Probe | None:
    """Whether an attribute guards the backups that are young enough to need it."""
    if order.job.immutable is None:
        return None
    since = order.job.immutable.for_.before(order.now)
    young = [copy for copy in found if copy.at >= since]
    files = [copy.path for copy in young if not copy.entry.is_folder]
    return protected(machine, order, files, [copy.path for copy in young if copy.entry.is_folder])


def _point(copy: Copy) -> Point:
    """A backup as the list shows it: one of 0 bytes is none."""
    if copy.entry.is_folder:
        return Point(printable(copy.name), copy.at)
    complete = None if copy.entry.size else False
    return Point(printable(copy.name), copy.at, complete=complete, size=copy.entry.size)
