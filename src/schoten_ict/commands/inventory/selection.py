"""Which hosts a command means, since when, and how long it may take."""

from datetime import UTC, datetime, time, tzinfo
from typing import Annotated

import typer

from schoten_ict.commands.completers import host_names
from schoten_ict.core.errors import UsageError
from schoten_ict.core.times import Duration, parse_day

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

Since = Annotated[str, typer.Option("--since", help="Day, or how long ago.", metavar="DATE|DURATION")]


def moment_of(since: str, now: datetime, zone: tzinfo, *, option: str = "--since") -> datetime:
    """The moment that an option means: so long ago, or the end of a day. Raises `UsageError`."""
    try:
        return Duration.parse(since).before(now)
    except ValueError:
        pass
    try:
        day = parse_day(since)
    except ValueError:
        raise UsageError(
            f"{option} {since!r} is neither a day nor a length", remedy="write 2026-11-01 or 30d"
        ) from None
    return datetime.combine(day, time.max, tzinfo=zone).astimezone(UTC)


def seconds(option: str, text: str) -> float:
    """A duration option in seconds; raises `UsageError` that names the option."""
    try:
        length = Duration.parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    if length.months or not length.seconds:
        raise UsageError(f"{option} {text!r} is no time to wait", remedy="write 30min or 2h")
    return float(length.seconds)
