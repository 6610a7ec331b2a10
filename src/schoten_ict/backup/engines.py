"""The engines by name, and over which way each is asked. A new engine is one module and one line here."""

import importlib
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Way(Enum):
    """What an engine's functions take as their first argument."""

    MACHINE = "programs and files of a machine (`core.machine.Machine`)"
    POWERSHELL = "PowerShell on a Windows machine (`core.remote.Runner`)"
    HTTP = "an interface over HTTPS (`core.remote.HttpSession`)"


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine: its module, loaded when it is used, and its ways in the order of preference."""

    module: str
    ways: tuple[Way, ...] = (Way.MACHINE,)

    def function(self, name: str) -> Any:
        """`observe` or `take` of the module; None when the engine has none."""
        return getattr(importlib.import_module(f"schoten_ict.backup.ask.{self.module}"), name, None)


ENGINES = {
    "restic": Engine("restic"),
    "borg": Engine("borg"),
    "files": Engine("files"),
    "replica": Engine("replica"),
    "sqlite": Engine("sqlite"),
    "postgresql": Engine("postgresql"),
    "windows-server-backup": Engine("windows_server_backup", (Way.POWERSHELL,)),
    "mssql": Engine("mssql", (Way.POWERSHELL,)),
    "veeam": Engine("veeam", (Way.HTTP, Way.POWERSHELL)),
}
