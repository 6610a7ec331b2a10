"""Hosts by the words of a command line."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.text import nearest
from schoten_ict.inventory.flaws import cut
from schoten_ict.inventory.model import Inventory
from schoten_ict.inventory.sections.groups import GROUPS
from schoten_ict.inventory.sections.hosts import Host
from schoten_ict.inventory.sections.sites import SITES

_WILDCARDS = frozenset("*?[")
_Test = Callable[[Host], bool]


def select(inventory: Inventory, words: Sequence[str]) -> tuple[Host, ...]:
    """The hosts that any of `words` names, in the inventory's order; without words all of them.

    A word is a host, a group, a pattern of host names with shell wildcards (`srv-*`), or `site:NAME`,
    `kind:NAME`, `service:NAME`. Raises `NotFoundError` for a word that names nothing.
    """
    if not words:
        return inventory.hosts
    tests = [_test(inventory, word) for word in words]
    return tuple(host for host in inventory.hosts if any(test(host) for test in tests))


def _test(inventory: Inventory, word: str) -> _Test:
    prefix, colon, name = word.partition(":")
    if colon:
        return _attribute_test(inventory, prefix, name, word)
    hosts = {host.name for host in inventory.hosts}
    groups = {group.name for group in inventory.get(GROUPS)}
    if _WILDCARDS & set(word):
        if not any(fnmatchcase(host, word) for host in hosts):
            raise _not_found("no host name matches", word, [])
        return lambda host: fnmatchcase(host.name, word)
    if word not in hosts | groups:
        raise _not_found("no host or group is called", word, sorted(hosts | groups))
    return lambda host: word == host.name or word in host.groups


def _attribute_test(inventory: Inventory, prefix: str, name: str, word: str) -> _Test:
    tests: dict[str, tuple[list[str], _Test]] = {
        "site": ([site.name for site in inventory.get(SITES)], lambda host: host.site == name),
        "kind": (
            sorted({host.kind for host in inventory.hosts if host.kind}),
            lambda host: host.kind == name,
        ),
        "service": ([service.name for service in inventory.services], lambda host: name in host.services),
    }
    if prefix not in tests:
        raise _not_found("hosts are selected by site:, kind: or service:, not by", word, [])
    known, test = tests[prefix]
    if name not in known:
        raise _not_found(f"no {prefix} is called", name, known)
    return test


def _not_found(problem: str, word: str, known: list[str]) -> NotFoundError:
    return NotFoundError(f'{problem} "{cut(word)}"{nearest(word, known)}', remedy="see inventory.yaml")
