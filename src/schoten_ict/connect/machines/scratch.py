"""The names of scratch folders: a folder tells whose it is, so that what a kill left can be removed."""

import hashlib

_PREFIX = "ict-scratch-"


def folder_name(owner: str) -> str:
    """The beginning of the names of an owner's scratch folders."""
    return f"{_PREFIX}{hashlib.sha256(owner.encode()).hexdigest()[:24]}-"


def is_ours(name: str, owner: str) -> bool:
    """Whether a folder of that name was made for this very owner."""
    return name.startswith(folder_name(owner))
