"""`ict config show`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, column
from schoten_ict.workspace import Workspace

if TYPE_CHECKING:
    from schoten_ict.inventory.model import Inventory

app = new_app()
_OF_THE_ORGANISATION = ("name", "language", "timezone")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting. `value` is None where nothing sets it; `source` says who decided."""

    name: str = column("Setting")
    value: str | None = column("Value")
    source: str = column("Source")


@app.command("show")
def show(context: typer.Context) -> Result[SettingRow]:
    """Every setting, its value and who decided it.

      ict config show
      ict config show -o json

    Precedence: option, environment, inventory.yaml, config.toml of the user.
    """
    workspace = workspace_of(context)
    return Result("config.show", SettingRow, [*_personal(workspace), *_of_the_workspace(workspace)])


def _personal(workspace: Workspace) -> Iterator[SettingRow]:
    defaults: dict[str, str | None] = {
        "output": workspace.format,
        "color": "auto",
        "workspace": _text(workspace.find_root()),
    }
    for name, setting in workspace.settings.items():
        if setting.value is None:
            source = "found here or above" if name == "workspace" and defaults[name] else "default"
            yield SettingRow(name, defaults[name], source)
        else:
            yield SettingRow(name, setting.value, setting.source)


def _of_the_workspace(workspace: Workspace) -> Iterator[SettingRow]:
    if workspace.find_root() is None:
        return
    inventory = workspace.inventory
    for name in _OF_THE_ORGANISATION:
        value = getattr(inventory.organisation, name)
        yield SettingRow(f"organisation.{name}", value, _declared_in(inventory, name) or "default")


def _declared_in(inventory: "Inventory", name: str) -> str:
    """The file and line that set a key of `organisation`, or an empty text."""
    from schoten_ict.inventory.document import read_document

    for source in inventory.files:
        document = read_document(source.path.name, source.path.read_bytes())
        section: Any = document.root.get("organisation")
        if isinstance(section, dict) and name in section:
            return f"{source.path}:{document.line(('organisation', name))}"
    return ""


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
