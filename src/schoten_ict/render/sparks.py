"""Numbers over time as one line of small bars."""

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_GAP = "·"


def sparkline(values: Sequence[float | None]) -> str:
    """One character per value, from the least to the most; a dot where there is none."""
    present = [value for value in values if value is not None]
    if not present:
        return ""
    least, most = min(present), max(present)
    step = (most - least) / (len(_BARS) - 1) or 1.0
    return "".join(_GAP if value is None else _BARS[round((value - least) / step)] for value in values)
