"""Who has a licence: `ict licenses assign|release`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import asset_tags, host_names, people_keys
from schoten_ict.commands.importing import one_of
from schoten_ict.commands.licenses.common import Number, desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Result, column
from schoten_ict.core.text import counted, nearest, printable

if TYPE_CHECKING:
    from schoten_ict.licenses.acts import holding
    from schoten_ict.workspace import Workspace

app = new_app()
Person = Annotated[
    str | None,
    typer.Option(
        "--person", help="Employee number, user name, e-mail address or name.", autocompletion=people_keys
    ),
]
AssetTag = Annotated[
    str | None, typer.Option("--asset", help="Asset tag.", metavar="TAG", autocompletion=asset_tags)
]
HostName = Annotated[str | None, typer.Option("--host", help="Host.", autocompletion=host_names)]


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A licence with its holder; `held` of `owned` units have one now."""

    number: str = column("Number")
    product: str = column("Product")
    holder: str = column("Holder")
    held: int = column("Held", right=True)
    owned: int | None = column("Owned", right=True)


@dataclass(frozen=True, slots=True)
class ReleasedRow:
    """A licence that was taken back, and why."""

    number: str = column("Number")
    holder: str = column("Holder")
    quantity: int = column("Units", right=True)
    because: str = column("Because")


@app.command("assign")
def assign(
    context: typer.Context,
    number: Number,
    person: Person = None,
    asset: AssetTag = None,
    host: HostName = None,
    quantity: Annotated[int, typer.Option("--quantity", help="Units.", min=1)] = 1,
) -> Result[HeldRow]:
    """Give a licence to a person or a machine.

    More than were bought is recorded and told, never refused: the audit counts it.

    ict licenses assign LIC-0001 --person 1042
    """
    from schoten_ict.inventory.sections.licenses import LICENSES
    from schoten_ict.licenses.acts import holding

    workspace = workspace_of(context)
    kind, word = _holder(person, asset, host)
    policy = workspace.inventory.get(LICENSES)
    done = holding.assign(desk_of(workspace), number, kind, word, quantity, policy.reassign_after)
    row = HeldRow(
        done.entitlement.number, done.entitlement.product, done.holder, done.held, done.entitlement.quantity
    )
    return Result("licenses.assign", HeldRow, [row], notes=[*_notes(done), *_strange(workspace, kind, done)])


@app.command("release")
def release(
    context: typer.Context,
    number: Number,
    person: Person = None,
    asset: AssetTag = None,
    host: HostName = None,
    because: Annotated[
        str, typer.Option("--because", help="left, failure (both pass on at once) or moved.")
    ] = "moved",
) -> Result[ReleasedRow]:
    """Take a licence back.

    What was given less than 90 days ago may pass on at once only when its holder left or its machine failed.

    ict licenses release LIC-0001 --person 1042 --because left
    """
    from schoten_ict.licenses.acts import holding

    workspace = workspace_of(context)
    kind, word = _holder(person, asset, host)
    one_of("--because", because, holding.REASONS)
    done = holding.release(desk_of(workspace), number, kind, word, because)
    row = ReleasedRow(done.entitlement, done.subject, done.quantity, because)
    return Result("licenses.release", ReleasedRow, [row])


def _holder(person: str | None, asset: str | None, host: str | None) -> tuple[str, str]:
    from schoten_ict.licenses.fields import refuse_secrets

    given = [
        (kind, word)
        for kind, word in (("person", person), ("asset", asset), ("host", host))
        if word is not None
    ]
    for kind, word in given:
        refuse_secrets(f"--{kind}", word)
    if len(given) != 1:
        raise UsageError("one holder is needed", remedy="give --person, --asset or --host")
    return given[0]


def _notes(done: "holding.Assigned") -> list[str]:
    notes = []
    number = done.entitlement.number
    if done.too_many and done.entitlement.quantity is not None:
        notes.append(f"{number}: {counted(done.too_many, 'unit')} more than were bought")
    free = (done.entitlement.quantity or 0) - done.held
    if done.waiting and free < len(done.waiting):
        notes.append(f"{number}: a unit that was taken back may pass on from {min(done.waiting)}")
    return notes


def _strange(workspace: "Workspace", kind: str, done: "holding.Assigned") -> Iterator[str]:
    """What a person may not have meant: a holder who left, or a machine that nobody knows."""
    from schoten_ict.licenses.records import installs
    from schoten_ict.store import people

    key = done.holder.partition(":")[2]
    if kind == "person":
        person = people.get(workspace.store.reader, key)
        if person is not None and person.has_left(workspace.today):
            yield f"{person.name} left on {person.leaves}"
    if kind == "host":
        known = [each.host for each in installs.listed(workspace.store.reader)]
        if key not in {*known, *(each.name for each in workspace.inventory.hosts)}:
            yield f"no machine is known as {printable(key)}{nearest(key, known)}"
