"""Windows Server Backup and SQL Server over a real WinRM server that knows their scripts.

What they answer is written by hand from documentation: no PowerShell and no SQL Server runs here.
"""

from contextlib import AbstractContextManager
from threading import Event
from typing import Any

import pytest

from backups import NOW, job
from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.manners import Manner
from lab.servers.winrm.server import NtlmAccounts, WinRmServer
from lab.winrm_rig import NAME, PASSWORD, Lab
from products import VERSIONS, history, order, written
from schoten_ict.backup.ask import mssql, powershell, windows_server_backup
from schoten_ict.backup.facts import BackupFacts, Kind
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.core.remote import Runner

BY_HAND = "written by hand"
WSB = job(engine="windows-server-backup", source={"hosts": ["srv-file01"], "paths": ["D:\\data"]})
SQL = job(engine="mssql", source={"hosts": ["srv-sql01", "srv-sql02"]}, repository={"url": ".\\ZAKEN"})


@pytest.fixture
def lab(authority: Authority, winrm_accounts: NtlmAccounts) -> Lab:
    return Lab(authority, authority.issue(NAME), tls=True)


def answers(name: str, *outputs: str) -> Answers:
    """Answers to a script, one after the other."""
    waiting = iter(outputs)
    known = Answers()
    known.add(powershell.script(name), Known(BY_HAND, told=lambda: next(waiting)))
    return known


def look(lab: Lab, server: WinRmServer, wanted: Order) -> BackupFacts:
    observe = mssql.observe if wanted.job.engine == "mssql" else windows_server_backup.observe
    with lab.open(server) as runner:
        return observe(runner, wanted)


def test_versions_of_windows_server_backup_come_over_the_wire(lab: Lab) -> None:
    with lab.server(answers("windows_server_backup", written(VERSIONS))) as server:
        found = look(lab, server, order(WSB))
    assert [point.id for point in found.points or ()] == ["11/26/2026-22:00"]
    assert found.access.proven
    assert found.runs is not None
    assert found.runs.proven


def test_the_parameters_of_each_script_are_all_that_differs(lab: Lab) -> None:
    known = Answers()
    known.add(powershell.script("windows_server_backup"), Known(BY_HAND, echo=True))
    with lab.server(known) as server:
        found = look(lab, server, order(WSB))
    assert found.access.blocked is not None
    assert found.access.blocked.kind is Kind.PROTOCOL  # the echo is no answer


@pytest.mark.parametrize(
    ("manner", "kind"),
    [
        (Manner.DROP, Kind.UNREACHABLE), (Manner.STALL, Kind.TIMEOUT), (Manner.TRICKLE, Kind.TIMEOUT),
        (Manner.GARBAGE, Kind.PROTOCOL), (Manner.UNAVAILABLE, Kind.UNREACHABLE), (Manner.ENDLESS, Kind.PROTOCOL),
    ],
)  # fmt: skip
@pytest.mark.parametrize("declared", [WSB, SQL], ids=["windows-server-backup", "mssql"])
def test_a_machine_that_answers_badly_is_not_known_and_never_ok(
    lab: Lab, declared: Any, manner: Manner, kind: Kind
) -> None:
    with lab.server() as server:
        server.manners.at("Receive", manner)
        found = look(lab, server, Order(declared, NOW, Deadline(0.8)))
        assert server.shells.open_now() == 0
    assert found.access.blocked is not None
    assert found.access.blocked.kind is kind
    assert (found.points, found.runs) == (None, None)
    assert PASSWORD not in repr(found)


def test_a_script_that_windows_refuses_says_why(lab: Lab) -> None:
    known = Answers()
    known.add(powershell.script("mssql"), Known(BY_HAND, "", ("line 3: constrained language mode",), 1))
    with lab.server(known) as server:
        found = look(lab, server, order(SQL))
    assert found.access.blocked is not None
    assert "constrained language mode" in found.access.blocked.message


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (18456, Kind.DENIED),
        (4060, Kind.DENIED),
        (53, Kind.UNREACHABLE),
        (-2, Kind.TIMEOUT),
        (7, Kind.PROTOCOL),
    ],
)
def test_an_instance_that_does_not_open_is_not_known_by_name(lab: Lab, number: int, kind: Kind) -> None:
    reason = {"message": "no", "hresult": "0x80131904", "id": "SqlException", "number": number}
    with lab.server(answers("mssql", written({}, {"connection": reason}))) as server:
        found = look(lab, server, order(SQL))
    assert found.access.blocked is not None
    assert found.access.blocked.kind is kind


def test_the_newest_backup_of_a_slice_is_read_in_a_second_run(lab: Lab) -> None:
    valid = {"id": "D-SQL01", "checksum": True, "number": 0, "valid": True}
    said = written({"connection": {"state": "Open"}, "verified": [valid]})
    with lab.server(answers("mssql", written(history()), said)) as server:
        found = look(lab, server, order(SQL, read=Slice(1, 1)))
        assert server.counts.commands == 2
    [read] = found.reads
    assert (read.number, read.of, read.probe.proven) == (1, 1, True)
    assert read.probe.told["backups"] == 1


def test_a_slice_without_databases_is_done_without_asking_and_a_shallow_look_reads_nothing(lab: Lab) -> None:
    with lab.server(answers("mssql", *[written(history())] * 3)) as server:
        other = look(lab, server, order(SQL, read=Slice(2, 2)))
        shallow = look(lab, server, order(SQL, read=Slice(1, 1), deep=False))
        without = look(lab, server, order(SQL))
        assert server.counts.commands == 3
    assert [read.probe.proven for read in other.reads] == [True]
    assert (shallow.reads, without.reads) == ((), ())


def test_reading_that_does_not_end_leaves_what_was_told_before(lab: Lab) -> None:
    ended, told = Event(), iter([lambda: written(history())])
    known = Answers()

    def output() -> str:
        return next(told, lambda: str(ended.wait(20)))()

    known.add(powershell.script("mssql"), Known(BY_HAND, told=output))
    with lab.server(known) as server:
        try:
            found = look(lab, server, Order(SQL, NOW, Deadline(3), read=Slice(1, 1)))
        finally:
            ended.set()
    assert [point.target for point in found.points or ()] == ["Zaken"]
    [read] = found.reads
    assert read.probe.blocked is not None
    assert read.probe.blocked.kind is Kind.TIMEOUT


def test_the_other_replica_is_asked_where_it_is(lab: Lab) -> None:
    with (
        lab.server(answers("mssql", written(history()))) as first,
        lab.server(answers("mssql", written(history("SQL02")))) as second,
    ):

        def opened(host: str, deadline: Deadline) -> AbstractContextManager[Runner]:
            assert host == "srv-sql02"
            return lab.open(second, seconds=deadline.left())

        found = look(lab, first, order(SQL, runner=opened))
    assert found.targets == ("Zaken", "srv-sql02/Zaken")


def test_a_replica_that_cannot_be_asked_leaves_the_rest_and_is_named(lab: Lab) -> None:
    with lab.server(answers("mssql", written(history()))) as server:
        found = look(lab, server, order(SQL))
    assert found.targets == ("Zaken",)
    assert found.runs is not None
    assert found.runs.blocked is not None
    assert found.runs.blocked.where == "srv-sql02"
