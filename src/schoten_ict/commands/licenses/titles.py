"""`ict licenses titles`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from schoten_ict.commands.licenses.common import gathering_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Document, Result, Show, column

app = new_app()


@dataclass(frozen=True, slots=True)
class TitleRow:
    """A title in whatever version, what it is taken for, and on how many machines it is."""

    title: str = column("Title")
    publisher: str = column("Publisher", show=Show.IF_ROOM)
    taken: str = column("Taken for")
    product: str | None = column("Product", show=Show.IF_ANY)
    reason: str = column("Reason", show=Show.IF_ROOM)
    versions: int = column("Versions", right=True, show=Show.IF_ROOM)
    machines: int = column("Machines", right=True)
    proposed: str = column("Proposed rule", show=Show.NEVER)


@app.command("titles")
def titles(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="Part of title or publisher.")] = None,
    unknown: Annotated[bool, typer.Option("--unknown", help="Only what no rule knows.")] = False,
    rules: Annotated[
        bool,
        typer.Option("--rules", help="Proposed rules for what no rule knows, to paste in the inventory."),
    ] = False,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="At most so many rules.")] = 20,
) -> Result[TitleRow] | Document:
    """Titles of installed software: a product, ignored or unknown.

    The most frequent first. Every title is one of the three: nothing disappears.

    ict licenses titles --unknown
    ict licenses titles --rules > inventory.d/software.yaml
    """
    from schoten_ict.licenses.judge.proposing import proposed, rule_for
    from schoten_ict.licenses.model import Outcome
    from schoten_ict.licenses.normalising import normalise
    from schoten_ict.licenses.records import installs

    gathering = gathering_of(workspace_of(context))
    normalise(gathering.store, gathering.catalogue.digest, gathering.catalogue.titles)
    found = [
        each
        for each in installs.counts(gathering.store.reader, Outcome.UNKNOWN if unknown or rules else None)
        if text is None or text.casefold() in f"{each.name} {each.publisher}".casefold()
    ]
    if rules:
        if not found:
            raise UsageError("no title is unknown: there is nothing to propose")
        return Document("application/yaml", proposed([(each.name, each.publisher) for each in found[:most]]))
    rows = [
        TitleRow(
            each.name, each.publisher, each.outcome.value, each.product, each.reason,
            each.versions, each.hosts, rule_for(each.name) if each.outcome is Outcome.UNKNOWN else "",
        )
        for each in found
    ]  # fmt: skip
    return Result("licenses.titles", TitleRow, rows)
