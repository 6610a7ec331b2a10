"""What a scan found and no list has, as `inventory.d/discovered.yaml`: text that loads, or nothing."""

import json
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path

from schoten_ict.core.errors import ConfigurationError, ConflictError
from schoten_ict.core.text import printable
from schoten_ict.fleet.judge.scan import Seen
from schoten_ict.inventory import load
from schoten_ict.inventory.loading import FILE_NAME, FOLDER_NAME

DISCOVERED = "discovered.yaml"
_HEAD = (
    "# Found by ict inventory scan. Give each a proper name and kind, and move it where it belongs.\nhosts:\n"
)
_PRINTER_PORT = 9100
_LONGEST_NAME = 40


def file_of(root: Path) -> Path:
    """Where the proposal is written."""
    return root / FOLDER_NAME / DISCOVERED


def proposal(before: str | None, unknown: Iterable[Seen], names: Collection[str], day: str) -> str:
    """The whole new text: what the file says already, and an entry for each machine below it.

    `before` is the present text (None: no file), `names` are those that are taken, `day` that of the scan.
    """
    taken = set(names)
    lines = []
    for each in unknown:
        name = _name(each, taken)
        taken.add(name)
        lines.append(_entry(name, each, day))
    start = _HEAD if before is None or not before.strip() else before
    return f"{start.rstrip()}\n" + "".join(f"{line}\n" for line in lines)


def _entry(name: str, seen: Seen, day: str) -> str:
    sighting = seen.sighting
    told = [
        f"found by a scan on {day}",
        *(
            f"port {port}{f' ({banner})' if banner else ''}"
            for port, banner in sorted(sighting.ports.items())
        ),
        *(f"{service}: {what}" for service, what in sorted(sighting.services.items())),
        *([f"called {sighting.name}"] if sighting.name else []),
        *([f"MAC {sighting.mac}"] if sighting.mac else []),
    ]
    fields = {"name": name, "address": sighting.address, "notes": ", ".join(told)}
    if _PRINTER_PORT in sighting.ports:
        fields["kind"] = "printer"
    return f"  - {{{', '.join(f'{key}: {_quoted(value)}' for key, value in fields.items())}}}"


def _quoted(text: str) -> str:
    """A text as YAML reads it back, whatever is in it: JSON's quotes and escapes are YAML's too."""
    return json.dumps(printable(text), ensure_ascii=False)


def _name(seen: Seen, taken: Collection[str]) -> str:
    """A name that no host has: the first label of its DNS name, else its address."""
    label = (seen.sighting.name or "").partition(".")[0]
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", label).strip("-_")[:_LONGEST_NAME]
    address = re.sub(r"[^0-9a-f]+", "-", seen.sighting.address).strip("-")
    name = words if words and not words.isdigit() else f"host-{address}"
    if name not in taken:
        return name
    return next(each for number in range(2, 10**6) if (each := f"{name}-{number}") not in taken)


def check(root: Path, text: str, addresses: Collection[str]) -> None:
    """Load the inventory with `text` in place, in a folder apart.

    Raises `ConfigurationError` when it does not load, `ConflictError` when it does not hold what was found.
    """
    before = load(root)
    with tempfile.TemporaryDirectory(prefix="ict-") as name:
        copy = Path(name)
        shutil.copyfile(root / FILE_NAME, copy / FILE_NAME)
        folder = copy / FOLDER_NAME
        folder.mkdir()
        for path in (root / FOLDER_NAME).glob("*.yaml"):
            shutil.copyfile(path, folder / path.name)
        (folder / DISCOVERED).write_text(text, encoding="utf-8")
        try:
            after = load(copy)
        except ConfigurationError as error:
            first = error.problems[0]
            raise ConfigurationError(
                f"the inventory would not load with {FOLDER_NAME}/{DISCOVERED}: {first.message}",
                subject=first.subject,
                remedy=f"put the file in order: hosts: must be its last section; {first.remedy}".rstrip("; "),
            ) from None
    lost = {host.name for host in before.hosts} - {host.name for host in after.hosts}
    absent = set(addresses) - {host.address for host in after.hosts}
    if lost or absent:
        raise ConflictError(
            f"{FOLDER_NAME}/{DISCOVERED} would not hold {', '.join(sorted(lost | absent))[:200]}",
            remedy="put the file in order: hosts: must be its last section",
        )
