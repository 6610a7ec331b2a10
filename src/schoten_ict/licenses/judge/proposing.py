"""Rules proposed for titles that no rule knows: a person decides what each is."""

import re
from collections.abc import Sequence

import yaml

from schoten_ict.licenses.cleaning import clean
from schoten_ict.licenses.judge.reconcile import named

_NUMBER = re.compile(r"\d+(?:[.\-]\d+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_VERSION = r"\d+(?:[.\-]\d+)*"


def rule_for(title: str) -> str:
    """A pattern that fits the title in other versions too: its numbers may be others.

    A year may be the licensed version and is proposed as that.
    """
    text = clean(title)
    found, last, named_version = "", 0, False
    for match in _NUMBER.finditer(text):
        found += re.escape(text[last : match.start()]).replace(r"\ ", " ")
        if _YEAR.fullmatch(match[0]) and not named_version:
            found += r"(?P<version>\d{4})"
            named_version = True
        else:
            found += _VERSION
        last = match.end()
    return found + re.escape(text[last:]).replace(r"\ ", " ")


def proposed(titles: Sequence[tuple[str, str]]) -> str:
    """A piece of inventory with a product per title and publisher, for a person to correct.

    Whoever pastes it says what each is: the metric is `device` until then, and what is nothing to count
    belongs under `ignored`.
    """
    products: dict[str, object] = {}
    for title, publisher in titles:
        if not clean(title):
            continue
        pattern = rule_for(title)
        name = clean(_NUMBER.sub("", title)) or clean(title)
        key = named(f"{publisher.partition(' ')[0]} {name}" if publisher else name)
        entry = products.setdefault(
            key,
            {
                "name": name,
                "publisher": publisher or "unknown",
                "family": named(name),
                "metric": "device",
                "rules": [],
            },
        )
        assert isinstance(entry, dict)
        rule = {"title": pattern}
        if rule not in entry["rules"]:
            entry["rules"].append(rule)
    text = yaml.safe_dump(
        {"licenses": {"products": products}}, allow_unicode=True, sort_keys=False, width=100
    )
    head = (
        "# Proposed for titles that no rule knows. Correct the metric of each (free, device, user ...),\n"
        "# or move its rules to licenses.ignored with a reason.\n"
    )
    return head + text
