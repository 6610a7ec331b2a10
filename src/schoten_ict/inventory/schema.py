"""The JSON Schema of `inventory.yaml`, for editors that complete and check while typing."""

from inspect import cleandoc
from typing import Any

import msgspec

from schoten_ict.inventory.discovery import all_sections
from schoten_ict.inventory.fields import describe
from schoten_ict.inventory.loading import VERSION


def schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of the whole document."""
    sections = all_sections()
    shapes, definitions = msgspec.json.schema_components(
        [section.shape for section in sections], schema_hook=describe, ref_template="#/$defs/{name}"
    )
    for definition in definitions.values():
        definition["description"] = cleandoc(definition.get("description", ""))
    properties: dict[str, Any] = {"version": {"const": VERSION, "description": "The version of this format."}}
    for section, shape in zip(sections, shapes, strict=True):
        properties[section.key] = {"description": section.purpose, "anyOf": [shape, {"type": "null"}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ict inventory",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": definitions,
    }
