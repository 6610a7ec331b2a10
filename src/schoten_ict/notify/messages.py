"""What is told of a run: pure functions from a result to a message, and from a message to each form.

Forms: Adaptive Cards 1.4 in the envelope of Teams' Workflows; JSON publishing of ntfy (docs.ntfy.sh/publish);
RFC 5322 through the standard library.
"""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from fnmatch import fnmatchcase
from typing import Any

from schoten_ict.core.finding import Finding
from schoten_ict.core.result import Result
from schoten_ict.core.text import printable
from schoten_ict.core.times import utc_text
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.notify import Mail, Receiver

MOST_LINES = 25
_WORDS = {
    Verdict.OK: "in order",
    Verdict.WARN: "warning",
    Verdict.FAIL: "FAILED",
    Verdict.UNKNOWN: "NOT KNOWN",
}
_PRIORITIES = {Verdict.OK: 2, Verdict.WARN: 3, Verdict.UNKNOWN: 4, Verdict.FAIL: 5}
_TAGS = {
    Verdict.OK: "white_check_mark",
    Verdict.WARN: "warning",
    Verdict.UNKNOWN: "question",
    Verdict.FAIL: "x",
}
_COLOURS = {
    Verdict.OK: "Good", Verdict.WARN: "Warning", Verdict.UNKNOWN: "Warning", Verdict.FAIL: "Attention",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One run in words. `recovered` says that the run before it was not in order.

    `head` is the journal's head (`sequence:hash`), so that whoever keeps the message can later prove that the
    journal was not shortened.
    """

    run: str
    verdict: Verdict
    title: str
    lines: tuple[str, ...]
    at: datetime
    head: str = ""
    recovered: bool = False

    @property
    def text(self) -> str:
        """The message as plain text."""
        parts = [*self.lines, "", f"{utc_text(self.at)}  {self.run}"]
        return "\n".join([*parts, f"journal {self.head}"] if self.head else parts)


def message_of(
    result: Result[Any], organisation: str, at: datetime, head: str, before: Verdict | None
) -> Message:
    """What a run is told as. `before` is how the last one ended that was told."""
    wrong = [each for each in result.for_people() if each.counted is not Verdict.OK]
    verdict = result.status
    recovered = verdict is Verdict.OK and before is not None and before is not Verdict.OK
    word = "recovered" if recovered else _WORDS[verdict]
    title = f"{organisation}: {result.kind} {word}".lstrip(": ")
    lines = [_line(each) for each in sorted(wrong, key=lambda each: -each.counted.rank)]
    lines += [problem.line() for problem in result.problems]
    lines += ["the run was broken off"] if result.interrupted else []
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more"]
    told = lines or [f"{len(result.findings)} checks, all in order"]
    return Message(result.kind, verdict, printable(title), tuple(map(printable, told)), at, head, recovered)


def _line(finding: Finding) -> str:
    return f"{finding.verdict.value.upper():7} {finding.subject}: {finding.summary}"


def fits(receiver: Receiver, run: str) -> bool:
    """Whether a receiver is for this kind of run."""
    return any(fnmatchcase(run, pattern) for pattern in receiver.of)


def wants(receiver: Receiver, message: Message) -> bool:
    """Whether a receiver is told of this; a ping hears of every run that it is for."""
    if not fits(receiver, message.run):
        return False
    if receiver.ping is not None:
        return True
    return message.verdict.value in receiver.on or (message.recovered and "recovered" in receiver.on)


def teams(message: Message) -> dict[str, Any]:
    """An Adaptive Card as Teams' Workflows take it."""
    body: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "text": _unmarked(message.title),
            "weight": "Bolder",
            "size": "Medium",
            "wrap": True,
            "color": _COLOURS[message.verdict],
        },
        *({"type": "TextBlock", "text": _unmarked(line), "wrap": True} for line in message.lines),
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def ntfy(message: Message, topic: str) -> dict[str, Any]:
    """A message as ntfy takes it."""
    return {
        "topic": topic,
        "title": message.title,
        "message": message.text,
        "priority": _PRIORITIES[message.verdict],
        "tags": [_TAGS[message.verdict]],
    }


def own(message: Message) -> dict[str, Any]:
    """The message in JSON, as ict itself writes it."""
    return {
        "schema": "ict/1",
        "kind": "notification",
        "run": message.run,
        "status": message.verdict.value,
        "recovered": message.recovered,
        "title": message.title,
        "lines": list(message.lines),
        "at": utc_text(message.at),
        "journal_head": message.head,
    }


def mail(message: Message, declared: Mail) -> EmailMessage:
    """A mail in plain text; a scheduler sent it, so that no holiday notice answers (RFC 3834)."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = declared.from_
    letter["To"] = ", ".join(declared.to)
    letter["Subject"] = message.title
    letter["Date"] = format_datetime(message.at)
    letter["Message-ID"] = make_msgid(domain=declared.from_.partition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text + "\n")
    return letter


_MARKS = str.maketrans({char: f"\\{char}" for char in "\\*_[]#`~>"})


def _unmarked(text: str) -> str:
    """Text of others shows as it is: cards read Markdown."""
    return text.translate(_MARKS)
