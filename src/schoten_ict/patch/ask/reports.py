"""Reports by hand, for machines that cannot be reached: what kind a file is, and what it tells.

What a file is, its content decides and never its name. A new kind is a module with a `KIND`, named below.
"""

from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.ask import (
    report_apt,
    report_dnf,
    report_hotfixes,
    report_systeminfo,
    report_updates,
    report_zypper,
)
from schoten_ict.patch.ask.report_kind import Kind, Report
from schoten_ict.patch.ask.report_text import read_text

__all__ = ["KINDS", "Report", "read"]

KINDS: tuple[Kind, ...] = (
    report_systeminfo.KIND, report_hotfixes.KIND, report_updates.KIND, report_apt.SIMULATION, report_apt.LIST,
    report_dnf.KIND, report_zypper.XML, report_zypper.TABLE,
)  # fmt: skip


def read(content: bytes, name: str) -> Report:
    """What the file `name` tells of a machine; pure.

    Raises `IncompleteError` (code `unreadable`) with one line where it is no report, is of more than one
    kind, or cannot be trusted to be whole.
    """
    text = read_text(content, name)
    fitting = [kind for kind in KINDS if kind.fits(text)]
    if not fitting:
        known = ", ".join(kind.name for kind in KINDS)
        raise unreadable(name, "is no report that ict knows", remedy=f"give one of: {known}")
    if len(fitting) > 1:
        kinds = " and ".join(kind.name for kind in fitting)
        raise unreadable(name, f"reads as {kinds}", remedy="give a file for each of them")
    return fitting[0].read(text, name)
