"""HTTPS with one server: verified certificates, a deadline for each exchange, no redirects, no proxies."""

import base64
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from json import dumps
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from schoten_ict.connect.channel import Channel
from schoten_ict.connect.place import Place, network_error
from schoten_ict.connect.wire import TooMuchError, verifying
from schoten_ict.core.errors import ConfigurationError, UsageError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, HttpAnswer, RemoteError, Target, Words
from schoten_ict.core.secrets import Secret

HTTPS_PORT = 443
_LIMIT = 16 * 1024 * 1024
_FOREIGN = (OSError, HTTPException, TooMuchError, ValueError)


class HttpsSession:
    """A `HttpSession`. The connection is kept between requests, and made anew when the server closed it."""

    def __init__(self, target: Target, guard: AccountGuard) -> None:
        if target.tls is False:
            raise ConfigurationError(
                "HTTP without TLS is not used", subject=f"host:{target.host}", remedy="use its HTTPS port"
            )
        self._target = target
        self._guard = guard
        self._place = Place(target.host, target.address, target.port or HTTPS_PORT, "its HTTPS service")
        self._channel: Channel | None = None

    @property
    def host(self) -> str:
        """Who is asked."""
        return self._target.host

    @property
    def account(self) -> Account | None:
        """Who asks."""
        return self._target.account

    def open(self, seconds: float) -> Self:
        """Connect, so that a server that is not there shows at once."""
        failure: RemoteError
        try:
            self._connected(time.monotonic() + seconds)
        except _FOREIGN as error:
            failure = self._failure(error, "connecting")
        else:
            return self
        raise failure

    def request(
        self,
        method: str,
        path: str | Secret,
        *,
        query: Mapping[str, str] | None = None,
        headers: Words | None = None,
        json: Any = None,
        form: Words | None = None,
        signed: bool = False,
        seconds: float = 60.0,
        limit: int = _LIMIT,
    ) -> HttpAnswer:
        """One request and its answer."""
        if json is not None and form is not None:
            raise UsageError("a request has one body: JSON or a form")
        words: dict[str, str | Secret] = {"Accept": "application/json", **(headers or {})}
        if signed:
            words["Authorization"] = _proof(self.account)
        ask = _Ask(method, path, query or {}, words, json, form, time.monotonic() + seconds, limit)
        if not ask.fits():
            raise self._unsendable()
        if not signed:
            return self._asked(ask)
        with self.logging_in():
            answer = self._asked(ask)
            if answer.status == 401:  # noqa: PLR2004 - RFC 9110 section 15.5.2
                raise self._refused()
            return answer

    def logging_in(self) -> AbstractContextManager[None]:
        """Send a log-in inside."""
        return self._guard.admitted(self._target.account, self._target.host)

    def close(self) -> None:
        """End the session; safe to call twice."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _asked(self, ask: "_Ask") -> HttpAnswer:
        """The answer. Errors are raised outside the handler: no traceback leads back to a secret."""
        failure: RemoteError
        try:
            answer = self._sent(ask)
        except _FOREIGN as error:
            failure = self._failure(error, "connecting" if self._channel is None else "asking")
        except BaseException:
            self.close()  # what was not read to its end cannot be used again
            raise
        else:
            if 300 <= answer.status < 400:  # noqa: PLR2004 - the class of redirects
                self.close()
                raise self._redirected(answer.status)
            return answer
        raise failure

    def _sent(self, ask: "_Ask") -> HttpAnswer:
        """The answer. A server may close a kept connection at any moment: a GET goes again, on a new one."""
        kept = self._channel
        channel = self._connected(ask.end)
        try:
            return ask.send(channel)
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if channel is not kept or ask.method != "GET":
                raise
        self.close()
        return ask.send(self._connected(ask.end))

    def _connected(self, end: float) -> Channel:
        if self._channel is None or not self._channel.usable():
            self.close()
            name = self._target.server_name or self._target.address
            tls = verifying(self._target)
            self._channel = Channel.open(self._target.address, self._place.port, _left(end), tls, name)
        return self._channel

    def _failure(self, error: Exception, doing: str) -> RemoteError:
        self.close()
        match error:
            case TooMuchError():
                return self._place.error("too-large", "the answer is longer than allowed")
            case IncompleteRead():
                return network_error(ConnectionResetError(), self._place, doing)
            case OSError():
                return network_error(error, self._place, doing)
            case _:
                return self._place.error(
                    "protocol", f"an answer that is no HTTP while {doing}", "check the port of the service"
                )

    def _unsendable(self) -> ConfigurationError:
        return ConfigurationError(
            "an address or a secret with characters that cannot be sent",
            subject=f"host:{self._target.host}",
            remedy="look for blanks, line ends and accents in it",
        )

    def _redirected(self, status: int) -> RemoteError:
        said = f"HTTP {status}: a redirect, which is not followed"
        return self._place.error("protocol", said, "name the server itself")

    def _refused(self) -> RemoteError:
        name = self.account.name if self.account else ""
        return self._place.error(
            "authentication", f"account {name} was refused", "check its user, password or token"
        )


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request on its way; what it reveals stays in the frames of its methods."""

    method: str
    path: str | Secret
    query: Mapping[str, str]
    headers: Words
    json: Any
    form: Words | None
    end: float
    limit: int

    def fits(self) -> bool:
        """Whether path and headers can be sent as they are (RFC 9110 section 5.5)."""
        path = _plain(self.path)
        values = [_plain(value) for value in self.headers.values()]
        return path.startswith("/") and " " not in path and all(map(_is_visible, [path, *values]))

    def send(self, channel: Channel) -> HttpAnswer:
        """Send it and read the answer."""
        path = _plain(self.path) + (f"?{urlencode(self.query)}" if self.query else "")
        headers = {name: _plain(value) for name, value in self.headers.items()}
        body: bytes | None = None
        if self.json is not None:
            body = dumps(self.json, allow_nan=False).encode("ascii")
            headers["Content-Type"] = "application/json"
        elif self.form is not None:
            body = urlencode({name: _plain(value) for name, value in self.form.items()}).encode("ascii")
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return channel.ask(self.method, path, body, headers, _left(self.end), limit=self.limit)


def _is_visible(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _proof(account: Account | None) -> Secret:
    """The value of `Authorization` for an account (RFC 6750 section 2.1, RFC 7617)."""
    if account is not None and "token" in account.secrets:
        return Secret(f"Bearer {account.secrets['token'].reveal()}")
    if account is not None and "password" in account.secrets:
        pair = f"{account.user}:{account.secrets['password'].reveal()}".encode()
        return Secret(f"Basic {base64.b64encode(pair).decode('ascii')}")
    name = f"credential {account.name}" if account else "the connection"
    raise ConfigurationError(
        f"{name} has neither token nor password", remedy="add token: or password: with a reference"
    )


def open_http(target: Target, guard: AccountGuard, seconds: float) -> HttpsSession:
    """A session with an HTTPS service, connected within `seconds`.

    Nothing is sent before the first request. Raises `RemoteError`, and `ConfigurationError` for a service
    without TLS or an authority that cannot be read.
    """
    return HttpsSession(target, guard).open(seconds)


def located(url: str, name: str) -> tuple[Target, str]:
    """Where a URL points to, called `name` in messages, and the path with its query.

    Raises `ConfigurationError` for what is no HTTPS URL, or holds a password: the URL itself is not repeated,
    as the address of a webhook is a secret.
    """
    from schoten_ict.core.remote import Via

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme != "https" or not host or parts.username is not None:
        raise ConfigurationError(
            f"{name}: not the address of an HTTPS service", remedy="write https://HOST[:PORT]/PATH"
        )
    path = parts.path or "/"
    return Target(name, host, Via.HTTP, port or 0), f"{path}?{parts.query}" if parts.query else path
