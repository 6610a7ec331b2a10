"""Jobs that back up several things apart: the newest of each is looked at, and their proofs are one."""

from datetime import timedelta
from typing import Any

from backups import NOW, job, point
from schoten_ict.backup.ask.several import churn_together, narrowed, newest_of_each, signs_together, together
from schoten_ict.backup.facts import Churn, Fault, Kind, Probe, Signs
from schoten_ict.backup.order import Deadline, Order


def order(hosts: list[str], paths: list[str], **changes: Any) -> Order:
    declared = job(source={"hosts": hosts, "paths": paths})
    return Order(job=declared, now=NOW, deadline=Deadline(60), **changes)


def test_the_newest_of_each_host_and_path_is_looked_at_and_none_from_the_future() -> None:
    points = [
        point(30, id="a-old", host="srv-a"),
        point(6, id="a", host="srv-a.schoten.test"),
        point(8, id="b", host="srv-b"),
        point(-9, id="future", host="srv-a"),
    ]
    wanted = order(["srv-a", "srv-b", "srv-c"], ["/srv/data"])
    assert {each.id for each in newest_of_each(wanted, points)} == {"a", "b"}
    one = order([], [])
    assert [each.id for each in newest_of_each(one, points)] == ["a"]
    assert [each.id for each in newest_of_each(one, points[3:])] == ["future"]
    assert newest_of_each(one, []) == []


def test_where_none_fits_the_newest_of_anything_is_looked_at() -> None:
    wanted = order(["srv-z"], ["/srv/data"])
    assert [each.id for each in newest_of_each(wanted, [point(9, id="x"), point(6, id="y")])] == ["y"]


def test_an_order_is_narrowed_to_what_a_point_holds() -> None:
    whole = order(["srv-a", "srv-b"], ["/srv/data", "/etc"], sample=5)
    mine = narrowed(whole, point(6, host="srv-a", paths=("/etc",)), 2)
    assert (mine.job.source.hosts, mine.job.source.paths, mine.sample) == (("srv-a",), ("/etc",), 3)
    assert narrowed(whole, point(6, host="srv-z"), 1).job.source.paths == ()
    assert narrowed(whole, point(6, host="", paths=()), 1) == whole


def test_several_probes_are_one() -> None:
    bad, held = Fault(Kind.DATA, "x"), Fault(Kind.LOCKED, "y")
    probes = [
        Probe(told={"files": 2, "seconds": 1.5}, seconds=1, weak="w"),
        None,
        Probe((bad,), held, 2, {"files": 3}),
    ]
    whole = together(probes)
    assert whole is not None
    assert (whole.faults, whole.blocked, whole.seconds, whole.weak) == ((bad,), held, 3, "w")
    assert whole.told == {"files": 5, "seconds": 1.5}
    assert together([None, probes[0]]) is probes[0]
    assert together([]) is None


def test_several_changes_and_signs_are_one() -> None:
    churn = churn_together([Churn(1, 2, 3, 4, {".a": 1}, {".b": 2}), None, Churn(1, 1, 1, 1, {".a": 2}, {})])
    assert churn == Churn(2, 3, 4, 5, {".a": 3}, {".b": 2})
    signs = signs_together(
        [Signs(2, ("/x",), {"/c": "", "/d": "ab"}), Signs(1, (), {"/c": "cd", "/d": ""}), None]
    )
    assert signs == Signs(3, ("/x",), {"/c": "cd", "/d": "ab"})
    assert churn_together([None]) is None
    assert signs_together([]) is None


def test_the_skew_of_a_clock_is_allowed_for() -> None:
    near = point(-timedelta(minutes=4).total_seconds() / 3600, id="near")
    assert [each.id for each in newest_of_each(order([], []), [point(6), near])] == ["near"]
