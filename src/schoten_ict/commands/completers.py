"""What completes a word on the command line: tags, people, hosts, document numbers.

TAB must be fast and can never fail: prefix ranges in the store, opened read-only with the standard library;
no network, nothing written to the store, an empty answer where anything is wrong. A shell evaluates what it
is given, so only words of safe characters are offered.
"""

import re
import sqlite3
from pathlib import Path

from typer import Context

from schoten_ict.commands.shell import workspace_of
from schoten_ict.core.errors import IctError
from schoten_ict.core.text import printable

_LIMIT = 50
_SECONDS = 0.2
_AFTER_ALL = "\U0010ffff"
_SAFE_WORD = re.compile(r"[\w@.+/-]+")
_UNSAFE_IN_HELP = re.compile(r"[^\w .,&()/+-]")
Words = list[tuple[str, str]]


def asset_tags(ctx: Context, incomplete: str) -> Words:
    """Tags of assets, with the model."""
    return _from_store(
        ctx, "SELECT tag, model FROM asset WHERE tag >= ? AND tag < ? ORDER BY tag LIMIT ?", incomplete
    )


def people_keys(ctx: Context, incomplete: str) -> Words:
    """Keys of people, with the name; user names too, once something is typed."""
    found = _from_store(
        ctx, "SELECT key, name FROM person WHERE key >= ? AND key < ? ORDER BY key LIMIT ?", incomplete
    )
    if incomplete and not found:
        by_user = "SELECT username, name FROM person WHERE username >= ? AND username < ? ORDER BY 1 LIMIT ?"
        found = _from_store(ctx, by_user, incomplete)
    return found


def document_numbers(ctx: Context, incomplete: str) -> Words:
    """Numbers of documents, with their kind."""
    query = "SELECT number, kind FROM document WHERE number >= ? AND number < ? ORDER BY number LIMIT ?"
    return _from_store(ctx, query, incomplete)


def entitlement_numbers(ctx: Context, incomplete: str) -> Words:
    """Numbers of entitlements, with the product."""
    query = "SELECT number, product FROM entitlement WHERE number >= ? AND number < ? ORDER BY number LIMIT ?"
    return _from_store(ctx, query, incomplete)


def product_ids(ctx: Context, incomplete: str) -> Words:
    """Ids of products of the catalogue, with the name."""
    if _root(ctx) is None:
        return []
    from schoten_ict.inventory.sections.licenses import LICENSES
    from schoten_ict.licenses.catalogue import load

    try:
        products = load(workspace_of(ctx).inventory.get(LICENSES)).products
    except (IctError, OSError, ValueError):
        return []
    matching = sorted((name, each.name) for name, each in products.items() if name.startswith(incomplete))
    return _offered(matching[:_LIMIT])


def host_names(ctx: Context, incomplete: str) -> Words:
    """Names of declared hosts."""
    root = _root(ctx)
    if root is None:
        return []
    from schoten_ict.commands.hostnames import names

    try:
        matching = (name for name in names(root) if name.startswith(incomplete))
        return _offered(sorted((name, "") for name in matching)[:_LIMIT])
    except (IctError, OSError, ValueError):
        return []


def _from_store(ctx: Context, query: str, prefix: str) -> Words:
    root = _root(ctx)
    if root is None:
        return []
    uri = (root / "data" / "ict.db").absolute().as_uri()
    try:
        connection = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=_SECONDS)
        try:
            rows = connection.execute(query, (prefix, f"{prefix}{_AFTER_ALL}", _LIMIT)).fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return []
    return _offered([(str(word), str(text or "")) for word, text in rows])


def _offered(words: Words) -> Words:
    return [
        (word, _UNSAFE_IN_HELP.sub(" ", printable(text)))
        for word, text in words
        if _SAFE_WORD.fullmatch(word)
    ]


def _root(ctx: Context) -> Path | None:
    try:
        return workspace_of(ctx).find_root()
    except (IctError, OSError):
        return None
