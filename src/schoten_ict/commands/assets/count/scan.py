"""`ict assets count scan`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.assets.judge.counting import Outcome
from schoten_ict.assets.records import counts
from schoten_ict.commands.assets.count.common import CountRow, Name, count_row
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.result import Result
from schoten_ict.core.streams import Streams
from schoten_ict.core.text import printable

if TYPE_CHECKING:
    from schoten_ict.assets.acts.counting import Places, Seen
    from schoten_ict.workspace import Workspace

app = new_app()
_BELL = "\a"


@app.command("scan")
def scan(
    ctx: typer.Context,
    name: Name,
    location: Annotated[
        str | None, typer.Option("--location", help="Room where you begin. Default: that of the count.")
    ] = None,
) -> Result[CountRow]:
    """Read codes from a barcode scanner, one per line.

      ict assets count scan voorjaar-2026 --location GH-1.01
      ict assets count scan voorjaar-2026 < codes.txt

    A code is a tag, a serial number, a MAC address or an IMEI. A line @GH-1.02 says that you are now in that
    room. Every scan is kept at once: stop when you like (Ctrl-D, Ctrl-C) and go on later.
    """
    from schoten_ict.assets.acts import counting

    workspace = workspace_of(ctx)
    count = counts.running(workspace.store.reader, name)
    known = counting.places(workspace.store.reader, workspace.inventory)
    room = known.room(location) if location else count.scope.location
    if workspace.streams.can_ask:
        workspace.streams.say(f"Counting {name}{f' in {room}' if room else ''}. @ROOM changes the room.")
    for line in _lines(workspace.streams):
        if line.startswith("@"):
            room = _room(workspace, known, line[1:].strip(), room)
        else:
            _scan(workspace, known, name, line, room)
    reader = workspace.store.reader
    row = count_row(reader, count, counting.tally(reader, known, count))
    notes = [f"Done? ict assets count finish {name}"]
    return Result("assets.count.scan", CountRow, [row], notes=notes)


def _lines(streams: Streams) -> Iterator[str]:
    """What was typed or scanned, without blank lines; bytes that are no text are replaced."""
    reconfigure = getattr(streams.stdin, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8-sig", errors="replace")
    for line in streams.stdin:
        text = printable(line).strip()
        if text:
            yield text


def _room(workspace: "Workspace", known: "Places", text: str, room: str | None) -> str | None:
    """The room after a line `@ROOM`; an unknown one leaves no room, so that nothing is misplaced by it."""
    try:
        room = known.room(text) if text else None
    except NotFoundError as error:
        _say(workspace.streams, f"{error}: no room is noted until the next @ROOM", wrong=True)
        return None
    _say(workspace.streams, f"now in {room}" if room else "no room is noted", wrong=False)
    return room


def _scan(workspace: "Workspace", known: "Places", name: str, code: str, room: str | None) -> None:
    from schoten_ict.assets.acts import counting

    try:
        seen = counting.scan(workspace.store, known, name, code, room)
    except UsageError as error:
        _say(workspace.streams, f"not kept: {error}", wrong=True)
        return
    wrong = seen.counted.outcome is not Outcome.FOUND
    if wrong or not workspace.options.quiet:
        _say(workspace.streams, _feedback(seen, code), wrong=wrong)


def _feedback(seen: "Seen", code: str) -> str:
    """One line: what was scanned, and what that means."""
    row = seen.counted
    name = row.tag if row.tag in {None, code} else f"{row.tag} ({code})"
    words = f"{name or code}: {row.outcome}"
    if seen.several:
        words = f"{code}: unknown, belongs to {' and '.join(seen.several)}: scan the tag"
    elif row.note:
        words += f": {row.note}"
    elif row.outcome is Outcome.MISPLACED:
        words += f": recorded at {row.expected_location}"
    if seen.before is not None:
        where = f" in {seen.before.location}" if seen.before.location else ""
        words += f" (already scanned{where})"
    return words


def _say(streams: Streams, words: str, *, wrong: bool) -> None:
    """A line on stderr; on a terminal with a bell where it needs a look, because eyes are on the shelf."""
    bell = _BELL if wrong and streams.stderr.isatty() else ""
    streams.say(f"{printable(words)}{bell}")
