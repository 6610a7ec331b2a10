"""Veeam over HTTPS against a server that does what its API reference says, and misbehaves on demand.

Nothing here was recorded from the product: revisions, tokens, filters and pages are those of the reference.
"""

import traceback
from typing import Any

import pytest

from backups import NOW, job, judged
from lab.http_rig import PASSWORD, Web, account, bearer
from lab.servers.veeam import REVISIONS, Veeam, error
from lab.servers.web import Manner, Said, Site
from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.server import NtlmAccounts
from lab.winrm_rig import NAME, Lab, Memory
from products import order, written
from schoten_ict.backup.ask import powershell, veeam
from schoten_ict.backup.ask.veeam_rest import PAGE, Api
from schoten_ict.backup.facts import BackupFacts, Kind
from schoten_ict.backup.order import Deadline, Order
from schoten_ict.connect.http import HttpsSession
from schoten_ict.core.remote import Account
from schoten_ict.core.verdict import Verdict
from veeam_rows import DAYS, JOB, MACHINES, backup, ended, healthy, point, session, task

pytestmark = pytest.mark.timeout(60)
DECLARED = job(
    engine="veeam",
    source={"hosts": ["srv-file01", "srv-sql01"]},
    repository={"url": "https://srv-veeam01:9419", "jobs": ["Nacht servers"]},
    verify={"from": "srv-veeam01"},
)
EVERYTHING = (
    "/api/v1/serverTime", "/api/oauth2/token", "/api/v1/jobs/states", "/api/v1/sessions", "/api/v1/taskSessions",
    "/api/v1/backups", "/api/v1/restorePoints",
)  # fmt: skip


@pytest.fixture
def web(authority: Authority) -> Web:
    return Web(authority)


def look(
    web: Web,
    site: Site,
    wanted: Order | None = None,
    who: Account | None = None,
    memory: Memory | None = None,
) -> BackupFacts:
    with web.open(site, who or account(), memory) as http:
        return veeam.observe(http, wanted or order(DECLARED))


def facts(web: Web, server: Veeam, wanted: Order | None = None) -> BackupFacts:
    with web.site(server) as site:
        found = look(web, site, wanted)
    assert server.tokens == {}, "a token is left over"
    assert PASSWORD not in repr(found)
    assert "access-" not in repr(found)
    return found


def blocked(found: BackupFacts) -> Kind:
    assert found.access.blocked is not None
    assert (found.points, found.runs, found.signs) == (None, None, None)
    return found.access.blocked.kind


def test_a_healthy_job_is_ok_and_the_token_is_ended(web: Web) -> None:
    server = Veeam(**healthy())
    found = facts(web, server)
    assert found.version == "13.0.1.180"
    assert found.access.told == {"jobs": 1, "revision": "1.3-rev1"}
    verdicts = {finding.verdict for check, finding in judged(DECLARED, found).items() if check != "drill"}
    assert verdicts == {Verdict.OK}
    assert server.logins == 1


@pytest.mark.parametrize("newest", range(len(REVISIONS)))
def test_every_revision_is_spoken_and_the_password_is_sent_once(web: Web, newest: int) -> None:
    server = Veeam(**healthy(), revisions=REVISIONS[: newest + 1])
    found = facts(web, server)
    assert found.access.told["revision"] == REVISIONS[newest]
    assert len(found.points or ()) == len(DAYS) * len(MACHINES)
    assert server.logins == 1
    assert found.runs is not None
    knows_tasks = newest >= REVISIONS.index("1.2-rev1")
    assert (found.runs.blocked is None) is knows_tasks


def test_a_server_that_speaks_none_of_them_is_not_known_and_gets_no_password(web: Web) -> None:
    server = Veeam(revisions=("1.0-rev1",))
    found = facts(web, server)
    assert blocked(found) is Kind.PROTOCOL
    assert "supported: v1.0-rev1" in found.access.blocked.message  # type: ignore[union-attr]
    assert server.logins == 0


@pytest.mark.parametrize("largest", [1, 7, 200, 10_000])
def test_lists_are_read_to_their_end_whatever_the_server_gives_at_once(web: Web, largest: int) -> None:
    rows = healthy()
    rows["points"] += [point(26, f"vm{number:04}") for number in range(40)]
    found = facts(web, Veeam(**rows, largest=largest))
    assert len(found.points or ()) == len(rows["points"])


def test_more_than_one_page_is_asked_for_with_skip(web: Web) -> None:
    rows = healthy()
    rows["points"] += [point(26, f"vm{number:04}") for number in range(PAGE)]
    with web.site(Veeam(**rows)) as site:
        look(web, site)
        skips = [int(each.query["skip"]) for each in site.asked if each.path == "/api/v1/restorePoints"]
    assert skips == [0, 200, 400]


def test_a_list_that_ends_too_soon_is_no_list(web: Web) -> None:
    with web.site(Veeam(**healthy())) as site:
        site.at("/api/v1/restorePoints", Said(200, b'{"data": [], "pagination": {"total": 5}}'))
        found = look(web, site)
    assert blocked(found) is Kind.PROTOCOL
    assert "ended after 0 of 5 rows" in found.access.blocked.message  # type: ignore[union-attr]


def test_tasks_that_are_told_for_one_session_at_a_time_are_found_too(web: Web) -> None:
    found = facts(web, Veeam(**healthy(), by_session=True))
    assert found.runs is not None
    assert found.runs.proven
    assert found.runs.told["machines"] == 2


@pytest.mark.parametrize("body", [b"{}", b'{"data": null}', b'{"data": {}}', b"[]", b"null", b""])
def test_what_is_no_list_is_no_empty_list(web: Web, body: bytes) -> None:
    for path in ("/api/v1/jobs/states", "/api/v1/sessions", "/api/v1/backups", "/api/v1/restorePoints"):
        with web.site(Veeam(**healthy())) as site:
            site.at(path, Said(200, body))
            assert blocked(look(web, site)) is Kind.PROTOCOL


def test_a_backup_without_its_job_is_found_by_name_and_those_of_other_jobs_are_not_ours(web: Web) -> None:
    rows = healthy()
    rows["backups"] = [
        backup(jobId="00000000-0000-0000-0000-000000000000"),
        backup("b2", "other", name="Andere"),
    ]
    rows["points"].append(point(26, "srv-other", backupId="b2"))
    found = facts(web, Veeam(**rows))
    assert {each.host for each in found.points or ()} == set(MACHINES)


def test_a_failed_machine_under_a_warning_of_the_job_is_found(web: Web) -> None:
    rows = healthy()
    rows["sessions"][-1] |= {"result": ended("Warning", "1 of 2 failed")}
    rows["tasks"][-1] |= {"result": ended("Failed", "Cannot open disk"), "restorePointId": None}
    finding = judged(DECLARED, facts(web, Veeam(**rows)))["runs"]
    assert finding.verdict is Verdict.FAIL
    assert (
        "srv-sql01.schoten.test failed in the run of 2026-11-26 22:01 UTC: Cannot open disk"
        in finding.summary
    )


def test_only_the_last_run_and_what_ran_within_a_day_of_it_is_looked_at(web: Web) -> None:
    rows = healthy()
    rows["tasks"][0] |= {"name": "srv-gone", "result": ended("Failed")}
    found = facts(web, Veeam(**rows))
    assert found.runs is not None
    assert found.runs.faults == ()
    assert found.runs.told["machines"] == 2


def test_runs_of_other_jobs_are_not_ours(web: Web) -> None:
    rows = healthy()
    rows["sessions"].append(session(26, "other", "22222222-2222-2222-2222-222222222222"))
    rows["tasks"].append(task(26, "srv-other", sessionId="other", result=ended("Failed")))
    found = facts(web, Veeam(**rows))
    assert found.runs is not None
    assert found.runs.faults == ()


def test_an_expired_token_is_renewed_without_the_password(web: Web) -> None:
    server = Veeam(**healthy(), uses=3)
    found = facts(web, server)
    assert found.access.proven
    assert server.logins == 1


def test_a_token_that_expires_at_once_ends_the_look(web: Web) -> None:
    server = Veeam(**healthy(), uses=0)
    with web.site(server) as site:
        found = look(web, site)
    assert blocked(found) is Kind.DENIED
    assert server.logins == 1


def test_a_wrong_password_is_tried_once_in_this_run_and_the_next(web: Web) -> None:
    server, memory = Veeam(**healthy(), users={}), Memory()
    with web.site(server) as site:
        first, second = (look(web, site, memory=memory) for _ in range(2))
    assert blocked(first) is blocked(second) is Kind.DENIED
    assert (server.logins, memory.hosts) == (1, ["srv-veeam01"])
    assert "The user name or password is incorrect." in first.access.blocked.message  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (error(400, "AccessDenied", "Wrong."), True),
        (Said(400, b'{"error": "invalid_grant"}'), True),
        (error(400, "BadRequest", "grant_type is missing"), False),
        (error(403, "AccessDenied", "Custom roles are not allowed."), False),
        (Said(500, b"<html>"), False),
        (Said(200, b"{}"), False),
        (Said(200, b'{"access_token": 5}'), False),
        (Said(200, b"[]"), False),
    ],
)
def test_only_a_wrong_password_shuts_the_account(web: Web, answer: Said, refused: bool) -> None:
    memory = Memory()
    with web.site(Veeam(**healthy())) as site:
        site.at("/api/oauth2/token", answer)
        blocked(look(web, site, memory=memory))
    assert bool(memory.hosts) is refused


def test_a_credential_without_a_password_is_a_wrong_configuration(web: Web) -> None:
    with web.site(Veeam()) as site:
        found = look(web, site, who=bearer())
        assert not site.asked
    assert found.access.blocked is not None
    assert found.access.blocked.message.endswith(" to it, a credential of kind http")
    assert blocked(found) is Kind.UNREACHABLE


KINDS = {
    Manner.DROP: Kind.UNREACHABLE, Manner.HALF: Kind.UNREACHABLE, Manner.STALL: Kind.TIMEOUT,
    Manner.TRICKLE: Kind.TIMEOUT, Manner.DRIP: Kind.TIMEOUT, Manner.BOAST: Kind.PROTOCOL,
    Manner.HTML: Kind.PROTOCOL, Manner.TORN: Kind.PROTOCOL, Manner.DEEP: Kind.PROTOCOL,
    Manner.REDIRECT: Kind.PROTOCOL, Manner.UNAVAILABLE: Kind.UNREACHABLE, Manner.NOT_HTTP: Kind.PROTOCOL,
}  # fmt: skip


@pytest.mark.parametrize(("manner", "kind"), KINDS.items(), ids=[each.name for each in KINDS])
@pytest.mark.parametrize("path", EVERYTHING)
def test_whatever_comes_instead_of_an_answer_is_not_known_and_no_token_is_left(
    web: Web, path: str, manner: Manner, kind: Kind
) -> None:
    server = Veeam(**healthy())
    with web.site(server) as site:
        site.at(path, manner, times=2)  # a GET that is not answered is sent once more
        seconds = 0.8 if kind is Kind.TIMEOUT else 30
        found = look(web, site, Order(DECLARED, NOW, Deadline(seconds)))
    assert blocked(found) is kind
    assert server.tokens == {}
    assert PASSWORD not in repr(found)


def test_what_an_account_may_not_read_is_denied(web: Web) -> None:
    assert blocked(facts(web, Veeam(**healthy(), closed={"/api/v1/restorePoints"}))) is Kind.DENIED


def test_what_is_not_needed_may_be_closed(web: Web) -> None:
    closed = {"/api/v1/malwareDetection/events", "/api/v1/serverInfo"}
    found = facts(web, Veeam(**healthy(), closed=closed))
    assert found.access.proven
    assert found.version == ""


def test_a_session_that_cannot_be_ended_is_said(web: Web) -> None:
    with web.site(Veeam(**healthy())) as site:
        site.at("/api/oauth2/logout", Said(500))
        found = look(web, site)
    assert found.runs is not None
    assert found.runs.weak == "the session on the server could not be ended (HTTP 500)"


def test_a_clock_that_is_off_is_said(web: Web) -> None:
    found = facts(web, Veeam(**healthy(), clock="2026-11-27T08:00:00+01:00"))
    assert found.runs is not None
    assert found.runs.weak == "the server's clock is 60 minutes off"


def test_a_shallow_look_lists_the_points_and_asks_for_no_malware(web: Web) -> None:
    with web.site(Veeam(**healthy())) as site:
        found = look(web, site, order(DECLARED, deep=False))
        assert "/api/v1/malwareDetection/events" not in site.paths()
    assert len(found.points or ()) == 6


def test_no_token_is_in_any_text_of_an_error(web: Web) -> None:
    with web.site(Veeam(**healthy())) as site, web.open(site, account()) as http:
        site.at("/api/v1/backups", Said(500))
        with pytest.raises(Exception, match="HTTP 500") as caught, Api(http, Deadline(10)) as api:
            api.pages("/api/v1/backups")
    frames = traceback.StackSummary.extract(
        traceback.walk_tb(caught.value.__traceback__), capture_locals=True
    )
    shown = repr([each.locals for each in frames if "schoten_ict" in each.filename])
    assert "access-0" not in shown
    assert "refresh-0" not in shown
    assert PASSWORD not in shown


def test_an_interrupt_in_the_middle_ends_the_token(web: Web) -> None:
    server = Veeam(**healthy())
    alive: list[str] = []

    def interrupted(http: HttpsSession) -> None:
        with Api(http, Deadline(10)):
            alive.extend(server.tokens)
            raise KeyboardInterrupt

    with web.site(server) as site, web.open(site, account()) as http, pytest.raises(KeyboardInterrupt):
        interrupted(http)
    assert len(alive) == 1
    assert server.tokens == {}


def told(**changes: Any) -> str:
    """The same rows as PowerShell gives them."""
    rows = {name: value for name, value in healthy().items() if name != "events"} | changes
    rows["jobs"] = [row for row in rows["jobs"] if row["id"] == JOB]
    for each in rows["tasks"]:
        each.pop("restorePointId", None)
    return written({"module": [{"name": "x"}], "server": {"buildVersion": "12.3.1.1139"}, **rows})


@pytest.fixture
def lab(authority: Authority, winrm_accounts: NtlmAccounts) -> Lab:
    return Lab(authority, authority.issue(NAME), tls=True)


def over_winrm(lab: Lab, output: str) -> BackupFacts:
    known = Answers()
    known.add(powershell.script("veeam"), Known("written by hand", output))
    with lab.server(known) as server, lab.open(server) as runner:
        return veeam.observe(runner, order(DECLARED))


def test_powershell_over_winrm_tells_the_same(lab: Lab) -> None:
    found = over_winrm(lab, told())
    assert (found.version, len(found.points or ())) == ("12.3.1.1139", 6)
    verdicts = {finding.verdict for check, finding in judged(DECLARED, found).items() if check != "drill"}
    assert verdicts == {Verdict.OK}
    assert "ransomware" not in found.cannot


def test_powershell_names_the_failed_machine_too(lab: Lab) -> None:
    tasks = [task(26, MACHINES[0]), task(26, MACHINES[1], result=ended("Failed", "Cannot open disk"))]
    assert "Cannot open disk" in judged(DECLARED, over_winrm(lab, told(tasks=tasks)))["runs"].summary


def test_without_the_module_nothing_is_known(lab: Lab) -> None:
    reason = {
        "message": "m",
        "id": "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand",
    }
    assert blocked(over_winrm(lab, written({}, {"module": reason}))) is Kind.NO_PROGRAM
