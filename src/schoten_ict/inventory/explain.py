"""All the flaws of a value that does not convert, where msgspec itself stops at the first.

The walk follows the types down to the values without parts; whether such a value fits is msgspec's word.
"""

import types
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from schoten_ict.inventory.fields import EXPECTED, SecretField, decode
from schoten_ict.inventory.flaws import Flaw, Path, cut, shown

_SIMPLE = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date such as 2026-12-31",
}


def explain(value: Any, kind: Any, path: Path) -> Iterator[Flaw]:
    """Every flaw of `value` as the type `kind`; none when it converts. `path` is the place of `value`."""
    if _fits(value, kind):
        return
    inner = _without_none(_bare(kind))
    parts = list(_parts(value, _bare(inner), path))
    yield from parts or [_misfit(value, kind, path)]


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind, dec_hook=decode)
    except msgspec.ValidationError:
        return False
    return True


def _parts(value: Any, kind: Any, path: Path) -> Iterator[Flaw]:
    """The flaws inside a container; nothing when `value` is not the container that `kind` asks for."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple and isinstance(value, list):
        for index, entry in enumerate(value):
            yield from explain(entry, arguments[0], (*path, index))
    elif origin is dict and isinstance(value, dict):
        for key, entry in value.items():
            if not _fits(key, arguments[0]):
                expected = _expected(arguments[0])
                yield Flaw((*path, key), f"the key must be {expected}, not {shown(key)}", "rename it")
            yield from explain(entry, arguments[1], (*path, key))
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        yield from _struct_parts(value, kind, path)


def _struct_parts(value: dict[str, Any], kind: type[msgspec.Struct], path: Path) -> Iterator[Flaw]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key, entry in value.items():
        if key in fields:
            yield from explain(entry, fields[key].type, (*path, key))
        else:
            known = list(fields)
            remedy = f"known here: {', '.join(known)}"
            free = [name for name in known if name not in value]
            yield Flaw((*path, key), f'unknown key "{cut(key)}"', remedy, word=key, known=free)
    for name, field in fields.items():
        if field.required and name not in value:
            yield Flaw(path, f"{name} is missing", f"add {name}: {_expected(field.type)}")


def _misfit(value: Any, kind: Any, path: Path) -> Flaw:
    expected = _expected(kind)
    inner = _bare(_without_none(_bare(kind)))
    if inner is SecretField:
        # whatever stands here may be the secret itself
        return Flaw(path, f"must be {expected}, never the secret itself", "write env:NAME or file:PATH")
    if value is None:
        return Flaw(path, f"must be {expected}, but is empty", "write a value or leave the key out")
    if _holds_secrets(inner):
        kept = "a list" if isinstance(value, list) else "a single value"
        return Flaw(path, f"must be {expected}, not {kept}", "write its keys below it")
    message = f"must be {expected}, not {shown(value)}"
    if get_origin(inner) is Literal and isinstance(value, str):
        choices = [str(choice) for choice in get_args(inner)]
        return Flaw(path, message, "write one of these", word=value, known=choices)
    return Flaw(path, message, _remedy(value, inner))


def _holds_secrets(kind: Any) -> bool:
    """Whether a value of this type has a secret somewhere in it, so that a wrong one may be a secret."""
    kind = _bare(_without_none(_bare(kind)))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return any(_holds_secrets(field.type) for field in msgspec.structs.fields(kind))
    return kind is SecretField or any(_holds_secrets(part) for part in get_args(kind))


def _remedy(value: Any, kind: Any) -> str:
    if kind is str and isinstance(value, bool | int | float):
        return "put it in quotes"
    if get_origin(kind) is tuple and not isinstance(value, list):
        return "write it as a list: [one, two]"
    if kind is date:
        return "write year, month and day"
    return "correct the value"


def _expected(kind: Any) -> str:
    """What a value of the type `kind` is called in an error."""
    kind = _without_none(kind)
    if get_origin(kind) is Annotated:
        for meta in reversed(kind.__metadata__):
            if isinstance(meta, msgspec.Meta) and meta.extra and "expected" in meta.extra:
                return str(meta.extra["expected"])
    bare = _bare(kind)
    if get_origin(bare) is Literal:
        return f"one of {', '.join(dict.fromkeys(str(choice) for choice in get_args(bare)))}"
    if get_origin(bare) is tuple:
        return "a list"
    if get_origin(bare) in {Union, types.UnionType}:
        return "a number, a word or text"
    return _SIMPLE.get(bare) or EXPECTED.get(bare) or "a mapping"


def _bare(kind: Any) -> Any:
    """`kind` without its `Annotated` wrapper."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _without_none(kind: Any) -> Any:
    """`X` for `X | None`; other types as they are."""
    if get_origin(kind) not in {Union, types.UnionType}:
        return kind
    rest = [choice for choice in get_args(kind) if choice is not type(None)]
    return rest[0] if len(rest) == 1 else kind
