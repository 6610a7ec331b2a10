"""Firmware against the version that is approved for the model."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase

from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.times import Duration
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.patch import Firmware

CHECK = "patch.firmware"
SUPPORT = "patch.support"
VALID_FOR = timedelta(days=8)
"""As long as a weekly collection holds."""
_PIECES = re.compile(r"[0-9]+|[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Device:
    """A device as it was collected: who it says it is, and when it said so last."""

    host: str
    model: str | None
    version: str | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Approved:
    """A device with what is approved for its model."""

    device: Device
    rule: Firmware
    verdict: Verdict
    summary: str

    def finding(self) -> Finding:
        """The verdict on the version; it holds until the device should have been collected again."""
        return Finding(
            CHECK,
            subject("host", self.device.host),
            self.verdict,
            self.summary,
            self.device.seen_at,
            evidence={"version": self.device.version, "approved": self.rule.approved},
            valid_until=self.device.seen_at + VALID_FOR,
        )


def order(version: str) -> tuple[tuple[int, int, str], ...]:
    """A version's place in the order of its maker: numbers as numbers, letters after them, `9a` after `9`.

    Makers differ (Cisco's `16.12.5b`, HP's `2308A_000926`, Aruba's `WC.16.11.0012`): this compares piece by
    piece, which is right as long as two versions of one model are written in the same way.
    """
    return tuple(map(_place, _PIECES.findall(version)))


def _place(piece: str) -> tuple[int, int, str]:
    """Numbers by how long they are first: as their values, and of any length."""
    number = piece.lstrip("0")
    return (1, len(number), number) if piece.isdigit() else (0, 0, piece.casefold())


def is_comparable(one: str, other: str) -> bool:
    """Whether versions are written in the same way: both begin with a number, or with the same letters."""
    left, right = order(one), order(other)
    return bool(left and right) and left[0][0] == right[0][0] and (left[0][0] == 1 or left[0] == right[0])


def judge(devices: Sequence[Device], rules: Sequence[Firmware]) -> Iterator[Approved]:
    """Every device for whose model a version is approved; what is not declared is no row."""
    for device in devices:
        rule = _rule(device, rules)
        if rule is not None:
            yield Approved(device, rule, *_verdict(device, rule))


def _rule(device: Device, rules: Sequence[Firmware]) -> Firmware | None:
    model = (device.model or "").casefold()
    return next((each for each in rules if model and fnmatchcase(model, each.model.casefold())), None)


def _verdict(device: Device, rule: Firmware) -> tuple[Verdict, str]:
    version, approved = device.version, rule.approved
    if not version:
        return Verdict.UNKNOWN, f"{device.model} told no version of its firmware (approved: {approved})"
    if not is_comparable(version, approved):
        return Verdict.UNKNOWN, f"{device.model} runs {version}, which does not compare with {approved}"
    if order(version) < order(approved):
        return Verdict.FAIL, f"{device.model} runs {version}, below the approved {approved}"
    return Verdict.OK, f"{device.model} runs {version} (approved: {approved})"


def supported(approved: Approved, warning: Duration, today: date) -> Finding | None:
    """How long the maker supports the model, where that is declared."""
    until = approved.rule.support_until
    if until is None:
        return None
    end, device = date.fromisoformat(until), approved.device
    if end < today:
        verdict, words = Verdict.FAIL, f"support of {device.model} ended on {end}"
    elif warning.after(today) >= end:
        verdict, words = Verdict.WARN, f"support of {device.model} ends on {end}"
    else:
        verdict, words = Verdict.OK, f"{device.model} is supported until {end}"
    return Finding(
        SUPPORT,
        subject("host", device.host),
        verdict,
        words,
        device.seen_at,
        key="firmware",
        valid_until=device.seen_at + VALID_FOR,
    )
