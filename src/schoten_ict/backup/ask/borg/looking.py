"""One look at a repository: what it holds, and what proves that it would come back."""

from collections.abc import Sequence
from dataclasses import replace

from schoten_ict.backup.ask.attributes import protected
from schoten_ict.backup.ask.borg import files
from schoten_ict.backup.ask.borg.files import Repository
from schoten_ict.backup.ask.borg.log import damaged
from schoten_ict.backup.ask.borg.newest import Seen, look_at_newest, weighed
from schoten_ict.backup.ask.borg.opening import Opened, opened
from schoten_ict.backup.ask.borg.proofs import probe_of, read_probe, structure_probe, tried
from schoten_ict.backup.ask.borg.tool import Borg
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.ask.several import churn_together, signs_together, together
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Probe, ReadProbe
from schoten_ict.backup.order import Order, Slice
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import counted

_SHORT_SECONDS = 60.0
_FILES_SECONDS = 600.0
_NO_ARCHIVE = "--glob-archives=/"
"""No archive has a slash in its name: `check` reads data then and leaves the archives alone."""
_CANNOT_AFAR = {"lock": "behind SSH only the machine that has the repository sees who holds locks"}
_NEWEST_ONLY = "only files of the newest archive are read in shares"
_SWITCH = "whoever may write to the repository can switch it off"


def observe(machine: Machine, order: Order) -> BackupFacts:
    """What a repository holds, and what proves that it would come back."""
    try:
        with machine.scratch(order.owner, order.job.verify.scratch, _SHORT_SECONDS) as scratch:
            return _facts(opened(machine, order, scratch), order, scratch)
    except RemoteError as error:
        return BackupFacts("borg", order.now, access=Probe(blocked=fault_of(error)))


def _facts(found: Opened, order: Order, scratch: str) -> BackupFacts:
    facts = BackupFacts(
        "borg",
        order.now,
        version=found.version,
        access=found.access,
        points=None if found.archives is None else tuple(each.point for each in found.archives),
        locks=found.repository.locks if found.repository else None,
        immutable=_immutable(found, order),
        cannot={} if found.repository else _CANNOT_AFAR,
    )
    if found.archives is None or not order.deep:
        return facts
    newest = look_at_newest(found, order, scratch)
    structure, lost = _structure(found, [flaw for seen in newest for flaw in seen.flaws])
    if not structure.faults:
        newest = [weighed(found, seen) for seen in newest]
    reads = (_read(found, order.read, newest, scratch),) if order.read else ()
    return _complete(replace(facts, structure=structure, reads=reads, damaged=lost), newest)


def _complete(facts: BackupFacts, newest: Sequence[Seen]) -> BackupFacts:
    """The facts with what was found out about the newest archives."""
    known = {seen.point.id: seen.point for seen in newest}
    return replace(
        facts,
        points=tuple(known.get(each.id, each) for each in facts.points or ()),
        source=together(seen.source for seen in newest),
        sample=together(seen.sample for seen in newest),
        drill=together(seen.drill for seen in newest),
        signs=signs_together(seen.signs for seen in newest),
        churn=churn_together(seen.churn for seen in newest),
    )


def _structure(found: Opened, flaws: Sequence[Fault]) -> tuple[Probe, dict[str, str]]:
    """Whether everything that archives refer to is there, and which of them cannot be loaded whole."""
    lost: dict[str, str] = {}

    def step() -> Probe:
        here = found.repository is not None
        said = found.borg.run("check", "-v", *(("--archives-only",) if here else ()))
        ids = {each.name: each.point.id for each in found.archives or ()}
        lost.update({ids[name]: why for name, why in damaged(said.log).items() if name in ids})
        probe = structure_probe(said, whole=not here)
        told = {**probe.told, **_segments(found, "stored")}
        return replace(probe, faults=found.ours(probe.faults), told=told)

    probe = tried(step)
    faults = _each_once((*found.flaws, *flaws, *probe.faults))
    probe = found.settled(replace(probe, faults=faults))
    return probe, lost if probe.faults else {}


def _segments(found: Opened, bytes_are: str) -> dict[str, int]:
    """How many segments there are; their size under the name that says what was done with them."""
    if found.repository is None:
        return {}
    numbers = found.repository.committed
    return {"segments": len(numbers), bytes_are: found.repository.size(numbers)}


def _each_once(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    first: dict[tuple[Kind, str], Fault] = {}
    for fault in faults:
        first.setdefault((fault.kind, fault.where or fault.message), fault)
    return tuple(first.values())


def _read(found: Opened, part: Slice, newest: Sequence[Seen], scratch: str) -> ReadProbe:
    """Read a share of the data, or all of it, and compare it with its hashes."""
    if found.repository is None and part.of > 1:
        probe = tried(lambda: _read_files(found.borg, newest, scratch))
    elif found.repository is None or part.of == 1:
        probe = tried(lambda: _read_all(found))
    else:
        repository = found.repository
        probe = tried(lambda: _read_share(found, repository, part, scratch))
    return ReadProbe(part.number, part.of, found.settled(probe))


def _read_all(found: Opened) -> Probe:
    """All segments with their checksums and against the index, and then every chunk with its id."""
    probe = read_probe(found.borg.run("check", "-v", "--verify-data", _NO_ARCHIVE), whole=True)
    told = {**probe.told, **_segments(found, "bytes")}
    return replace(probe, faults=found.ours(probe.faults), told=told)


def _read_share(found: Opened, repository: Repository, part: Slice, scratch: str) -> Probe:
    """The segments of one slice, as a repository of their own: checksums, and every chunk with its id."""
    borg = replace(found.borg, location=f"{scratch}/share")
    numbers = repository.share(part)
    seconds = borg.order.deadline.left(_FILES_SECONDS)
    files.mirror(borg.machine, repository, borg.location, numbers, seconds, index=False)
    said = borg.run("check", "-v", "--archives-only", "--verify-data", _NO_ARCHIVE)
    probe = read_probe(said, whole=False)
    told = {**probe.told, "segments": len(numbers), "bytes": repository.size(numbers)}
    return replace(probe, faults=replace(found, borg=borg).ours(probe.faults), told=told)


def _read_files(borg: Borg, newest: Sequence[Seen], scratch: str) -> Probe:
    """The files of the newest archives that belong to the slice, read without restoring them."""
    probes = [_read_files_of(borg, seen, f"{scratch}/share-{number}") for number, seen in enumerate(newest)]
    return together(probes) or Probe(told={"files": 0, "bytes": 0}, weak=_NEWEST_ONLY)


def _read_files_of(borg: Borg, seen: Seen, patterns: str) -> Probe:
    told = {"files": len(seen.share), "bytes": sum(entry.size for entry in seen.share)}
    if not seen.share:
        return Probe(told=told, weak=_NEWEST_ONLY)
    lines = (*(f"+ pf:{entry.path}" for entry in seen.share), "- re:.", "")
    borg.machine.write(patterns, "\n".join(lines).encode(), _FILES_SECONDS)
    said = borg.run("extract", "--dry-run", "--list", "--patterns-from", patterns, archive=seen.name)
    listed = {each.text for each in said.log if each.level == "INFO"}
    lacking = sum(entry.path not in listed for entry in seen.share)
    return probe_of(
        said.faults_of_restore,
        said.seconds,
        lacking=f"borg did not read {counted(lacking, 'file')}" if lacking else "",
        told=told,
        weak=_NEWEST_ONLY,
    )


def _immutable(found: Opened, order: Order) -> Probe | None:
    """Whether what is declared to protect the repository does."""
    declared = order.job.immutable
    if declared is None or declared.by not in {"append-only", "attribute"}:
        return None
    repository = found.repository
    if repository is None:
        words = "only the machine that has the repository knows what protects it"
        return Probe(blocked=Fault(Kind.NOT_PROVABLE, words))
    if declared.by == "attribute":
        return protected(found.borg.machine, order, repository.paths)
    if not repository.settings.append_only:
        return Probe((Fault(Kind.OTHER, "append_only is not set in the repository's config", "config"),))
    return Probe(weak=_SWITCH)
