"""Handing over and taking back: assign, accept, decline, return, transfer, swap."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schoten_ict.commands.assets.common import (
    Accessories,
    Number,
    Policies,
    States,
    Tag,
    Tags,
    To,
    Until,
    day,
    office_of,
    own_words,
)
from schoten_ict.commands.completers import asset_tags
from schoten_ict.commands.papers import Language, path_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import UsageError
from schoten_ict.core.result import Result, Show, column

if TYPE_CHECKING:
    from schoten_ict.assets.acts.handover import Issued
    from schoten_ict.assets.acts.intake import Taken
    from schoten_ict.workspace import Workspace

app = new_app()

Missing = Annotated[
    list[str] | None,
    typer.Option("--missing", help="Accessory that did not come back.", metavar="[TAG=]TEXT"),
]
Wiped = Annotated[
    list[str] | None,
    typer.Option("--wiped", help="How data was wiped; none when there is none.", metavar="[TAG=]METHOD"),
]
Remarks = Annotated[
    str | None, typer.Option("--remarks", help="A line for the document.", callback=own_words)
]


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """One handover. `document` is the path of the PDF, from the current folder where it lies below it.

    What goes to a place has neither number nor document: nobody signs.
    """

    handover: str | None = column("Handover")
    person: str = column("Person")
    name: str | None = column("Name")
    policy: str | None = column("Policy")
    items: tuple[str, ...] = column("Items")
    accessories: dict[str, list[str]] = column("Accessories")
    due_back: date | None = column("Due back")
    document: str | None = column("Document")
    document_sha256: str | None = column("SHA-256", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How a handover was answered."""

    handover: str = column("Handover")
    person: str = column("Person")
    outcome: str = column("Outcome")
    on: date = column("On")
    how: str | None = column("How")
    reason: str | None = column("Reason")
    items: tuple[str, ...] = column("Items")
    scan: str | None = column("Signed document")


@dataclass(frozen=True, slots=True)
class IntakeRow:
    """One item that came back."""

    intake: str = column("Intake")
    tag: str = column("Tag")
    holder: str = column("From")
    handover: str | None = column("Handover", show=Show.IF_ANY)
    state: str | None = column("State", show=Show.IF_ANY)
    returned: tuple[str, ...] = column("Accessories back", show=Show.IF_ANY)
    missing: tuple[str, ...] = column("Missing", show=Show.IF_ANY)
    wiped: str | None = column("Wiped", show=Show.IF_ANY)
    document: str = column("Document")
    document_sha256: str = column("SHA-256", show=Show.NEVER)


@app.command("assign")
def assign(
    ctx: typer.Context,
    tags: Tags,
    to: To,
    policy: Policies = None,
    until: Until = None,
    accessory: Accessories = None,
    state: States = None,
    remarks: Remarks = None,
    lang: Language = None,
) -> Result[HandoverRow]:
    """Hand assets over to a person, with the agreement to sign.

    One handover, one PDF and one signature for all items, under the policies that go with them. For what
    stands with a department, in a room or with another asset: --to department:NAME, room:NAME, asset:TAG;
    that needs no signature.

    ict assets assign LT-0001 DK-0001 --to 1042 --accessory "LT-0001=lader 65W"
    """
    from schoten_ict.assets.acts import handover, placing
    from schoten_ict.inventory.sections.assets import ASSETS

    workspace = workspace_of(ctx)
    if placing.is_place(to):
        _only_for_people({"--policy": policy, "--until": until, "--accessory": accessory, "--state": state})
        departments = workspace.inventory.get(ASSETS).departments
        placed, holder = placing.place(workspace.store, tags, placing.place_of(to, departments))
        row = HandoverRow(
            None, str(holder), None, None, tuple(each.tag for each in placed), {}, None, None, None
        )
        return Result("assets.assign", HandoverRow, [row], detail=True)
    order = handover.Order(
        tags=tags,
        person=to,
        policies=policy or (),
        due_back=day("--until", until),
        accessories=accessory or (),
        states=state or (),
        remarks=remarks,
    )
    issued = handover.assign(office_of(workspace, lang), order)
    return Result(
        "assets.assign",
        HandoverRow,
        [_handed(workspace, issued)],
        detail=True,
        notes=_sign(workspace, issued),
    )


@app.command("accept")
def accept(
    ctx: typer.Context,
    number: Number,
    how: Annotated[str, typer.Option("--how", help="paper, desk, eid, itsme, mail ...")] = "paper",
    on: Annotated[
        str | None, typer.Option("--on", help="Day it was signed. Default: today.", metavar="DATE")
    ] = None,
    scan: Annotated[Path | None, typer.Option("--scan", help="The signed document, to file with it.")] = None,
) -> Result[OutcomeRow]:
    """Record that a handover was signed.

    ict assets accept GO-2026-0001 --how paper --scan scan.pdf
    """
    from schoten_ict.assets.acts import handover

    workspace = workspace_of(ctx)
    office = office_of(workspace)
    done = handover.accept(office, number, how=how, on=day("--on", on) or office.today, scan=scan)
    return Result("assets.accept", OutcomeRow, [_answered(done)], detail=True)


@app.command("decline")
def decline(
    ctx: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why.", callback=own_words)],
    on: Annotated[str | None, typer.Option("--on", help="Day. Default: today.", metavar="DATE")] = None,
) -> Result[OutcomeRow]:
    """Record that a handover was refused.

    The items go back to stock.

    ict assets decline GO-2026-0001 --reason "wil eigen toestel gebruiken"
    """
    from schoten_ict.assets.acts import handover

    workspace = workspace_of(ctx)
    office = office_of(workspace)
    done = handover.decline(office, number, reason=reason, on=day("--on", on) or office.today)
    return Result("assets.decline", OutcomeRow, [_answered(done)], detail=True)


@app.command("return")
def return_(
    ctx: typer.Context,
    tags: Tags,
    state: States = None,
    missing: Missing = None,
    wiped: Wiped = None,
    remarks: Remarks = None,
    lang: Language = None,
) -> Result[IntakeRow]:
    """Take assets back, with the intake form.

    ict assets return LT-0001 DK-0001 --missing lader --wiped LT-0001=BitLocker
    """
    from schoten_ict.assets.acts import intake

    workspace = workspace_of(ctx)
    words = intake.Intake(tags, state or (), missing or (), wiped or (), remarks)
    taken = intake.take_back(office_of(workspace, lang), words)
    return Result(
        "assets.return", IntakeRow, _taken(workspace, taken), detail=True, notes=_unwiped(workspace, taken)
    )


@app.command("transfer")
def transfer(
    ctx: typer.Context,
    tags: Tags,
    to: To,
    policy: Policies = None,
    until: Until = None,
    accessory: Accessories = None,
    state: States = None,
    missing: Missing = None,
    wiped: Wiped = None,
    lang: Language = None,
) -> Result[HandoverRow]:
    """Pass assets on from their holder to another person.

    Makes the intake form and the new agreement; both happen or neither.

    ict assets transfer LT-0001 --to 1043 --wiped LT-0001=herinstallatie
    """
    from schoten_ict.assets.acts import handover, intake

    workspace = workspace_of(ctx)
    words = intake.Intake(tags, state or (), missing or (), wiped or ())
    order = handover.Order(tags, to, policy or (), day("--until", until), accessory or (), state or ())
    taken, issued = intake.transfer(office_of(workspace, lang), words, order)
    return _both("assets.transfer", workspace, taken, issued)


@app.command("swap")
def swap(
    ctx: typer.Context,
    old: Tag,
    new: Annotated[
        str, typer.Argument(help="Tag of its successor.", metavar="NEW", autocompletion=asset_tags)
    ],
    policy: Policies = None,
    until: Until = None,
    accessory: Accessories = None,
    missing: Missing = None,
    wiped: Wiped = None,
    lang: Language = None,
) -> Result[HandoverRow]:
    """Give a holder one asset for another.

    Makes the intake form and the new agreement; both happen or neither.

    ict assets swap LT-0001 LT-0123 --missing lader
    """
    from schoten_ict.assets.acts import handover, intake

    workspace = workspace_of(ctx)
    words = intake.Intake([old], (), missing or (), wiped or ())
    order = handover.Order([new], "", policy or (), day("--until", until), accessory or ())
    taken, issued = intake.swap(office_of(workspace, lang), words, order)
    return _both("assets.swap", workspace, taken, issued)


def _only_for_people(options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise UsageError(
            f"{', '.join(given)}: only a person signs", remedy="leave it out, or hand it to a person"
        )


def _handed(workspace: "Workspace", issued: "Issued") -> HandoverRow:
    handover = issued.handover
    return HandoverRow(
        handover=handover.number,
        person=handover.person,
        name=issued.person.name,
        policy=", ".join(str(policy) for policy in handover.policies) or None,
        items=tuple(item.asset for item in handover.items),
        accessories={item.asset: list(item.accessories) for item in handover.items if item.accessories},
        due_back=handover.due_back,
        document=path_of(workspace, issued.document.path),
        document_sha256=issued.document.sha256,
    )


def _sign(workspace: "Workspace", issued: "Issued") -> list[str]:
    """The next steps, and what a careful colleague would remark."""
    number, person = issued.handover.number, issued.person
    notes = [
        f"Print {path_of(workspace, issued.document.path)} and let {person.name} sign it, then:",
        f"  {workspace.command(f'assets accept {number} --how paper --scan FILE')}",
    ]
    if not issued.handover.policies:
        notes.insert(0, "No policy goes with this: the categories name none, and none was given.")
    due = issued.handover.due_back
    if person.leaves is not None and (due is None or due > person.leaves):
        notes.insert(0, f"{person.name} leaves on {person.leaves}: take it back by then.")
    return notes


def _answered(handover: Any) -> OutcomeRow:
    return OutcomeRow(
        handover=handover.number,
        person=handover.person,
        outcome=handover.outcome,
        on=handover.outcome_on,
        how=handover.how,
        reason=handover.reason,
        items=tuple(item.asset for item in handover.items),
        scan=handover.scan,
    )


def _taken(workspace: "Workspace", taken: "Taken") -> list[IntakeRow]:
    return [
        IntakeRow(
            intake=taken.number,
            tag=item.asset.tag,
            holder=taken.holder,
            handover=item.held.handover,
            state=item.state,
            returned=item.returned,
            missing=item.missing,
            wiped=item.wiped,
            document=path_of(workspace, taken.document.path),
            document_sha256=taken.document.sha256,
        )
        for item in taken.items
    ]


def _unwiped(workspace: "Workspace", taken: "Taken") -> list[str]:
    categories = workspace.inventory.categories
    wipes = {name for name, category in categories.items() if category.wipe}
    tags = [item.asset.tag for item in taken.items if item.wiped is None and item.asset.category in wipes]
    return [f"Not wiped yet: {', '.join(tags)}. Then: ict assets wiped TAG METHOD"] if tags else []


def _both(kind: str, workspace: "Workspace", taken: "Taken", issued: "Issued") -> Result[HandoverRow]:
    from schoten_ict.core.result import Table

    return Result(
        kind,
        HandoverRow,
        [_handed(workspace, issued)],
        tables={"intake": Table(IntakeRow, _taken(workspace, taken))},
        detail=True,
        notes=[*_unwiped(workspace, taken), *_sign(workspace, issued)],
    )
