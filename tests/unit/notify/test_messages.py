"""What is told of a run, to whom, and in which form."""

import json
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from running import NOW
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding
from schoten_ict.core.remote import HttpAnswer, RemoteError
from schoten_ict.core.result import Result
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.fields import decode
from schoten_ict.inventory.sections.notify import Mail, Receiver
from schoten_ict.notify import messages
from schoten_ict.notify.messages import Message, message_of
from schoten_ict.notify.telling import TRIES, Outbox, start, tell

HEAD = "12:abcd"
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@dataclass(frozen=True)
class Row:
    """Rows are not told."""


def result(*verdicts: Verdict, problems: tuple[Problem, ...] = ()) -> Result[Row]:
    findings = [
        Finding("backup.read", f"job:j{number}", verdict, f"summary {number}", NOW)
        for number, verdict in enumerate(verdicts)
    ]
    return Result("backup.verify", Row, findings=findings, problems=problems, judged=True)


def told(*verdicts: Verdict, before: Verdict | None = None) -> Message:
    return message_of(result(*verdicts), "Schoten", NOW, HEAD, before)


def receiver(**declared: object) -> Receiver:
    return msgspec.convert({"name": "r", **declared}, Receiver, dec_hook=decode)


HOOK = {"webhook": {"url": "env:HOOK"}}
PING = {"ping": {"url": "env:PING"}}
MAIL = {"mail": {"server": "localhost", "from": "ict@schoten.example", "to": ["team@schoten.example"]}}


def test_a_failure_is_told_with_the_worst_first() -> None:
    message = told(Verdict.OK, Verdict.WARN, Verdict.FAIL)
    assert message.title == "Schoten: backup.verify FAILED"
    assert message.lines == ("FAIL    job:j2: summary 2", "WARN    job:j1: summary 1")
    assert "journal 12:abcd" in message.text


def test_a_good_run_after_a_bad_one_has_recovered() -> None:
    assert told(Verdict.OK, before=Verdict.FAIL).recovered
    assert "recovered" in told(Verdict.OK, before=Verdict.UNKNOWN).title
    assert not told(Verdict.OK, before=Verdict.OK).recovered
    assert not told(Verdict.OK).recovered
    assert not told(Verdict.FAIL, before=Verdict.FAIL).recovered


def test_problems_are_told_and_a_long_list_is_cut() -> None:
    problem = Problem("unreachable", "no route", "host:x")
    assert "host:x: no route" in message_of(result(Verdict.OK, problems=(problem,)), "", NOW, "", None).lines
    many = told(*[Verdict.FAIL] * 40)
    assert len(many.lines) == messages.MOST_LINES + 1
    assert many.lines[-1] == "and 15 more"


def test_a_run_that_was_broken_off_says_so_and_not_that_all_is_in_order() -> None:
    broken = Result("backup.verify", Row, judged=True, interrupted=True)
    message = message_of(broken, "Schoten", NOW, HEAD, None)
    assert (message.verdict, message.lines) == (Verdict.UNKNOWN, ("the run was broken off",))


@pytest.mark.parametrize(
    ("verdict", "before", "on", "wanted"),
    [
        (Verdict.FAIL, None, ["fail"], True),
        (Verdict.UNKNOWN, None, ["fail"], False),
        (Verdict.OK, Verdict.FAIL, ["fail", "recovered"], True),
        (Verdict.OK, Verdict.OK, ["fail", "recovered"], False),
        (Verdict.OK, None, ["ok"], True),
    ],
)
def test_a_receiver_hears_of_what_it_asked_for(
    verdict: Verdict, before: Verdict | None, on: list[str], wanted: bool
) -> None:
    assert messages.wants(receiver(**HOOK, on=on), told(verdict, before=before)) is wanted


def test_a_ping_hears_of_every_run_that_it_is_for() -> None:
    assert messages.wants(receiver(**PING), told(Verdict.OK))
    assert not messages.wants(receiver(**PING, of=["inventory.*"]), told(Verdict.OK))


def test_a_card_for_teams_shows_markup_of_others_as_text() -> None:
    finding = Finding("backup.read", "job:x", Verdict.FAIL, "[click](http://evil) *now*", NOW)
    shown = message_of(Result("backup.verify", Row, findings=[finding], judged=True), "S", NOW, "", None)
    body = messages.teams(shown)["attachments"][0]["content"]["body"]
    assert r"\[click\](http://evil) \*now\*" in body[1]["text"]


def test_ntfy_gets_topic_priority_and_text() -> None:
    published = messages.ntfy(told(Verdict.FAIL), "wacht")
    assert (published["topic"], published["priority"]) == ("wacht", 5)
    assert "job:j0" in published["message"]


@given(summary=TEXT, name=TEXT)
def test_every_form_holds_any_text_and_no_line_of_a_mail_can_be_forged(summary: str, name: str) -> None:
    finding = Finding("backup.read", f"job:{name}", Verdict.FAIL, summary, NOW)
    message = message_of(
        Result("backup.verify", Row, findings=[finding], judged=True),
        f"S\r\nBcc: x@y.example{name}",
        NOW,
        "",
        None,
    )
    json.dumps([messages.teams(message), messages.ntfy(message, "t"), messages.own(message)])
    declared = receiver(**MAIL).mail
    assert isinstance(declared, Mail)
    letter = message_from_bytes(messages.mail(message, declared).as_bytes(), policy=SMTP)
    assert letter["Bcc"] is None
    assert letter["Auto-Submitted"] == "auto-generated"


class Line(Outbox):
    """An outbox whose line is as told: each call takes the next of `answers`, an error or a status."""

    def __init__(self, *answers: int | RemoteError) -> None:
        self.answers = list(answers)
        self.posted: list[tuple[str, object]] = []

    def post(
        self, name: str, url: object, ca: str | None, suffix: str, body: object, seconds: float
    ) -> HttpAnswer:
        self.posted.append((suffix, body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, RemoteError):
            raise answer
        return HttpAnswer(answer, {}, b"")

    def mail(self, name: str, declared: Mail, letter: object, seconds: float) -> None:
        self.posted.append(("mail", letter))


def no_pause(_seconds: float) -> None:
    """Tests wait for nothing."""


def test_a_receiver_that_fails_for_a_moment_is_told_later() -> None:
    line = Line(503, RemoteError("no route", code="unreachable"), 200)
    [done] = tell(line, [receiver(**HOOK)], told(Verdict.FAIL), no_pause)
    assert (done.tries, done.problem) == (3, None)


def test_a_receiver_that_stays_away_is_a_problem_and_holds_up_no_other() -> None:
    line = Line(*[RemoteError("no route", code="unreachable")] * TRIES)
    first, second = tell(line, [receiver(**HOOK), receiver(**PING)], told(Verdict.FAIL), no_pause)
    assert first.problem is not None
    assert first.problem.message == "r was not told: no route"
    assert second.problem is None


def test_what_trying_again_does_not_mend_is_tried_once() -> None:
    [done] = tell(Line(RemoteError("no", code="tls")), [receiver(**HOOK)], told(Verdict.FAIL), no_pause)
    assert done.tries == 1
    [denied] = tell(Line(403), [receiver(**HOOK)], told(Verdict.FAIL), no_pause)
    assert denied.tries == 1


def test_a_dead_mans_switch_hears_start_and_then_success_or_failure() -> None:
    line = Line()
    start(line, [receiver(**PING), receiver(**HOOK)], "backup.verify", no_pause)
    tell(line, [receiver(**PING)], told(Verdict.OK), no_pause)
    tell(line, [receiver(**PING)], told(Verdict.UNKNOWN), no_pause)
    assert [suffix for suffix, _ in line.posted] == ["/start", "", "/fail"]
