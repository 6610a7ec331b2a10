"""What the asset commands share: the office they act in, and options that return in many of them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import asset_tags, document_numbers, people_keys
from schoten_ict.commands.papers import issuer_of, language_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.money import parse_euros
from schoten_ict.core.times import parse_day

if TYPE_CHECKING:
    from schoten_ict.assets.acts.office import Office
    from schoten_ict.workspace import Workspace


def own_words(param: typer.CallbackParam, value: str | None) -> str | None:
    """A line that somebody typed for the record: it may hold no national register number."""
    if value:
        from schoten_ict.formats.privacy import refuse_national_number

        refuse_national_number(f"--{param.name}", value)
    return value


Tag = Annotated[str, typer.Argument(help="Asset tag.", metavar="TAG", autocompletion=asset_tags)]
Tags = Annotated[list[str], typer.Argument(help="Asset tags.", metavar="TAG...", autocompletion=asset_tags)]
Number = Annotated[
    str, typer.Argument(help="Document number, as GO-2026-0001.", autocompletion=document_numbers)
]
To = Annotated[
    str,
    typer.Option(
        "--to", help="Employee number, user name, e-mail address or name.", metavar="PERSON",
        autocompletion=people_keys,
    ),
]  # fmt: skip
Policies = Annotated[
    list[str] | None,
    typer.Option(
        "--policy", help="Policy, as ID or ID@VERSION. Default: the category's own.", metavar="ID[@VERSION]"
    ),
]
Until = Annotated[str | None, typer.Option("--until", help="Day on which it is due back.", metavar="DATE")]
Accessories = Annotated[
    list[str] | None,
    typer.Option(
        "--accessory", help="What goes along; without TAG= it belongs to the first tag.", metavar="[TAG=]TEXT"
    ),
]
States = Annotated[
    list[str] | None,
    typer.Option("--state", help="Condition of an item; without TAG= of the first.", metavar="[TAG=]TEXT"),
]


def office_of(workspace: "Workspace", language: str | None = None) -> "Office":
    """Where an act takes place; `language` None means that of the organisation."""
    from schoten_ict.assets.acts.office import Office
    from schoten_ict.core.actor import actor

    return Office(
        store=workspace.store,
        inventory=workspace.inventory,
        writer=workspace.documents,
        today=workspace.today,
        issuer=issuer_of(workspace, actor()),
        language=language_of(workspace, language),
    )


def day(option: str, text: str | None) -> date | None:
    """A date option; raises `UsageError` that names the option."""
    if text is None:
        return None
    try:
        return parse_day(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def cents(option: str, text: str | None) -> int | None:
    """An amount option in euro cents; raises `UsageError` that names the option."""
    if text is None:
        return None
    try:
        return parse_euros(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
