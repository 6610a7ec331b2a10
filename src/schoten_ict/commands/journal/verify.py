"""`ict journal verify`."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Result, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.store.journal import Break, Head

app = new_app()
_CHECK, _SUBJECT = "journal.chain", "store:journal"


@dataclass(frozen=True, slots=True)
class ChainRow:
    """The chain as it is now; `compared_with` is the number of the exported head, if one was given."""

    entries: int = column("Entries", right=True)
    pruned: int = column("Pruned", right=True)
    breaks: int = column("Breaks", right=True)
    head: int = column("Head", right=True)
    hash: str = column("Hash")
    compared_with: int | None = column("Compared with", right=True)


@app.command("verify")
def verify(
    context: typer.Context,
    head: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What ict journal export wrote, kept elsewhere.")
    ] = None,
) -> Result[ChainRow]:
    """Prove that no entry was changed, removed or cut off.

      ict journal verify
      ict journal verify --head /mnt/safe/journal-head.json

    Without --head, entries that were cut off the end can go unseen: a chain cannot prove its own end.
    """
    from schoten_ict.store import journal

    workspace = workspace_of(context)
    expected = _read_head(head) if head else None
    reader = workspace.store.reader
    with journal.snapshot(reader):
        breaks = list(journal.verify(reader, expected))
        entries, pruned = journal.counts(reader)
        last = journal.head(reader)
    row = ChainRow(entries, pruned, len(breaks), last.seq, last.hash, expected.seq if expected else None)
    findings = [_broken(each, workspace.now) for each in breaks] or [_whole(row, workspace.now)]
    return Result("journal.verify", ChainRow, [row], findings, judged=True, detail=True)


def _broken(broken: "Break", now: datetime) -> Finding:
    return Finding(
        _CHECK, _SUBJECT, Verdict.FAIL, f"entry {broken.seq} {broken.reason}", now,
        key=f"{broken.seq}:{broken.reason}",
        evidence={"seq": broken.seq, "reason": broken.reason},
        remedy="compare with a backup of the store; find out who could write the file",
    )  # fmt: skip


def _whole(row: ChainRow, now: datetime) -> Finding:
    if not row.entries:
        return Finding(_CHECK, _SUBJECT, Verdict.UNKNOWN, "the journal has no entries yet", now)
    words = f"{row.entries} entries in one chain, {row.pruned} with pruned values"
    if row.compared_with is not None:
        words += f", nothing cut off since the exported entry {row.compared_with}"
    return Finding(_CHECK, _SUBJECT, Verdict.OK, words, now, evidence={"head": row.head, "hash": row.hash})


def _read_head(path: Path) -> "Head":
    """The head in the last line of an export; raises `NotFoundError` or `UsageError`."""
    from schoten_ict.store.journal import Head

    try:
        last = path.read_text(encoding="utf-8").strip().splitlines()[-1]
        head = json.loads(last)["head"]
        return Head(int(head["seq"]), str(head["hash"]))
    except OSError as error:
        raise NotFoundError(
            f"{path}: {error.strerror}", remedy="name what ict journal export wrote"
        ) from None
    except (ValueError, KeyError, TypeError, IndexError):
        raise UsageError(
            f"{path} does not end with a journal head", remedy="name what ict journal export wrote"
        ) from None
