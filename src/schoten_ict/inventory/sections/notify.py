"""`notify`: who hears of the verdicts of scheduled runs, and how."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, field

from schoten_ict.inventory.fields import (
    Address,
    Declared,
    Name,
    Port,
    RelativeFile,
    SecretField,
    Text,
    pattern,
)
from schoten_ict.inventory.flaws import Flaw
from schoten_ict.inventory.section import Known, Section, dangling

MailAddress = Annotated[str, pattern(r"[^\s@<>,;]+@[^\s@<>,;]+", "a mail address")]
Event = Literal["fail", "warn", "unknown", "ok", "recovered"]


class Mail(Declared, frozen=True, kw_only=True):
    """Mail over SMTP, always with verified TLS: `starttls` (port 587) or `tls` from the first byte (465)."""

    server: Address
    port: Port | None = None
    tls: Literal["starttls", "tls"] = "starttls"
    ca: RelativeFile | None = None
    credential: Name | None = None
    from_: MailAddress = field(name="from")
    to: Annotated[tuple[MailAddress, ...], Meta(min_length=1, extra={"expected": "a list with an address"})]


class Webhook(Declared, frozen=True, kw_only=True):
    """A message over HTTPS: an Adaptive Card for Teams, JSON for ntfy (with its `topic`), or ict's own JSON.

    `url` is a secret: who knows it can post.
    """

    url: SecretField
    format: Literal["teams", "ntfy", "json"] = "json"
    topic: Text | None = None
    ca: RelativeFile | None = None


class Ping(Declared, frozen=True, kw_only=True):
    """A dead-man's switch: `url` after a good run, `url/fail` after another, `url/start` before it.

    The convention of healthchecks.io; it speaks up when no ping comes. The body holds the journal's head.
    """

    url: SecretField
    ca: RelativeFile | None = None


class Receiver(Declared, frozen=True, kw_only=True):
    """One way to tell. `on` are the outcomes that it is told of (a ping hears of all).

    `of` are patterns of the runs that it is told of: `backup.*`.
    """

    name: Name
    mail: Mail | None = None
    webhook: Webhook | None = None
    ping: Ping | None = None
    on: tuple[Event, ...] = ("fail", "unknown", "recovered")
    of: tuple[Text, ...] = ("*",)


def _check(receivers: tuple[Receiver, ...], known: Known) -> Iterator[Flaw]:
    for index, receiver in enumerate(receivers):
        given = [name for name in ("mail", "webhook", "ping") if getattr(receiver, name) is not None]
        if len(given) != 1:
            yield Flaw((index,), "needs one of mail, webhook and ping", "keep one of them per entry")
        mail, webhook = receiver.mail, receiver.webhook
        if mail is not None and mail.credential is not None and mail.credential not in known["credentials"]:
            yield dangling("credentials", mail.credential, (index, "mail", "credential"), known)
        if webhook is not None and (webhook.format == "ntfy") != (webhook.topic is not None):
            yield Flaw(
                (index, "webhook"), "topic goes with format ntfy, and ntfy needs one", "add or remove topic"
            )


NOTIFY: Section[tuple[Receiver, ...]] = Section(
    key="notify",
    shape=tuple[Receiver, ...],
    empty=(),
    purpose="Who hears of the verdicts of scheduled runs, and how.",
    named_by="name",
    check=_check,
)
SECTION = NOTIFY
