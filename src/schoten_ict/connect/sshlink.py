"""The way to an SSH server: TCP or a jump host, handshake, host key, login; all within one deadline."""

import logging
import random
import socket
import time
from dataclasses import dataclass
from typing import Self

import paramiko
from paramiko.ssh_exception import (
    AuthenticationException,
    BadAuthenticationType,
    ChannelException,
    IncompatiblePeer,
    SSHException,
)

from schoten_ict.connect.hostkeys import HostKey, PublicKey, Standing, judge_key, known_kinds, refusal
from schoten_ict.connect.sshconfig import Hop
from schoten_ict.connect.sshkeys import Credential, credential_for
from schoten_ict.connect.sshwire import Session, Wire
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

# What paramiko has to say is said by our errors; without a handler Python would print it.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

_TRIES = 4
_FIRST_PAUSE = 0.3
_FORBIDDEN = 1
_OUTER_SECONDS = 0.5


@dataclass(slots=True)
class Link:
    """A session with one machine, and the link to the jump host that it passes."""

    hop: Hop
    session: Session
    outer: "Link | None" = None

    def limit(self, deadline: Deadline | None, slack: float = 0.0) -> None:
        """Give the session a deadline and `slack` seconds beyond it (None: no more). Jump hosts get more."""
        self.session.wire.deadline, self.session.wire.slack = deadline, slack
        if self.outer is not None:
            self.outer.limit(deadline, slack + _OUTER_SECONDS)

    def close(self) -> None:
        """End the session and those it passes."""
        self.session.end()
        if self.outer is not None:
            self.outer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_link(way: tuple[Hop, ...], guard: AccountGuard, deadline: Deadline) -> Link:
    """Log in on every hop of `way`; the link to the last. Raises `RemoteError`, leaving nothing open."""
    link: Link | None = None
    try:
        for hop in way:
            link = _logged_in(hop, link, guard, deadline)
    except BaseException:
        if link is not None:
            link.close()
        raise
    assert link is not None
    return link


def shown_key(way: tuple[Hop, ...], guard: AccountGuard, deadline: Deadline) -> HostKey:
    """The host key that the last hop shows, verified or not; nobody logs in there."""
    *jumps, last = way
    outer = open_link(tuple(jumps), guard, deadline) if jumps else None
    try:
        with _shaken(last, outer, deadline) as link:
            return _host_key(link)
    finally:
        if outer is not None:
            outer.close()


def _logged_in(hop: Hop, outer: Link | None, guard: AccountGuard, deadline: Deadline) -> Link:
    credential = credential_for(hop)
    # Only passwords lock an account; a key that a server does not know yet may be tried again.
    account = hop.account if credential.password else None
    try:
        link = _verified(hop, outer, deadline)
        try:
            with guard.admitted(account, hop.host, deadline):
                if not link.session.is_active():  # it waited for others longer than the server does
                    link.session.end()
                    link = _verified(hop, outer, deadline)
                _Login(link, credential, deadline).run()
        except BaseException:
            link.session.end()
            raise
    finally:
        credential.close()
    link.session.wire.trusted = True
    link.limit(None)
    return link


def _verified(hop: Hop, outer: Link | None, deadline: Deadline) -> Link:
    """Connected to a server whose host key is known."""
    link = _shaken(hop, outer, deadline)
    try:
        _verify(link)
    except BaseException:
        link.session.end()
        raise
    return link


def _verify(link: Link) -> None:
    shown = _host_key(link)
    if shown.standing is not Standing.KNOWN:
        raise refusal(shown)


def _host_key(link: Link) -> HostKey:
    key = link.session.get_remote_server_key()
    shown = PublicKey(key.get_name(), key.asbytes())
    return judge_key(link.hop.known_hosts, link.hop.host, link.hop.names, shown)


def _shaken(hop: Hop, outer: Link | None, deadline: Deadline) -> Link:
    """Connected, with keys exchanged. A server that drops connections (MaxStartups) is asked again."""
    kinds = known_kinds(hop.known_hosts, hop.names)
    for turn in range(1, _TRIES + 1):
        sock = _tcp(hop, deadline) if outer is None else _through(outer, hop, deadline)
        session = Session(Wire(sock, deadline), kinds)
        trouble = _handshake(session, deadline)
        if trouble is None:
            return Link(hop, session, outer)
        session.end()
        pause = _FIRST_PAUSE * 2**turn * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
        if not _was_dropped(session) or turn == _TRIES or pause > deadline.left:
            raise _handshake_error(hop, session, trouble)
        time.sleep(pause)
    raise AssertionError("the last turn returns or raises")


def _handshake(session: Session, deadline: Deadline) -> Exception | None:
    seconds = max(0.0, deadline.left)
    session.banner_timeout = seconds + 1
    try:
        session.start_client(timeout=seconds)
    except (SSHException, EOFError, OSError) as error:
        return error
    if session.initial_kex_done and session.is_active():
        return None
    session.wire.late = session.is_active()
    return SSHException("not negotiated")


def _was_dropped(session: Session) -> bool:
    """Whether the server closed the connection before saying who it is, as one with too many of them does."""
    return session.wire.ended and (not session.wire.greeting or session.wire.greeting.startswith(b"Exceeded"))


def _handshake_error(hop: Hop, session: Session, trouble: Exception) -> RemoteError:
    wire = session.wire
    said = wire.said()
    if said and not said.startswith("SSH-"):
        code, message, remedy = "protocol", f"is no SSH server: it says {said!r}", "check port"
    elif wire.late and not said:
        code, message, remedy = "timeout", "accepts the connection and says nothing", "is it an SSH server?"
    elif wire.late:
        code, message, remedy = "timeout", "did not finish the key exchange in time", "look at its load"
    elif wire.flooded:
        code, message, remedy = "protocol", "sends too much before the login", "is it an SSH server?"
    elif isinstance(trouble, IncompatiblePeer):
        code, message, remedy = "protocol", f"shares no algorithm: {_plain(trouble)}", "update its SSH server"
    elif wire.ended:
        words = session.last_words or said or "without a word"
        code, message, remedy = (
            "unreachable",
            f"closes the connection ({words})",
            "see MaxStartups over there",
        )
    else:
        code, message, remedy = "protocol", f"breaks the SSH protocol: {_plain(trouble)}", "look at its log"
    return _error(hop, code, message, remedy)


def _tcp(hop: Hop, deadline: Deadline) -> socket.socket:
    """A TCP connection to the first of its addresses that answers."""
    place = f"{hop.address} port {hop.port}"
    reason = "no address"
    try:
        found = socket.getaddrinfo(hop.address, hop.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise _error(
            hop, "unreachable", f"{hop.address} is no known name ({_reason(error)})", "check address"
        ) from None
    for family, kind, protocol, _, address in found:
        seconds = min(deadline.left, hop.seconds or float("inf"))
        if seconds <= 0:
            break
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(seconds)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            reason = _reason(error)
        else:
            return sock
    raise _error(
        hop, "unreachable", f"no connection to {place}: {reason}", "is it on, and is the port right?"
    )


def _through(outer: Link, hop: Hop, deadline: Deadline) -> paramiko.Channel:
    """A connection that the jump host makes."""
    outer.limit(deadline, _OUTER_SECONDS)
    try:
        return outer.session.open_channel(
            "direct-tcpip", (hop.address, hop.port), ("127.0.0.1", 0), timeout=deadline.left
        )
    except ChannelException as error:
        jump = outer.hop.host
        if error.code == _FORBIDDEN:
            raise _error(
                hop, "denied", f"jump host {jump} forbids forwarding", "AllowTcpForwarding yes"
            ) from None
        raise _error(
            hop, "unreachable", f"jump host {jump} cannot reach {hop.address} port {hop.port}", "is it on?"
        ) from None
    except (SSHException, EOFError, OSError) as error:
        raise _error(
            hop, "unreachable", f"jump host {outer.hop.host} did not connect: {_plain(error)}", ""
        ) from None


class _Login:
    """One attempt with one credential; what the server really refused is told apart from all else."""

    def __init__(self, link: Link, credential: Credential, deadline: Deadline) -> None:
        self._hop = link.hop
        self._session = link.session
        self._credential = credential
        self._answered = False
        # The wire keeps the deadline; paramiko's own would look like a refusal.
        link.session.auth_timeout = max(0.0, deadline.left) + 1

    def run(self) -> None:
        """Log in. Raises `RemoteError`; `authentication` only when the server refused the credential."""
        hop, name = self._hop, self._credential.name
        try:
            wanted = self._attempt()
        except BadAuthenticationType as error:
            raise self._unwanted(error.allowed_types) from None
        except AuthenticationException as error:
            if not self._session.is_active():
                raise self._broken(error) from None
            raise _error(
                hop, "authentication", f"refused the {name} for user {hop.user}", _remedy(name)
            ) from None
        except (SSHException, EOFError, OSError) as error:
            raise self._broken(error) from None
        if wanted:
            raise _error(
                hop,
                "denied",
                f"wants {', '.join(wanted)} on top of the {name}",
                "let the account in with one of them",
            )

    def _attempt(self) -> list[str]:
        """What the server still wants after the credential; empty when it let us in."""
        user, key = self._hop.user, self._credential.key
        if key is not None:
            return self._session.auth_publickey(user, key)
        assert self._credential.password is not None
        try:
            # Which way the server takes a password, asked without one: a wrong one must be tried only once.
            return self._session.auth_none(user)
        except BadAuthenticationType as error:
            offered = error.allowed_types
        try:
            if "password" in offered:
                return self._session.auth_password(user, self._credential.password.reveal(), fallback=False)
            if "keyboard-interactive" in offered:
                return self._session.auth_interactive(user, self._answer)
        except BadAuthenticationType:  # refused, and passwords are no longer offered
            raise AuthenticationException from None
        raise self._unwanted(offered)

    def _answer(self, _title: str, _instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
        """The password, to one question that does not echo; no second one is answered."""
        if not prompts:
            return []
        if self._answered or len(prompts) > 1 or prompts[0][1]:
            raise SSHException("it asks for more than a password")
        self._answered = True
        assert self._credential.password is not None
        return [self._credential.password.reveal()]

    def _unwanted(self, offered: list[str]) -> RemoteError:
        ways = printable(", ".join(offered)) or "nothing"
        return _error(
            self._hop, "denied", f"does not take the {self._credential.name}; it offers {ways}",
            "declare a credential of a kind that it takes",
        )  # fmt: skip

    def _broken(self, error: Exception) -> RemoteError:
        session = self._session
        if session.wire.late:
            return _error(
                self._hop, "timeout", "did not answer the login in time", "look at the load of the machine"
            )
        if self._answered or "authentication failures" in session.last_words:
            why = session.last_words or _plain(error)
            name = self._credential.name
            return _error(
                self._hop,
                "authentication",
                f"refused the {name} for user {self._hop.user}: {why}",
                _remedy(name),
            )
        if session.wire.ended or session.last_words:
            why = session.last_words or "without a word"
            return _error(self._hop, "unreachable", f"closed the connection during the login ({why})", "")
        return _error(self._hop, "protocol", f"login failed: {_plain(error)}", "")


def _remedy(name: str) -> str:
    if name.startswith("password"):
        return "correct the secret; it is not tried again until it changes"
    return "add the public key to the account's authorized_keys, or correct user"


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(getattr(error, "strerror", "") or error).lower()


def _plain(error: Exception) -> str:
    return printable(str(error) or type(error).__name__)


def _error(hop: Hop, code: str, message: str, remedy: str) -> RemoteError:
    return RemoteError(f"{hop.host}: {message}", code=code, subject=f"host:{hop.host}", remedy=remedy)
