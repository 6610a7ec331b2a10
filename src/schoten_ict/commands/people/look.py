"""Looking at colleagues: list and show."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schoten_ict.commands.completers import people_keys
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.facts import Holder, HolderKind, Person
from schoten_ict.core.result import Result, Show, Table, column

if TYPE_CHECKING:
    from schoten_ict.assets.records.handovers import Handover

app = new_app()


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One colleague. `leaves` is the last day of work."""

    key: str = column("Key")
    name: str = column("Name")
    email: str | None = column("E-mail", show=Show.IF_ROOM)
    department: str | None = column("Department", show=Show.IF_ANY)
    function: str | None = column("Function", show=Show.IF_ROOM)
    username: str | None = column("User name", show=Show.IF_ROOM)
    phone: str | None = column("Phone", show=Show.IF_ROOM)
    location: str | None = column("Location", show=Show.IF_ROOM)
    starts: date | None = column("Since", show=Show.IF_ROOM)
    leaves: date | None = column("Until", show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class OpenHandover:
    """A handover that was not signed yet."""

    number: str = column("Handover")
    issued_at: datetime = column("Issued at")
    items: tuple[str, ...] = column("Items")
    due_back: date | None = column("Due back", show=Show.IF_ANY)


@app.command("list")
def list_(
    ctx: typer.Context,
    text: Annotated[
        list[str] | None, typer.Argument(help="Words of a name, user name, department ...")
    ] = None,
    department: Annotated[str | None, typer.Option(help="Department.")] = None,
    left: Annotated[bool, typer.Option("--left", help="Only who left before today.")] = False,
) -> Result[PersonRow]:
    """List colleagues, or those in whom words occur.

    ict people list --department Burgerzaken
    """
    from schoten_ict.store import people

    workspace = workspace_of(ctx)
    found = people.search(workspace.store.reader, " ".join(text or ()))
    if department is not None:
        found = [each for each in found if (each.department or "").casefold() == department.casefold()]
    if left:
        found = [each for each in found if each.has_left(workspace.today)]
    return Result("people.list", PersonRow, [row_of(each) for each in found], notes=[f"{len(found)} people"])


@app.command("show")
def show(
    ctx: typer.Context,
    person: Annotated[
        str,
        typer.Argument(
            help="Key, user name, e-mail address or name.", metavar="PERSON", autocompletion=people_keys
        ),
    ],
) -> Result[PersonRow]:
    """Show one colleague, what they hold and what waits for a signature.

    ict people show 1042
    """
    from schoten_ict.assets.records import handovers, views
    from schoten_ict.store import people

    workspace = workspace_of(ctx)
    reader = workspace.store.reader
    found = people.identify(reader, person)
    holder = Holder(HolderKind.PERSON, found.key)
    held = views.listed(reader, views.Filter(), workspace.now.date(), holder)
    waiting = [_waiting(each) for each in handovers.of_person(reader, found.key) if each.outcome is None]
    tables: dict[str, Table[Any]] = {
        "holds": Table(views.AssetRow, held),
        "handovers": Table(OpenHandover, waiting),
    }
    return Result("people.show", PersonRow, [row_of(found)], tables=tables, detail=True)


def row_of(person: Person) -> PersonRow:
    """A person as a row."""
    return PersonRow(**{name: getattr(person, name) for name in PersonRow.__dataclass_fields__})


def _waiting(handover: "Handover") -> OpenHandover:
    items = tuple(item.asset for item in handover.items)
    return OpenHandover(handover.number, handover.issued_at, items, handover.due_back)
