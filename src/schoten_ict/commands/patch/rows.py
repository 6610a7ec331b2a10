"""What commands about patches share: the desk, and the row of a host."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.result import Show, column
from schoten_ict.core.verdict import Verdict, worst
from schoten_ict.patch.judge.case import PREFIX, Case
from schoten_ict.patch.judge.deadlines import Grade
from schoten_ict.patch.judge.tallying import UPDATE

if TYPE_CHECKING:
    from schoten_ict.patch.desk import Desk
    from schoten_ict.workspace import Workspace


def desk_of(workspace: "Workspace") -> "Desk":
    """What acts on patches work with."""
    from schoten_ict.patch.desk import Desk

    return Desk(workspace.inventory, workspace.store, workspace.reach, workspace.now, workspace.zone)


@dataclass(frozen=True, slots=True)
class HostRow:
    """One host. The numbers are updates that lack, by class; `late` of them are over their deadline.

    `oldest_days` is for how long the oldest lacks. `reboot` is None where it was not told.
    """

    host: str = column("Host")
    verdict: Verdict = column("Verdict")
    critical: int | None = column("Critical", right=True, show=Show.IF_ANY)
    important: int | None = column("Important", right=True, show=Show.IF_ANY)
    moderate: int | None = column("Moderate", right=True, show=Show.IF_ROOM)
    unrated: int | None = column("Unrated", right=True, show=Show.IF_ANY)
    other: int | None = column("Other", right=True, show=Show.IF_ROOM)
    late: int | None = column("Late", right=True)
    oldest_days: int | None = column("Oldest days", right=True, show=Show.IF_ROOM)
    reboot: bool | None = column("Reboot", show=Show.IF_ANY)
    support_until: date | None = column("Support until", show=Show.IF_ROOM)
    scanned_at: datetime | None = column("Scanned", show=Show.IF_ROOM)
    told: str = column("Says")
    system: str = column("System", show=Show.NEVER)
    source: str = column("Source", show=Show.IF_ROOM)


def host_row(case: Case, findings: Sequence[Finding]) -> HostRow:
    """The row of a host; numbers are None where it never told what it lacks."""
    tallies = case.tallies if _was_told(case) else None

    def number(kind: Grade) -> int | None:
        if tallies is None:
            return None
        return tallies[kind].count if kind in tallies else 0

    oldest = min((each.oldest for each in case.tallies.values()), default=None)
    scan, facts = case.scan, case.facts
    return HostRow(
        host=case.host,
        verdict=worst(each.counted for each in findings),
        critical=number(Grade.CRITICAL),
        important=number(Grade.IMPORTANT),
        moderate=number(Grade.MODERATE),
        unrated=number(Grade.UNRATED),
        other=number(Grade.OTHER),
        late=None if tallies is None else sum(each.late for each in tallies.values()),
        oldest_days=(case.today - oldest).days if oldest else None,
        reboot=facts.reboot.needed if facts and facts.reboot else None,
        support_until=case.lifecycle.until if case.lifecycle else None,
        scanned_at=scan.scanned_at if scan else None,
        told=headline(findings),
        system=facts.system.name if facts and facts.system else "",
        source=scan.source if scan else "",
    )


def unasked(cases: Iterable[Case]) -> Iterator[Problem]:
    """Why of each host that cannot be asked nothing is known, or nothing of late."""
    for case in cases:
        if not (case.is_askable or case.is_fresh):
            yield Problem(
                "no-way",
                f"{case.host} declares no ssh, winrm or local, and there is no report of late",
                subject("host", case.host),
                f"bring one: {case.renewal}",
            )


def _was_told(case: Case) -> bool:
    facts = case.facts
    return facts is not None and (facts.updates is not None or bool(case.tallies))


def headline(findings: Sequence[Finding]) -> str:
    """What is wrong, the worst first, in a few words; or that all is within the policy."""
    wrong = sorted(
        (each for each in findings if each.counted is not Verdict.OK and each.check != UPDATE),
        key=lambda each: -each.counted.rank,
    )
    if not wrong:
        return "within the policy"
    if len(wrong) == 1:
        return wrong[0].summary
    named = Counter(f"{each.check.removeprefix(PREFIX)} {each.counted}" for each in wrong)
    return ", ".join(f"{words}" if number == 1 else f"{number}x {words}" for words, number in named.items())
