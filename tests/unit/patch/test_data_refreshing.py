"""Data renewed from files: recognised by what is in them, joined, written whole or not at all."""

import json
import os
import stat
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import ConflictError, IncompleteError, NotFoundError
from schoten_ict.patch import refreshing
from schoten_ict.patch.data import tables
from schoten_ict.patch.data.status import FRESH_FOR, status_of_data
from schoten_ict.patch.data.tables import Kind, Origin
from schoten_ict.patch.refreshing import Change, read_source, refresh

TODAY = date(2026, 11, 26)
SERVER = "Windows Server 2019"


def cvrf(
    month: str = "2026-Nov", build: str = "10.0.17763.9000", kb: str = "5090000", product: str = SERVER
) -> bytes:
    fix = {
        "Description": {"Value": kb},
        "ProductID": ["1"],
        "SubType": "Security Update",
        "FixedBuild": build,
    }
    found = {
        "DocumentTracking": {"Identification": {"ID": {"Value": month}}, "CurrentReleaseDate": "2026-11-20T08:00:00"},
        "ProductTree": {"FullProductName": [{"ProductID": "1", "Value": product}]},
        "Vulnerability": [{"Remediations": [fix]}],
    }  # fmt: skip
    return json.dumps(found).encode()


def kev(day: str = "2026-11-25", *cves: str) -> bytes:
    entries = [
        {"cveID": cve, "dateAdded": "2026-11-24", "dueDate": "2026-12-15", "vulnerabilityName": "Hole"}
        for cve in cves or ("CVE-2026-11111",)
    ]
    return json.dumps(
        {"catalogVersion": "1", "dateReleased": day, "count": len(entries), "vulnerabilities": entries}
    ).encode()


def product(
    day: str = "2026-11-20", cycle: str = "12", eol: str = "2026-07-11", name: str = "debian"
) -> bytes:
    release = {"name": cycle, "label": cycle, "releaseDate": "2023-06-10", "isEol": True, "eolFrom": eol}
    return json.dumps(
        {
            "generated_at": f"{day}T00:00:00Z",
            "result": {"name": name, "label": name.title(), "releases": [release]},
        }
    ).encode()


MARKDOWN = b'---\ntitle: %s\npermalink: /%s\nreleases:\n- releaseCycle: "1"\n  releaseDate: %s\n  eol: 2030-01-01\n---\n'


def put(folder: Path, **files: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


def update(tmp_path: Path, **files: bytes) -> dict[Kind, Change]:
    source = put(tmp_path / f"source{len(list(tmp_path.iterdir()))}", **files)
    return {each.kind: each for each in refresh(tmp_path / "data", read_source(source, TODAY))}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()} if folder.exists() else {}


def test_a_folder_of_all_kinds_is_read_at_once_and_what_is_none_of_them_is_named(tmp_path: Path) -> None:
    source = put(tmp_path / "in", m__json=cvrf(), k__json=kev(), d__md=MARKDOWN % (b"X", b"x", b"2026-05-01"),
                 p__json=product(), schema__json=b"{}", notes__txt=b"not looked at", h__csv=b"a,b\n1,2\n")  # fmt: skip
    found = read_source(source, TODAY)
    assert found.builds is not None
    assert found.lifecycle is not None
    assert found.exploited is not None
    assert (found.builds.as_of, found.exploited.as_of) == (date(2026, 11, 10), date(2026, 11, 25))
    assert {(row.product, row.as_of) for row in found.lifecycle.rows} == {
        ("x", date(2026, 5, 1)), ("debian", date(2026, 11, 20)),
    }  # fmt: skip
    assert found.skipped == ("h.csv", "schema.json")


def test_markdown_files_that_lie_together_are_of_the_day_of_the_newest(tmp_path: Path) -> None:
    source = put(
        tmp_path / "in",
        a__md=MARKDOWN % (b"A", b"a", b"2020-01-01"),
        b__md=MARKDOWN % (b"B", b"b", b"2026-05-01"),
    )
    found = read_source(source, TODAY).lifecycle
    assert found is not None
    assert {row.as_of for row in found.rows} == {date(2026, 5, 1)}


def test_tomorrow_counts_as_today_because_it_is_that_somewhere(tmp_path: Path) -> None:
    source = put(tmp_path / "in", k__json=kev("2026-11-27"), p__json=product("2026-11-27"))
    found = read_source(source, TODAY)
    assert found.exploited is not None
    assert found.lifecycle is not None
    assert (found.exploited.as_of, found.lifecycle.rows[0].as_of) == (TODAY, TODAY)


@pytest.mark.parametrize(
    "content", [kev("2026-11-28"), product("2030-01-01"), cvrf("2027-Jan")], ids=["kev", "product", "cvrf"]
)
def test_a_file_of_a_day_to_come_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(IncompleteError, match=r"^says that it is of 20[0-9-]{8}, which lies ahead"):
        read_source(tmp_path / "x.json", TODAY)


def test_one_new_product_makes_the_others_no_newer(tmp_path: Path) -> None:
    change = update(tmp_path, p__json=product())[Kind.LIFECYCLE]
    assert (change.before, change.as_of, change.newest) == (
        date(2026, 8, 18), date(2026, 8, 18), "2026-11-20",
    )  # fmt: skip
    later = date(2027, 3, 1)
    assert [
        each.fresh for each in status_of_data(tmp_path / "data", later) if each.kind is Kind.LIFECYCLE
    ] == [False]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_powershell_writes_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "2026-Nov.json"
    file.write_bytes(cvrf().decode().encode(encoding))
    assert read_source(file, TODAY).builds is not None


def test_new_builds_are_added_and_told_and_nothing_is_lost(tmp_path: Path) -> None:
    shipped = tables.releases(None).table
    change = update(tmp_path, m__json=cvrf())[Kind.BUILDS]
    assert (change.added, change.changed, change.newest) == (1, 0, "2026-11")
    assert (change.before, change.as_of, change.rows) == (
        date(2026, 3, 10),
        date(2026, 11, 10),
        len(shipped.rows) + 1,
    )
    known = tables.releases(tmp_path / "data")
    assert known.origin is Origin.WORKSPACE
    assert set(shipped.rows) < set(known.table.rows)


def test_the_same_file_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    files = {"m__json": cvrf(), "k__json": kev(), "p__json": product(eol="2027-01-01")}
    assert {(each.added, each.changed) for each in update(tmp_path, **files).values()} == {(1, 0), (0, 1)}
    before = snapshot(tmp_path / "data")
    assert {(each.added, each.changed) for each in update(tmp_path, **files).values()} == {(0, 0)}
    assert snapshot(tmp_path / "data") == before


def test_an_older_month_fills_a_gap_and_replaces_nothing(tmp_path: Path) -> None:
    gap = cvrf("2025-Aug", "10.0.17763.7678", "5063877")
    change = update(tmp_path, m__json=gap)[Kind.BUILDS]
    assert (change.added, change.as_of, change.newest) == (1, date(2026, 3, 10), "2026-03")
    wrong = cvrf("2025-Aug", "10.0.17763.9999", "5078752")  # the KB of 2026-03, with another UBR
    assert update(tmp_path, m__json=wrong)[Kind.BUILDS].added == 0


def test_a_newer_document_corrects_the_ubr_of_a_kb(tmp_path: Path) -> None:
    update(tmp_path, m__json=cvrf("2026-Nov", "10.0.17763.9900", "5090000"))
    update(tmp_path, m__json=cvrf("2026-Nov", "10.0.17763.9009", "5090000"))
    rows = tables.releases(tmp_path / "data").table.rows
    assert [row.ubr for row in rows if row.kb == "KB5090000"] == [9009]


def test_a_lifecycle_is_replaced_cycle_by_cycle_and_the_others_stay(tmp_path: Path) -> None:
    change = update(tmp_path, p__json=product(eol="2027-01-01"))[Kind.LIFECYCLE]
    assert (change.added, change.changed, change.newest) == (0, 1, "2026-11-20")
    rows = {(row.product, row.cycle): row for row in tables.cycles(tmp_path / "data").table.rows}
    assert rows["debian", "12"].security == date(2027, 1, 1)
    assert rows["debian", "11"].as_of == rows["ubuntu", "24.04"].as_of == date(2026, 8, 18), (
        "these are not newer"
    )


def test_an_exploited_entry_that_is_taken_back_stays(tmp_path: Path) -> None:
    change = update(tmp_path, k__json=kev())[Kind.EXPLOITED]
    assert (change.added, change.rows) == (1, len(tables.exploited(None).table.rows) + 1)


@pytest.mark.parametrize("files", [{"k__json": kev("2025-01-01")}, {"p__json": product("2026-01-01")}])
def test_older_data_is_refused_unless_forced(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(ConflictError, match="older than what is there"):
        update(tmp_path, **files)
    assert snapshot(tmp_path / "data") == {}
    source = put(tmp_path / "forced", **files)
    (change,) = refresh(tmp_path / "data", read_source(source, TODAY), force=True)
    assert change.as_of == change.before
    assert change.added + change.changed == 1


def test_one_kind_that_is_refused_leaves_all_kinds_as_they_were(tmp_path: Path) -> None:
    update(tmp_path, k__json=kev())
    before = snapshot(tmp_path / "data")
    with pytest.raises(ConflictError):
        update(tmp_path, m__json=cvrf(), k__json=kev("2025-01-01"))
    assert snapshot(tmp_path / "data") == before


def test_one_broken_file_in_a_folder_refuses_the_folder_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError) as caught:
        update(tmp_path, m__json=cvrf(), n__json=cvrf()[:-20])
    assert caught.value.problems[0].subject == "n.json"
    assert snapshot(tmp_path / "data") == {}


def test_a_disk_that_fails_at_the_second_file_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(tmp_path, k__json=kev())
    before, calls = snapshot(tmp_path / "data"), list[int]()
    sync = os.fsync

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        update(tmp_path, m__json=cvrf(), k__json=kev("2026-11-26", "CVE-2026-22222"))
    assert snapshot(tmp_path / "data") == before


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_the_files_are_the_teams_and_closed_to_others(tmp_path: Path) -> None:
    update(tmp_path, k__json=kev())
    assert stat.S_IMODE((tmp_path / "data" / "exploited.json").stat().st_mode) == 0o660
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o2770


def test_what_is_not_there_or_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no"):
        read_source(tmp_path / "nowhere", TODAY)
    with pytest.raises(IncompleteError, match="nothing in it is known"):
        read_source(put(tmp_path / "empty"), TODAY)
    with pytest.raises(IncompleteError, match="nothing in it is known"):
        read_source(put(tmp_path / "other", page__xml=b"<html></html>"), TODAY)


def test_a_file_that_does_not_end_and_one_that_is_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IncompleteError, match="is no regular file"):
        read_source(Path("/dev/zero"), TODAY)
    monkeypatch.setattr(refreshing, "MOST_BYTES", 1000)
    (tmp_path / "big.json").write_bytes(b" " * 1001)
    with pytest.raises(IncompleteError, match="is larger than"):
        read_source(tmp_path / "big.json", TODAY)


def test_a_broken_file_in_the_workspace_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "exploited.json").write_bytes(b'{"as_of": "2026-11-01", "rows": [["CVE"')
    with pytest.raises(IncompleteError, match=r"exploited\.json: is no table of this version") as caught:
        tables.exploited(tmp_path)
    assert "ict patch data update" in caught.value.remedy


def test_data_of_the_workspace_that_is_older_than_the_packages_gives_way(tmp_path: Path) -> None:
    shipped = tables.exploited(None)
    for day, origin in ((date(2025, 8, 24), Origin.PACKAGE), (date(2025, 8, 25), Origin.WORKSPACE)):
        own = tables.Table(day, "own", "none", shipped.table.rows[:1])
        (tmp_path / "exploited.json").write_bytes(tables.content(own))
        assert tables.exploited(tmp_path).origin is origin


def test_of_a_cycle_that_both_have_the_newer_counts_whatever_else_the_workspace_knows(tmp_path: Path) -> None:
    shipped = next(
        row for row in tables.cycles(None).table.rows if (row.product, row.cycle) == ("debian", "12")
    )
    stale = msgspec.structs.replace(shipped, security=date(2030, 1, 1), as_of=date(2026, 8, 17))
    own = msgspec.structs.replace(shipped, product="own", as_of=date(2020, 1, 1))
    table = tables.Table(date(2026, 8, 17), "own", "none", (stale, own))
    (tmp_path / "lifecycle.json").write_bytes(tables.content(table))
    rows = tables.cycles(tmp_path).table.rows
    assert shipped in rows
    assert stale not in rows
    assert own in rows


def test_what_is_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    for kind, reader in (
        (Kind.BUILDS, tables.releases),
        (Kind.LIFECYCLE, tables.cycles),
        (Kind.EXPLOITED, tables.exploited),
    ):
        shipped: Any = reader(None).table
        tables.path_in(tmp_path, kind).write_bytes(tables.content(shipped))
        assert reader(tmp_path).table == shipped


def test_the_status_tells_age_rows_source_and_whether_it_is_fresh(tmp_path: Path) -> None:
    update(tmp_path, m__json=cvrf(), p__json=product())
    builds, lifecycle, exploited = status_of_data(tmp_path / "data", TODAY)
    assert (builds.kind, builds.age, builds.newest, builds.origin, builds.fresh) == (
        "builds",
        16,
        "2026-11",
        "workspace",
        True,
    )
    assert (lifecycle.as_of, lifecycle.age, lifecycle.newest, lifecycle.fresh) == (
        date(2026, 8, 18),
        100,
        "2026-11-20",
        True,
    )
    assert (exploited.age, exploited.rows, exploited.origin, exploited.fresh) == (458, 1404, "package", False)
    assert exploited.newest == "2025-08-25"


@pytest.mark.parametrize(
    ("kind", "as_of"), [(0, date(2026, 3, 10)), (1, date(2026, 8, 18)), (2, date(2025, 8, 25))]
)
def test_each_kind_is_fresh_through_its_last_day(kind: int, as_of: date) -> None:
    limit = FRESH_FOR[tuple(Kind)[kind]]
    for days, fresh in ((limit, True), (limit + 1, False)):
        found = status_of_data(None, date.fromordinal(as_of.toordinal() + days))[kind]
        assert (found.as_of, found.fresh) == (as_of, fresh)


@given(
    content=st.binary(max_size=300),
    start=st.sampled_from([b"", b"{", b"<cvrf", b"---\n", b"cveID,", b"\xff\xfe", b'{"result":']),
)
def test_any_file_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(start + content)
    with pytest.raises(IncompleteError) as caught:
        read_source(file, TODAY)
    assert len(caught.value.problems[0].line().splitlines()) == 1
