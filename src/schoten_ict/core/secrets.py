"""Secrets are references, resolved at use, and never show themselves."""

import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from schoten_ict.core.errors import ConfigurationError

SCHEMES = ("env", "file", "keyring", "command", "systemd")
_COMMAND_SECONDS = 20


class Secret:
    """A value that prints as `***` everywhere; `reveal` is called where it is used and nowhere else."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the library that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`, `command:...`, `systemd:NAME`."""

    scheme: str
    target: str

    @classmethod
    def parse(cls, text: str) -> "SecretReference":
        """Read a reference; raise `ValueError` for anything else, without repeating the text."""
        scheme, colon, target = text.partition(":")
        if not colon or scheme not in SCHEMES or not target:
            known = ", ".join(f"{scheme}:..." for scheme in SCHEMES)
            raise ValueError(f"a secret is written as a reference ({known}), never as its value")
        return cls(scheme, target)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.target}"


def resolve(reference: SecretReference, root: Path) -> Secret:
    """The secret behind `reference`; relative paths count from the workspace `root`.

    Raises `ConfigurationError` when it is absent, readable by others, or when `command:` comes from a
    workspace that belongs to someone else.
    """
    readers = {
        "env": _from_env,
        "file": _from_file,
        "keyring": _from_keyring,
        "command": _from_command,
        "systemd": _from_systemd,
    }
    value = readers[reference.scheme](reference.target, root)
    if not value:  # an empty password makes an LDAP bind anonymous, and "succeeds"
        raise ConfigurationError(
            f"the secret behind {reference.scheme}: is empty", remedy="put the secret where it points"
        )
    return Secret(value)


def _from_env(name: str, _root: Path) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigurationError(
            f"environment variable {name} is not set", remedy=f"set {name} before running ict"
        )
    return value


def _from_file(target: str, root: Path) -> str:
    path = root / Path(target).expanduser()
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH):
            raise ConfigurationError(f"{path} can be read by everyone", remedy=f"chmod o-rwx {path}")
        return path.read_text(encoding="utf-8").strip("\r\n")
    except OSError as error:
        raise ConfigurationError(
            f"secret file {path}: {error.strerror}", remedy="create it, readable by the team only"
        ) from None


def _from_keyring(target: str, _root: Path) -> str:
    try:
        import keyring
    except ImportError:
        raise ConfigurationError(
            "keyring: references need the package keyring", remedy="pip install 'schoten-ict[keyring]'"
        ) from None
    service, _, user = target.rpartition("/")
    value = keyring.get_password(service, user)
    if not value:
        raise ConfigurationError(
            f"the keyring holds nothing for {target}", remedy=f"keyring set {service} {user}"
        )
    return str(value)


def _from_command(target: str, root: Path) -> str:
    if os.name == "posix" and root.stat().st_uid not in {0, os.getuid()}:
        raise ConfigurationError(
            f"command: references run only from a workspace of yours or root's, not {root}",
            remedy="use another kind of reference in a shared workspace",
        )
    import shlex

    try:
        words = shlex.split(target)
    except ValueError:
        words = []
    if not words:
        raise ConfigurationError(
            "the command of a secret reference is no command line", remedy="write command:PROGRAM ARGUMENTS"
        )
    try:
        done = subprocess.run(
            words, cwd=root, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_COMMAND_SECONDS, check=True, text=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(
            f"the command of a secret reference failed ({type(error).__name__})",
            remedy=f"run it by hand: {words[0]} ...",
        ) from None
    return done.stdout.strip("\r\n")


def _from_systemd(name: str, root: Path) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise ConfigurationError(
            f"systemd credential {name}: not started by systemd", remedy=f"add LoadCredential={name}:..."
        )
    return _from_file(str(Path(folder) / name), root)
