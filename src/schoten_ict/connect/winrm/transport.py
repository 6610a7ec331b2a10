"""How WS-Management messages travel: HTTPS, or HTTP with every message encrypted.

It stands in for pywinrm's own transport, which follows redirects and proxies, takes unencrypted answers over
HTTP, has no overall deadline, and after a lost connection sends a message sealed with the old key again.
"""

import spnego
from winrm.exceptions import WinRMTransportError

from schoten_ict.connect.channel import Channel
from schoten_ict.connect.place import Place
from schoten_ict.connect.winrm import login
from schoten_ict.connect.winrm.faults import asked, status_error
from schoten_ict.connect.winrm.sealing import CONTENT_TYPE, MEDIA_TYPE, seal, unseal
from schoten_ict.connect.wire import verifying
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, HttpAnswer, RemoteError, Target

HTTP_PORT, HTTPS_PORT = 5985, 5986
PATH = "/wsman"
SOAP = "application/soap+xml"
_ROUNDS = 4
_HEAD = 512
_OK, _UNAUTHORIZED = 200, 401


def uses_tls(target: Target) -> bool:
    """Whether it is reached over HTTPS."""
    return target.port != HTTP_PORT if target.tls is None else target.tls


def place_of(target: Target) -> Place:
    """Where its listener is."""
    port = target.port or (HTTPS_PORT if uses_tls(target) else HTTP_PORT)
    return Place(target.host, target.address, port, "WinRM")


class Transport:
    """One authenticated connection of one thread. `patience` bounds each exchange, in seconds.

    A connection that was lost between two messages is replaced and logged in anew before the next is sent.
    A message that was sent and not answered is never sent again: it may have had its effect.
    """

    def __init__(self, target: Target, account: Account, guard: AccountGuard) -> None:
        self._target = target
        self._account = account
        self._guard = guard
        self._tls = uses_tls(target)
        self.place = place_of(target)
        self._name = target.server_name or target.address
        self._channel: Channel | None = None
        self._security: spnego.ContextProxy | None = None
        self._deadline = Deadline(0.0)
        self.patience = 0.0

    def allow(self, deadline: Deadline) -> None:
        """From now on this deadline holds for everything together."""
        self._deadline = deadline
        self.patience = deadline.left

    @property
    def left(self) -> float:
        """Seconds left of what was allowed; zero or less when there are none."""
        return self._deadline.left

    def log_in(self) -> None:
        """Connect and prove who asks; the account guard decides when. Raises `RemoteError`."""
        self.close_session()
        asked(self.place, "connecting", self._connect)
        with self._guard.admitted(self._account, self._target.host, self._deadline):
            if self._channel is None or not self._channel.usable():
                self.close_session()
                asked(self.place, "connecting", self._connect)
            asked(self.place, "logging in", self._prove)

    def send_message(self, message: str) -> bytes:
        """The answer to a WS-Management message, as pywinrm's `Protocol` calls for it.

        Raises `RemoteError`, `WinRMTransportError` with the text of a fault, and what `Channel.post` and
        `unseal` raise.
        """
        if self._security is None or self._channel is None or not self._channel.usable():
            self.log_in()
        assert self._security is not None
        content = message.encode("utf-8")
        if self._tls:
            answer = self._post(content, {"Content-Type": f"{SOAP};charset=UTF-8"})
        else:
            answer = self._post(seal(self._security, content), {"Content-Type": CONTENT_TYPE})
        try:
            text = self._text(answer, self._security)
        except BaseException:
            self.close_session()  # the sequence of sealed messages may be broken
            raise
        if answer.status != _OK:
            raise WinRMTransportError("http", answer.status, text.decode("utf-8"))
        return text

    def close_session(self) -> None:
        """Close the connection; safe to call twice."""
        channel, self._channel, self._security = self._channel, None, None
        if channel is not None:
            channel.close()

    def _connect(self) -> None:
        tls = verifying(self._target) if self._tls else None
        self._channel = Channel.open(self._target.address, self.place.port, self._allowed(), tls, self._name)

    def _prove(self) -> None:
        """The exchange of tokens; the requests that carry them are empty."""
        assert self._channel is not None
        security, token = login.begin(self._account, self._name, self._channel.certificate, self.place)
        for _ in range(_ROUNDS):
            answer = self._post(b"", {**login.header(token), "Content-Type": f"{SOAP};charset=UTF-8"})
            reply = login.token_of(answer)
            if answer.status != _UNAUTHORIZED:
                self._accept(security, answer, reply)
                return
            if security.complete:
                raise self._refused()
            if reply is None:
                raise self._not_offered(login.offers(answer))
            token = security.step(reply)
        raise self.place.error("protocol", "the log-in goes on without end")

    def _accept(self, security: spnego.ContextProxy, answer: HttpAnswer, reply: bytes | None) -> None:
        if answer.status != _OK or (answer.body and answer.media_type != SOAP):
            raise status_error(answer.status, answer.media_type, self.place, "logging in")
        if not security.complete and reply is not None:
            security.step(reply)
        if not security.complete:
            raise self.place.error("protocol", "let in without a log-in, so it did not prove who it is")
        if not self._tls and not security.context_attr & spnego.ContextReq.confidentiality:
            raise self.place.error("protocol", "it agreed to no encryption", "use its HTTPS listener")
        self._security = security

    def _refused(self) -> RemoteError:
        if login.transport_of(self._account) == "kerberos":  # the KDC took the password: it is right
            return self.place.error(
                "denied",
                f"account {self._account.name} ({self._account.user}) has a ticket and is not let in",
                "let the account log on there over the network, and see to its trust with the domain",
            )
        return self.place.error(
            "authentication",
            f"account {self._account.name} ({self._account.user}) was refused",
            "check user and password, and that this machine lets the account log on over the network",
        )

    def _not_offered(self, offered: str) -> RemoteError:
        return self.place.error(
            "denied",
            f"no {login.transport_of(self._account)} log-in there; it offers {offered}",
            'enable Negotiate there: winrm set winrm/config/service/auth @{Negotiate="true"}',
        )  # fmt: skip

    def _post(self, content: bytes, headers: dict[str, str]) -> HttpAnswer:
        assert self._channel is not None
        return self._channel.post(PATH, content, headers, self._allowed())

    def _allowed(self) -> Deadline:
        allowed = self._deadline.within(self.patience)
        if allowed.over:
            raise TimeoutError
        return allowed

    def _text(self, answer: HttpAnswer, security: spnego.ContextProxy) -> bytes:
        expected = SOAP if self._tls else MEDIA_TYPE
        if answer.media_type != expected:
            if answer.media_type == SOAP:
                raise self.place.error("protocol", "an answer that is not encrypted; it is not used")
            raise status_error(answer.status, answer.media_type, self.place, "asking")
        text = answer.body if self._tls else unseal(security, answer.body)
        if b":Envelope" not in text[:_HEAD] or b"<!DOCTYPE" in text:
            raise ValueError("no SOAP message")  # which has no DTD either (SOAP 1.2 part 1 section 5)
        return text
