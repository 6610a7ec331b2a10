"""The dated data as the rules look things up in it: builds, lifecycles, what is exploited."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from schoten_ict.patch.data import tables
from schoten_ict.patch.data.tables import Cycle, Cycles, Exploited, Table
from schoten_ict.patch.judge import builds, exploited, lifecycle
from schoten_ict.patch.judge.builds import Builds
from schoten_ict.patch.judge.exploited import Catalogue


@dataclass(frozen=True)
class Knowledge:
    """What is known of `folder` (the workspace's `data/patch`) and the package; each is read when needed."""

    folder: Path | None = None

    @cached_property
    def builds(self) -> Builds:
        """The security releases of Windows."""
        return builds.indexed(tables.releases(self.folder).table)

    @cached_property
    def cycles(self) -> Cycles:
        """The release cycles of products."""
        return lifecycle.indexed(self._lifecycle)

    @cached_property
    def source(self) -> str:
        """Who states the cycles."""
        return self._lifecycle.source

    @cached_property
    def _lifecycle(self) -> Table[Cycle]:
        return tables.cycles(self.folder).table

    @cached_property
    def exploited(self) -> Catalogue:
        """The CVEs that are exploited in the wild."""
        return exploited.indexed(self._exploited)

    @property
    def exploited_as_of(self) -> date:
        """The day of which the catalogue tells everything."""
        return self._exploited.as_of

    @cached_property
    def _exploited(self) -> Table[Exploited]:
        return tables.exploited(self.folder).table
