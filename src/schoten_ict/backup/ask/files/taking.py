"""Taking a backup into an archive: all of the source's files with their sums, whole or not at all."""

from time import monotonic
from typing import Any

from schoten_ict.backup.ask.files.finding import SECONDS, elsewhere
from schoten_ict.backup.ask.proving import named
from schoten_ict.backup.ask.taking import place_for, publish
from schoten_ict.backup.ask.there import fault_there, run_there
from schoten_ict.backup.facts import Fault, Kind, Taken
from schoten_ict.backup.order import Order
from schoten_ict.backup.sent.unpacking import form_of
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError

_PACKINGS = frozenset({"", "gzip", "bzip2", "xz"})


def take(machine: Machine, order: Order) -> Taken:
    """Pack the source into a new archive, with `SHA256SUMS` of its files in it and its own sum beside it.

    Raises `ConfigurationError` for a declaration by which none can be made.
    """
    begun, job = monotonic(), order.job
    if any(host != machine.name for host in job.source.hosts):
        raise ConfigurationError(
            f"{job.name}: files are packed where they lie, not on {machine.name}",
            subject=f"job:{job.name}",
            remedy="add verify: {from: HOST} with the host of the source",
        )
    try:
        place = place_for(machine, _placed(machine, order))
        form, packing = _form(order, place.name)
        said = run_there(
            machine,
            "pack",
            {
                "roots": [machine.path(path) for path in job.source.paths],
                "exclude": job.source.exclude,
                "path": place.partial,
                "form": form,
                "packing": packing,
            },
            order.deadline.left(),
        )
        faults = _faults(said)
        if not said["files"]:
            return Taken("", complete=False, faults=(*faults, Fault(Kind.EMPTY, "the source holds no file")))
        told = publish(machine, order, place)
    except RemoteError as error:
        return Taken("", complete=False, faults=(fault_there(error),))
    told |= {
        "files": int(said["files"]),
        "read": int(said["bytes"]),
        "seconds": round(monotonic() - begun, 1),
    }
    return Taken(place.name, complete=not faults, faults=faults, told=told)


def _placed(machine: Machine, order: Order) -> Order:
    """The order with a pattern for its url: into a folder goes the job's name and the time."""
    url = order.job.repository.url
    found = machine.glob(machine.path(url), order.deadline.left(SECONDS)) if "*" not in url else ()
    if "*" in url or not any(entry.is_folder for entry in found):
        return order
    return elsewhere(order, f"{url.rstrip('/')}/{order.job.name}-*.tar.gz")


def _form(order: Order, name: str) -> tuple[str, str]:
    packing, is_tar = form_of(name)
    if packing == "zip":
        return "zip", ""
    if is_tar and packing in _PACKINGS:
        return "tar", packing
    raise ConfigurationError(
        f"{order.job.name}: {name} is no archive that can be made",
        subject=f"job:{order.job.name}",
        remedy="end the repository's url with .tar.gz, .tar, .tar.xz or .zip",
    )


def _faults(said: dict[str, Any]) -> tuple[Fault, ...]:
    """What kept the backup from being whole."""
    return (
        *named(
            Kind.INCOMPLETE, [str(path) for path in said["absent"]], "or folders of the source are not there"
        ),
        *named(Kind.INCOMPLETE, [str(path) for path in said["unread"]], "that could not be read"),
        *named(Kind.INCOMPLETE, [str(path) for path in said["changed"]], "that changed while they were read"),
    )
