"""What to do about a fault, by its kind: the short form of the page on backups ("When it fails")."""

from schoten_ict.backup.facts import Fault, Kind

_DAMAGE = "take a new backup elsewhere before you repair anything, and look at the disk"
_REMEDIES = {
    Kind.PASSWORD: "check the secret; then try the second copy of the key from another machine",
    Kind.KEY: "open it with the second copy of the key; then take a new backup elsewhere",
    Kind.NO_REPOSITORY: "check the url and the engine; is its disk mounted?",
    Kind.NO_SOURCE: "check the paths of the source",
    Kind.CHANGED: "look which of the two is right (the disk, who wrote to it); take a new backup elsewhere",
    Kind.NO_SPACE: "make room, or raise verify: {scratch_limit}",
    Kind.NO_PROGRAM: "install the program where it is looked at, or name it with repository: {program}",
    Kind.LOCKED: "look at what holds it; the tool's own unlock removes a lock that was left behind",
    Kind.DENIED: "let the account that looks read it",
    Kind.MISSING_FILES: "look at what the backup leaves out; declare what it may under source: {exclude}",
    Kind.EMPTY: "look at the source; once it is whole, take a new backup",
    Kind.DIFFERS: "look which of the two is right; where it is the source, take a new backup",
    Kind.TABLES: "compare with the live database: was it emptied, or is the dump of a part of it?",
    Kind.WAL: "keep the WAL of the backup's own time with it (pg_basebackup -X stream), and take a new one",
    Kind.INCOMPLETE: "see in the log of the tool what was left out; then take a new backup",
    Kind.TIMEOUT: "raise verify: {deadline}, or lower what one look reads",
}
_DAMAGED = frozenset(
    {Kind.CONFIG, Kind.SNAPSHOT, Kind.TREE, Kind.INDEX, Kind.DATA, Kind.MISSING_DATA, Kind.TRUNCATED,
     Kind.MANIFEST, Kind.DATABASE}
)  # fmt: skip


def remedy_for(kind: Kind) -> str:
    """What to do; empty where only the fault itself can say."""
    return _DAMAGE if kind in _DAMAGED else _REMEDIES.get(kind, "")


def remedy_of(fault: Fault, host: str = "") -> str:
    """What to do about one fault, on `host` (empty: this machine), which may have to do with a place."""
    if fault.kind is not Kind.ROLLBACK or not fault.where:
        return remedy_for(fault.kind)
    there = f" on {host}" if host else ""
    return (
        "the repository is older than at an earlier look: stop the pruning and find out who put it back; "
        f"if that was you, remove {fault.where}{there} (what ict's own borg remembers), and look again"
    )
