"""Rules from what a machine tells, the policy, dated data and time to findings."""

from collections.abc import Callable, Iterator

from schoten_ict.core.finding import Finding
from schoten_ict.patch.judge import feeding, restarts, systems, updates
from schoten_ict.patch.judge.case import PREFIX, Case

Rule = Callable[[Case], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    updates.scanned, updates.lists, updates.updates, updates.each_update, updates.held, updates.failures,
    feeding.feed, restarts.reboot, systems.build, systems.support,
)  # fmt: skip
"""Every rule, in the order in which its findings are shown. A new check is one more."""
CHECKS = tuple(
    f"{PREFIX}{name}"
    for name in (
        "scanned", "lists", "updates", "update", "held", "subscription", "failures", "feed", "reboot",
        "build", "support",
    )
)  # fmt: skip
"""The ids of what these rules look at whole, each time."""


def judge(case: Case) -> list[Finding]:
    """All findings about one host."""
    return [finding for rule in RULES for finding in rule(case)]
