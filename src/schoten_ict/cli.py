"""The root of the command line: the table of groups, and the one boundary for answers and errors."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from typer import _click as click
from typer.exceptions import Abort

from schoten_ict.commands.shell import LazyGroup
from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.exits import ExitCode
from schoten_ict.core.result import Document, Result
from schoten_ict.core.settings import CHOICES, Setting
from schoten_ict.core.streams import Streams
from schoten_ict.core.text import printable
from schoten_ict.core.verdict import Verdict
from schoten_ict.workspace import Workspace

COMMANDS = {
    "who": ("schoten_ict.commands.who", "Everything known about a person, tag, serial, host or address."),
    "assets": ("schoten_ict.commands.assets", "Equipment: what there is, who holds it, under which policy."),
    "people": ("schoten_ict.commands.people", "Colleagues: import, add, list, show."),
    "inventory": ("schoten_ict.commands.inventory", "What should be: hosts, services, policies, exceptions."),
    "backup": ("schoten_ict.commands.backup", "Proof that the backups would come back."),
    "patch": ("schoten_ict.commands.patch", "What is missing where, since when, and does it matter."),
    "licenses": ("schoten_ict.commands.licenses", "What is owned, used, missing or idle; and what to buy."),
    "run": ("schoten_ict.commands.run", "Run one command on many machines, after showing where."),
    "schedule": ("schoten_ict.commands.schedule", "What should run by itself, and how to make it so."),
    "notify": ("schoten_ict.commands.notify", "Who hears of the verdicts of scheduled runs."),
    "journal": ("schoten_ict.commands.journal", "Who changed what, when; and the proof that it is whole."),
    "store": ("schoten_ict.commands.store", "Back up and check the store."),
    "config": ("schoten_ict.commands.config", "Settings and where each comes from."),
    "doctor": ("schoten_ict.commands.doctor", "Is this workspace in order? Each line with a remedy."),
    "init": ("schoten_ict.commands.init", "Make a new workspace."),
    "demo": ("schoten_ict.commands.demo", "Run the main job for real in a folder of its own."),
    "completion": ("schoten_ict.commands.completion", "Shell completion for bash, zsh, fish or PowerShell."),
}


def run() -> None:
    """The entry point `ict`."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str], streams: Streams | None = None, now: datetime | None = None) -> int:
    """Run one command line and return its exit status. Tests hand in streams and `now`."""
    os.umask(0o007)  # the workspace is shared by a group and closed to others
    streams = streams or Streams.standard()
    _speak_utf8(streams)
    workspace = Workspace(streams, now or datetime.now(UTC))
    try:
        strange = next((word for word in arguments if not _is_text(word)), None)
        if strange is not None:
            problem = Problem("usage", f"{printable(strange)!r} is no UTF-8 text", remedy="type it again")
            return _fail(workspace, [], [problem], ExitCode.USAGE)
        return _run(workspace, list(arguments))
    except BrokenPipeError:
        streams.leave()  # the reader of a help text left (`| head`): that is no failure
        return ExitCode.OK
    finally:
        workspace.close()


def _is_text(word: str) -> bool:
    """Whether an argument was valid UTF-8: what was not holds surrogates (PEP 383)."""
    return not any("\ud800" <= char <= "\udfff" for char in word)


def root() -> LazyGroup:
    """The command group `ict`."""
    from schoten_ict.commands.start import start

    return LazyGroup(
        "ict", "The toolkit of a municipal ICT team.", COMMANDS, invoke_without_command=True, callback=start
    )


def _run(workspace: Workspace, arguments: list[str]) -> int:
    try:
        return _answer(workspace, arguments)
    except (KeyboardInterrupt, Abort):
        return _interrupted(workspace)
    except click.exceptions.ClickException as error:
        return _usage(workspace, arguments, error)
    except IctError as error:
        return _fail(workspace, arguments, error.problems, error.exit_code)
    except BrokenPipeError:
        raise
    except PermissionError as error:
        problem = Problem(
            "denied",
            f"this account may not use {printable(str(error.filename or 'a file'))}",
            remedy="use an account of the workspace's group",
        )
        return _fail(workspace, arguments, [problem], ExitCode.CONFIGURATION)
    except Exception as error:  # noqa: BLE001 - the boundary: nothing leaves as a traceback
        return _unexpected(workspace, arguments, error)


def _answer(workspace: Workspace, arguments: list[str]) -> int:
    answer = root().main(
        arguments, prog_name="ict", standalone_mode=False, obj=workspace, help_option_names=["-h", "--help"]
    )
    if isinstance(answer, Result) and workspace.options.fail_on:
        answer = replace(answer, fail_on=Verdict(workspace.options.fail_on))
    if isinstance(answer, Result | Document):
        return workspace.renderer.show(answer)
    if answer == ExitCode.INTERRUPTED:  # typer turns Ctrl-C into an exit of its own
        return _interrupted(workspace)
    return int(answer or 0)


def _interrupted(workspace: Workspace) -> int:
    workspace.streams.say("ict: interrupted")
    return ExitCode.INTERRUPTED


def _usage(workspace: Workspace, arguments: list[str], error: click.exceptions.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        workspace.streams.stdout.write(f"{error.format_message()}\n")
        return ExitCode.USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "ict"
    problem = Problem("usage", error.format_message().rstrip("."), remedy=f"{path} --help")
    return _fail(workspace, arguments, [problem], ExitCode.USAGE)


def _fail(workspace: Workspace, arguments: list[str], problems: Sequence[Problem], code: ExitCode) -> int:
    kind = _kind(arguments)
    workspace.options.output = workspace.options.output or _asked_format(arguments)
    try:
        renderer = workspace.renderer
    except IctError:  # the settings themselves are wrong: only the options count
        given = {name: getattr(workspace.options, name) for name in CHOICES}
        workspace.settings = {name: Setting(name, value, f"--{name}") for name, value in given.items()}
        renderer = workspace.renderer
    return renderer.fail(kind, problems, code)


def _kind(arguments: list[str]) -> str:
    """The `kind` of a failure: the group and the command that were named, as far as they were."""
    for place, word in enumerate(arguments):
        if word in COMMANDS:
            following = arguments[place + 1 : place + 2]
            return ".".join([word, *(each for each in following if each.isalpha())])
    return "ict"


def _unexpected(workspace: Workspace, arguments: list[str], error: Exception) -> int:
    if workspace.options.debug or "--debug" in arguments:
        raise error
    sqlite = sys.modules.get("sqlite3")
    if sqlite is not None and isinstance(error, sqlite.Error):
        from schoten_ict.store.failures import explain

        told = explain(error, workspace.store.path)
        return _fail(workspace, arguments, told.problems, told.exit_code)
    message = f"unexpected {type(error).__name__}: {error}"
    problem = Problem("internal", message, remedy="run it again with --debug and report what it shows")
    return _fail(workspace, arguments, [problem], ExitCode.INTERNAL)


def _asked_format(arguments: list[str]) -> str | None:
    """The format on a command line that could not be parsed as a whole."""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=False):
        asked = ""
        if word in {"-o", "--output"}:
            asked = following
        elif word.startswith("--output="):
            asked = word.partition("=")[2]
        elif word.startswith("-o"):
            asked = word[2:]
        if asked in CHOICES["output"]:
            return asked
    return None


def _speak_utf8(streams: Streams) -> None:
    """Write UTF-8 whatever the locale says: names have accents, and pipes have no code page."""
    for stream in (streams.stdout, streams.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
