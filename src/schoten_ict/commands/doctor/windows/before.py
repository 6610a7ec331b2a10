"""What is seen before anybody logs in, judged: pure."""

from collections.abc import Sequence
from datetime import timedelta

from schoten_ict.commands.doctor.windows.about import About
from schoten_ict.connect.winrm.looking import Offered, Shown
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding
from schoten_ict.core.times import utc_text

SOON = timedelta(days=30)
"""Nobody renews a certificate of a server within a few days."""
_UNAUTHORIZED = 401
_WANTED = frozenset({"Negotiate", "Kerberos"})
_BASIC_OFF = 'winrm set winrm/config/service/auth @{Basic="false"} there, or by policy'


def closed(about: About, problem: Problem, other: int, *, other_open: bool) -> Finding:
    """The port gives no connection; `other` is the port of the other way."""
    if other_open:
        remedy = f"port {other} is open there: write port: {other}, or make a listener on this one"
        return about.fail("port", problem.message, remedy, code=problem.code)
    return about.fail("port", f"{problem.message}; nor is {other} open", problem.remedy, code=problem.code)


def certificate(about: About, shown: Shown, refused: Problem | None) -> Finding:
    """The certificate holds for a log-in, and for how long. `refused` is why it does not."""
    left = (shown.until - about.now).days
    names = ", ".join(shown.names) or "no name"
    issuer = "itself" if shown.self_signed else shown.issuer
    words = f"for {names}, issued by {issuer}, until {utc_text(shown.until)}"
    evidence = {"names": list(shown.names), "issuer": shown.issuer, "days_left": left}
    if refused is not None:
        seen = f"{refused.message}; it is {words}"
        return about.fail("certificate", seen, _certificate_remedy(about, shown, refused), **evidence)
    if shown.until - about.now < SOON:
        remedy = "renew it there, and give the listener the new one"
        return about.warn("certificate", f"it holds, for {left} days only: {words}", remedy, **evidence)
    return about.ok("certificate", f"it holds, {left} days left: {words}", **evidence)


def _certificate_remedy(about: About, shown: Shown, refused: Problem) -> str:
    if shown.until < about.now:
        return "renew it there, and give the listener the new one"
    if shown.self_signed:
        return "let the domain's authority issue one, or name a copy of this one with tls: ca"
    return refused.remedy


def uncertified(about: About, transport: str) -> Finding:
    """HTTP has no certificate: Kerberos proves the server's name, NTLM does not."""
    if transport == "kerberos":
        return about.ok("certificate", "none, it is HTTP; Kerberos proves the name of the server")
    seen = "none, it is HTTP: NTLM does not prove that this is the server"
    return about.warn("certificate", seen, "make an HTTPS listener (port 5986), or use Kerberos")


def service(about: About, offered: Offered, port: int) -> Finding:
    """WinRM answers there and takes a log-in that hands over no password."""
    schemes = ", ".join(offered.schemes) or "nothing"
    if offered.status != _UNAUTHORIZED:
        seen = f"HTTP {offered.status} without a log-in; WinRM says {_UNAUTHORIZED}"
        return about.fail("service", seen, f"check that it is WinRM that listens on port {port}")
    if not _WANTED & set(offered.schemes):
        remedy = 'winrm set winrm/config/service/auth @{Negotiate="true"} there'
        return about.fail("service", f"it offers {schemes}: no Negotiate", remedy)
    if "Basic" in offered.schemes:
        seen = f"it offers {schemes}: Basic hands over the password of whoever uses it"
        return about.warn("service", seen, _BASIC_OFF)
    return about.ok("service", f"it offers {schemes}")


def rest(about: About, names: Sequence[str]) -> Finding:
    """What was not tried because it needs what failed."""
    return about.unknown("rest", f"not tried: {', '.join(names)}", "see to the step above, then look again")
