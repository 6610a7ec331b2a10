"""The JSON Schema that editors use agrees with what is loaded."""

import json
from collections.abc import Iterator
from typing import Any

from schoten_ict.inventory.discovery import all_sections
from schoten_ict.inventory.schema import schema


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from parts(each)


def test_the_schema_is_json_of_the_draft_it_names() -> None:
    document = json.loads(json.dumps(schema()))
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["properties"]["version"] == {"const": 1, "description": "The version of this format."}


def test_every_section_is_there_with_its_purpose() -> None:
    properties = schema()["properties"]
    assert set(properties) == {"version", *(section.key for section in all_sections())}
    assert all(entry["description"].endswith(".") for entry in properties.values())


def test_no_mapping_with_fixed_keys_accepts_others() -> None:
    document = schema()
    fixed = [part for part in parts(document) if part.get("type") == "object" and "properties" in part]
    assert len(fixed) > 20
    assert [part for part in fixed if part.get("additionalProperties") is not False] == []


def test_every_type_is_described_and_every_reference_resolves() -> None:
    document = schema()
    definitions = document["$defs"]
    assert all(
        definition["description"] and "    " not in definition["description"]
        for definition in definitions.values()
    )
    references = {part["$ref"] for part in parts(document) if "$ref" in part}
    assert references == {f"#/$defs/{name}" for name in definitions}


def test_secrets_are_references_and_durations_have_their_form() -> None:
    definitions = schema()["$defs"]
    password = definitions["SnmpAuth"]["properties"]["password"]
    assert password["pattern"] == "^(env|file|keyring|command|systemd):.+"
    assert "reference" in password["description"]
    assert definitions["Service"]["properties"]["rto"]["anyOf"][0]["pattern"] == "^[0-9]+(min|h|d|w|m|y)$"
