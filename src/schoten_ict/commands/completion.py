"""`ict completion`: the script that makes a shell complete commands, tags, people and hosts."""

from enum import StrEnum
from typing import Annotated

import typer

from schoten_ict.commands.shell import new_app
from schoten_ict.core.result import Document

app = new_app()


class Shell(StrEnum):
    """The shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


@app.command("completion")
def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> Document:
    """Shell completion for bash, zsh, fish or PowerShell.

      ict completion bash > ~/.local/share/bash-completion/completions/ict
      ict completion zsh > ~/.zfunc/_ict
      ict completion fish > ~/.config/fish/completions/ict.fish
      ict completion powershell >> $PROFILE

    Prints the script; nothing is installed. Open a new shell afterwards.
    """
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="ict", complete_var="_ICT_COMPLETE", shell=shell.value)
    return Document("text/x-shellscript", f"{script}\n")
