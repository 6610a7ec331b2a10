"""The inventory as others see it: typed sections, and which files they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from schoten_ict.core.finding import ExceptionRule
from schoten_ict.inventory.section import Section
from schoten_ict.inventory.sections.assets import ASSETS, Category
from schoten_ict.inventory.sections.exceptions import EXCEPTIONS
from schoten_ict.inventory.sections.hosts import HOSTS, Host
from schoten_ict.inventory.sections.organisation import ORGANISATION, Organisation
from schoten_ict.inventory.sections.policies import POLICIES, Policy
from schoten_ict.inventory.sections.services import SERVICES, Service

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that the inventory was read from, as it was then; `modified_ns` is in nanoseconds (Unix)."""

    path: Path
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """What `inventory.yaml` declares. `root` is the workspace's folder, `files` what was read, in order."""

    root: Path
    files: tuple[SourceFile, ...]
    values: Mapping[str, Any]

    def get(self, section: Section[T]) -> T:
        """What `section` declares, or its `empty` value."""
        return cast("T", self.values.get(section.key, section.empty))

    @property
    def organisation(self) -> Organisation:
        """Who runs this workspace."""
        return self.get(ORGANISATION)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people read times and days are counted."""
        return ZoneInfo(self.organisation.timezone)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts, in the order of the files."""
        return self.get(HOSTS)

    @property
    def services(self) -> tuple[Service, ...]:
        """The services, in the order of the files."""
        return self.get(SERVICES)

    @property
    def categories(self) -> Mapping[str, Category]:
        """The categories of assets by id."""
        return self.get(ASSETS).categories

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that colleagues sign for."""
        return self.get(POLICIES)

    @property
    def exceptions(self) -> tuple[ExceptionRule, ...]:
        """The accepted findings."""
        return self.get(EXCEPTIONS)
