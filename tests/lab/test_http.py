"""The HTTPS client against a real server: TLS, accounts, deadlines, limits and peers that mean harm."""

import base64
import json
import socket
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from lab.http_rig import NAME, PASSWORD, TOKEN, USER, Web, account, bearer, code_of, refusal
from lab.servers.web import Asked, Manner, Said
from lab.servers.winrm.certificates import Authority
from lab.winrm_rig import Memory, threads
from schoten_ict.connect.http import located, open_http
from schoten_ict.core.errors import ConfigurationError, UsageError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError, Target, Via
from schoten_ict.core.secrets import Secret

SECONDS = 0.8
CODES = {
    Manner.DROP: "unreachable",
    Manner.HALF: "unreachable",
    Manner.STALL: "timeout",
    Manner.TRICKLE: "timeout",
    Manner.DRIP: "timeout",
    Manner.ENDLESS: "too-large",
    Manner.BOAST: "too-large",
    Manner.HEADERS: "too-large",
    Manner.REDIRECT: "protocol",
    Manner.NOT_HTTP: "protocol",
}
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def web(authority: Authority) -> Web:
    return Web(authority)


def echo(asked: Asked) -> Said:
    words = {
        "method": asked.method, "path": asked.path, "query": dict(asked.query), "body": asked.body.decode(),
        "headers": dict(asked.headers),
    }  # fmt: skip
    return Said(200, json.dumps(words).encode())


def test_a_request_travels_whole_and_the_connection_is_kept(web: Web) -> None:
    with web.site(echo) as site, web.open(site) as session:
        first = session.request("GET", "/api/v1/jobs", query={"limit": "5", "name": "é&b"})
        again = session.request(
            "POST", "/api", json={"text": "Geëerd"}, headers={"x-api-version": "1.3-rev1"}
        )
        form = session.request("POST", "/form", form={"user": "a b", "password": Secret("p&=ß")})
        assert len(site._connections) == 1
    said = [json.loads(answer.body) for answer in (first, again, form)]
    assert (said[0]["method"], said[0]["path"]) == ("GET", "/api/v1/jobs")
    assert said[0]["query"] == {"limit": "5", "name": "é&b"}
    assert said[0]["headers"]["host"].startswith(NAME)
    assert json.loads(said[1]["body"]) == {"text": "Geëerd"}
    assert said[1]["headers"]["x-api-version"] == "1.3-rev1"
    assert parse_qs(said[2]["body"]) == {"user": ["a b"], "password": ["p&=ß"]}
    assert first.media_type == "application/json"


def test_without_signing_no_account_is_told(web: Web) -> None:
    with web.site(echo) as site, web.open(site, account()) as session:
        assert "authorization" not in json.loads(session.request("GET", "/").body)["headers"]


def test_a_signed_request_carries_the_token_or_the_password(web: Web) -> None:
    with web.site(echo) as site:
        for who, expected in [
            (bearer(), f"Bearer {TOKEN}"),
            (account(), "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()),
        ]:
            with web.open(site, who) as session:
                headers = json.loads(session.request("GET", "/", signed=True).body)["headers"]
            assert headers["authorization"] == expected


def test_a_refused_account_is_shut_for_this_run_and_the_next(web: Web) -> None:
    memory = Memory()
    with web.site(lambda _: Said(401)) as site:
        with web.open(site, account(), memory) as session:
            codes = [code_of(lambda: session.request("GET", "/", signed=True)) for _ in range(2)]
            assert codes == ["authentication", "not-asked"]
        with web.open(site, account(), memory) as session:
            assert code_of(lambda: session.request("GET", "/", signed=True)) == "not-asked"
        assert len(site.asked) == 1
    assert memory.hosts == ["srv-veeam01"]


def test_a_log_in_of_ones_own_is_guarded_too(web: Web) -> None:
    memory = Memory()
    with web.site(echo) as site, web.open(site, account(), memory) as session:
        with pytest.raises(RemoteError), session.logging_in():
            raise RemoteError("refused", code="authentication")
        assert code_of(lambda: session.request("GET", "/", signed=True)) == "not-asked"
        assert not site.asked


@pytest.mark.parametrize(("manner", "code"), CODES.items(), ids=[each.name for each in CODES])
def test_whatever_comes_instead_of_an_answer_is_one_clear_error_and_the_next_request_works(
    web: Web, manner: Manner, code: str
) -> None:
    before = threads()
    with web.site(echo) as site, web.open(site, account()) as session:
        site.at("/", manner)
        ask = partial(session.request, "POST", "/", signed=True, seconds=SECONDS, limit=100_000)
        assert code_of(ask) == code
        assert session.request("GET", "/").status == 200
    assert threads() == before


def test_no_redirect_is_followed_and_no_secret_goes_elsewhere(web: Web) -> None:
    with web.site(echo) as other, web.site(echo) as site, web.open(site, bearer()) as session:
        site.elsewhere = f"https://{other.address}:{other.port}/"
        site.at("/", Manner.REDIRECT)
        assert code_of(lambda: session.request("GET", "/", signed=True)) == "protocol"
        assert not other.asked


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
def test_any_other_status_is_an_answer_and_says_what_it_means(web: Web, status: int) -> None:
    with web.site(lambda _: Said(status, b"{}")) as site, web.open(site) as session:
        answer = session.request("GET", "/")
    assert (answer.status, answer.is_success) == (status, False)
    problem = answer.refusal("srv-veeam01").problems[0]
    assert (problem.subject, f"HTTP {status}: " in problem.message) == ("host:srv-veeam01", True)


def test_a_connection_that_the_server_closed_is_made_anew(web: Web) -> None:
    with web.site(echo) as site, web.open(site) as session:
        site.at("/", Manner.HANG_UP)
        assert session.request("GET", "/").status == 200
        assert session.request("GET", "/").status == 200


def test_a_question_that_a_kept_connection_did_not_take_is_asked_again_and_nothing_else_is(web: Web) -> None:
    with web.site(echo) as site, web.open(site) as session:
        session.request("GET", "/")
        site.at("/", Manner.DROP)
        assert session.request("GET", "/").status == 200
        site.at("/", Manner.DROP)
        assert code_of(lambda: session.request("POST", "/", json={})) == "unreachable"
        assert len(site.asked) == 4


def test_no_proxy_of_the_environment_is_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with web.site(echo) as site, web.open(site) as session:
        assert session.request("GET", "/").status == 200


def test_only_a_verified_certificate_is_talked_to(web: Web, tmp_path: Path) -> None:
    guard = AccountGuard(Memory())
    other = Authority(tmp_path)
    with web.site(echo) as site:
        for target in (
            web.target(site, name="srv-other.lab.test"), web.target(site, name=None),
            web.target(site, ca=other.path), Target("srv-veeam01", site.address, Via.HTTP, site.port),
        ):  # fmt: skip
            assert code_of(partial(open_http, target, guard, 5)) == "tls"
        assert not site.asked


def test_an_authority_that_cannot_be_read_is_a_wrong_configuration(web: Web, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate", encoding="ascii")
    with web.site(echo) as site:
        for ca in (tmp_path / "absent.pem", empty):
            with pytest.raises(ConfigurationError, match=ca.name):
                open_http(web.target(site, ca=ca), AccountGuard(Memory()), 5)


def test_plain_http_is_refused_before_anything_is_sent() -> None:
    target = Target("srv-veeam01", "127.0.0.1", Via.HTTP, 80, account(), tls=False)
    assert code_of(lambda: open_http(target, AccountGuard(Memory()), 5)) == "configuration"


def test_nothing_on_the_port_and_a_name_that_is_none_are_unreachable() -> None:
    guard = AccountGuard(Memory())
    for address in ("127.0.0.1", "no such host"):
        target = Target("h", address, Via.HTTP, 1)
        assert code_of(partial(open_http, target, guard, 2)) == "unreachable"


def test_a_port_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = Target("h", "127.0.0.1", Via.HTTP, listener.getsockname()[1])
        assert code_of(lambda: open_http(target, AccountGuard(Memory()), 0.5)) == "unreachable"


def test_an_account_without_a_secret_and_two_bodies_are_refused(web: Web) -> None:
    nobody = Account("empty", "svc", "LAB", "-")
    with web.site(echo) as site, web.open(site, nobody) as session:
        assert code_of(lambda: session.request("GET", "/", signed=True)) == "configuration"
        with pytest.raises(UsageError):
            session.request("POST", "/", json={}, form={})
        assert not site.asked


@pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "a\x00", "é", "line\n"])
def test_a_secret_that_would_break_out_of_its_header_is_not_sent(web: Web, text: str) -> None:
    with web.site(echo) as site, web.open(site, bearer(f"tk{text}")) as session:
        assert refusal(lambda: session.request("GET", "/", signed=True), f"tk{text}").problems[0].code == (
            "configuration"
        )
        assert code_of(lambda: session.request("GET", Secret(f"/hook/{text}"))) == "configuration"
        assert not site.asked


def test_the_path_of_a_webhook_is_a_secret_in_every_error(web: Web) -> None:
    path = Secret("/webhook/8f14e45fceea167a")
    with web.site(echo) as site, web.open(site) as session:
        assert json.loads(session.request("POST", path, json={"text": "x"}).body)["path"] == path.reveal()
        site.at(path.reveal(), Manner.STALL)
        error = refusal(lambda: session.request("POST", path, json={}, seconds=0.5), "8f14e45fceea167a")
        assert error.problems[0].code == "timeout"


def test_a_url_becomes_a_target_and_a_path() -> None:
    target, path = located("https://hooks.lab.test:8443/a/b?token=1", "teams")
    assert (target.host, target.address, target.port, target.via, path) == (
        "teams", "hooks.lab.test", 8443, Via.HTTP, "/a/b?token=1",
    )  # fmt: skip
    assert located("https://hooks.lab.test", "teams")[1] == "/"


@pytest.mark.parametrize(
    "url",
    ["http://a.test/k3y", "ftp://a.test/k3y", "https:///k3y", "k3y", "https://u:k3y@a.test/", "https://[k3y", "https://a.test:k3y/"],
)  # fmt: skip
def test_what_is_no_https_address_is_refused_without_repeating_it(url: str) -> None:
    assert "k3y" not in str(refusal(lambda: located(url, "teams")).problems)
