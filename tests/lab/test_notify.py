"""Receivers are told over real SMTP and HTTPS, with verified certificates, and what goes wrong is told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lab.servers.web import Asked, Said, Site
from lab.servers.winrm.certificates import Authority
from running import Answer, Ict

pytestmark = pytest.mark.lab
NAME = "localhost"
USER, PASSWORD = "ict", "Post-in-Schoten-2026!"
TOKEN = "hook-0123456789abcdef"


@dataclass
class Mailbox:
    """Takes mail, or refuses it with `refusal`; `refused` are who it takes none for, `later` how often."""

    letters: list[Envelope] = field(default_factory=list)
    refusal: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    later: int = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.later:
            self.later -= 1
            return "451 greylisted, come back later"
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refusal:
            return self.refusal
        self.letters.append(envelope)
        return "250 taken"


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@contextmanager
def mail_server(authority: Authority | None, mailbox: Mailbox) -> Iterator[int]:
    """An SMTP server on loopback; its port. Without an authority it offers no TLS."""
    context = authority.issue(NAME).context() if authority else None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=context is not None,
        auth_required=context is not None, auth_require_tls=context is not None, authenticator=_login,
    )  # fmt: skip
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def ict(tmp_path: Path, authority: Authority) -> Ict:
    """A workspace with the lab's authority and the secrets of its receivers."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "ca.pem").write_bytes(authority.path.read_bytes())
    for name, secret in (("wachtwoord", PASSWORD), ("fout", "fout")):
        (here / name).write_text(secret, encoding="ascii")
        (here / name).chmod(0o600)
    return Ict(here)


def declare(ict: Ict, receivers: str, password: str = "wachtwoord") -> None:
    (ict.folder / "inventory.yaml").write_text(
        f"organisation: {{name: Proef}}\n"
        f'credentials: {{post: {{kind: smtp, user: {USER}, password: "file:{password}"}}}}\n'
        f"notify:\n{receivers}\n",
        encoding="utf-8",
    )


def mail(port: int, *, ca: str = "ca: ca.pem,", to: str = "team@schoten.example") -> str:
    return (
        f"  - {{name: post, mail: {{server: {NAME}, port: {port}, {ca} credential: post, "
        f"from: ict@schoten.example, to: [{to}]}}}}"
    )


def hook(ict: Ict, site: Site, form: str = "json", path: str = f"/in/{TOKEN}") -> str:
    (ict.folder / "adres").write_text(f"https://{NAME}:{site.port}{path}\n", encoding="ascii")
    (ict.folder / "adres").chmod(0o600)
    topic = ", topic: wacht" if form == "ntfy" else ""
    return f'  - {{name: haak, webhook: {{url: "file:adres", format: {form}, ca: ca.pem{topic}}}}}'


def problem_of(answer: Answer) -> str:
    assert answer.exit == 3, answer.out
    [problem] = answer.json()["errors"]
    assert PASSWORD not in answer.out + answer.err
    assert TOKEN not in answer.out + answer.err
    return str(problem["message"])


def test_a_mail_goes_over_verified_tls_with_the_account(ict: Ict, authority: Authority) -> None:
    mailbox = Mailbox()
    with mail_server(authority, mailbox) as port:
        declare(ict, mail(port))
        answer = ict("notify", "test", "-o", "json")
    assert answer.exit == 0, answer.err
    [letter] = mailbox.letters
    assert letter.rcpt_tos == ["team@schoten.example"]
    assert isinstance(letter.content, bytes)
    assert b"Auto-Submitted: auto-generated" in letter.content
    assert PASSWORD.encode() not in letter.content


def test_a_server_without_tls_gets_neither_password_nor_mail(ict: Ict) -> None:
    mailbox = Mailbox()
    with mail_server(None, mailbox) as port:
        declare(ict, mail(port))
        assert "offers no TLS" in problem_of(ict("notify", "test", "-o", "json"))
    assert mailbox.letters == []


def test_a_certificate_of_somebody_else_is_refused(ict: Ict, authority: Authority, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (ict.folder / "ca.pem").write_bytes(Authority(other).path.read_bytes())
    with mail_server(authority, Mailbox()) as port:
        declare(ict, mail(port))
        assert "no verified TLS" in problem_of(ict("notify", "test", "-o", "json"))


def test_a_refused_account_is_tried_once_and_then_held_back(ict: Ict, authority: Authority) -> None:
    with mail_server(authority, Mailbox()) as port:
        declare(ict, mail(port), password="fout")
        assert "account post was refused" in problem_of(ict("notify", "test", "-o", "json"))
        assert "not asked" in problem_of(ict("notify", "test", "-o", "json"))


def test_a_server_that_takes_no_mail_is_told(ict: Ict, authority: Authority) -> None:
    with mail_server(authority, Mailbox(refusal="554 no")) as port:
        declare(ict, mail(port))
        assert "does not take the mail (code 554)" in problem_of(ict("notify", "test", "-o", "json"))


def test_a_mail_that_is_not_taken_for_everybody_is_told_once_with_who_misses_it(
    ict: Ict, authority: Authority
) -> None:
    mailbox = Mailbox(refused={"weg@schoten.example": "550 no such mailbox"})
    with mail_server(authority, mailbox) as port:
        declare(ict, mail(port, to="team@schoten.example, weg@schoten.example"))
        assert "but not for weg@schoten.example" in problem_of(ict("notify", "test", "-o", "json"))
    assert [letter.rcpt_tos for letter in mailbox.letters] == [["team@schoten.example"]]


def test_a_server_that_says_later_is_asked_again(ict: Ict, authority: Authority) -> None:
    mailbox = Mailbox(later=1)
    with mail_server(authority, mailbox) as port:
        declare(ict, mail(port))
        answer = ict("notify", "test", "-o", "json")
    assert (answer.exit, answer.json()["data"][0]["tries"]) == (0, 2)
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize("form", ["json", "teams", "ntfy"])
def test_a_webhook_gets_its_form(ict: Ict, authority: Authority, form: str) -> None:
    with Site(authority.issue(NAME), lambda _asked: Said(status=202)) as site:
        declare(ict, hook(ict, site, form))
        assert ict("notify", "test", "-o", "json").exit == 0
        [asked] = site.asked
    assert asked.path == f"/in/{TOKEN}"
    assert b"This is a test" in asked.body


def test_a_dead_mans_switch_hears_start_and_end_of_a_real_run(ict: Ict, authority: Authority) -> None:
    def answer(_asked: Asked) -> Said:
        return Said(body=b"OK", kind="text/plain")

    with Site(authority.issue(NAME), answer) as site:
        receivers = hook(ict, site).replace("webhook", "ping").replace(", format: json", "")
        declare(
            ict, receivers + "\nbackups: [{name: a, engine: sqlite, repository: {url: geen.db}, rpo: 26h}]"
        )
        ict("backup", "verify", "--notify")
        asked = [each.path for each in site.asked]
        assert b"journal_head" in site.asked[-1].body
    assert asked == [f"/in/{TOKEN}/start", f"/in/{TOKEN}/fail"]


def test_a_webhook_that_says_no_is_told_without_its_address(ict: Ict, authority: Authority) -> None:
    with Site(authority.issue(NAME), lambda _asked: Said(status=403)) as site:
        declare(ict, hook(ict, site))
        assert "HTTP 403" in problem_of(ict("notify", "test", "-o", "json"))
        assert len(site.asked) == 1
