"""Asking SNMP agents that no list has: which credential, and what they say of themselves."""

from dataclasses import replace
from typing import TYPE_CHECKING

from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.remote import RemoteError, Via
from schoten_ict.core.text import nearest

if TYPE_CHECKING:
    from schoten_ict.fleet.scanning import AskSnmp
    from schoten_ict.workspace import Workspace

_ANYONE = "scan"
_REFUSALS = {
    "authentication": "refuses the credential",
    "denied": "denies access",
    "not-asked": "an agent is there, not asked: it refused the credential before",
    "protocol": "answers, but not to what was asked",
    "timeout": "answers too late",
}
"""What shows that an agent is there; any other error shows nothing.

Before an account is used, or held back, the agent told its engine to a question that names nobody.
"""


def asking(workspace: "Workspace", credential: str) -> "AskSnmp":
    """What asks one address for sysDescr and sysName with `credential`, whose secrets are resolved now.

    Raises `NotFoundError`, `UsageError`, `ConfigurationError` before anything is sent.
    """
    from schoten_ict.connect.snmp import open_snmp, values
    from schoten_ict.core.guard import AccountGuard
    from schoten_ict.fleet.ask.snmp import oids
    from schoten_ict.inventory.sections.credentials import CREDENTIALS
    from schoten_ict.inventory.sections.groups import Connect, Connection
    from schoten_ict.inventory.sections.hosts import HOSTS, Host
    from schoten_ict.reach import InventoryReach
    from schoten_ict.store.refusals import StoredRefusals

    known = workspace.inventory.get(CREDENTIALS)
    if credential not in known:
        raise NotFoundError(
            f"no credential is called {credential!r}{nearest(credential, list(known))}",
            remedy="see credentials: in inventory.yaml",
        )
    if known[credential].kind != "snmp":
        raise UsageError(f"credential {credential} is of kind {known[credential].kind}, not snmp")
    pattern = Host(name=_ANYONE, address=_ANYONE, connect=Connect(snmp=Connection(credential=credential)))
    sections = {**workspace.inventory.values, HOSTS.key: (pattern,)}
    guard = AccountGuard(StoredRefusals(workspace.store))
    target = InventoryReach(replace(workspace.inventory, values=sections), guard, ()).target(
        _ANYONE, Via.SNMP
    )
    open_snmp(target, guard)  # loads the library now, and says now when the account cannot be used

    async def ask(address: str) -> str | None:
        account = replace(target.account, realm=f"host:{address}") if target.account else None
        session = open_snmp(replace(target, host=address, address=address, account=account), guard)
        try:
            found = await session.get((oids.SYS_DESCR, oids.SYS_NAME))
        except RemoteError as error:
            return _REFUSALS.get(error.problems[0].code)
        finally:
            await session.close()
        said = [values.text(found, oid) for oid in (oids.SYS_NAME, oids.SYS_DESCR)]
        return ", ".join(each for each in said if each) or "answers"

    return ask
