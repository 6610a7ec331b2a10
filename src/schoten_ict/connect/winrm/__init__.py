"""Windows machines over WinRM (WS-Management)."""

from typing import TYPE_CHECKING

from schoten_ict.core.deadline import Deadline, spans
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Target

if TYPE_CHECKING:
    from schoten_ict.connect.winrm.session import WinRmRunner


def open_winrm(target: Target, guard: AccountGuard, allowed: float | Deadline) -> "WinRmRunner":
    """A session for PowerShell scripts, logged in.

    `allowed` is for the log-in in seconds, or a deadline for all that is done over the session. HTTPS with a
    verified certificate, or HTTP (`target.tls` False, or port 5985) with every message encrypted; NTLM, or
    Kerberos where the account's option `transport` says so. Raises `RemoteError`, and `ConfigurationError`
    for a credential that cannot be used.
    """
    from schoten_ict.connect.winrm.session import WinRmRunner

    opening, session = spans(allowed)
    return WinRmRunner(target, guard, session).open(opening)
