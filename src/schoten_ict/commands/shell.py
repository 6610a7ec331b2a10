"""What every command is made of: lazy groups, the global options, and the way to the workspace."""

import importlib
import inspect
import os
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, cast

import typer
from typer import _click as click
from typer._types import TyperChoice
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command_from_info

from schoten_ict.core.settings import CHOICES
from schoten_ict.workspace import Workspace

FAIL_ON = ["warn", "fail"]
GLOBAL_SECTION = "Global options"


def workspace_of(context: typer.Context) -> Workspace:
    """The workspace that the root made for this run."""
    return cast("Workspace", context.obj)


def new_app() -> typer.Typer:
    """An empty set of commands, to be registered with `@app.command(...)`."""
    return typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


class GlobalOptions:
    """Gives a command or group the global options, in a section of their own in its help."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters, then the global ones."""
        return [*super().get_params(ctx), *_global_options()]  # type: ignore[misc]

    def format_help_text(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the text of the help; a paragraph of examples keeps its lines."""
        paragraphs = inspect.cleandoc(getattr(self, "help", None) or "").split("\n\n")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n\n".join(_with_examples(each) for each in paragraphs))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write arguments, own options, subcommands and global options, each apart."""
        shared = _global_options()
        own = [param for param in self.get_params(ctx) if param not in shared]
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            _write_section(ctx, formatter, title, [each for each in own if each.param_type_name == kind])
        if isinstance(self, TyperGroup):
            self.format_commands(ctx, formatter)
        _write_section(ctx, formatter, GLOBAL_SECTION, shared)


class Command(GlobalOptions, TyperCommand):
    """A command with the global options."""


class LazyGroup(GlobalOptions, TyperGroup):
    """A group whose commands are imported when they run: help and completion import nothing.

    `table` maps a command's name to the module that registers it (attribute `app`) and its line of help.
    A module whose `app` is itself a `LazyGroup` is a subgroup.
    """

    def __init__(self, name: str, text: str, table: Mapping[str, tuple[str, str]], **extra: Any) -> None:
        super().__init__(
            name=name, help=text, rich_markup_mode=None, no_args_is_help="callback" not in extra, **extra
        )
        self.table = table
        self.commands = {word: TyperCommand(word, help=line) for word, (_, line) in table.items()}

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(self.table)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The real command in place of the line in the table."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load_command(name, self.table[name][0]) if name and command else command, rest

    def _main_shell_completion(
        self, ctx_args: MutableMapping[str, Any], prog_name: str, complete_var: str | None = None
    ) -> None:
        """Answer the shell when it asks for completions, which it says in an environment variable."""
        variable = complete_var or f"_{prog_name.upper()}_COMPLETE"
        if os.environ.get(variable):
            from schoten_ict.commands.completing import register

            register()
        super()._main_shell_completion(ctx_args, prog_name, variable)


def load_command(name: str, module_name: str) -> click.Command:
    """Import the module and build only the command of that name."""
    app = importlib.import_module(module_name).app
    if isinstance(app, LazyGroup):
        return app
    for info in app.registered_commands:
        if info.name == name:
            info.cls = Command
            return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)
    raise LookupError(f"{module_name} registers no command {name!r}")


def _with_examples(paragraph: str) -> str:
    """A paragraph in which every line is a command line, marked so that its lines are not joined."""
    lines = [line.strip() for line in paragraph.splitlines()]
    if not all(line.startswith("ict ") for line in lines):
        return paragraph
    return "\n  ".join(["\b", *lines])


def _write_section(
    ctx: click.Context, formatter: click.HelpFormatter, title: str, params: list[click.Parameter]
) -> None:
    records = [record for param in params if (record := param.get_help_record(ctx)) is not None]
    if records:
        with formatter.section(title):
            formatter.write_dl(records)


_OPTIONS: list[click.Parameter] = []


def _global_options() -> list[click.Parameter]:
    if not _OPTIONS:
        _OPTIONS.extend(
            [
                _option(["--workspace", "-w"], "Folder with inventory.yaml.", metavar="DIR"),
                _option(["--output", "-o"], "Format of the answer.", type=_choice("output")),
                _option(["--fail-on"], "Lowest verdict that exits with 4.", type=TyperChoice(FAIL_ON)),
                _option(["--color"], "When to colour.", type=_choice("color")),
                _option(["--quiet", "-q"], "Only what is wrong.", is_flag=True),
                _option(["--verbose", "-v"], "Also what is well.", is_flag=True),
                _option(["--debug"], "Show tracebacks.", is_flag=True),
                _option(["--no-input"], "Never ask.", is_flag=True),
                _option(["--version"], "Show the version and exit.", is_flag=True, callback=_version),
            ]
        )
    return _OPTIONS


def _choice(name: str) -> TyperChoice[str]:
    return TyperChoice(list(CHOICES[name]))


def _option(
    words: list[str], text: str, callback: Callable[..., Any] | None = None, **more: Any
) -> TyperOption:
    return TyperOption(param_decls=words, help=text, callback=callback or _keep, expose_value=False, **more)


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Note a global option that was given, at whichever place on the line."""
    if value and isinstance(ctx.obj, Workspace):
        setattr(ctx.obj.options, str(param.name), value)


def _version(ctx: click.Context, _param: click.Parameter, value: object) -> None:
    if value and not ctx.resilient_parsing:
        from schoten_ict import __version__

        print(f"ict {__version__}")  # noqa: T201 - the one answer that is no result
        raise typer.Exit
