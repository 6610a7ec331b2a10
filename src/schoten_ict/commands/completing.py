"""How completions are written for each shell.

Typer's own writers load rich to strip markup from help lines; ours have no markup, and TAB must be fast.
"""

import re

from typer._click.shell_completion import CompletionItem, add_completion_class
from typer._completion_classes import BashComplete, FishComplete, PowerShellComplete, ZshComplete

# zsh evaluates what it is given: what could end a quoted word there is replaced.
_ZSH_SAFE = str.maketrans({"'": "’", '"': "”", "$": " ", "`": " ", "\\": " ", ":": r"\\:"})


class _Zsh(ZshComplete):
    def format_completion(self, item: CompletionItem) -> str:
        words = [item.value, item.help] if item.help else [item.value]
        return ":".join(f'"{word.translate(_ZSH_SAFE)}"' for word in words)


class _Fish(FishComplete):
    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.value}\t{_one_line(item.help)}" if item.help else str(item.value)


class _PowerShell(PowerShellComplete):
    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.value}:::{_one_line(item.help or '') or ' '}"


def register() -> None:
    """Make these the writers that typer's completion finds."""
    writers = {
        "bash": BashComplete,
        "zsh": _Zsh,
        "fish": _Fish,
        "powershell": _PowerShell,
        "pwsh": _PowerShell,
    }
    for shell, writer in writers.items():
        add_completion_class(writer, shell)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
