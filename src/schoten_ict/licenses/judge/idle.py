"""Licences that lie idle: held by who left, assigned to blocked accounts, on machines that nobody sees."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from schoten_ict.core.facts import Person
from schoten_ict.core.finding import subject
from schoten_ict.licenses.model import Holding, Install, Seat


@dataclass(frozen=True, slots=True)
class Idle:
    """A unit of a product that could go to somebody else, where it is, and why."""

    product: str
    subject: str
    why: str


def of_holders(
    holdings: Iterable[Holding], people: Mapping[str, Person], gone: Mapping[str, str], today: date
) -> Iterator[Idle]:
    """Units with people who left, and with what is out of use (`gone`: subjects with their state)."""
    for each in holdings:
        kind, _, name = each.holder.partition(":")
        person = people.get(name) if kind == "person" else None
        if person is not None and person.has_left(today):
            yield Idle(each.product, each.holder, f"{person.name} left on {person.leaves}")
        elif each.holder in gone:
            yield Idle(each.product, each.holder, f"{name} is {gone[each.holder]}")


def of_seats(
    seats: Iterable[Seat], leavers: Mapping[str, Person], since: datetime, product_of: Mapping[str, str]
) -> Iterator[Idle]:
    """Assigned units of blocked accounts, of people who left, and of who did not sign in `since` then.

    `leavers` are people by what their account may be called, in small letters.
    """
    for each in seats:
        product = product_of.get(each.product, each.product)
        person = leavers.get(each.user.casefold()) or leavers.get(each.user.casefold().partition("@")[0])
        about = subject("account", each.user)
        if each.blocked:
            yield Idle(product, about, "the account is blocked")
        elif person is not None:
            yield Idle(product, about, f"{person.name} left on {person.leaves}")
        elif each.last_seen is not None and each.last_seen < since:
            yield Idle(product, about, f"last signed in on {each.last_seen:%Y-%m-%d}")


@dataclass(frozen=True, slots=True)
class Machines:
    """When machines were last seen, and who holds them; by host."""

    seen: Mapping[str, datetime]
    holders: Mapping[str, Person]

    def why_idle(self, host: str, since: datetime, today: date) -> str:
        """Why nobody uses a machine: not seen `since` then, or its holder left; empty where somebody may."""
        last, person = self.seen.get(host), self.holders.get(host)
        if last is not None and last < since:
            return f"{host} was last seen on {last:%Y-%m-%d}"
        if person is not None and person.has_left(today):
            return f"{person.name}, who holds {host}, left on {person.leaves}"
        return ""


def of_machines(
    installs: Iterable[Install], machines: Machines, since: datetime, today: date, paid: Collection[str]
) -> Iterator[Idle]:
    """Paid products on machines that nobody uses; one per machine."""
    told: set[tuple[str, str]] = set()
    for each in installs:
        if each.product not in paid or (each.product, each.host) in told:
            continue
        why = machines.why_idle(each.host, since, today)
        if why:
            told.add((each.product, each.host))
            yield Idle(each.product, subject("host", each.host), why)


def by_product(idle: Iterable[Idle]) -> Mapping[str, int]:
    """How many units lie idle, by product; one subject counts once."""
    return Counter(product for product, _ in {(each.product, each.subject) for each in idle})
