"""Policies: which version holds today, and its text as it was when it was signed for."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from schoten_ict.assets.model import Asset
from schoten_ict.assets.records.handovers import BoundPolicy
from schoten_ict.core.errors import ConfigurationError, ConflictError, NotFoundError, UsageError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.core.times import utc_text
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.assets import Category
from schoten_ict.inventory.sections.policies import Policy, PolicyVersion
from schoten_ict.store import Transaction


@dataclass(frozen=True, slots=True)
class Choice:
    """A version of a policy that was chosen, with its text."""

    policy: Policy
    version: PolicyVersion
    content: bytes

    @property
    def bound(self) -> BoundPolicy:
        """What a handover keeps of it."""
        digest = hashlib.sha256(self.content).hexdigest()
        return BoundPolicy(
            self.policy.id, self.version.version, self.policy.title, self.version.valid_from, digest
        )


def choose(inventory: Inventory, wanted: Sequence[str], assets: Sequence[Asset], today: date) -> list[Choice]:
    """The policies for a handover: those named (`ID` or `ID@VERSION`), else each category's own.

    Raises `NotFoundError` for an unknown id or version, `UsageError` for two versions of one policy,
    `ConfigurationError` when a text cannot be read.
    """
    names = list(wanted) or _defaults(inventory.categories, assets)
    chosen: dict[str, Choice] = {}
    for name in dict.fromkeys(names):
        choice = _choice(inventory, name, today)
        other = chosen.setdefault(choice.policy.id, choice)
        if other.version != choice.version:
            raise UsageError(
                f"--policy names two versions of {choice.policy.id}: {other.version.version} and "
                f"{choice.version.version}",
                remedy="name one",
            )
    return list(chosen.values())


def bind(transaction: Transaction, choice: Choice) -> BoundPolicy:
    """Keep a policy's text under its version.

    Raises `ConflictError` when that version was bound before with another text: people signed for that one.
    """
    bound = choice.bound
    known = transaction.connection.execute(
        "SELECT sha256, bound_at FROM policy_text WHERE policy = ? AND version = ?", (bound.id, bound.version)
    ).fetchone()
    if known is None:
        transaction.connection.execute(
            "INSERT INTO policy_text VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                bound.id,
                bound.version,
                bound.title,
                bound.valid_from.isoformat(),
                bound.sha256,
                choice.content,
                utc_text(transaction.now),
            ),
        )
    elif known["sha256"] != bound.sha256:
        raise ConflictError(
            f"the text of {bound} has changed since {known['bound_at'][:10]}, when it was first signed for",
            subject=subject("policy", str(bound)),
            remedy="give the new text a new version in inventory.yaml, and put the old file back",
        )
    return bound


@dataclass(frozen=True, slots=True)
class Standing:
    """A version of a policy as it stands.

    `state` is `unsigned` (nobody received anything under it), `as signed`, `changed` (the file is no longer
    what people signed for) or `missing`; `sha256` is that of the signed text, else of the file.
    """

    policy: Policy
    version: PolicyVersion
    current: bool
    handovers: int
    state: str
    sha256: str | None


def standing(connection: sqlite3.Connection, inventory: Inventory, today: date) -> list[Standing]:
    """Every declared version of every policy, with the number of handovers under it."""
    signed = {
        (row["policy"], row["version"]): row
        for row in connection.execute(
            "SELECT policy, version, sha256, (SELECT count(*) FROM handover_policy AS given WHERE "
            "given.policy = policy_text.policy AND given.version = policy_text.version) AS handovers "
            "FROM policy_text"
        )
    }
    return [
        _standing(inventory, policy, version, signed.get((policy.id, version.version)), today)
        for policy in inventory.policies
        for version in policy.versions
    ]


def text(connection: sqlite3.Connection, inventory: Inventory, name: str, today: date) -> bytes:
    """The text of `ID` or `ID@VERSION`: as it was signed for, else as its file says now."""
    identifier, _, version = name.partition("@")
    row = connection.execute(
        "SELECT content FROM policy_text WHERE policy = ? AND version = ?", (identifier, version)
    ).fetchone()
    return bytes(row["content"]) if row else _choice(inventory, name, today).content


def _standing(
    inventory: Inventory, policy: Policy, version: PolicyVersion, signed: sqlite3.Row | None, today: date
) -> Standing:
    try:
        digest = hashlib.sha256((inventory.root / version.file).read_bytes()).hexdigest()
    except OSError:
        digest = None
    if digest is None:
        state = "missing"
    elif signed is None:
        state = "unsigned"
    else:
        state = "as signed" if digest == signed["sha256"] else "changed"
    return Standing(
        policy=policy,
        version=version,
        current=policy.valid_on(today) is version,
        handovers=signed["handovers"] if signed else 0,
        state=state,
        sha256=signed["sha256"] if signed else digest,
    )


def _defaults(categories: Mapping[str, Category], assets: Sequence[Asset]) -> list[str]:
    found = [categories[asset.category].policy for asset in assets if asset.category in categories]
    return [name for name in found if name]


def _choice(inventory: Inventory, name: str, today: date) -> Choice:
    identifier, _, wanted = name.partition("@")
    policy = next((each for each in inventory.policies if each.id == identifier), None)
    if policy is None:
        known = [each.id for each in inventory.policies]
        raise NotFoundError(
            f"no policy {identifier!r}{nearest(identifier, known)}",
            subject=subject("policy", identifier),
            remedy=f"declared are {', '.join(known) or 'none'}; add it under policies: in inventory.yaml",
        )
    version = _version(policy, wanted, today)
    return Choice(policy, version, _read(inventory, policy, version))


def _version(policy: Policy, wanted: str, today: date) -> PolicyVersion:
    if not wanted:
        current = policy.valid_on(today)
        if current is None:
            raise NotFoundError(
                f"policy {policy.id} has no version that is valid today", remedy="name one with ID@VERSION"
            )
        return current
    for version in policy.versions:
        if version.version == wanted:
            return version
    known = ", ".join(version.version for version in policy.versions)
    raise NotFoundError(
        f"policy {policy.id} has no version {wanted!r}",
        subject=subject("policy", policy.id),
        remedy=f"its versions are {known}",
    )


def _read(inventory: Inventory, policy: Policy, version: PolicyVersion) -> bytes:
    name = f"{policy.id}@{version.version}"
    try:
        content = (inventory.root / version.file).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the text of policy {name} cannot be read: {version.file}: {error.strerror}",
            remedy="put the file there, or correct policies: in inventory.yaml",
        ) from None
    digest = hashlib.sha256(content).hexdigest()
    if version.sha256 and digest != version.sha256.lower():
        raise ConfigurationError(
            f"{version.file} is not the text declared for {name} (SHA-256 differs)",
            remedy="put the declared text back, or give the new text a new version",
        )
    return content
