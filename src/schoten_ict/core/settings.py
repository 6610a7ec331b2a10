"""Settings of the person at the keyboard, each with where its value comes from."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.text import nearest, printable

CHOICES = {
    "workspace": (),
    "output": ("table", "json", "jsonl", "csv", "tsv", "markdown", "nagios"),
    "color": ("auto", "always", "never"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `value` is None where nothing sets it. `source` says who decided."""

    name: str
    value: str | None
    source: str


def config_folder(environ: Mapping[str, str]) -> Path:
    """The user's configuration folder: ICT_CONFIG_DIR, else the platform's place (XDG, %APPDATA%)."""
    if environ.get("ICT_CONFIG_DIR"):
        return Path(environ["ICT_CONFIG_DIR"])
    if os.name == "nt" and environ.get("APPDATA"):
        return Path(environ["APPDATA"]) / "ict"
    if environ.get("XDG_CONFIG_HOME"):
        return Path(environ["XDG_CONFIG_HOME"]) / "ict"
    return Path.home() / ".config" / "ict"


def settings(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> dict[str, Setting]:
    """Every setting by name: flag before environment before `config.toml` of the user.

    Raises `ConfigurationError` for an unknown setting or a value that is none of the choices.
    """
    path = config_folder(environ) / "config.toml"
    user = _read(path)
    found = {}
    for name in CHOICES:
        variable = f"ICT_{name.upper()}"
        candidates = (
            (flags.get(name), f"--{name}"),
            (environ.get(variable) or None, variable),
            (user.get(name), str(path)),
        )
        value, source = next((pair for pair in candidates if pair[0]), (None, "not set"))
        found[name] = Setting(name, value, source)
        _check(found[name])
    return found


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as stream:
            content = tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"{path}: {error}", remedy='write lines such as output = "table", or remove the file'
        ) from None
    for name in content:
        if name not in CHOICES:
            raise ConfigurationError(
                f"{path}: unknown setting {printable(name)!r}{nearest(name, list(CHOICES))}",
                remedy=f"known are {', '.join(CHOICES)}",
            )
    return {name: str(value) for name, value in content.items()}


def _check(setting: Setting) -> None:
    choices = CHOICES[setting.name]
    if setting.value is not None and choices and setting.value not in choices:
        raise ConfigurationError(
            f"{setting.source}: {printable(setting.value)!r} is no {setting.name}"
            f"{nearest(setting.value, list(choices))}",
            remedy=f"choose {', '.join(choices)}",
        )
