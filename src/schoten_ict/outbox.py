"""Where notifications leave: over HTTPS and SMTP, with secrets resolved at the last moment."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, HttpAnswer, Target, Via
from schoten_ict.core.secrets import Secret, SecretReference, resolve
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.credentials import CREDENTIALS
from schoten_ict.inventory.sections.notify import Mail
from schoten_ict.reach import resolved_account


class InventoryOutbox:
    """Implements `notify.telling.Outbox` for one inventory."""

    def __init__(self, inventory: Inventory, guard: AccountGuard) -> None:
        self._inventory = inventory
        self._guard = guard

    def post(
        self, name: str, url: SecretReference, ca: str | None, suffix: str, body: object, seconds: float
    ) -> HttpAnswer:
        """POST JSON to the address behind `url`, with `suffix` behind its path."""
        from dataclasses import replace

        from schoten_ict.connect.http import located, open_http

        target, path = located(resolve(url, self._inventory.root).reveal(), name)
        target = replace(target, ca=self._authority(ca))
        with open_http(target, self._guard, seconds) as session:
            return session.request("POST", Secret(_behind(path, suffix)), json=body, seconds=seconds)

    def mail(self, name: str, declared: Mail, letter: EmailMessage, seconds: float) -> None:
        """Hand a mail to the server."""
        from schoten_ict.connect.smtp import send_mail

        target = Target(
            host=name,
            address=declared.server,
            via=Via.HTTP,
            port=declared.port or 0,
            account=self._account(declared),
            ca=self._authority(declared.ca),
        )
        send_mail(target, self._guard, letter, implicit=declared.tls == "tls", seconds=seconds)

    def _account(self, declared: Mail) -> Account | None:
        if declared.credential is None:
            return None
        credential: Any = self._inventory.get(CREDENTIALS)[declared.credential]
        realm = f"host:{declared.server}"
        return resolved_account(declared.credential, credential, realm, self._inventory.root)

    def _authority(self, ca: str | None) -> Path | None:
        return self._inventory.root / ca if ca else None


def _behind(path: str, suffix: str) -> str:
    """`suffix` behind the path and before the query."""
    plain, mark, query = path.partition("?")
    return f"{plain.rstrip('/') if suffix else plain}{suffix}{mark}{query}"
