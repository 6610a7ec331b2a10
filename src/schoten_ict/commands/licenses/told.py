"""What others know by themselves, kept as they tell it: tenants, directories, agents and hypervisors."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from schoten_ict.commands import importing
from schoten_ict.commands.licenses.common import desk_of
from schoten_ict.core.errors import ConfirmationNeededError, Problem, UsageError
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted, printable
from schoten_ict.core.times import parse_day

if TYPE_CHECKING:
    from schoten_ict.formats.tables import RawTable
    from schoten_ict.licenses.acts.desk import Desk
    from schoten_ict.licenses.ask.subscriptions import Row
    from schoten_ict.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of the file. `action` is new, changed, unchanged or refused; `reason` says why, or what to see.

    `key` is the number of the entitlement, the subscription, the user, the host or the machine.
    """

    row: int = column("Row", right=True)
    action: str = column("Action")
    key: str = column("Key", show=Show.IF_ANY)
    name: str = column("Name")
    product: str = column("Product", show=Show.IF_ANY)
    metric: str | None = column("Metric", show=Show.IF_ANY)
    quantity: int | None = column("Quantity", right=True, show=Show.IF_ANY)
    reason: str = column("Reason", show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class Given:
    """The file and what the command line says of it."""

    content: bytes
    name: str
    preset: str
    maps: list[str] | None
    dates: str | None
    decimal: str | None
    at: str | None
    tenant: str | None
    table: dict[str, str | None]


Rows = tuple[list[ImportRow], Callable[[], Any]]
"""The rows of a file, and what keeps them."""


def table_of(given: Given) -> "RawTable":
    """The file as a table."""
    from schoten_ict.formats.tables import read_table

    return read_table(given.content, given.name, **given.table)


def told(
    workspace: "Workspace", given: Given, kind: str, *, dry_run: bool, yes: bool, strict: bool
) -> Result[ImportRow]:
    """What others know by themselves: it is kept as it is told, and replaces what they told before."""
    desk = desk_of(workspace)
    rows, keep = _TELLERS[kind](workspace, desk, given)
    problems = [
        Problem(importing.REFUSED, row.reason, subject=f"{printable(given.name)}:{row.row}")
        for row in rows
        if row.action == importing.REFUSED
    ]
    taken = len(rows) - len(problems)
    answer = Result("licenses.import", ImportRow, rows, problems=problems, notes=(_summary(kind, rows),))
    if dry_run or not taken:
        return answer
    if strict and problems:
        stopped = Problem("strict", "nothing was applied, because rows are refused", subject=given.name)
        return replace(answer, problems=[*problems, stopped])
    if not workspace.confirmed(answer, f"Keep {counted(taken, 'row')} of {given.name} as {kind}?", yes=yes):
        raise ConfirmationNeededError("not confirmed; nothing was changed")
    keep()
    return answer


def _summary(kind: str, rows: list[ImportRow]) -> str:
    refused = sum(row.action == importing.REFUSED for row in rows)
    return f"{kind}: {counted(len(rows) - refused, 'row')}, {refused} refused"


def _subscriptions(workspace: "Workspace", desk: "Desk", given: Given) -> Rows:
    from schoten_ict.licenses.acts import importing as acts
    from schoten_ict.licenses.ask import subscriptions
    from schoten_ict.licenses.judge.naming import product_by_name
    from schoten_ict.licenses.records import subscriptions as records

    day = _moment(workspace, given).astimezone(workspace.zone).date()
    if subscriptions.is_graph(given.content):
        found = subscriptions.graph(given.content, given.name, day)
    else:
        found = subscriptions.products(table_of(given), day)
    known = records.tenants(desk.store.reader)
    found = subscriptions.of_tenants(subscriptions.whole(found), known, given.tenant)
    product_of = product_by_name(desk.products)
    rows = [_sku_row(each, product_of) for each in found]
    return rows, lambda: acts.keep_subscriptions(desk, given.name, found)


def _sku_row(row: "Row", product_of: Callable[[str], str | None]) -> ImportRow:
    sku = row.sku
    if sku is None:
        return ImportRow(row.place, importing.REFUSED, "", row.name, "", None, None, row.refused)
    product = product_of(sku.sku) or product_of(sku.part_number) or ""
    reason = ", ".join(filter(None, (f"{sku.consumed} assigned", sku.apart())))
    return ImportRow(row.place, "new", sku.sku, row.name, product, "subscription", sku.enabled, reason)


def _seats(workspace: "Workspace", desk: "Desk", given: Given) -> Rows:
    from schoten_ict.licenses.acts import importing as acts
    from schoten_ict.licenses.ask import subscriptions
    from schoten_ict.licenses.judge.naming import product_by_name

    day = _moment(workspace, given).astimezone(workspace.zone).date()
    found = subscriptions.users(table_of(given))
    product_of = product_by_name(desk.products)
    rows = [
        ImportRow(
            each.place, importing.REFUSED if each.refused else "new", each.name,
            ", ".join(seat.product for seat in each.seats) or "no licence",
            ", ".join(filter(None, (product_of(seat.product) for seat in each.seats))), None, len(each.seats),
            each.refused,
        )
        for each in found
    ]  # fmt: skip
    return rows, lambda: acts.keep_seats(desk, given.name, found, day)


def _software(workspace: "Workspace", desk: "Desk", given: Given) -> Rows:
    from schoten_ict.formats import inventories
    from schoten_ict.licenses.acts import importing as acts
    from schoten_ict.licenses.ask import software_lists

    if inventories.looks_like_one(given.content):
        found = software_lists.glpi(given.content, given.name, workspace.zone)
    else:
        found = software_lists.table(table_of(given), given.maps or ())
    moment = _moment(workspace, given) if given.at or found.at is None else found.at
    host_named = _names(workspace, desk)
    rows = [
        ImportRow(place, "new", host_named(host), host, "", None, len(titles), "")
        for place, (host, titles) in enumerate(sorted(found.by_host.items()), start=1)
    ]
    rows += [ImportRow(line, importing.REFUSED, "", "", "", None, None, why) for line, why in found.wrong]
    return rows, lambda: acts.keep_software(desk, given.name, found, moment, host_named)


def _names(workspace: "Workspace", desk: "Desk") -> Callable[[str], str]:
    """How a machine that a list names is called here: as the inventory or an earlier list spells it."""
    from schoten_ict.licenses.normalising import SOFTWARE
    from schoten_ict.store import observations

    listed = [each.subject.partition(":")[2] for each in observations.newest(desk.store.reader, SOFTWARE)]
    named = {name.casefold(): name for name in (*listed, *(host.name for host in workspace.inventory.hosts))}

    def host_named(host: str) -> str:
        name = host.casefold()
        return named.get(name) or named.get(name.partition(".")[0]) or named.setdefault(name, host)

    return host_named


def _machines(workspace: "Workspace", desk: "Desk", given: Given) -> Rows:
    from schoten_ict.licenses.acts import importing as acts
    from schoten_ict.licenses.ask import machine_lists

    day = _moment(workspace, given).astimezone(workspace.zone).date()
    found = machine_lists.read(table_of(given), given.maps or (), day)
    rows = [
        ImportRow(
            place, "new", each.name, f"{' + '.join(map(str, each.processors)) or 'unknown'} cores", "", None,
            len(each.guests), f"cluster {each.cluster}" if each.cluster else "",
        )
        for place, each in enumerate(found.machines, start=1)
    ]  # fmt: skip
    rows += [ImportRow(line, importing.REFUSED, "", "", "", None, None, why) for line, why in found.wrong]
    return rows, lambda: acts.keep_machines(desk, given.name, found)


_TELLERS = {"subscriptions": _subscriptions, "seats": _seats, "software": _software, "machines": _machines}


def _moment(workspace: "Workspace", given: Given) -> datetime:
    """When the list was made: the day of `--at`, at noon there, else now. The future is refused."""
    if given.at is None:
        return workspace.now
    try:
        day = parse_day(given.at)
    except ValueError as error:
        raise UsageError(f"--at: {error}") from None
    if day > workspace.today:
        raise UsageError(f"--at {day} lies in the future")
    noon = datetime.combine(day, time(12), tzinfo=workspace.zone).astimezone(UTC)
    return min(noon, workspace.now)
