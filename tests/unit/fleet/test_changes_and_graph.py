"""What changed between two answers, and graphs that survive any name."""

from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.fleet.graph import Edge, cables, dot, mermaid
from schoten_ict.fleet.judge.changes import changes


def test_software_that_came_went_and_moved_up_is_told_apart() -> None:
    before = {"software": [{"name": "openssl", "version": "3.0.1"}, {"name": "old", "version": "1"}]}
    after = {"software": [{"name": "openssl", "version": "3.0.2"}, {"name": "new", "version": "1"}]}
    told = {(each.what, each.action) for each in changes(before, after)}
    assert told == {("openssl", "changed"), ("old", "removed"), ("new", "added")}


def test_a_field_of_the_identity_is_told_with_both_values() -> None:
    [change] = changes(
        {"identity": {"os_version": "11", "os": "x"}}, {"identity": {"os_version": "12", "os": "x"}}
    )
    assert (change.part, change.what, change.before, change.after) == ("identity", "os_version", "11", "12")


def test_the_state_of_the_minute_is_no_change() -> None:
    assert changes({"state": {"uptime_seconds": 1}}, {"state": {"uptime_seconds": 2}}) == []


def test_two_versions_of_one_title_are_both_kept_apart() -> None:
    before = {"software": [{"name": "dotnet", "version": "6"}]}
    after = {"software": [{"name": "dotnet", "version": "6"}, {"name": "dotnet", "version": "8"}]}
    [change] = changes(before, after)
    assert change.action == "changed"
    assert "8" in (change.after or "")


def test_a_cable_is_drawn_once_though_both_ends_tell_of_it() -> None:
    seen = [("sw-a", "1", "sw-b", "24"), ("SW-B", "24", "sw-a", "1"), ("sw-a", "2", "sw-c", "1")]
    assert len(cables(seen)) == 2


@given(st.text(min_size=1), st.text(min_size=1), st.text())
def test_no_name_breaks_out_of_its_label(one: str, other: str, label: str) -> None:
    edges = [Edge(one, other, label)]
    for line in mermaid([one], edges).splitlines()[1:]:
        assert line.count('"') in {0, 2}
        assert line.startswith("  n")
    drawn = dot([one], edges)
    assert drawn.startswith("digraph ict {\n")
    assert all(line.startswith("  ") for line in drawn.split("\n")[1:-2])


@given(
    st.dictionaries(st.text(), st.lists(st.dictionaries(st.text(), st.none() | st.text() | st.integers())))
)
def test_nothing_changed_between_an_answer_and_itself(parts: dict[str, object]) -> None:
    assert changes(parts, parts) == []
