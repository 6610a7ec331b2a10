"""SNMP: one way to ask an agent, with whichever of two libraries is there.

`gufo` (gufo-snmp) is fast and exists for Linux; `pysnmp` works everywhere. Both give the same answers.
"""

import os

from schoten_ict.connect.snmp.security import Security
from schoten_ict.connect.snmp.session import DEFAULT_TIMING, Opener, Session, Timing
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Target

BACKENDS = ("gufo", "pysnmp")
VARIABLE = "ICT_SNMP_BACKEND"


def open_snmp(
    target: Target,
    guard: AccountGuard | None = None,
    *,
    backend: str | None = None,
    timing: Timing = DEFAULT_TIMING,
) -> Session:
    """A session with the agent of `target`; nothing is sent before the first request.

    `backend` is `gufo` or `pysnmp`; without it the environment variable ICT_SNMP_BACKEND decides, and without
    that the faster one that is installed and knows the protocols of the account. The guard admits the first
    exchange of an SNMPv3 account; a community cannot be locked out. Close the session in its event loop.
    Raises `ConfigurationError` when the account or the choice cannot be used.
    """
    security = Security.of(target)
    wanted = backend or os.environ.get(VARIABLE) or ""
    return Session(target, security, _opener(wanted, security), guard, timing)


def _opener(wanted: str, security: Security) -> Opener:
    if wanted not in {"", *BACKENDS}:
        raise ConfigurationError(
            f"SNMP backend {wanted!r} is not known", remedy=f"set {VARIABLE} to {' or '.join(BACKENDS)}"
        )
    if wanted != "pysnmp" and (fast := _gufo(security)) is not None:
        return fast
    if wanted == "gufo":
        raise ConfigurationError(
            "gufo-snmp is not installed, or lacks the privacy protocol of the account",
            remedy=f"unset {VARIABLE}: pysnmp is used then",
        )
    from schoten_ict.connect.snmp import backend_pysnmp

    return Opener("pysnmp", backend_pysnmp.PysnmpBackend)


def _gufo(security: Security) -> Opener | None:
    try:
        from schoten_ict.connect.snmp import backend_gufo
    except ImportError:
        return None
    lacks = security.priv_protocol in backend_gufo.LACKS
    return None if lacks else Opener("gufo", backend_gufo.GufoBackend)
