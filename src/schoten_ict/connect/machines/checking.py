"""What no machine could run as it stands is refused before anything is started."""

import re

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.machine import Program

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check(program: Program) -> None:
    """Raise `ConfigurationError` for names and values that an environment or an argument list cannot hold.

    Secrets reach another machine line by line, so they are one line each, here as well as there.
    """
    for name in (*program.environment, *program.secrets):
        if _NAME.fullmatch(name) is None:
            raise ConfigurationError(
                f"{name!r} is no name of an environment variable",
                remedy="write it with letters, digits and underscores",
            )
    for name, secret in program.secrets.items():
        if not {"\n", "\0"}.isdisjoint(secret.reveal()):
            raise ConfigurationError(
                f"the secret for {name} holds a line break or a NUL", remedy="put it on one line"
            )
    if any("\0" in text for text in (*program.argv, *program.environment.values(), program.folder)):
        raise ConfigurationError(
            f"an argument of {program.argv[0].replace(chr(0), '')} holds a NUL", remedy="take it out"
        )
