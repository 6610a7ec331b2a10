"""Adding, editing and seeing off colleagues by hand."""

from typing import Annotated

import typer

from schoten_ict.commands.assets.common import day
from schoten_ict.commands.completers import people_keys
from schoten_ict.commands.people.look import PersonRow, row_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.facts import Person
from schoten_ict.core.result import Result

app = new_app()
Who = Annotated[
    str,
    typer.Argument(
        help="Key, user name, e-mail address or name.", metavar="PERSON", autocompletion=people_keys
    ),
]
_SET = "Field, as phone=03 000 10 42; an empty value empties it."


@app.command("add")
def add(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="Employee number.", metavar="KEY")],
    name: Annotated[str, typer.Argument(help="First name and last name.", metavar="NAME")],
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    department: Annotated[str | None, typer.Option(help="Department.")] = None,
    function: Annotated[str | None, typer.Option(help="Function.")] = None,
    username: Annotated[str | None, typer.Option(help="User name.")] = None,
    phone: Annotated[str | None, typer.Option(help="Telephone number.")] = None,
    location: Annotated[str | None, typer.Option(help="Where they work.")] = None,
    starts: Annotated[str | None, typer.Option(help="First day.", metavar="DATE")] = None,
    leaves: Annotated[str | None, typer.Option(help="Last day.", metavar="DATE")] = None,
) -> Result[PersonRow]:
    """Add a colleague by hand.

    ict people add 1201 "An Peeters" --email an@schoten.example --department ICT
    """
    from schoten_ict.people import acts

    workspace = workspace_of(ctx)
    person = Person(
        key=key.strip(),
        name=" ".join(name.split()),
        email=email or None,
        department=department or None,
        function=function or None,
        username=username or None,
        phone=phone or None,
        location=location or None,
        starts=day("--starts", starts),
        leaves=day("--leaves", leaves),
    )
    acts.add(workspace.store, person)
    return Result("people.add", PersonRow, [row_of(person)])


@app.command("edit")
def edit(
    ctx: typer.Context,
    person: Who,
    values: Annotated[list[str] | None, typer.Option("--set", help=_SET, metavar="NAME=VALUE")] = None,
) -> Result[PersonRow]:
    """Change fields of a colleague.

    ict people edit 1042 --set department=Burgerzaken --set leaves=
    """
    from schoten_ict.people import acts

    if not values:
        raise UsageError("nothing to change", remedy="give --set NAME=VALUE")
    after = acts.edit(workspace_of(ctx).store, person, acts.parsed(values))
    return Result("people.edit", PersonRow, [row_of(after)])


@app.command("leave")
def leave(
    ctx: typer.Context,
    person: Who,
    on: Annotated[str, typer.Option("--on", help="The last day of work.", metavar="DATE")],
) -> Result[PersonRow]:
    """Record somebody's last day; nothing is deleted.

    ict people leave 1042 --on 2026-12-31
    """
    from schoten_ict.core.facts import Holder, HolderKind
    from schoten_ict.people import acts
    from schoten_ict.store import custody

    workspace = workspace_of(ctx)
    after = acts.edit(workspace.store, person, {"leaves": day("--on", on)}, "person.leave")
    held = custody.held_by(workspace.store.reader, Holder(HolderKind.PERSON, after.key))
    tags = " ".join(each.asset for each in held)
    notes = [f"Still to hand in: ict assets return {tags}"] if held else []
    return Result("people.leave", PersonRow, [row_of(after)], notes=notes)
