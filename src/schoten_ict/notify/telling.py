"""Telling the receivers: each is tried a few times, and one that hears nothing holds up no other."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.remote import HttpAnswer
from schoten_ict.core.secrets import SecretReference
from schoten_ict.inventory.sections.notify import Mail, Ping, Receiver, Webhook
from schoten_ict.notify import messages
from schoten_ict.notify.messages import Message

TRIES = 3
_PAUSES = (1.0, 4.0)
_SECONDS = 20.0
_LASTING = frozenset({"configuration", "authentication", "not-asked", "denied", "tls", "usage"})
"""What trying again does not mend."""


class Outbox(Protocol):
    """Sends things outside. Raises `RemoteError` and `ConfigurationError`."""

    def post(
        self, name: str, url: SecretReference, ca: str | None, suffix: str, body: object, seconds: float
    ) -> HttpAnswer:
        """POST JSON to the address behind `url`, with `suffix` behind its path."""

    def mail(self, name: str, declared: Mail, letter: EmailMessage, seconds: float) -> None:
        """Hand a mail to the server."""


@dataclass(frozen=True, slots=True)
class Told:
    """Whether one receiver was told; `problem` is why not."""

    receiver: str
    way: str
    tries: int
    problem: Problem | None = None


def tell(
    outbox: Outbox,
    receivers: Iterable[Receiver],
    message: Message,
    pause: Callable[[float], None] = time.sleep,
) -> list[Told]:
    """Tell everybody who wants to hear of this, one after the other."""
    return tell_all(outbox, [each for each in receivers if messages.wants(each, message)], message, pause)


def tell_all(
    outbox: Outbox,
    receivers: Iterable[Receiver],
    message: Message,
    pause: Callable[[float], None] = time.sleep,
) -> list[Told]:
    """Tell every receiver, whatever it wants to hear of."""
    return [_told(outbox, each, message, pause) for each in receivers]


def start(
    outbox: Outbox, receivers: Iterable[Receiver], run: str, pause: Callable[[float], None] = time.sleep
) -> list[Told]:
    """Tell the dead-man's switches that a run begins."""

    def begin(ping: Ping, name: str) -> Callable[[], None]:
        return lambda: _accepted(outbox.post(name, ping.url, ping.ca, "/start", {"run": run}, _SECONDS), name)

    return [
        _tried(each.name, "ping", begin(each.ping, each.name), pause)
        for each in receivers
        if each.ping is not None and messages.fits(each, run)
    ]


def _told(outbox: Outbox, receiver: Receiver, message: Message, pause: Callable[[float], None]) -> Told:
    name = receiver.name
    if receiver.mail is not None:
        declared = receiver.mail
        letter = messages.mail(message, declared)
        return _tried(name, "mail", lambda: outbox.mail(name, declared, letter, _SECONDS), pause)
    if receiver.webhook is not None:
        hook = receiver.webhook
        body = _body(hook, message)
        return _tried(
            name,
            "webhook",
            lambda: _accepted(outbox.post(name, hook.url, hook.ca, "", body, _SECONDS), name),
            pause,
        )
    ping = receiver.ping
    assert ping is not None
    suffix = "" if message.verdict.value == "ok" else "/fail"
    told = messages.own(message)
    return _tried(
        name,
        "ping",
        lambda: _accepted(outbox.post(name, ping.url, ping.ca, suffix, told, _SECONDS), name),
        pause,
    )


def _body(hook: Webhook, message: Message) -> object:
    if hook.format == "teams":
        return messages.teams(message)
    return messages.ntfy(message, hook.topic or "") if hook.format == "ntfy" else messages.own(message)


def _accepted(answer: HttpAnswer, name: str) -> None:
    if not answer.is_success:
        raise answer.refusal(name)


def _tried(name: str, way: str, send: Callable[[], None], pause: Callable[[float], None]) -> Told:
    problem: Problem | None = None
    for number in range(1, TRIES + 1):
        try:
            send()
        except IctError as error:
            first = error.problems[0]
            problem = Problem(
                first.code, f"{name} was not told: {first.message}", f"receiver:{name}", first.remedy
            )
            if first.code in _LASTING or number == TRIES:
                return Told(name, way, number, problem)
            pause(_PAUSES[number - 1])
        else:
            return Told(name, way, number)
    return Told(name, way, TRIES, problem)
