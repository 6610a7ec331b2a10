"""What a product names itself is judged one by one, and what it cannot tell is not judged."""

from dataclasses import replace

from backups import case, job, judged, nightly, point, seen
from schoten_ict.backup.facts import Point, Signs
from schoten_ict.backup.judge import judge
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import Retention

SOURCELESS = job(engine="mssql", source={"hosts": ["srv-sql01"]})


def of(target: str, hours: float) -> Point:
    return point(hours, target=target, host="", paths=("full",), id=f"{target}{hours:g}")


def test_each_database_that_the_product_names_must_have_a_recent_backup() -> None:
    facts = seen((of("Zaken", 5), of("Archief", 40)), targets=("Zaken", "Archief"))
    assert "of Archief is 40 h old" in judged(SOURCELESS, facts)["freshness"].summary
    assert judged(SOURCELESS, replace(facts, targets=None))["freshness"].verdict is Verdict.OK


def test_a_database_without_any_backup_is_missing() -> None:
    facts = seen((of("Zaken", 5),), targets=("Zaken", "Archief"))
    assert judged(SOURCELESS, facts)["sources"].evidence["missing"] == ["Archief"]


def test_what_the_job_names_goes_before_what_the_product_names() -> None:
    declared = job(engine="mssql", repository={"url": ".", "jobs": ["zaken"]})
    facts = seen((of("Zaken", 5),), targets=("Zaken", "Archief"))
    assert judged(declared, facts)["sources"].verdict is Verdict.OK


def test_a_log_backup_without_a_size_does_not_hide_that_the_database_collapsed() -> None:
    fulls = [replace(each, target="Zaken", paths=("full",)) for each in nightly(5)]
    small = replace(fulls[0], size=10, files=None)
    log = point(1, target="Zaken", paths=("log",), size=None, files=None)
    found = judged(SOURCELESS, seen((log, small, *fulls[1:]), targets=("Zaken",)))
    assert found["size.Zaken"].verdict is Verdict.FAIL


def test_what_an_engine_cannot_tell_of_disappearance_and_retention_is_not_judged() -> None:
    declared = job(retention=Retention(daily=30))
    facts = seen(nightly(2), cannot={"rollback": "no", "retention": "no"})
    found = {each.check for each in judge(case(declared, facts, before=nightly(9)))}
    assert not found & {"backup.rollback", "backup.retention"}
    assert {"backup.rollback", "backup.retention"} <= {
        each.check for each in judge(case(declared, replace(facts, cannot={}), before=nightly(9)))
    }


def test_what_the_product_itself_found_infected_fails_and_what_it_suspects_is_one_sign() -> None:
    clean = seen(nightly(2), signs=Signs(scanner="Veeam"))
    infected = seen(nightly(2), signs=Signs(scanner="Veeam", infected=("srv-a: RansomwareNotes",)))
    suspected = seen(nightly(2), signs=Signs(scanner="Veeam", suspicious=("srv-a: DeletedFiles", "srv-b: x")))
    found = [judged(job(), each)["ransomware"] for each in (clean, infected, suspected)]
    assert [each.verdict for each in found] == [Verdict.OK, Verdict.FAIL, Verdict.WARN]
    assert "Veeam reports none" in found[0].summary
    assert "Veeam: srv-a: RansomwareNotes" in found[1].summary
    assert "Veeam: srv-a: DeletedFiles and 1 more" in found[2].summary
