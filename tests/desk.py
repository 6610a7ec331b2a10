"""A desk at which equipment is handed out: a small workspace, its people, and documents that cost no time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from schoten_ict.assets.acts import keeping
from schoten_ict.assets.acts.handover import Issued, Order, assign
from schoten_ict.assets.acts.intake import Intake, Taken, take_back
from schoten_ict.assets.acts.office import Office
from schoten_ict.assets.model import Status
from schoten_ict.assets.records import stories, views
from schoten_ict.assets.records.views import AssetRow
from schoten_ict.core.facts import Person
from schoten_ict.core.times import local_day
from schoten_ict.inventory import Inventory, load
from schoten_ict.store import Store, people

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
INVENTORY = """
organisation: {name: Lokaal bestuur Voorbeeld}
sites: [{name: gemeentehuis}]
assets:
  categories:
    laptop: {title: Laptop, tag: "LT-{:04}", policy: ict-materiaal, lifetime: 5y}
    docking: {title: Dockingstation, tag: "DK-{:04}", policy: ict-materiaal}
    smartphone:
      title: Smartphone
      tag: "GS-{:04}"
      policy: mobiel
      fields: [{name: allocation, required: true, choices: [dienst, ambt]}, {name: subscription}]
    monitor: {title: Monitor, tag: "MN-{:03}-S"}
  departments: [Burgerzaken, Financiën]
policies:
  - id: ict-materiaal
    title: Gebruik van ICT-materiaal
    versions:
      - {version: "1", file: policies/ict-1.md, valid_from: 2025-01-01}
      - {version: "2", file: policies/ict-2.md, valid_from: 2026-11-26}
      - {version: "3", file: policies/ict-3.md, valid_from: 2028-01-01}
  - id: mobiel
    title: Mobiele toestellen
    versions: [{version: "1", file: policies/mobiel-1.md, valid_from: 2026-01-01}]
"""
POLICIES = {"ict-1.md": "Zorg ervoor.", "ict-2.md": "Zorg er goed voor.", "mobiel-1.md": "Bel spaarzaam."}


@dataclass(slots=True)
class PlainWriter:
    """Documents without typesetting: what was given, as bytes. Keeps what it made."""

    made: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list)

    def pdf(self, template: str, data: Mapping[str, Any], language: str) -> bytes:
        self.made.append((template, data, language))
        return f"%PDF {template} {language}\n{json.dumps(data, sort_keys=True)}\n".encode()

    @property
    def last(self) -> Mapping[str, Any]:
        return self.made[-1][1]


class Desk:
    """The desk on one moment. `at` is the same desk on another."""

    def __init__(
        self, root: Path, now: datetime = NOW, writer: PlainWriter | None = None, who: str = "jan"
    ) -> None:
        if not (root / "inventory.yaml").exists():
            furnish(root)
        self.root = root
        self.now = now
        self.writer = writer or PlainWriter()
        self.inventory: Inventory = load(root)
        self.store = Store(root / "data", who, now)
        self.others: list[Desk] = []

    def at(self, now: datetime) -> "Desk":
        other = Desk(self.root, now, self.writer)
        self.others.append(other)
        return other

    def close(self) -> None:
        for desk in (self, *self.others):
            desk.store.close()

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def today(self) -> date:
        return local_day(self.now, self.inventory.zone)

    @property
    def office(self) -> Office:
        return Office(self.store, self.inventory, self.writer, self.today, "Koen Baeten", "nl")

    def person(self, key: str, name: str, leaves: date | None = None) -> Person:
        person = Person(key, name, email=f"{key}@schoten.example", leaves=leaves)
        with self.store.transaction() as transaction:
            people.put(transaction, person)
        return person

    def add(
        self, category: str, tag: str | None = None, status: Status = Status.IN_STOCK, **values: Any
    ) -> str:
        fields = {"allocation": "dienst"} if category == "smartphone" else {}
        draft = keeping.Draft(category, values, tag, status, fields)
        return keeping.add(self.store, self.inventory, [draft])[0].tag

    def give(self, *tags: str, to: str = "1042", **words: Any) -> Issued:
        return assign(self.office, Order(tags, to, **words))

    def back(self, *tags: str, **words: Any) -> Taken:
        return take_back(self.office, Intake(tags, **words))

    def row(self, tag: str) -> AssetRow:
        return views.one(self.store.reader, tag)

    def history(self, tag: str) -> list[tuple[str, str | None]]:
        return [(event.what, event.document) for event in stories.history(self.store.reader, tag)]

    def details(self, tag: str) -> list[str]:
        return [event.details for event in stories.history(self.store.reader, tag)]


def furnish(root: Path) -> None:
    """The files of the workspace."""
    (root / "policies").mkdir(parents=True)
    (root / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    for name, text in POLICIES.items():
        (root / "policies" / name).write_text(text, encoding="utf-8")
