"""apt: what `dist-upgrade` would do, which versions there are, and how old the lists are.

Sources: apt-get(8), apt_preferences(5), apt's `pkgCache::VerIterator::RelStr` (an origin is
`Label:version/suite`), the messages of ubuntu-pro-client, and measurements with apt 2.6. The simulation runs
as any account and takes no lock. Debian rates nothing, so that severity is `unrated`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from schoten_ict.core.errors import Problem
from schoten_ict.patch.ask.apt_age import lists_age
from schoten_ict.patch.ask.apt_policy import (
    Origin,
    Policy,
    Release,
    is_security,
    read_policies,
    read_releases,
    tells_apart,
)
from schoten_ict.patch.ask.apt_pro import Pro, read_pro
from schoten_ict.patch.ask.apt_security import Security, read_targets, security_of
from schoten_ict.patch.ask.linux_told import Found, Told, moment, pairs, past, refusal, shown, text, well
from schoten_ict.patch.facts import INCOMPLETE, Hold, Update

_LINE = re.compile(
    r"^Inst (?P<name>\S+)(?: \[(?P<installed>[^\]]+)\])?"
    r" \((?P<available>\S+) (?P<origins>.*) \[[a-z0-9-]+\]\)(?: \[[^\]]*\])*\s*$"
)
_COUNTS = re.compile(r"^(\d{1,9}) upgraded, \d{1,9} newly installed, ")
_NAME = re.compile(r"^[a-z0-9][a-z0-9+.-]*(?::[a-z0-9-]+)?$")
_SUBSCRIPTION = re.compile(r"(?:Ubuntu Pro with '(esm-\w+)'|UA (Infra|Apps): ESM service) enabled:?$")
_HEADINGS = (
    ("kept back", "kept"), ("due to phasing", "phased"), ("will be DOWNGRADED", "lowered"),
)  # fmt: skip
_KERNEL = "linux-image-"
_ELTS = "deb.freexian.com/extended-lts"


@dataclass(frozen=True, slots=True)
class Line:
    """One `Inst` line; `installed` is None for a package that is new."""

    name: str
    installed: str | None
    available: str
    origins: tuple[Origin, ...]


@dataclass(slots=True)
class Simulation:
    """What `apt-get -s dist-upgrade` says.

    `lists` are names under the headings `kept` (not upgraded), `phased` (its turn has not come) and `lowered`
    (downgraded), `closed` those with updates for subscribers, with the service. `upgraded` is its own count;
    None where it is not told. `unread` are lines of a shape that is not known.
    """

    upgrades: list[Line] = field(default_factory=list)
    added: list[Line] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=lambda: {key: [] for _, key in _HEADINGS})
    closed: dict[str, str] = field(default_factory=dict)
    upgraded: int | None = None
    unread: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every line was understood and as many are upgraded as it counts itself."""
        return not self.unread and self.upgraded == len(self.upgrades) - len(self.lists["lowered"])


def read(found: Found, now: datetime) -> Told:
    """What apt tells; pure."""
    releases = read_releases(text(found, "policy"))
    lists_at, missing = _lists_age(found, now)
    patched_at = past(moment(text(found, "patched")), now)
    pro = read_pro(text(found, "pro")) if well(found, "pro") else None
    updates, problems = _updates(found, releases, pro)
    if patched_at is None:
        problems.append(Problem("absent", "apt's history tells of no upgrade", "patched_at"))
    return Told(
        updates=updates,
        lists_at=lists_at,
        patched_at=patched_at,
        sources={shown(each.source): str(each.origin) for each in releases if not each.is_local},
        subscriptions=_subscriptions(releases, pro),
        missing=(*problems, *missing),
    )


def _lists_age(found: Found, now: datetime) -> tuple[datetime | None, list[Problem]]:
    if not well(found, "sources"):
        return None, [replace(refusal(found, "sources", "apt-get --print-uris", "E:"), subject="lists_at")]
    return lists_age(text(found, "lists"), text(found, "sources"), now)


def _updates(
    found: Found, releases: Sequence[Release], pro: Pro | None
) -> tuple[tuple[Update, ...] | None, list[Problem]]:
    for name, tool in (
        ("policy", "apt-cache"), ("upgrade", "apt-get"), ("targets", "apt-get indextargets"),
    ):  # fmt: skip
        if not well(found, name):
            return None, [refusal(found, name, tool, "E:")]
    targets = read_targets(text(found, "targets"))
    if not targets or all(each.is_local for each in releases):
        message = "there are no package lists: apt-get update never succeeded, or no archive is configured"
        return None, [Problem("absent", message, "updates", "run apt-get update on the machine")]
    simulation = read_simulation(text(found, "upgrade"))
    if not simulation.is_whole:
        line = simulation.unread[0][:200] if simulation.unread else "it counts another number of upgrades"
        return None, [Problem("protocol", f"apt-get gave an answer of another shape: {line}", "updates")]
    security = security_of(targets, releases, pairs(text(found, "release")))
    if security.lacks:
        return None, [Problem("absent", security.lacks, "updates", security.remedy)]
    told = updates_of(
        simulation,
        read_policies(text(found, "versions"), releases),
        frozenset(text(found, "held").split()),
        has_security=security.is_used,
    )
    return _with_closed(told, simulation, pro), list(_beside(found, security))


def _beside(found: Found, security: Security) -> Iterator[Problem]:
    """What is not known of the updates that are told."""
    if "versions" in found and not well(found, "versions"):
        why = refusal(found, "versions", "apt-cache policy", "E:")
        message = f"what is pinned, and what hides behind a newer version, is not told: {why.message}"
        yield Problem(INCOMPLETE, message, "updates", why.remedy)
    if not security.is_used:
        yield Problem("absent", "its archives do not tell security updates apart", "updates")


def read_simulation(answer: str) -> Simulation:
    """The answer of `apt-get -s dist-upgrade`; nothing but its own lines counts. Pure."""
    found = Simulation()
    heading, service = "", ""
    for line in answer.splitlines():
        if line.startswith("  "):
            names = [word for word in line.split() if _NAME.match(word)]
            found.lists.get(heading, []).extend(names)
            found.closed.update(dict.fromkeys(names, service) if service else {})
            continue
        heading = next((key for words, key in _HEADINGS if words in line), "")
        service = _service(line)
        if line.startswith("Inst "):
            _take(found, line)
        elif (counts := _COUNTS.match(line)) is not None:
            found.upgraded = int(counts[1])
    return found


def _service(line: str) -> str:
    told = _SUBSCRIPTION.search(line)
    return (told[1] or f"esm-{told[2].lower()}") if told else ""


def _take(found: Simulation, line: str) -> None:
    read_ = _LINE.match(line)
    if read_ is None:
        found.unread.append(line)
        return
    origins = tuple(Origin.parse(each) for each in read_["origins"].split(","))
    (found.upgrades if read_["installed"] else found.added).append(
        Line(read_["name"], read_["installed"], read_["available"], origins)
    )


def updates_of(
    simulation: Simulation, policies: Mapping[str, Policy], held: frozenset[str], *, has_security: bool
) -> tuple[Update, ...]:
    """What is missing, and what is held back from it; pure.

    `policies` may lack packages. `has_security` says whether any archive with security updates is in use:
    without one, nothing tells that an update is none.
    """
    lowered = frozenset(simulation.lists["lowered"])
    lines = [each for each in simulation.upgrades if each.name not in lowered]
    found = {each.name: _missing(each, policies.get(each.name), has_security=has_security) for each in lines}
    _with_added(found, simulation.added)
    kept = dict.fromkeys([*simulation.lists["kept"], *simulation.lists["phased"], *sorted(held)])
    for name in [*kept, *policies]:
        if name not in found:
            update = _held(name, policies.get(name), simulation, held, has_security=has_security)
            found.update({name: update} if update else {})
    return tuple(found.values())


def _missing(line: Line, policy: Policy | None, *, has_security: bool) -> Update:
    hidden = [origin for each in (policy.reachable if policy else ()) for origin in each.origins]
    return Update(
        key=line.name,
        title=line.name,
        security=_security(line.origins, hidden, has_security=has_security),
        installed=line.installed,
        available=line.available,
        source=", ".join(map(str, line.origins)),
    )


def _security(own: Sequence[Origin], hidden: Iterable[Origin], *, has_security: bool) -> bool | None:
    """Whether an update brings a security update: its own archives say so, or those of versions on the way.

    Ubuntu's -updates and Debian's point releases hide security updates behind a newer version (so counts
    apt_check.py of update-notifier too).
    """
    if any(map(is_security, [*own, *hidden])):
        return True
    return False if has_security and own and all(map(tells_apart, own)) else None


def _with_added(found: dict[str, Update], added: Iterable[Line]) -> None:
    """Tell new packages with the upgrade that has their version: a kernel with its meta package."""
    owners = {each.available: name for name, each in reversed(found.items())}
    for line in added:
        name = owners.get(line.available)
        if name is None:
            continue
        update = found[name]
        found[name] = replace(
            update,
            packages=(*update.packages, f"{line.name}-{line.available}"),
            security=True if any(map(is_security, line.origins)) else update.security,
            restart=update.restart or line.name.startswith(_KERNEL),
        )


def _held(
    name: str, policy: Policy | None, simulation: Simulation, held: frozenset[str], *, has_security: bool
) -> Update | None:
    """An update that apt does not make; None where there is none.

    What is kept back for neither a hold nor phasing is missing as any other: its dependencies stand in the
    way, and nobody decided that.
    """
    kept, phased = (name in simulation.lists[key] for key in ("kept", "phased"))
    reachable = policy.reachable if policy else ()
    if policy is None and not (kept or phased):
        return None
    if policy is not None and not reachable:
        return _pinned(name, policy)
    origins = [origin for each in reachable for origin in each.origins]
    first = reachable[0] if reachable else None
    waits = phased or bool(first and first.phased)
    hold = Hold.HELD if name in held else Hold.PHASED if waits else None
    return Update(
        key=name,
        title=name if hold else f"{name} (kept back by its dependencies)",
        security=_security(first.origins if first else (), origins, has_security=has_security),
        installed=policy.installed if policy else None,
        available=first.text if first else None,
        source=", ".join(map(str, first.origins)) if first else "",
        hold=hold,
    )


def _pinned(name: str, policy: Policy) -> Update | None:
    """A security update that preferences keep away; other versions above the candidate may be backports."""
    for version in policy.newer:
        if any(map(is_security, version.origins)):
            return Update(
                key=name, title=name, security=True, installed=policy.installed, available=version.text,
                source=", ".join(map(str, version.origins)), hold=Hold.HELD,
            )  # fmt: skip
    return None


def _with_closed(told: tuple[Update, ...], simulation: Simulation, pro: Pro | None) -> tuple[Update, ...]:
    """With the updates that only subscribers get; a simulation knows the names, `pro` the versions too."""
    closed = {name: ("", service) for name, service in simulation.closed.items()} | (
        dict(pro.closed) if pro else {}
    )
    known = {each.key for each in told}
    return told + tuple(
        Update(key=name, title=f"{name} ({service})", security=True, available=version or None,
               source=service, hold=Hold.SUBSCRIPTION)
        for name, (version, service) in closed.items() if name not in known
    )  # fmt: skip


def _subscriptions(releases: Iterable[Release], pro: Pro | None) -> tuple[str, ...]:
    used = [each for each in releases if each.upgrades]
    labels = {each.origin.label for each in used}
    on = {"esm-infra": "UbuntuESM" in labels, "esm-apps": "UbuntuESMApps" in labels,
          "lts": any(_ELTS in each.source for each in used)}  # fmt: skip
    return tuple(name for name, is_on in on.items() if is_on or (pro is not None and name in pro.enabled))
