"""The third part of the story: what this very machine lacks, as its own package manager tells it."""

from pathlib import Path

from schoten_ict.commands.demo.teller import Teller
from schoten_ict.core.exits import ExitCode

HOST = "deze-machine"
_ANSWERS = (ExitCode.OK, ExitCode.INCOMPLETE, ExitCode.FINDINGS)
"""Every machine answers for itself."""
_MEANS = {
    ExitCode.OK: "ok: all that it lacks is within its deadline, and all that was asked was told.",
    ExitCode.INCOMPLETE: "unknown, so never ok: the lines below the table say what was not told.",
    ExitCode.FINDINGS: "no ok: the lines below the table say what is over its deadline, or nearly.",
}


def tell(ict: Teller) -> None:
    """Run this part of the story, whatever the verdict. Nothing is installed and no list refreshed."""
    _declare(ict.folder)
    ict.say("12. What does this very machine lack? Its package manager is asked; nothing is installed.")
    ict("patch", "scan", HOST, gives=_ANSWERS, shows=HOST)
    ict.say("13. The same from the store, where an answer counts for 8 days: no machine is asked.")
    ict("patch", "status", HOST, gives=_ANSWERS, shows=HOST)
    ict.say(f"The verdict is {_MEANS[ExitCode(ict.steps[-1].exit_code)]}")
    ict.say()


def _declare(folder: Path) -> None:
    (folder / "inventory.d" / "deze-machine.yaml").write_text(_DECLARED, encoding="utf-8")


_DECLARED = f"""\
# Made by the demo: the machine that ict runs on, which is asked without any log-in.
hosts:
  - {{name: {HOST}, address: 127.0.0.1, kind: server, connect: {{local: {{}}}}}}
"""
