"""Mail over SMTP with verified TLS (RFC 3207, RFC 8314); the account's password never goes without it."""

import smtplib
import ssl
import time
from collections.abc import Iterable
from email.message import EmailMessage

from schoten_ict.connect.wire import verifying
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import RemoteError, Target

SUBMISSION, SUBMISSIONS = 587, 465


def send_mail(
    target: Target, guard: AccountGuard, letter: EmailMessage, *, implicit: bool, seconds: float
) -> None:
    """Hand `letter` to the server within `seconds`; `implicit` speaks TLS from the first byte.

    Raises `RemoteError`: `unreachable` (also when the server asks to come back later, as greylisting does),
    `timeout`, `tls` (also when the server offers none), `authentication`, `not-asked`, `denied` (it does not
    take the mail, or not for everybody), `protocol`.
    """
    end = time.monotonic() + seconds
    context = verifying(target)
    try:
        with _connected(target, context, seconds, implicit=implicit) as server:
            server.ehlo()
            if not implicit:
                _start_tls(server, context, target)
            if target.account is not None:
                with guard.admitted(target.account, target.host):
                    _log_in(server, target)
            _hurry(server, end)
            _require_all(server.send_message(letter), target)
    except RemoteError:
        raise
    except (smtplib.SMTPException, OSError) as error:
        raise _failure(error, target) from None


def _connected(target: Target, context: ssl.SSLContext, seconds: float, *, implicit: bool) -> smtplib.SMTP:
    if implicit:
        port = target.port or SUBMISSIONS
        return smtplib.SMTP_SSL(target.address, port, timeout=seconds, context=context)
    return smtplib.SMTP(target.address, target.port or SUBMISSION, timeout=seconds)


def _start_tls(server: smtplib.SMTP, context: ssl.SSLContext, target: Target) -> None:
    if not server.has_extn("starttls"):
        raise _error(target, "tls", "the server offers no TLS", "use its port with TLS, or mend the server")
    server.starttls(context=context)
    server.ehlo()


def _log_in(server: smtplib.SMTP, target: Target) -> None:
    """Log in with one mechanism, once: smtplib's own `login` would try each that is offered."""
    account = target.account
    assert account is not None
    offered = server.esmtp_features.get("auth", "").upper().split()
    ways = {"PLAIN": server.auth_plain, "LOGIN": server.auth_login}
    mechanism = next((name for name in ways if name in offered), None)
    if mechanism is None:
        raise _error(target, "protocol", "it offers no log-in that is known here (PLAIN, LOGIN)", "")
    server.user, server.password = account.user, account.secrets["password"].reveal()
    try:
        server.auth(mechanism, ways[mechanism])
    except smtplib.SMTPAuthenticationError:
        refused = _error(
            target, "authentication", f"account {account.name} was refused", "check its password"
        )
    else:
        return
    raise refused


def _hurry(server: smtplib.SMTP, end: float) -> None:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if server.sock is not None:
        server.sock.settimeout(left)


def _require_all(refused: dict[str, tuple[int, bytes]], target: Target) -> None:
    """Raise `denied` when the mail went to some only: trying again would send it to them twice."""
    if refused:
        raise _error(target, "denied", f"it took the mail, but not for {', '.join(refused)}", "check to:")


def _refused(target: Target, codes: Iterable[int], message: str, remedy: str) -> RemoteError:
    """What a refusal means: 4xx may be taken later, 5xx never (RFC 5321, 4.2.1)."""
    if all(_LATER <= code < _NEVER for code in codes):
        return _error(target, "unreachable", f"{message} now", "it says to come back later")
    return _error(target, "denied", message, remedy)


_LATER, _NEVER = 400, 500


def _failure(error: Exception, target: Target) -> RemoteError:
    match error:
        case ssl.SSLError():
            return _error(
                target, "tls", f"no verified TLS: {error.reason or error}", "look at its certificate and ca:"
            )
        case TimeoutError():
            return _error(target, "timeout", "no answer in time", "")
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            return _refused(target, codes, f"it takes no mail for {', '.join(error.recipients)}", "check to:")
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            words = f"it does not take the mail (code {error.smtp_code})"
            return _refused(target, [error.smtp_code], words, "check from:")
        case smtplib.SMTPException():
            return _error(
                target, "protocol", f"no proper SMTP: {type(error).__name__}", "check server: and port:"
            )
        case _:
            return _error(target, "unreachable", f"cannot be reached: {error}", "check server: and port:")


def _error(target: Target, code: str, message: str, remedy: str) -> RemoteError:
    return RemoteError(
        f"{target.host}: {message}", code=code, subject=f"receiver:{target.host}", remedy=remedy
    )
