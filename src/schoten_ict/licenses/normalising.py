"""Normalising: the titles that machines listed become products, nothing, or unknown, each once.

Only what changed is done again: a machine whose list differs from the one before, a title never seen, and
all titles where the catalogue is another one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from schoten_ict.core.hostfacts import Title
from schoten_ict.core.text import counted
from schoten_ict.licenses.model import Titled
from schoten_ict.licenses.records import installs
from schoten_ict.store import Store, Transaction, observations
from schoten_ict.store.observations import Newest

SOFTWARE = "host.software"
"""The kind of observation that holds the list of a machine's software."""
Taking = Callable[[Title], Titled]
"""What takes a title for a product, nothing, or unknown."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """How much was done: lists of machines that were read, titles that were new, and titles taken anew."""

    lists: int
    titles: int
    retaken: int

    def text(self) -> str:
        """One line for a person."""
        return (
            f"{counted(self.lists, 'list')} of software read, {counted(self.titles, 'new title')}, "
            f"{self.retaken} taken anew"
        )


def normalise(store: Store, digest: str, take: Taking) -> Normalised:
    """Bring the normal form up to what machines told last; `digest` names the rules behind `take`.

    Writes nothing, and opens no transaction, where nothing changed.
    """
    reader = store.reader
    known = installs.digests(reader)
    changed, again = [], []
    for found in observations.newest(reader, SOFTWARE):
        host = found.subject.partition(":")[2]
        before = known.get(host)
        if before is None or before[0] != found.digest:
            changed.append((host, found))
        elif before[1] != found.last_seen:
            again.append((host, found))
    old = installs.catalogue(reader)
    if not changed and not again and old == digest:
        return Normalised(0, 0, 0)
    with store.transaction() as transaction:
        retaken = _retake(transaction, take) if old not in {"", digest} else 0
        new = _read(transaction, changed, take)
        installs.seen_again(transaction, again)
        installs.note_catalogue(transaction, digest)
    return Normalised(len(changed), new, retaken)


def _retake(transaction: Transaction, take: Taking) -> int:
    known = installs.titles(transaction.connection)
    installs.retake(transaction, ((number, take(_title(key))) for key, number in known.items()))
    return len(known)


def _read(transaction: Transaction, changed: list[tuple[str, Newest]], take: Taking) -> int:
    """Keep the lists of machines; returns how many of their titles were never seen."""
    if not changed:
        return 0
    known = installs.titles(transaction.connection)
    before = len(known)
    for host, found in changed:
        payload = observations.payload_of(transaction.connection, found)
        numbers = set()
        for entry in payload:
            key = installs.key_of(entry)
            if key not in known:
                known[key] = installs.add_title(transaction, key, take(_title(key)))
            numbers.add(known[key])
        installs.replace(transaction, found, host, numbers)
    return len(known) - before


def _title(key: installs.Key) -> Title:
    name, version, publisher, source = key
    return Title(name, version or None, publisher or None, source=source or None)
