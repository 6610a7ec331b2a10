"""What is read of PostgreSQL dumps: whatever their bytes and however they arrive, and never more than they say."""

import gzip
import io
import tarfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products import JSON
from schoten_ict.backup.ask.filepoints import Said
from schoten_ict.backup.ask.postgres.base import verified
from schoten_ict.backup.ask.postgres.heads import (
    Form,
    archive_of,
    form_of,
    label_time,
    major_of,
    started,
)
from schoten_ict.backup.ask.postgres.restoring import TARGET, database_of, databases_of
from schoten_ict.backup.ask.postgres.scanned import Scan, faults_of, of_pg_restore, of_psql, scan_of
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.sent.cluster import unpack
from schoten_ict.backup.sent.dump import scan, tar_damage
from schoten_ict.backup.sent.script import Script, unquoted
from schoten_ict.core.remote import Completed, RemoteError

DUMP = rb"""--
-- PostgreSQL database dump
--

\restrict QMkoTsB0sanpKERxmV8refhItp05QhpiMHGkaRSXljU1zmWOZrcehFSJGy0iGcW

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
CREATE SCHEMA gis;
ALTER SCHEMA gis OWNER TO "odd ""Role";
CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA gis;
COMMENT ON EXTENSION postgis IS 'PostGIS geometry
and geography; types';
SET default_tablespace = snel;
CREATE TABLE public.orders (
    id integer NOT NULL,
    what text
);
ALTER TABLE public.orders OWNER TO app;
COPY public.orders (id, what) FROM stdin;
1	GRANT ALL TO everybody;
2	COPY public.x FROM stdin;
3	\\.
4	-- PostgreSQL database dump complete
\.

COPY gis."Odd.""Table" (id) FROM stdin;
\.

CREATE EVENT TRIGGER noticing ON ddl_command_end
   EXECUTE FUNCTION public.noticed();
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert');
GRANT SELECT ON TABLE public.orders TO reader, PUBLIC;
CREATE POLICY own ON public.orders TO clerk USING ((what = CURRENT_USER));
--
-- PostgreSQL database dump complete
--

\unrestrict QMkoTsB0sanpKERxmV8refhItp05QhpiMHGkaRSXljU1zmWOZrcehFSJGy0iGcW

"""
LEFT_OUT = (
    b"OWNER TO", b"COMMENT ON EXTENSION", b"and geography; types", b"default_tablespace", b"EVENT TRIGGER",
    b"noticed()", b"PUBLICATION", b"GRANT SELECT", b"restrict QMko", b"CREATE SCHEMA gis",
)  # fmt: skip
ROOT = Path("/")


def walked(
    data: bytes, *, size: int = 1 << 20, given: tuple[str, ...] = (), key: str = ""
) -> tuple[bytes, Script]:
    """The text to restore and the facts of a dump that arrives in pieces of this size."""
    script = Script(given, key)
    pieces = (data[place : place + size] for place in range(0, len(data), size))
    return b"".join(script.walk(pieces)), script


def test_a_dump_says_what_it_holds() -> None:
    _, script = walked(DUMP)
    facts = script.facts()
    assert facts["done"]
    assert facts["is_dump"]
    assert facts["rows"] == {"": {"public.orders": 4, 'gis.Odd."Table': 0}}
    assert facts["encoding"] == "UTF8"
    assert facts["told"]["Dumped by pg_dump version"] == "15.18 (Debian 15.18-0+deb12u1)"
    assert facts["extensions"] == [("", "postgis", "gis")]
    assert facts["roles"] == ["PUBLIC", "app", "clerk", 'odd "Role', "reader"]
    assert facts["left_out"] == {"event trigger": 1, "publication": 1}


def test_what_needs_rights_is_left_out_and_rows_are_never_touched() -> None:
    text, _ = walked(DUMP, given=("gis",))
    assert not [part for part in LEFT_OUT if part in text]
    rows = DUMP[DUMP.index(b"COPY public.orders") : DUMP.index(b"CREATE EVENT")]
    assert rows in text
    assert b"CREATE POLICY own" in text
    assert b"CREATE EXTENSION IF NOT EXISTS postgis" in text
    assert b"CREATE SCHEMA gis" in walked(DUMP)[0]


@given(st.integers(1, 200))
def test_it_does_not_matter_in_which_pieces_a_dump_arrives(size: int) -> None:
    text, script = walked(DUMP)
    in_pieces, other = walked(DUMP, size=size)
    assert in_pieces == text
    assert other.facts() == script.facts()


LINES = st.sampled_from(
    [line + b"\n" for line in DUMP.split(b"\n")] + [b"\\.\r\n", b"\\connect app\n", b"\\", b"\n", b"\0"]
)


@given(st.lists(LINES | st.binary(max_size=20), max_size=30).map(b"".join), st.integers(1, 60))
def test_any_bytes_in_any_pieces_are_walked_through(data: bytes, size: int) -> None:
    text, script = walked(data)
    in_pieces, other = walked(data, size=size)
    assert in_pieces == text
    assert other.facts() == script.facts()
    assert script.size == len(data)


def test_a_line_of_any_length_is_passed_on() -> None:
    long = b"INSERT INTO t VALUES ('" + b"x" * 3_000_000 + b"');\n"
    row = b"1\t" + b"y" * 3_000_000 + b"\n"
    data = DUMP.replace(b"1\tGRANT", row + b"1\tGRANT").replace(b"CREATE EVENT", long + b"CREATE EVENT")
    text, script = walked(data, size=1 << 16)
    assert row in text
    assert long in text
    assert script.facts()["rows"][""]["public.orders"] == 5
    assert script.facts()["done"]


@pytest.mark.parametrize("place", range(100, len(DUMP) - 90, 37))
def test_a_dump_that_is_cut_off_anywhere_is_not_done(place: int) -> None:
    _, script = walked(DUMP[:place])
    assert not script.facts()["done"]


@pytest.mark.parametrize("more", [b"DROP TABLE x;\n", b"\\! id\n", b"garbage", b"COPY t FROM stdin;\n1\n"])
def test_what_follows_the_end_of_a_dump_undoes_it(more: bytes) -> None:
    assert not walked(DUMP + more)[1].facts()["done"]


def test_a_dump_of_all_databases_is_done_at_its_own_end_alone() -> None:
    head = (
        b"--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE app;\nALTER ROLE app WITH NOSUPERUSER;\n"
    )
    body = head + b"\\connect app\n\n" + DUMP
    assert not walked(body)[1].facts()["done"]
    text, script = walked(body + b"--\n-- PostgreSQL database cluster dump complete\n--\n\n", key="K")
    assert script.facts()["done"]
    assert script.facts()["rows"]["app"]["public.orders"] == 4
    assert b"\\unrestrict K\n\\connect app\n\\restrict K\n" in text
    assert b"ROLE app" not in text


@pytest.mark.parametrize(
    "command",
    [
        b"\\! touch /tmp/x",
        b"\\copy t from '/etc/passwd'",
        b'\\connect "host=evil dbname=x"',
        b"\\i x",
        b"\\o |id",
    ],
)
def test_commands_of_psql_are_left_to_its_restricted_mode(command: bytes) -> None:
    text, _ = walked(DUMP + command + b"\n", key="K")
    assert command in text
    assert b"unrestrict" not in text


@pytest.mark.parametrize(
    ("name", "read"),
    [(b"app", "app"), (b'"A b"', "A b"), (b'"a""b"', 'a"b'), (b'"', '"'), (b"", ""), (b"\xff", "\ufffd")],
)
def test_identifiers_lose_their_quotes(name: bytes, read: str) -> None:
    assert unquoted(name) == read


def archive(version: tuple[int, int] = (1, 14), tool: bytes = b"15.18", packing: int = -1) -> bytes:
    """The beginning of a custom dump."""

    def number(value: int) -> bytes:
        return bytes([value < 0]) + abs(value).to_bytes(4, "little")

    packed = number(packing) if version < (1, 15) else bytes([packing & 1])
    time = b"".join(map(number, (37, 5, 2, 26, 10, 126, 0)))
    texts = b"".join(number(len(text)) + text for text in (b"app", b"15.17", tool))
    return b"PGDMP" + bytes([*version, 0, 4, 8, 1]) + packed + time + texts


@pytest.mark.parametrize("version", [(1, 10), (1, 14), (1, 15), (1, 16)])
def test_the_header_of_an_archive_is_read(version: tuple[int, int]) -> None:
    found = archive_of(archive(version))
    assert found is not None
    assert (found.version, found.packed, found.database, found.server) == (version, True, "app", "15.17")
    assert found.at == datetime(2026, 11, 26, 2, 5, 37, tzinfo=UTC)
    assert major_of(found.tool) == 15


def test_the_header_inside_a_tar_is_read() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        member = tarfile.TarInfo("toc.dat")
        member.size = len(archive())
        tar.addfile(member, io.BytesIO(archive()))
    found = archive_of(made.getvalue()[:1024])
    assert found is not None
    assert found.tool == "15.18"
    assert form_of(made.getvalue()[:1024]) is Form.TAR


@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda rest: archive()[:11] + rest))
def test_any_bytes_are_an_archive_or_none(head: bytes) -> None:
    archive_of(head)
    form_of(head)


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"", Form.EMPTY),
        (archive(), Form.CUSTOM),
        (DUMP, Form.PLAIN),
        (b"--\n-- PostgreSQL database cluster dump\n--", Form.PLAIN),
        (gzip.compress(DUMP), Form.PACKED),
        (b"\x8f" * 1024, Form.NONE),
        (b"SELECT 1;", Form.NONE),
    ],
)
def test_the_form_of_a_backup_is_known_by_its_beginning(head: bytes, form: Form) -> None:
    assert form_of(head) is form


@pytest.mark.parametrize(
    ("text", "at", "zoned"),
    [
        ("2026-11-26 02:05:00 UTC", "2026-11-26T02:05", True),
        ("2026-07-26 02:05:00 CEST", "2026-07-26T00:05", True),
        ("2026-11-26 02:05:00 +0330", "2026-11-25T22:35", True),
        ("2026-11-26 02:05:00 XYZ", "2026-11-26T02:05", False),
        ("2026-11-26 02:05:00", "2026-11-26T02:05", False),
    ],
)
def test_times_of_dumps_and_labels_are_read_with_their_zone(text: str, at: str, zoned: bool) -> None:
    said = Said(datetime.fromisoformat(at).replace(tzinfo=UTC), zoned=zoned)
    assert started(text) == said
    assert label_time(f"START WAL LOCATION: 0/2000028\nSTART TIME: {text}\nLABEL: x\n") == said


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    started(text)
    label_time(f"START TIME: {text}")
    major_of(text)


GOOD: dict[str, Any] = {"bytes": 100, "done": True, "is_dump": True, "rows": {"": {"public.t": 3}}}


@given(st.dictionaries(st.sampled_from(sorted(Scan.__dataclass_fields__)), JSON))
def test_any_answer_is_understood_or_refused(more: dict[str, Any]) -> None:
    with suppress(RemoteError):
        found = scan_of(GOOD | more)
        faults = list(faults_of(found))
        assert faults or (found.done and found.is_dump and found.bytes and not found.code)
        databases_of(found)
        database_of(found, "app")


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"bytes": 0}, Kind.EMPTY),
        ({"is_dump": False}, Kind.DATABASE),
        ({"done": False}, Kind.TRUNCATED),
        ({"done": False, "unfinished": "public.t"}, Kind.TRUNCATED),
        ({"damaged": ["data", "crc"]}, Kind.DATA),
        ({"damaged": ["truncated", "short"]}, Kind.TRUNCATED),
        (
            {"code": 1, "said": "pg_restore: error: could not read from input file: end of file"},
            Kind.TRUNCATED,
        ),
        (
            {"code": 1, "said": "pg_restore: error: could not uncompress data: incorrect data check"},
            Kind.DATA,
        ),
        (
            {"code": 1, "said": "pg_restore: error: unsupported version (1.17) in file header"},
            Kind.NO_PROGRAM,
        ),
        ({"code": -11, "said": ""}, Kind.DATA),
        ({"code": 1, "said": "something never heard of"}, Kind.DATA),
    ],
)
def test_what_is_wrong_with_a_dump_is_named(more: dict[str, Any], kind: Kind) -> None:
    assert [fault.kind for fault in faults_of(scan_of(GOOD | more))] == [kind]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ('ERROR:  extension "postgis" is not available', Kind.NO_PROGRAM),
        ("invalid command \\restrict", Kind.NO_PROGRAM),
        ("backslash commands are restricted; only \\unrestrict is allowed", Kind.OTHER),
        ("ERROR:  permission denied to COPY to or from an external program", Kind.OTHER),
        ("ERROR:  must be superuser to create an event trigger", Kind.NOT_PROVABLE),
        ('ERROR:  permission denied for language "c"', Kind.NOT_PROVABLE),
        ("ERROR:  could not extend file: No space left on device", Kind.NO_SPACE),
        ('ERROR:  invalid input syntax for type integer: "x"', Kind.DATABASE),
        ("psql: error: connection failed: FATAL:  terminating connection", Kind.PROTOCOL),
        ("", Kind.DATABASE),
    ],
)
def test_what_psql_says_is_named_and_nothing_steers_a_terminal(said: str, kind: Kind) -> None:
    fault = of_psql(3, f"psql:<stdin>:1: NOTICE: x\n\x1b[2J{said}")
    assert fault.kind is kind
    assert "\x1b" not in fault.message


@given(st.integers(), st.text())
def test_any_words_of_the_tools_are_a_fault(code: int, said: str) -> None:
    assert of_psql(code, said).message
    assert of_pg_restore(code, said).message
    assert verified(Completed(code or 1, b"", said.encode("utf-8", "replace"), 1))


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        (
            'pg_verifybackup: error: "base/5/1" is present in the manifest but not on disk',
            {Kind.MISSING_DATA},
        ),
        ('pg_verifybackup: error: checksum mismatch for file "base/5/1"', {Kind.DATA}),
        ('pg_verifybackup: error: "a" has size 1 on disk but size 2 in the manifest', {Kind.TRUNCATED}),
        ('pg_verifybackup: error: "a" is present on disk but not in the manifest', {Kind.EXTRA}),
        ("pg_verifybackup: fatal: manifest checksum mismatch", {Kind.MANIFEST}),
        ("pg_verifybackup: error: could not parse backup manifest: unexpected end of input", {Kind.MANIFEST}),
        ('pg_waldump: error: could not find file "0001": No such file or directory', {Kind.WAL}),
        ("pg_verifybackup: error: WAL parsing failed for timeline 1", {Kind.WAL}),
        ("", {Kind.DATA}),
    ],
)
def test_what_a_base_backup_lacks_is_named(said: str, kinds: set[Kind]) -> None:
    assert {fault.kind for fault in verified(Completed(1, b"", said.encode(), 1))} == kinds
    assert verified(Completed(0, b"", said.encode(), 1)), "an exit code is no proof"


def test_only_its_own_word_makes_a_base_backup_right() -> None:
    assert verified(Completed(0, b"backup successfully verified\n", b"", 1)) == ()
    assert verified(Completed(1, b"backup successfully verified\n", b"", 1))


@pytest.mark.parametrize(
    ("rows", "cluster", "declared", "found"),
    [
        ({"": {}}, False, "app", TARGET),
        ({"": {}, "app": {}}, False, "app", "app"),
        ({"": {}, "app": {}}, False, "other", "app"),
        ({"": {}, "template1": {}, "app": {}, "postgres": {}}, True, "app", "app"),
        ({"": {}, "template1": {}, "app": {}, "postgres": {}}, True, "other", None),
    ],
)
def test_the_declared_database_is_found_in_a_dump(
    rows: dict[str, dict[str, int]], cluster: bool, declared: str, found: str | None
) -> None:
    assert database_of(Scan(1, done=True, rows=rows, cluster=cluster), declared) == found


def test_a_packed_dump_is_read_and_damage_in_it_is_found(tmp_path: Path) -> None:
    path = tmp_path / "app.sql.gz"
    path.write_bytes(gzip.compress(DUMP))
    assert scan({"path": str(path), "seconds": 10})["done"]
    packed = bytearray(gzip.compress(DUMP))
    packed[200] ^= 4
    path.write_bytes(packed)
    assert scan({"path": str(path), "seconds": 10})["damaged"][0] == "data"
    path.write_bytes(gzip.compress(DUMP)[:-100])
    assert scan({"path": str(path), "seconds": 10})["damaged"][0] == "truncated"


def tarred(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_a_tar_that_is_cut_or_damaged_is_seen_before_pg_restore_hangs_on_it(tmp_path: Path) -> None:
    path = tarred(
        tmp_path / "a.tar", (tarfile.TarInfo("toc.dat"), b"x" * 700), (tarfile.TarInfo("b"), b"y" * 99)
    )
    assert tar_damage(str(path)) is None
    whole = path.read_bytes()
    for length in (0, 100, 512, 900, 1600, 2047):
        path.write_bytes(whole[:length])
        damage = tar_damage(str(path))
        assert damage is not None
        assert damage.kind == "truncated"
    path.write_bytes(b"z" + whole[1:])
    damage = tar_damage(str(path))
    assert damage is not None
    assert damage.kind == "data"


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_tar_or_a_damaged_one(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.tar"
    path.write_bytes(content)
    tar_damage(str(path))


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (tarfile.TarInfo("../out"), "paths"),
        (tarfile.TarInfo("/tmp/ict-out"), "paths"),
        (tarfile.TarInfo("a/../../out"), "paths"),
        (link("pg_tblspc/16400", "/etc"), "others"),
        (link("hard", "PG_VERSION", tarfile.LNKTYPE), "others"),
        (link("fifo", "", tarfile.FIFOTYPE), "others"),
    ],
)
def test_nothing_of_a_base_backup_leads_out_of_its_folder(
    tmp_path: Path, member: tarfile.TarInfo, expected: str
) -> None:
    path = tarred(tmp_path / "base.tar", (tarfile.TarInfo("PG_VERSION"), b"15\n"), (member, b""))
    target = tmp_path / "target"
    target.mkdir()
    told = unpack({"tars": [[str(path), ""]], "target": str(target), "limit": 1000, "seconds": 10})
    assert told["damaged"][0] == "paths" if expected == "paths" else told["others"] == [member.name]
    assert [each.name for each in target.rglob("*")] == ["PG_VERSION"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["base.tar", "target"]
