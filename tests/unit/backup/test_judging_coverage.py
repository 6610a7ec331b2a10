"""What counts as covered: the right host, the right product, and only what was seen lately."""

from datetime import timedelta
from pathlib import Path

import pytest

from backups import NOW, job
from schoten_ict.backup.judge.coverage import VALID_FOR, Uncovered, coverage
from schoten_ict.backup.records import collected
from schoten_ict.core.hostfacts import HostFacts, Listener, Service
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import BackupJob
from schoten_ict.inventory.sections.hosts import Host
from schoten_ict.store import Store, observations

SERVER = Host(name="srv", address="10.0.0.1", kind="server", criticality="critical")
DATABASE = {"hosts": ["srv"], "database": {"name": "app"}}


def host(*jobs: BackupJob, here: tuple[str, ...] = ()) -> Uncovered:
    """How the server itself is covered."""
    [found] = coverage([SERVER], [], jobs, {}, here)
    return found


def databases(facts: HostFacts | None, *jobs: BackupJob) -> dict[str, Verdict]:
    """How the databases of the server are covered, by product."""
    found = coverage([SERVER], [], jobs, {"srv": facts})
    return {each.key: each.verdict for each in found if each.what == "database"}


def running(*names: str) -> HostFacts:
    return HostFacts(services=tuple(Service(name, running=True) for name in names))


def test_an_engine_covers_the_product_that_it_is_made_for_and_no_other() -> None:
    everything = running("postgresql@15-main", "mongod", "MSSQLSERVER")
    dumps = job(name="pg", engine="postgresql", source=DATABASE)
    assert databases(everything, dumps) == {
        "PostgreSQL": Verdict.OK,
        "MongoDB": Verdict.FAIL,
        "SQL Server": Verdict.FAIL,
    }


def test_a_copy_of_an_sqlite_database_covers_no_server_of_databases() -> None:
    copies = job(name="app", engine="sqlite", source=DATABASE)
    assert databases(running("postgresql@15-main", "mongod"), copies) == {
        "PostgreSQL": Verdict.FAIL,
        "MongoDB": Verdict.FAIL,
    }


@pytest.mark.parametrize("engine", ["files", "borg"])
def test_a_database_of_which_nobody_says_the_product_is_unknown(engine: str) -> None:
    dumps = job(name="dumps", engine=engine, source=DATABASE | {"paths": ["/dumps"]})
    assert databases(running("mariadbd"), dumps) == {"MariaDB/MySQL": Verdict.UNKNOWN}


def test_a_database_is_known_by_its_port_where_its_process_is_not() -> None:
    listening = HostFacts(listeners=(Listener("tcp", "0.0.0.0", 5432),))
    assert databases(listening) == {"PostgreSQL": Verdict.FAIL}


def test_a_host_of_which_nothing_was_collected_is_unknown() -> None:
    assert databases(None) == {"databases": Verdict.UNKNOWN}


def test_a_job_without_hosts_covers_this_machine() -> None:
    mine = job(source={"paths": ["/srv/data"]})
    assert host(mine, here=("srv",)).jobs == ("nacht",)
    assert host(mine, here=("other",)).verdict is Verdict.FAIL


def test_a_product_that_is_asked_elsewhere_covers_not_this_machine() -> None:
    virtual = job(engine="veeam", source={}, repository={"url": "Veeam", "jobs": ["VM"]})
    assert host(virtual, here=("srv",)).verdict is Verdict.FAIL
    for engine in ("mssql", "windows-server-backup"):
        own = job(engine=engine, source={}, verify={"from": "srv"})
        assert host(own).verdict is Verdict.OK
        assert (
            host(job(engine=engine, source={}, verify={"from": "other"}), here=("srv",)).verdict
            is Verdict.FAIL
        )


def test_what_was_seen_too_long_ago_is_not_known(tmp_path: Path) -> None:
    with Store(tmp_path, "jan", NOW - VALID_FOR) as store, store.transaction() as transaction:
        observations.observe(
            transaction, "host:srv", "host.services", "ssh", [{"name": "mongod", "running": True}]
        )
    with Store(tmp_path, "jan", NOW) as store:
        assert collected.seen(store.reader, NOW - VALID_FOR)["srv"].services == (Service("mongod", True),)
        assert collected.seen(store.reader, NOW - VALID_FOR + timedelta(seconds=1)) == {}


def test_the_later_of_two_sources_counts(tmp_path: Path) -> None:
    for hours, source, name in ((2, "winrm", "mongod"), (1, "ssh", "mariadbd")):
        with Store(tmp_path, "jan", NOW - timedelta(hours=hours)) as store, store.transaction() as change:
            observations.observe(change, "host:srv", "host.services", source, [{"name": name}])
    with Store(tmp_path, "jan", NOW) as store:
        assert collected.seen(store.reader, NOW - VALID_FOR)["srv"].services == (Service("mariadbd"),)
