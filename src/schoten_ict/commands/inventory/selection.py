"""Which hosts a command means, and how long it may take."""

from typing import Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.core.errors import UsageError
from schoten_ict.core.times import Duration

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SELECT]...",
        help="Host, group, pattern, site:NAME, kind:NAME or service:NAME.",
        autocompletion=host_names,
    ),
]
Deadline = Annotated[str, typer.Option("--deadline", help="For the whole run, as 15min.", metavar="DURATION")]
PerHost = Annotated[str, typer.Option("--host-deadline", help="For one host, as 2min.", metavar="DURATION")]


def seconds(option: str, text: str) -> float:
    """A duration option in seconds; raises `UsageError` that names the option."""
    try:
        length = Duration.parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    if length.months or not length.seconds:
        raise UsageError(f"{option} {text!r} is no time to wait", remedy="write 30min or 2h")
    return float(length.seconds)
