"""Which rights entitlements give on a day: what counts, what does not and why, and what is not clear."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from schoten_ict.licenses.judge.lines import Line, LineKind, units
from schoten_ict.licenses.judge.versions import Grant
from schoten_ict.licenses.model import Entitlement, Kind, Metric

_SAME_COUNT = {Metric.SUBSCRIPTION: Metric.USER}


def pool(metric: Metric) -> Metric:
    """What is counted together: a subscription is assigned to one person, as a right per user is."""
    return _SAME_COUNT.get(metric, metric)


@dataclass(frozen=True, slots=True)
class Right:
    """An effective right: an entitlement, or an upgrade together with its base, which are one.

    `numbers` are those of the entitlements, the base first. It covers what any of its `grants` covers.
    `quantity` is None without a limit (site). A right that is not `sure` covers nobody knows how much: its
    metric, its quantity or its base is not known. A `bound` one (OEM) serves only `host`; None is not known.
    `base` is the right of another product with which it is one: a unit counts as the one or the other.
    """

    numbers: tuple[str, ...]
    product: str
    metric: Metric | None
    quantity: int | None
    grants: tuple[Grant, ...]
    bound: bool = False
    host: str | None = None
    sure: bool = True
    base: "Right | None" = None

    @property
    def number(self) -> str:
        """The entitlement that it stands for."""
        return self.numbers[-1]


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of a day, and the lines by product and metric on every entitlement, counting or not."""

    rights: tuple[Right, ...]
    lines: Mapping[tuple[str, Metric | None], Sequence[Line]] = field(default_factory=dict)


def effective(entitlements: Sequence[Entitlement], today: date, host_of_asset: Mapping[str, str]) -> Rights:
    """What the entitlements give on that day.

    Of two upgrades of one base the one with the lower number takes its units first: numbers are given in
    order, so what is bought later never takes units from what was there.
    """
    return _Shelf(entitlements, today, host_of_asset).rights()


def by_number(number: str) -> tuple[int, str]:
    """The order of numbers: `LIC-9999` comes before `LIC-10000`."""
    return len(number), number


class _Shelf:
    """The entitlements while upgrades are put to their bases."""

    def __init__(self, entitlements: Sequence[Entitlement], today: date, hosts: Mapping[str, str]) -> None:
        self._every = sorted(entitlements, key=lambda each: (by_number(each.number), repr(each)))
        self._all = {each.number: each for each in self._every}
        self._today = today
        self._hosts = hosts
        self._lots: dict[str, Right] = {}
        self._more: list[Right] = []
        self._lines: dict[tuple[str, Metric | None], list[Line]] = defaultdict(list)

    def rights(self) -> Rights:
        valid = [each for each in self._every if each.counts(self._today)]
        for each in self._every:
            if not each.counts(self._today):
                self._note(each, LineKind.NOT_COUNTED, f"{_what(each)}: {_why_not(each, self._today)}", 0)
        for each in sorted(valid, key=lambda each: len(self._chain(each))):
            self._add(each)
        found = sorted((*self._lots.values(), *self._more), key=lambda right: by_number(right.number))
        return Rights(tuple(right for right in found if right.quantity != 0), dict(self._lines))

    def _add(self, each: Entitlement) -> None:
        grant = Grant(each.product, each.version, each.maintenance_until)
        bound = each.kind is Kind.OEM
        host = self._hosts.get(each.asset) if bound and each.asset else None
        right = Right((each.number,), each.product, each.metric, each.quantity, (grant,), bound, host)
        why = self._unclear(each)
        if why:
            self._keep(replace(right, sure=False, quantity=None))
            self._note(each, LineKind.UNCLEAR, f"{_what(each)}: {why}", None)
            return
        if each.metric is Metric.SITE:
            right = replace(right, quantity=None)
        if each.kind is Kind.UPGRADE:
            self._upgrade(each, right)
            return
        self._keep(right)
        where = "" if not bound else f", OEM on {host}" if host else ", OEM of a machine that is not known"
        self._note(each, LineKind.OWNED, f"{_what(each)}{where}", right.quantity)

    def _upgrade(self, each: Entitlement, right: Right) -> None:
        """Make an upgrade and its base one right of the lesser quantity; the rest of the base stays."""
        base = self._lots.get(each.base or "")
        if base is None or base.quantity == 0:
            why = self._lacking(each)
            self._note(each, LineKind.NOT_COUNTED, f"{_what(each)}: {why}", 0, each.base or "")
            return
        size = _least(base.quantity, right.quantity)
        paired, same = _sized(base, size), base.product == right.product
        one = replace(
            right,
            numbers=(*base.numbers, each.number),
            quantity=size,
            grants=(*paired.grants, *right.grants) if same else right.grants,
            bound=base.bound,
            host=base.host,
            base=paired.base if same else paired,
        )
        self._keep(one)
        if base.quantity is not None:
            self._lots[base.number] = _sized(base, base.quantity - (size or 0))
        self._note_upgrade(each, base, size)

    def _keep(self, right: Right) -> None:
        """Keep a right; of two with one number, which are none of ours, upgrades have the first as base."""
        if right.number in self._lots:
            self._more.append(right)
        else:
            self._lots[right.number] = right

    def _note_upgrade(self, each: Entitlement, base: Right, size: int | None) -> None:
        text = f"{_what(each)}: one right with its base {base.number}"
        self._note(each, LineKind.OWNED, text, size, base.number)
        if base.product == each.product and size is not None:
            text = f"{base.number}: of these {size} are one right with {each.number}"
            self._lines[base.product, base.metric].append(Line(LineKind.OWNED, text, -size, each.number))
        if size is not None and each.quantity is not None and size < each.quantity:
            text = f"{each.number}: {units(each.quantity - size)} have no base left in {base.number}"
            self._note(each, LineKind.NOT_COUNTED, text, 0, base.number)

    def _unclear(self, each: Entitlement) -> str:
        """Why nobody can tell how much it covers; empty where that is known."""
        if each.metric is None:
            return "its metric is not known"
        if each.quantity is None and each.metric is not Metric.SITE:
            return "its quantity is not known"
        return self._unclear_base(each) if each.kind is Kind.UPGRADE else ""

    def _unclear_base(self, each: Entitlement) -> str:
        if self._loops(each):
            return "its bases go in a circle"
        base = self._lots.get(each.base or "")
        if base is None or each.metric is None:
            return ""
        if not base.sure or base.metric is None:
            return f"its base {each.base} is not clear"
        if pool(base.metric) is not pool(each.metric):
            return f"it counts by {each.metric}, its base {each.base} by {base.metric}"
        return ""

    def _lacking(self, each: Entitlement) -> str:
        base = self._all.get(each.base or "")
        if not each.base:
            return "an upgrade of which no base is known"
        if base is None:
            return f"its base {each.base} is not there"
        if not base.counts(self._today):
            return f"its base {each.base} does not count: {_why_not(base, self._today)}"
        return f"nothing of its base {each.base} is left"

    def _chain(self, each: Entitlement) -> list[Entitlement]:
        """The entitlement and its bases down to the first; a circle ends where it closes."""
        chain = [each]
        while chain[-1].kind is Kind.UPGRADE and chain[-1].base in self._all:
            below = self._all[chain[-1].base or ""]
            if below in chain:
                break
            chain.append(below)
        return chain

    def _loops(self, each: Entitlement) -> bool:
        last = self._chain(each)[-1]
        return last.kind is Kind.UPGRADE and last.base in self._all

    def _note(
        self, each: Entitlement, kind: LineKind, text: str, quantity: int | None, reference: str = ""
    ) -> None:
        named = f"{each.number} {reference}".strip()
        self._lines[each.product, each.metric].append(Line(kind, text, quantity, named))


def lots(rights: Sequence[Right]) -> Iterator[tuple[Right, Right | None]]:
    """Every right and every base of another product in it, each with the right that it is the base of."""
    for right in rights:
        upper, lot = None, right
        while True:
            yield lot, upper
            if lot.base is None:
                break
            upper, lot = lot, lot.base


def _sized(right: Right, quantity: int | None) -> Right:
    base = None if right.base is None else _sized(right.base, quantity)
    return replace(right, quantity=quantity, base=base)


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _what(each: Entitlement) -> str:
    """One line on what was bought."""
    count = "site" if each.metric is Metric.SITE else _count(each)
    version = f", version {each.version}" if each.version else ""
    maintenance = f", maintenance until {each.maintenance_until}" if each.maintenance_until else ""
    ends = f", until {each.expires}" if each.expires else ""
    kind = "" if each.kind is Kind.FULL else f" {each.kind}"
    return f"{each.number}{kind}: {count}{version}{maintenance}{ends}"


def _count(each: Entitlement) -> str:
    return f"{'?' if each.quantity is None else each.quantity} by {each.metric or 'an unknown metric'}"


def _why_not(each: Entitlement, today: date) -> str:
    if each.ended_on is not None and each.ended_on <= today:
        return f"ended on {each.ended_on}" + (f" ({each.ended_because})" if each.ended_because else "")
    if each.expires is not None and each.expires < today:
        return f"expired on {each.expires}"
    return f"begins on {each.starts}"
