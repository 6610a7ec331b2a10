"""The sections that exist: one module each in `inventory/sections`, found by name."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any

from schoten_ict.inventory import sections
from schoten_ict.inventory.section import Section


def sections_of(package: ModuleType) -> tuple[Section[Any], ...]:
    """The `SECTION` of every module in `package`, in the order of the modules' names."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    return tuple(module.SECTION for module in modules)


@cache
def all_sections() -> tuple[Section[Any], ...]:
    """The sections of this version of ict."""
    return sections_of(sections)
