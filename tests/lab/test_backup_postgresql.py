"""Backups of a real PostgreSQL: right ones are restored and proven, damage is found and named."""

import contextlib
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.machine_rig import eventually, machine_of
from lab.postgres_rig import (
    NEWEST,
    NIGHT,
    NOW,
    ORDERS,
    PASSWORD,
    SUPERUSER,
    Cluster,
    Shelf,
    dated,
    postmasters,
    right,
    short_folder,
)
from lab.servers.openssh import Farm
from schoten_ict.backup.ask.postgres.heads import archive_of
from schoten_ict.backup.ask.postgres.instance import mark_of
from schoten_ict.backup.ask.postgres.restoring import RESTORER
from schoten_ict.backup.ask.postgresql import take
from schoten_ict.backup.facts import Kind, Probe
from schoten_ict.backup.order import Deadline, Slice
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.secrets import Secret

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.name != "posix", reason="there are no sockets in folders"),
]
READ_ONLY: dict[str, Any] = {"sample": 0}
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with short_folder() as folder, Cluster(folder) as live:
        yield live


@pytest.fixture(scope="module")
def made(cluster: Cluster) -> dict[str, Path]:
    """One backup of each form."""
    folder = cluster.folder / "made"
    folder.mkdir()
    return {
        "custom": cluster.dump(folder / "app-c.dump", "-Fc"),
        "raw": cluster.dump(folder / "app-0.dump", "-Fc", "-Z0"),
        "tar": cluster.dump(folder / "app-t.tar", "-Ft"),
        "directory": cluster.dump(folder / "app-d", "-Fd"),
        "plain": cluster.dump(folder / "app-p.sql"),
        "named": cluster.dump(folder / "app-n.sql", "-C"),
        "all": cluster.dump_all(folder / "app-all.sql"),
        "base": cluster.base(folder / "app-base"),
        "base in tar": cluster.base(folder / "app-bt", "-Ft", "-z"),
    }


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with short_folder() as folder:
        yield Shelf(folder)


def put(shelf: Shelf, path: Path) -> Path:
    """A backup of the night on the shelf."""
    target = shelf.folder / path.name
    shutil.copytree(path, target) if path.is_dir() else shutil.copy(path, target)
    return dated(target)


def kinds(probe: Probe | None) -> set[Kind]:
    assert probe is not None
    return {fault.kind for fault in probe.faults}


def words(probe: Probe | None) -> str:
    assert probe is not None
    return "; ".join(fault.message for fault in (*probe.faults, *([probe.blocked] if probe.blocked else [])))


def changed(path: Path, content: bytes) -> None:
    """Other bytes, the same time."""
    status = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def flipped(path: Path, share: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * share)] ^= 0x04
    changed(path, bytes(content))


def cut(path: Path, share: float = 0.6) -> None:
    changed(path, path.read_bytes()[: int(path.stat().st_size * share)])


def packed(path: Path) -> Path:
    target = path.with_name(f"{path.name}.gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return dated(target)


def listed(path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")


@pytest.mark.parametrize("form", ["custom", "tar", "directory", "all"])
def test_a_right_dump_is_restored_and_counted(shelf: Shelf, made: dict[str, Path], form: str) -> None:
    path = put(shelf, made[form])
    before = {each: each.read_bytes() for each in (path, *path.rglob("*")) if each.is_file()}
    facts = shelf.look(drill=True)
    assert right(facts, ("structure", "database", "drill")), (words(facts.structure), words(facts.database))
    assert [point.complete for point in facts.points or ()] == [True]
    assert facts.database is not None
    assert facts.database.told["tables"] == 4
    assert facts.database.told["rows"] == ORDERS + 30 + 7 + 2
    assert facts.database.told["newest"] == f"{NEWEST:%Y-%m-%dT%H:%M:%SZ}"
    assert "left out: 1 publication, 1 event trigger" in facts.database.weak
    assert {each: each.read_bytes() for each in before} == before


def test_a_packed_dump_with_its_own_database_is_restored(shelf: Shelf, made: dict[str, Path]) -> None:
    path = packed(put(shelf, made["named"]))
    listed(path)
    facts = shelf.look()
    assert right(facts), (words(facts.structure), words(facts.database))
    assert facts.structure is not None
    assert facts.structure.weak == ""
    assert [(point.id, point.at) for point in facts.points or ()] == [("app-n.sql.gz", NIGHT)]


@pytest.mark.parametrize("form", ["base", "base in tar"])
def test_a_right_base_backup_is_verified_started_and_counted(
    shelf: Shelf, made: dict[str, Path], form: str
) -> None:
    put(shelf, made[form])
    facts = shelf.look(drill=os.geteuid() == 0)
    assert right(facts, ("structure",)), words(facts.structure)
    if os.geteuid() != 0:
        assert "database" in facts.cannot
        return
    assert right(facts, ("database", "drill")), words(facts.database)
    assert facts.database is not None
    assert facts.database.told["rows"] == ORDERS + 30 + 7 + 2


def test_an_account_that_is_not_root_restores_as_itself(made: dict[str, Path], ssh_farm: Farm) -> None:
    with short_folder() as folder:
        shelf = Shelf(folder, machine_of("ssh", folder, ssh_farm))
        put(shelf, made["custom"]).chmod(0o644)
        folder.chmod(0o777)
        facts = shelf.look()
        assert right(facts), (words(facts.structure), words(facts.database))
        put(shelf, made["base"])
        for each in shelf.folder.rglob("*"):
            each.chmod(0o755)
        facts = shelf.look()
        assert right(facts, ("structure",)), words(facts.structure)
        assert facts.database is None
        assert "only where ict is root" in facts.cannot["database"]


@pytest.mark.parametrize(
    ("form", "damage", "kind"),
    [
        ("custom", cut, Kind.TRUNCATED),
        ("custom", flipped, Kind.DATA),
        ("custom", lambda path: changed(path, b""), Kind.EMPTY),
        ("custom", lambda path: changed(path, os.urandom(50_000)), Kind.DATABASE),
        ("custom", lambda path: changed(path, path.read_bytes()[:30]), Kind.TRUNCATED),
        ("raw", cut, Kind.TRUNCATED),
        ("tar", cut, Kind.TRUNCATED),
        ("tar", lambda path: cut(path, 0.02), Kind.TRUNCATED),
        ("directory", lambda path: cut(data_of(path)), Kind.TRUNCATED),
        ("directory", lambda path: flipped(data_of(path)), Kind.DATA),
        ("directory", lambda path: data_of(path).unlink(), Kind.MISSING_DATA),
        ("directory", lambda path: changed(data_of(path), b""), Kind.TRUNCATED),
        ("directory", lambda path: cut(path / "toc.dat"), Kind.TRUNCATED),
        ("directory", lambda path: (path / "toc.dat").unlink(), Kind.DATABASE),
        ("plain", cut, Kind.TRUNCATED),
        ("plain", lambda path: cut(path, 0.999), Kind.TRUNCATED),
        ("plain", lambda path: changed(path, b"x" * 1000), Kind.DATABASE),
        ("plain", lambda path: cut(packed(path)), Kind.TRUNCATED),
        ("plain", lambda path: flipped(packed(path)), Kind.DATA),
        ("all", cut, Kind.TRUNCATED),
        ("all", lambda path: cut(path, 0.5), Kind.TRUNCATED),
    ],
)  # fmt: skip
def test_a_damaged_dump_is_found_without_restoring_it(
    shelf: Shelf, made: dict[str, Path], form: str, damage: Damage, kind: Kind
) -> None:
    damage(put(shelf, made[form]))
    facts = shelf.look(**READ_ONLY)
    assert kinds(facts.structure) == {kind}, words(facts.structure)
    assert kinds(facts.reads[0].probe) == {kind}
    assert [point.complete for point in facts.points or ()] == [False]
    assert facts.database is None


def data_of(folder: Path) -> Path:
    """The largest file of data of a directory dump."""
    return max(folder.glob("*.dat.gz"), key=lambda path: path.stat().st_size)


def row_of(path: Path) -> int:
    """The place of a digit in a row of the text of a dump."""
    return path.read_bytes().index(b"c4ca4238a0b923820dcc509a6f75849b")  # md5('1')


@pytest.mark.parametrize("form", ["plain", "tar", "raw"])
def test_changed_rows_of_forms_without_sums_are_said_to_be_unseen_and_a_manifest_finds_them(
    shelf: Shelf, made: dict[str, Path], form: str
) -> None:
    path = put(shelf, made[form])
    listed(path)
    content = bytearray(path.read_bytes())
    content[row_of(path)] ^= 0x01
    changed(path, bytes(content))
    assert kinds(shelf.look(**READ_ONLY).structure) == {Kind.MANIFEST}
    path.with_name(f"{path.name}.sha256").unlink()
    facts = shelf.look(**READ_ONLY)
    assert facts.structure is not None
    assert facts.structure.proven
    assert "no manifest keeps its SHA-256" in facts.structure.weak


@pytest.mark.parametrize("form", ["plain", "tar", "directory"])
def test_a_dump_that_changes_after_it_was_read_is_found_without_any_manifest(
    shelf: Shelf, made: dict[str, Path], form: str
) -> None:
    path = put(shelf, made[form])
    looking = {"state": shelf.root, **READ_ONLY}
    assert right(shelf.look(**looking), ("structure",))
    inside = path / "toc.dat" if path.is_dir() else path
    content = inside.read_bytes().replace(b"what was ordered", b"what was burdened"[:16])
    changed(inside, content)
    assert Kind.CHANGED in kinds(shelf.look(**looking).structure)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda path: [each.unlink() for each in (path / "pg_wal").glob("0*")], {Kind.WAL}),
        (lambda path: flipped(table_of(path)), {Kind.DATA}),
        (lambda path: cut(table_of(path)), {Kind.TRUNCATED}),
        (lambda path: table_of(path).unlink(), {Kind.MISSING_DATA}),
        (lambda path: (path / "base/1/99999").write_bytes(b"x"), {Kind.EXTRA}),
        (lambda path: flipped(path / "backup_manifest"), {Kind.MANIFEST}),
        (lambda path: cut(path / "backup_manifest"), {Kind.MANIFEST}),
        (lambda path: (path / "backup_manifest").unlink(), {Kind.INCOMPLETE}),
        (lambda path: flipped(path / "global/pg_control", 0.01), {Kind.DATA}),
    ],
)
def test_a_damaged_base_backup_is_found_and_named(
    shelf: Shelf, made: dict[str, Path], damage: Damage, expected: set[Kind]
) -> None:
    damage(put(shelf, made["base"]))
    facts = shelf.look(**READ_ONLY)
    assert kinds(facts.structure) == expected, words(facts.structure)
    assert [point.complete for point in facts.points or ()] == [False]


def table_of(path: Path) -> Path:
    """The largest file with data of a base backup."""
    return max(
        (path / "base").rglob("[0-9]*[0-9]"), key=lambda each: each.stat().st_size if each.is_file() else 0
    )


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda path: flipped(path / "base.tar.gz"), {Kind.DATA}),
        (lambda path: cut(path / "base.tar.gz"), {Kind.TRUNCATED}),
        (lambda path: (path / "pg_wal.tar.gz").unlink(), {Kind.WAL}),
    ],
)
def test_a_damaged_base_backup_in_tar_files_is_found_and_named(
    shelf: Shelf, made: dict[str, Path], damage: Damage, expected: set[Kind]
) -> None:
    damage(put(shelf, made["base in tar"]))
    facts = shelf.look(**READ_ONLY)
    assert kinds(facts.structure) == expected, words(facts.structure)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="a base backup is started as root only")
def test_a_drill_finds_what_a_base_backup_without_sums_hides(shelf: Shelf, cluster: Cluster) -> None:
    path = dated(cluster.base(shelf.folder / "app-b", "--manifest-checksums=NONE"))
    index = path / cluster.sql("app", "SELECT pg_relation_filepath('orders_pkey')").strip()
    content = bytearray(index.read_bytes())
    content[8192 + 2048 : 8192 + 6000] = bytes(3952)
    changed(index, bytes(content))
    facts = shelf.look(drill=True)
    assert facts.structure is not None
    assert facts.structure.proven
    assert "its manifest has no checksums" in facts.structure.weak
    assert kinds(facts.drill) == {Kind.DATABASE}
    assert "orders_pkey" in words(facts.drill)


def test_links_in_a_base_backup_are_not_followed_into_a_live_tablespace(
    shelf: Shelf, made: dict[str, Path]
) -> None:
    path = put(shelf, made["base"])
    live = shelf.root / "live"
    live.mkdir()
    (path / "pg_tblspc/16999").symlink_to(live)
    facts = shelf.look()
    if os.geteuid() == 0:
        assert "tablespaces: pg_tblspc/16999" in words(facts.database)
    assert list(live.iterdir()) == []


def test_what_was_declared_and_did_not_come_back_is_named(shelf: Shelf, made: dict[str, Path]) -> None:
    path = put(shelf, made["plain"])
    poisoned(path, "DELETE FROM public.orders WHERE id <= 50;", "CREATE INDEX orders_what_idx")
    newest = {"table": "orders", "column": "made_at", "within": "30min"}
    tables = {"invoices": 0, "orders": ORDERS, "recent": 0, "archief.letters": 30}
    facts = shelf.look({"source": {"database": {"name": "app", "tables": tables, "newest": newest}}})
    assert kinds(facts.database) == {Kind.TABLES}
    assert "2 tables missing: invoices, recent (recent is a view)" in words(facts.database)
    assert f"table orders has {ORDERS - 50} rows, at least {ORDERS} declared" in words(facts.database)
    assert "1 table with fewer rows than in the dump: public.orders" in words(facts.database)
    assert f"made_at is of {NEWEST:%Y-%m-%d %H:%M} UTC, " in words(facts.database)


def test_a_dump_of_another_database_is_found(shelf: Shelf, cluster: Cluster) -> None:
    dated(cluster.dump(shelf.folder / "app-x.dump", "-Fc", database="postgres"))
    assert kinds(shelf.look(**READ_ONLY).structure) == {Kind.DIFFERS}


def test_a_dump_of_an_empty_database_is_empty(shelf: Shelf, cluster: Cluster) -> None:
    dated(cluster.dump(shelf.folder / "app-x.sql", database="postgres"))
    facts = shelf.look({"source": {"database": {"name": "postgres"}}})
    assert facts.structure is not None
    assert facts.structure.proven
    assert kinds(facts.database) == {Kind.EMPTY}


def test_a_dump_of_a_newer_version_is_no_fault_of_the_dump(shelf: Shelf, made: dict[str, Path]) -> None:
    path = put(shelf, made["custom"])
    head = archive_of(path.read_bytes()[:1024])
    assert head is not None
    changed(path, path.read_bytes().replace(head.tool.encode(), b"97" + head.tool.encode()[2:]))
    facts = shelf.look()
    for probe in (facts.structure, facts.database):
        assert probe is not None
        assert probe.blocked is not None
        assert probe.blocked.kind is Kind.NO_PROGRAM
        assert "made by version 97" in probe.blocked.message


def test_without_postgresql_nothing_is_said_about_an_archive(shelf: Shelf, made: dict[str, Path]) -> None:
    put(shelf, made["custom"])
    facts = shelf.look({"repository": {"url": f"{shelf.folder}/app-*", "program": "/nowhere/bin"}})
    for probe in (facts.structure, facts.database):
        assert probe is not None
        assert probe.blocked is not None
        assert probe.blocked.kind is Kind.NO_PROGRAM


def test_too_little_room_is_said_before_anything_is_restored(shelf: Shelf, made: dict[str, Path]) -> None:
    put(shelf, made["custom"])
    facts = shelf.look({"verify": {"scratch": str(shelf.scratch), "scratch_limit": "50MB"}}, drill=True)
    assert facts.structure is not None
    assert facts.structure.proven
    for probe in (facts.database, facts.drill):
        assert probe is not None
        assert probe.blocked is not None
        assert probe.blocked.kind is Kind.NO_SPACE


def poisoned(path: Path, text: str, place: str = "CREATE VIEW public.recent") -> Path:
    """A plain dump with something in its middle that no pg_dump wrote."""
    content = path.read_text(encoding="utf-8")
    assert place in content
    changed(path, content.replace(place, f"{text}\n\n{place}").encode())
    return path


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("\\unrestrict {1}\n\\! touch {0}", Kind.OTHER),
        ("COPY public.orders (what) FROM PROGRAM 'touch {0}; id';", Kind.OTHER),
        ("DO $x$ BEGIN EXECUTE 'COPY (SELECT 1) TO ' || quote_literal('{0}'); END $x$;", Kind.OTHER),
        ("CREATE FUNCTION public.f() RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system';", Kind.NOT_PROVABLE),
    ],
    ids=["shell", "program", "file", "library"],
)  # fmt: skip
def test_a_dump_runs_nothing_outside_of_its_instance(
    shelf: Shelf, made: dict[str, Path], text: str, kind: Kind
) -> None:
    trace = shelf.root / "trace"
    shelf.root.chmod(0o777)
    path = put(shelf, made["plain"])
    key = path.read_text(encoding="utf-8").partition("\\restrict ")[2].split("\n")[0]
    poisoned(path, text.format(trace, key))
    facts = shelf.look()
    assert not trace.exists()
    assert facts.database is not None
    found = [*facts.database.faults, *([facts.database.blocked] if facts.database.blocked else [])]
    assert [fault.kind for fault in found] == [kind], words(facts.database)


def test_a_restore_that_hangs_ends_in_time_and_leaves_nothing(shelf: Shelf, made: dict[str, Path]) -> None:
    poisoned(put(shelf, made["plain"]), "SELECT pg_sleep(3600);")
    facts = shelf.look(deadline=Deadline(8))
    assert facts.database is not None
    assert facts.database.blocked is not None
    assert facts.database.blocked.kind is Kind.TIMEOUT


_LOOK = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2].split(":")
from lab.postgres_rig import Shelf
Shelf(Path(sys.argv[1])).look()
"""


def test_what_a_killed_verifier_left_running_is_stopped_by_the_next(
    shelf: Shelf, made: dict[str, Path]
) -> None:
    path = poisoned(put(shelf, made["plain"]), "SELECT pg_sleep(3600);")
    argv = [sys.executable, "-c", _LOOK, str(shelf.root), ":".join(sys.path)]
    verifier = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: is_restoring(shelf), "the restore never began")
    finally:
        verifier.kill()
        verifier.wait()
    assert len(postmasters(shelf.scratch)) == 1
    assert list(shelf.scratch.iterdir())
    path.unlink()
    put(shelf, made["custom"])
    facts = shelf.look()
    assert right(facts), words(facts.database)
    eventually(lambda: not is_restoring(shelf), "a session of the killed restore is still there")


def is_restoring(shelf: Shelf) -> bool:
    """Whether a session in an instance of this owner is busy with a statement of the dump."""
    mark = f"postgres: {mark_of(shelf.owner)}: {RESTORER}".encode()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = entry.read_bytes()
            if line.startswith(mark) and b"SELECT" in line:
                return True
    return False


def test_every_dump_is_read_in_its_turn(shelf: Shelf, made: dict[str, Path]) -> None:
    for number in range(6):
        path = put(shelf, made["custom"])
        dated(path.rename(shelf.folder / f"app-{number}.dump"), NIGHT - timedelta(days=number))
    cut(shelf.folder / "app-4.dump")
    probes = [shelf.look(read=Slice(number, 3), sample=0).reads[0].probe for number in range(1, 4)]
    assert sum(int(probe.told["backups"]) for probe in probes) == 6
    assert [fault.where for probe in probes for fault in probe.faults] == ["app-4.dump"]


def live(cluster: Cluster, shelf: Shelf, **more: Any) -> dict[str, Any]:
    """A job that dumps the live database."""
    database = {
        "name": "app",
        "host": str(cluster.home),
        "user": SUPERUSER,
        "tables": {"orders": ORDERS},
    } | more
    return {"source": {"database": database}, "repository": {"url": f"{shelf.folder}/app-*.dump"}}


def test_a_dump_that_is_taken_is_whole_and_proven_by_its_sum(cluster: Cluster, shelf: Shelf) -> None:
    declared = live(cluster, shelf, user="dumper")
    order = shelf.order(declared)
    refused = take(shelf.machine, replace(order, secrets={"password": Secret("wrong")}))
    assert [fault.kind for fault in refused.faults] == [Kind.PASSWORD]
    taken = take(shelf.machine, replace(order, secrets={"password": Secret(PASSWORD)}))
    assert (taken.point_id, taken.complete) == (f"app-{NOW:%Y%m%dT%H%M%SZ}.dump", True)
    assert sorted(path.name for path in shelf.folder.iterdir()) == [
        taken.point_id,
        f"{taken.point_id}.sha256",
    ]
    facts = shelf.look(declared, **READ_ONLY)
    assert right(facts, ("structure",))
    assert facts.structure is not None
    assert facts.structure.weak == ""
    flipped(shelf.folder / taken.point_id)
    assert Kind.MANIFEST in kinds(shelf.look(declared, **READ_ONLY).structure)


def test_nothing_is_taken_of_what_is_not_there(cluster: Cluster, shelf: Shelf) -> None:
    for more in ({"name": "gone"}, {"host": "/nowhere"}, {"user": "nobody-knows"}):
        taken = take(shelf.machine, shelf.order(live(cluster, shelf, **more)))
        assert (taken.point_id, taken.complete) == ("", False)
        assert taken.faults
    assert list(shelf.folder.iterdir()) == []
    with pytest.raises(ConfigurationError, match="which database to dump"):
        take(shelf.machine, shelf.order({"source": {}}))
