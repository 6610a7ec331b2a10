"""`patch`: within how many days what is missing must be there, and which firmware is approved."""

from collections.abc import Iterator
from datetime import date, time
from typing import Annotated, Literal

from msgspec import field

from schoten_ict.core.times import Duration
from schoten_ict.inventory.fields import Declared, DurationField, Name, Text, pattern
from schoten_ict.inventory.flaws import Flaw, Path
from schoten_ict.inventory.section import Known, Section, dangling

Clock = Annotated[str, pattern(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time such as 19:00")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAY = 86400


class Deadlines(Declared, frozen=True, kw_only=True):
    """How long each kind may be missing, in whole days; what a group leaves out is that of everybody.

    `unrated` is for security updates without a severity (apt, the monthly build of Windows), `other` for what
    is no security update. What is exploited in the wild has the deadline of `critical`.
    """

    critical: DurationField | None = None
    important: DurationField | None = None
    moderate: DurationField | None = None
    unrated: DurationField | None = None
    other: DurationField | None = None
    reboot: DurationField | None = None


class Window(Declared, frozen=True, kw_only=True):
    """When a machine may be patched and restarted, in the workspace's zone; shown, never waited for."""

    days: tuple[Day, ...]
    from_: Clock = field(name="from")
    until: Clock

    def text(self) -> str:
        """`thu 19:00-23:00`."""
        return f"{','.join(self.days)} {self.from_}-{self.until}"

    @property
    def begins(self) -> time:
        """When it begins."""
        return time.fromisoformat(self.from_)


class GroupPolicy(Declared, frozen=True, kw_only=True):
    """What differs for the hosts of some groups; of several that fit a host the first counts, key by key."""

    groups: tuple[Name, ...]
    deadlines: Deadlines = Deadlines()
    windows: tuple[Window, ...] = ()


class Firmware(Declared, frozen=True, kw_only=True):
    """The version that a model should have at least; `model` may hold shell wildcards, in any case.

    `support_until` is the maker's date, where one is known (`2029-10-31`).
    """

    model: Text
    approved: Text
    support_until: Annotated[str, pattern(r"\d{4}-\d{2}-\d{2}", "a date such as 2029-10-31")] | None = None


class PatchPolicy(Declared, frozen=True, kw_only=True):
    """The policy on updates.

    `scanned_within` is how long an answer holds, `lists_within` how old a machine's own lists may be.
    `warn_before` a deadline, and `support_warning` before the end of support, the verdict is `warn`. `wsus`
    names the hosts that are WSUS servers, which tell of the machines that are off.
    """

    deadlines: Deadlines = Deadlines()
    groups: tuple[GroupPolicy, ...] = ()
    scanned_within: DurationField = Duration(seconds=8 * _DAY)
    lists_within: DurationField = Duration(seconds=7 * _DAY)
    warn_before: DurationField = Duration(seconds=2 * _DAY)
    support_warning: DurationField = Duration(months=6)
    firmware: tuple[Firmware, ...] = ()
    wsus: Name | tuple[Name, ...] = ()

    @property
    def servers(self) -> tuple[str, ...]:
        """The WSUS servers, each once."""
        return (self.wsus,) if isinstance(self.wsus, str) else tuple(dict.fromkeys(self.wsus))


STANDARD = Deadlines(
    critical=Duration(seconds=7 * _DAY),
    important=Duration(seconds=30 * _DAY),
    moderate=Duration(seconds=90 * _DAY),
    unrated=Duration(seconds=30 * _DAY),
    other=Duration(seconds=90 * _DAY),
    reboot=Duration(seconds=7 * _DAY),
)
"""What holds where nothing is declared."""


def _check(policy: PatchPolicy, known: Known) -> Iterator[Flaw]:
    for index, entry in enumerate(policy.groups):
        for place, name in enumerate(entry.groups):
            if name not in known["groups"]:
                yield dangling("groups", name, ("groups", index, "groups", place), known)
    for place, name in enumerate(policy.servers):
        if name not in known["hosts"]:
            path: Path = ("wsus",) if isinstance(policy.wsus, str) else ("wsus", place)
            yield dangling("hosts", name, path, known)
    yield from _no_days(policy.firmware)
    yield from _not_whole_days(policy)


def _no_days(firmware: tuple[Firmware, ...]) -> Iterator[Flaw]:
    for index, entry in enumerate(firmware):
        try:
            date.fromisoformat(entry.support_until or "2029-10-31")
        except ValueError:
            words = f"{entry.support_until} is no day of the calendar"
            yield Flaw(("firmware", index, "support_until"), words, "write the day on which support ends")


def _not_whole_days(policy: PatchPolicy) -> Iterator[Flaw]:
    places: list[tuple[Deadlines, Path]] = [(policy.deadlines, ("deadlines",))]
    places += [(entry.deadlines, ("groups", index, "deadlines")) for index, entry in enumerate(policy.groups)]
    for deadlines, path in places:
        for name in deadlines.__struct_fields__:
            length = getattr(deadlines, name)
            if length is not None and length.seconds % _DAY:
                yield Flaw((*path, name), f"{length} is no number of days: deadlines end with a day")
    if policy.warn_before.months or policy.warn_before.seconds % _DAY:
        yield Flaw(("warn_before",), f"{policy.warn_before} is no number of days", "write 2d")


PATCH: Section[PatchPolicy] = Section(
    key="patch",
    shape=PatchPolicy,
    empty=PatchPolicy(),
    purpose="Within how many days missing updates must be there, and which firmware is approved.",
    check=_check,
)
SECTION = PATCH
