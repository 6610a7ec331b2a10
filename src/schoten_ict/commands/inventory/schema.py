"""`ict inventory schema`."""

import json

from schoten_ict.commands.shell import new_app
from schoten_ict.core.result import Document

app = new_app()


@app.command("schema")
def schema() -> Document:
    """The JSON Schema that editors use.

      ict inventory schema > inventory.schema.json

    Editors with a YAML language server find it by the first line that ict init writes.
    """
    from schoten_ict.inventory.schema import schema as build

    return Document("application/schema+json", f"{json.dumps(build(), indent=2, ensure_ascii=False)}\n")
