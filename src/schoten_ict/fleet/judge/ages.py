"""How long ago, as a person says it. Pure."""

from datetime import timedelta

_UNITS = ((86400, "d", 2), (3600, "h", 1), (60, "min", 1))


def age(since: timedelta) -> str:
    """How long, in the largest unit that says enough: `3min`, `26h`, `12d`."""
    seconds = max(int(since.total_seconds()), 0)
    for unit, name, least in _UNITS:
        if seconds >= unit * least:
            return f"{seconds // unit}{name}"
    return f"{seconds}s"
