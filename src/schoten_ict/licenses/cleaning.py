"""How names of software are compared: as plain text, whoever wrote them."""

import re

_SPACES = re.compile(r"\s+")
_NOISE = str.maketrans({"®": None, "™": None, "©": None, "\u00a0": " ", "\u200b": None})
_SIGNS = re.compile(r"\((?:r|tm|c)\)", re.IGNORECASE)
_LONGEST = 300


def clean(text: str) -> str:
    """A text as rules see it: one line, without marks of trade, single spaces, of bounded length."""
    bare = _SIGNS.sub("", text[:_LONGEST].translate(_NOISE))
    return _SPACES.sub(" ", bare).strip()
