"""What the lab says once it answers: who is there, and the lines to type next."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.hands_on.parts import NET_SNMP, OPENSSH, REPLAYED, WINRM
from lab.hands_on.playing import Played
from lab.hands_on.windows import COMMANDS

_WIDTH = 100
_INDENT = "    "


def told(played: Played, workspace: Path) -> str:
    """The whole block."""
    return "\n".join([*_who(played), "", *_how(played, workspace)])


def _who(played: Played) -> Iterator[str]:
    yield f"\nThe lab answers: {len(played.parts)} hosts of the sample workspace."
    for player in (OPENSSH, WINRM, REPLAYED, NET_SNMP):
        names = [part.host for part in played.parts if part.played_by == player]
        if names:
            yield f"  {len(names)} {player}"
            yield _listed(names)
    if played.absent:
        yield f"  {len(played.absent)} do not answer, for want of recordings (ICT_CORPUS names their folder)"
        yield _listed([part.host for part in played.absent])
    for before, after in played.moved.items():
        yield f"  Port {before} belongs to another program here; the lab has {after} instead."


def _listed(names: Sequence[str]) -> str:
    return textwrap.fill(
        ", ".join(names), _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
    )


def _how(played: Played, workspace: Path) -> Iterator[str]:
    ict = f"{_program()} -w {workspace}"
    yield f"Its workspace is {workspace}: a copy of the sample, with keys and passwords of its own, in files."
    yield "No environment is needed. In another terminal:\n"
    yield f"  {ict} inventory ping"
    yield f"  {ict} inventory trust {' '.join(played.fingerprints)}"
    yield f"  {ict} inventory collect"
    yield f"  {ict} inventory drift"
    yield f'  {ict} run "uptime" --on linux-servers'
    yield f'  {ict} run "hostname" --on windows-servers'
    yield "\nThe keys to compare before you trust them:"
    yield from (f"  {host:12} {key}" for host, key in sorted(played.fingerprints.items()))
    yield (
        f"\nThe Windows hosts run no PowerShell: they know `ict inventory collect` and {', '.join(COMMANDS)}."
    )
    yield "Ctrl-C here stops the lab and removes all of it."


def _program() -> str:
    """How `ict` is called from here."""
    beside = Path(sys.executable).with_name("ict")
    if not beside.exists():
        return shutil.which("ict") or "ict"
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)
