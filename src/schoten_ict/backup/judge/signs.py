"""Signs that something encrypted the source before it was backed up.

Entropy alone cannot tell encrypted from compressed files, so several weak signs are counted together: many
new files at once, new data that no longer compresses, another extension on most files, and files without the
magic bytes of their kind. A canary that changed is enough by itself. In a simulation in which 4,096 text
files were encrypted and renamed, all were new and packed to 0.997 of their size instead of 0.2.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median

from schoten_ict.backup.facts import Churn, Kind, Point
from schoten_ict.backup.judge.case import PREFIX, Case
from schoten_ict.backup.judge.series import Series, earlier
from schoten_ict.core.amounts import parse_share
from schoten_ict.core.finding import Finding
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict

_FEW_FILES = 20
_FEW_BYTES = 1_000_000
_UNTYPED_SHARE = 0.1
_FEW_UNTYPED = 3
_RARE = 0.05
_ENOUGH = 3
_REMEMBERED_FOR = timedelta(days=30)
CHECK = "ransomware"
_REMEDY = "stop the next backup and the pruning, keep the older backups, and look at the source"


def ransomware(case: Case) -> Iterator[Finding]:
    """Nothing suggests that the newest backup holds files that somebody encrypted."""
    if case.facts.churn is None and case.facts.signs is None and not case.complete:
        return
    changed = [*_canaries(case), *_infected(case)]
    signs = [
        *_new_files(case), *_packing(case), *_extensions(case), *_untyped(case), *_suspicious(case),
    ]  # fmt: skip
    if changed or signs:
        verdict = Verdict.FAIL if changed or len(signs) > 1 else Verdict.WARN
        words = f"{Kind.ENCRYPTION}: {'; '.join((*changed, *signs))}"
        remedy = _remedy(case, case.now, bool(changed))
        yield case.found("ransomware", verdict, words, remedy=remedy, evidence={"signs": len(signs)})
    elif earlier_signs := _remembered(case):
        yield earlier_signs
    elif _unseen_canaries(case):
        yield case.found("ransomware", Verdict.UNKNOWN, "the declared canaries were not looked at this time")
    elif case.facts.churn is not None or case.facts.signs is not None:
        yield case.found("ransomware", Verdict.OK, _nothing(case))


def _remembered(case: Case) -> Finding | None:
    """Signs of an earlier look: the backups after an encrypted one look ordinary again."""
    last = case.history.proofs.get((CHECK, ""))
    if last is None or last.fault is None or case.now - last.tried_at > _REMEMBERED_FOR:
        return None
    words = f"{last.fault.message} (on {last.tried_at.astimezone(case.zone):%Y-%m-%d})"
    return case.found(CHECK, Verdict.FAIL, words, remedy=_remedy(case, last.tried_at))


def _remedy(case: Case, seen: datetime, changed: bool = False) -> str:
    """What to do, and how it ends: some time after the last sign, or earlier when it is accepted."""
    until = (seen + _REMEMBERED_FOR).astimezone(case.zone).date()
    rule = f'{{check: {PREFIX}{CHECK}, subject: "job:{case.job.name}", reason: ..., until: {until}}}'
    canary = "; a canary that may change needs its new sha256 under verify: {canaries}" if changed else ""
    return (
        f"{_REMEDY}; without new signs it is told until {until}; once explained, accept it: "
        f"exceptions: [{rule}]{canary}"
    )


def _unseen_canaries(case: Case) -> bool:
    declared = {canary.path for canary in case.job.verify.canaries}
    return bool(declared) and (case.facts.signs is None or not declared <= case.facts.signs.canaries.keys())


def _nothing(case: Case) -> str:
    looked = []
    if case.facts.churn is not None:
        looked.append(f"{counted(case.facts.churn.new, 'new file')} of {case.facts.churn.total}")
    if case.facts.signs is not None and case.facts.signs.typed:
        looked.append(f"{counted(case.facts.signs.typed, 'file')} with the right beginning")
    if case.job.verify.canaries and case.facts.signs is not None:
        looked.append(f"{counted(len(case.job.verify.canaries), 'canary', 'canaries')} untouched")
    if case.facts.signs is not None and case.facts.signs.scanner:
        looked.append(f"{case.facts.signs.scanner} reports none")
    return f"no sign of encryption: {', '.join(looked) or 'names and sizes as before'}"


def _canaries(case: Case) -> Iterator[str]:
    if case.facts.signs is None:
        return
    for canary in case.job.verify.canaries:
        found = case.facts.signs.canaries.get(canary.path)
        if found == "":
            yield f"the canary {canary.path} is not in the newest backup"
        elif found is not None and found != canary.sha256:
            yield f"the canary {canary.path} was changed"


def _infected(case: Case) -> Iterator[str]:
    """What the product itself found to be infected."""
    if case.facts.signs is not None:
        yield from (f"{case.facts.signs.scanner}: {each}" for each in case.facts.signs.infected)


def _suspicious(case: Case) -> Iterator[str]:
    """One sign, however much the product found suspicious: its rules are one kind of look."""
    signs = case.facts.signs
    if signs is not None and signs.suspicious:
        more = f" and {len(signs.suspicious) - 1} more" if len(signs.suspicious) > 1 else ""
        yield f"{signs.scanner}: {signs.suspicious[0]}{more}"


def _fresh(case: Case, series: Series) -> list[Point]:
    """The backups of a series since the last look, the newest at least."""
    known = {each.point.id for each in case.known}
    points = [each for each in case.complete if series.covers(each)]
    return [each for each in points if each.id not in known] or points[:1]


def _new_files(case: Case) -> Iterator[str]:
    limit = parse_share(case.job.limits.new_files)
    for churn in filter(None, [case.facts.churn, *_written_down(case)]):
        if churn.total >= _FEW_FILES and churn.new > limit * churn.total:
            yield f"{churn.new} new files where there were {churn.total}"
            return


def _written_down(case: Case) -> Iterator[Churn]:
    """What the tool itself wrote down about each of its backups since the last look."""
    for series in case.series:
        for point in _fresh(case, series):
            before = next((each for each in earlier(point, case.complete) if each.files is not None), None)
            if point.new_files is not None and before is not None and before.files:
                yield Churn(point.new_files, point.changed_files or 0, 0, before.files)


def _packing(case: Case) -> Iterator[str]:
    limit = parse_share(case.job.limits.packed)
    for series in case.series:
        fresh = _fresh(case, series)
        if not fresh:
            continue
        past = [
            ratio for each in earlier(fresh[-1], case.complete)[:14] if (ratio := _packed(each)) is not None
        ]
        now = max((ratio for each in fresh if (ratio := _packed(each)) is not None), default=0.0)
        if len(past) >= _ENOUGH and now > limit > median(past):
            yield f"new data of {series} packs to {now:.0%} of its size, before to {median(past):.0%}"


def _packed(point: Point) -> float | None:
    """What new data weighs once packed, where there is enough of it to say."""
    if not point.added or point.packed is None or point.added < _FEW_BYTES:
        return None
    return point.packed / point.added


def _extensions(case: Case) -> Iterator[str]:
    """An extension that was rare and is now that of a large share of the files."""
    churn = case.facts.churn
    if churn is None or churn.total < _FEW_FILES:
        return
    total = sum(churn.suffixes.values())
    limit = parse_share(case.job.limits.new_files)
    for suffix, number in sorted(churn.suffixes.items(), key=lambda pair: -pair[1]):
        before = churn.suffixes_before.get(suffix, 0)
        if suffix and number > limit * total and before < _RARE * churn.total:
            yield f"{number} of {total} files now end in {suffix}, before {before}"


def _untyped(case: Case) -> Iterator[str]:
    signs = case.facts.signs
    if signs is None or not signs.typed:
        return
    lost = len(signs.untyped)
    if lost >= min(_FEW_UNTYPED, signs.typed) and lost > _UNTYPED_SHARE * signs.typed:
        yield f"{lost} of {signs.typed} restored files do not begin as their kind does ({signs.untyped[0]})"
