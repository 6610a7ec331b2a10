"""A copy of the sample workspace whose secrets are files of its own: nothing of the user's is needed or read."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schoten_ict.commands.demo.folder import copy_sample
from schoten_ict.core.secrets import SecretReference

_BLOCK = r"(?m)^{}:\n(?:[ #].*\n|\n)*"


@dataclass(slots=True)
class LabWorkspace:
    """The folder, and the passwords that were made for it: by credential and field (`auth.password`)."""

    folder: Path
    passwords: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, used: Mapping[str, str]) -> "LabWorkspace":
        """Copy the sample into `folder`. `used` are the credentials that the lab plays, each with the user
        that logs in, or nothing where the declared one does."""
        copy_sample(folder)
        made = cls(folder)
        (folder / "secrets").mkdir(mode=0o700)
        declared = yaml.safe_load(made._inventory.read_text(encoding="utf-8"))["credentials"]
        for name, user in used.items():
            declared[name] = made._own(name, declared[name]) | ({"user": user} if user else {})
        made.replace("credentials", declared)
        return made

    def move(self, protocol: str, before: int, after: int) -> None:
        """Let the groups reach `protocol` on another port."""
        groups = yaml.safe_load(self._inventory.read_text(encoding="utf-8"))["groups"]
        for way in (group.get("connect", {}).get(protocol) for group in groups):
            if way is not None and way.get("port", before) == before:
                way["port"] = after
        self.replace("groups", groups)

    def keep(self, name: str, field: str, secret: str) -> Path:
        """Write a secret where the workspace looks for it."""
        self.passwords[name, field] = secret
        path = self.folder / _place(name, field)
        path.touch(mode=0o600)
        path.write_text(secret, encoding="ascii")
        return path

    def hand_over(self) -> None:
        """Give it to the person who became root with sudo, so that `ict` needs no sudo."""
        owner = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
        if all(owner):
            uid, gid = (int(each or 0) for each in owner)
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, uid, gid)

    def replace(self, key: str, value: object) -> None:
        """Put another value in the place of one section of `inventory.yaml`; the rest stays as written."""
        text = self._inventory.read_text(encoding="utf-8")
        block = yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=200)
        changed, times = re.subn(_BLOCK.format(key), lambda _: f"{block}\n", text)
        assert times == 1, f"inventory.yaml has no section {key} of its own"
        self._inventory.write_text(changed, encoding="utf-8")

    @property
    def _inventory(self) -> Path:
        return self.folder / "inventory.yaml"

    def _own(self, name: str, values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
        """The credential with a new secret behind each of its references."""
        own: dict[str, Any] = {}
        for key, value in values.items():
            if isinstance(value, dict):
                own[key] = self._own(name, value, f"{above}{key}.")
            elif _is_reference(value):
                own[key] = f"file:{_place(name, above + key)}"
                self.keep(name, above + key, secrets.token_urlsafe(15))
            else:
                own[key] = value
        return own


def _place(name: str, field: str) -> str:
    return f"secrets/{name}-{field}"


def _is_reference(value: object) -> bool:
    try:
        SecretReference.parse(str(value))
    except ValueError:
        return False
    return True
