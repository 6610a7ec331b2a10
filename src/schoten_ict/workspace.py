"""The one place where parts are put together, lazily: settings, inventory, store, streams, `now`."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schoten_ict.core.actor import actor
from schoten_ict.core.errors import ConfigurationError, ConfirmationNeededError
from schoten_ict.core.result import Result
from schoten_ict.core.settings import Setting, config_folder, settings
from schoten_ict.core.streams import Streams

if TYPE_CHECKING:
    from schoten_ict.core.guard import AccountGuard
    from schoten_ict.core.protocols import DocumentWriter, Progress
    from schoten_ict.core.remote import Reach
    from schoten_ict.inventory import Inventory
    from schoten_ict.outbox import InventoryOutbox
    from schoten_ict.render.answers import Renderer
    from schoten_ict.store import Store

INVENTORY_FILE = "inventory.yaml"
KNOWN_HOSTS_FILE = "known_hosts"


@dataclass(slots=True)
class Options:
    """The global options as the command line gave them."""

    workspace: str | None = None
    output: str | None = None
    color: str | None = None
    fail_on: str | None = None
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    no_input: bool = False


class Workspace:
    """What a command works with. Nothing is opened before it is asked for."""

    def __init__(self, streams: Streams, now: datetime) -> None:
        self.streams = streams
        self.now = now
        self.options = Options()

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """Settings with their sources."""
        flags = {name: getattr(self.options, name) for name in ("workspace", "output", "color")}
        return settings(flags, self.streams.environ)

    @cached_property
    def root(self) -> Path:
        """The workspace's folder; raises `ConfigurationError` when there is none."""
        root = self.find_root()
        if root is None:
            raise ConfigurationError(
                f"no workspace: no {INVENTORY_FILE} here, above, or in {config_folder(self.streams.environ)}",
                remedy="ict init DIR makes one; or name one with --workspace DIR or ICT_WORKSPACE",
                code="no-workspace",
            )
        return root

    def find_root(self) -> Path | None:
        """The named folder, else the nearest parent with an inventory, else the user's folder."""
        named = self.settings["workspace"].value
        if named is not None:
            root = Path(named).expanduser()
            if not (root / INVENTORY_FILE).is_file():
                raise ConfigurationError(
                    f"{root} is no workspace: it has no {INVENTORY_FILE}",
                    remedy=f"ict init {root}",
                    code="no-workspace",
                )
            return root
        here = Path.cwd()
        for folder in (here, *here.parents, config_folder(self.streams.environ)):
            if (folder / INVENTORY_FILE).is_file():
                return folder
        return None

    @property
    def data(self) -> Path:
        """The folder of the store and the documents; git ignores it."""
        return self.root / "data"

    @cached_property
    def inventory(self) -> "Inventory":
        """The inventory; raises `ConfigurationError` with every fault in it."""
        from schoten_ict.inventory import load

        return load(self.root)

    @cached_property
    def store(self) -> "Store":
        """The store of this workspace."""
        from schoten_ict.store import Store

        return Store(self.data, actor(), self.now)

    @cached_property
    def zone(self) -> tzinfo:
        """The workspace's time zone; Europe/Brussels where no inventory says otherwise."""
        from zoneinfo import ZoneInfo

        if self.find_root() is None:
            return ZoneInfo("Europe/Brussels")
        return self.inventory.zone

    @cached_property
    def guard(self) -> "AccountGuard":
        """What keeps accounts from being locked out, for everything that this run asks."""
        from schoten_ict.core.guard import AccountGuard
        from schoten_ict.store.refusals import StoredRefusals

        return AccountGuard(StoredRefusals(self.store))

    @cached_property
    def reach(self) -> "Reach":
        """The ways to the inventory's machines."""
        from schoten_ict.reach import InventoryReach

        own = self.root / KNOWN_HOSTS_FILE
        return InventoryReach(self.inventory, self.guard, (own, Path.home() / ".ssh" / "known_hosts"))

    @cached_property
    def outbox(self) -> "InventoryOutbox":
        """Where notifications leave."""
        from schoten_ict.outbox import InventoryOutbox

        return InventoryOutbox(self.inventory, self.guard)

    @property
    def today(self) -> date:
        """The date of `now` in the workspace's zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def documents(self) -> "DocumentWriter":
        """What makes PDFs."""
        from schoten_ict.render.documents import TypstWriter

        return TypstWriter()

    @property
    def format(self) -> str:
        """The output format: as asked, else a table on a terminal and tsv in a pipe."""
        return self.settings["output"].value or ("table" if self.streams.is_screen else "tsv")

    def progress(self, total: int) -> "Progress":
        """What shows on stderr how far a run of `total` steps is; silent where nobody looks."""
        from schoten_ict.render.progress import progress

        return progress(self.streams, total, quiet=self.options.quiet)

    @cached_property
    def renderer(self) -> "Renderer":
        """What shows the answer."""
        from schoten_ict.render.answers import Renderer

        return Renderer(
            streams=self.streams,
            format=self.format,
            now=self.now,
            zone=lambda: self.zone,
            color=self.settings["color"].value or "auto",
            quiet=self.options.quiet,
            verbose=self.options.verbose,
        )

    def confirmed(self, plan: Result[Any], question: str, *, yes: bool) -> bool:
        """Show a plan and ask whether to carry it out; False when a person said no.

        Raises `ConfirmationNeededError` where nobody can be asked and `yes` was not given. The plan goes to
        stderr, so that stdout keeps to the command's own answer.
        """
        if yes:
            return True
        ask = self.streams.can_ask and not self.options.no_input and self.format != "json"
        self._show_plan(plan)
        if not ask:
            raise ConfirmationNeededError(
                f"{question} Nothing was changed.", remedy="look at the plan with --dry-run, then give --yes"
            )
        self.streams.stderr.write(f"{question} [y/N] ")
        self.streams.stderr.flush()
        agreed = self.streams.stdin.readline().strip().lower() in {"y", "yes", "j", "ja"}
        if not agreed:
            self.streams.say("ict: nothing was changed")
        return agreed

    def _show_plan(self, plan: Result[Any]) -> None:
        from dataclasses import replace

        aside = replace(self.streams, stdout=self.streams.stderr)
        form = "table" if aside.is_screen else "tsv"
        replace(self.renderer, streams=aside, format=form).show(replace(plan, problems=(), notes=()))

    def command(self, words: str) -> str:
        """A command line to type next, in this very workspace: `ict -w DIR assets accept ...`."""
        from shlex import quote

        named = self.options.workspace
        return f"ict -w {quote(named)} {words}" if named else f"ict {words}"

    def close(self) -> None:
        """Close what was opened."""
        if "store" in self.__dict__:
            self.store.close()
