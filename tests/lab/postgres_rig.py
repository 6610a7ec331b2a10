"""A live PostgreSQL cluster of the lab, on a socket in a folder of its own, and backups made of it."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from lab.need import lack
from schoten_ict.backup.ask.postgresql import observe
from schoten_ict.backup.facts import BackupFacts, Probe
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.machine import Machine
from schoten_ict.inventory.fields import decode
from schoten_ict.inventory.sections.backups import BackupJob

ORDERS, LETTERS = 2000, 30
NOW = datetime.now(UTC).replace(microsecond=0)
"""The clock of the machine: a dump carries the time at which `pg_dump` made it."""
NIGHT = NOW - timedelta(hours=4)
NEWEST = NIGHT - timedelta(hours=1)
SUPERUSER = "postgres"
PASSWORD = "geheim van de dump"
TABLES = f"""
CREATE ROLE app; CREATE ROLE "odd ""Role"; CREATE ROLE dumper SUPERUSER LOGIN PASSWORD '{PASSWORD}';
CREATE DATABASE app OWNER app;
\\connect app
CREATE SCHEMA archief AUTHORIZATION "odd ""Role";
CREATE TABLE orders (id int PRIMARY KEY, what text NOT NULL, made_at timestamptz NOT NULL);
INSERT INTO orders SELECT n, md5(n::text), '{NEWEST}' FROM generate_series(1, {ORDERS}) n;
CREATE TABLE archief.letters (id int PRIMARY KEY, scan bytea);
INSERT INTO archief.letters SELECT n, decode(repeat(md5(n::text), 200), 'hex') FROM generate_series(1, {LETTERS}) n;
CREATE INDEX ON orders (what);
CREATE VIEW recent AS SELECT * FROM orders;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO parts SELECT n, '2026-02-03' FROM generate_series(1, 7) n;
CREATE TABLE secret (id int, owner text); INSERT INTO secret VALUES (1, 'x'), (2, 'y');
ALTER TABLE secret ENABLE ROW LEVEL SECURITY; ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secret TO app USING (owner = current_user);
ALTER TABLE secret OWNER TO "odd ""Role"; ALTER TABLE orders OWNER TO app;
GRANT SELECT ON orders TO "odd ""Role"; ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO app;
COMMENT ON DATABASE app IS 'GRANT ALL; this
is a comment;'; COMMENT ON TABLE orders IS 'what was ordered';
CREATE EXTENSION pgcrypto; CREATE EXTENSION pageinspect WITH SCHEMA archief;
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE FUNCTION noticed() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'x'; END $$;
CREATE EVENT TRIGGER noticing ON ddl_command_end EXECUTE FUNCTION noticed();
SELECT lo_from_bytea(0, 'a large object');
"""
"""A database with what dumps of real ones hold: other owners, rights, schemas, policies, extensions."""


def programs() -> Path:
    """The folder with PostgreSQL's programs, the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found or not (found[-1] / "initdb").exists():
        lack("PostgreSQL is not installed (Debian package postgresql-15)")
    return found[-1]


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder that any account may pass through, with a name that is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="ict-pg-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Cluster:
    """A live cluster as its own account (`postgres` where we are root)."""

    def __init__(self, folder: Path) -> None:
        self.bin = programs()
        self.folder = folder
        self.account = "postgres" if os.geteuid() == 0 else ""
        self.home = folder / "live"
        self.home.mkdir(0o700)
        if self.account:
            shutil.chown(self.home, self.account, self.account)

    def __enter__(self) -> Self:
        self.run(
            "initdb", "-D", f"{self.home}/data", "-U", SUPERUSER, "-A", "trust", "-N", "--locale=C.UTF-8"
        )
        rules = self.home / "data/pg_hba.conf"
        rules.write_text(f"local all dumper scram-sha-256\n{rules.read_text()}")
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self.home} -c fsync=off -c wal_level=replica"
        )
        self.run(
            "pg_ctl", "start", "-w", "-s", "-D", f"{self.home}/data", "-l", f"{self.home}/log", "-o", options
        )
        self.sql("postgres", TABLES)
        return self

    def __exit__(self, *_: object) -> None:
        self.run("pg_ctl", "stop", "-m", "immediate", "-s", "-D", f"{self.home}/data")

    def run(self, *words: str, stdin: str = "") -> str:
        """A program of PostgreSQL, as the account of the cluster."""
        wrap = ["setpriv", f"--reuid={self.account}", f"--regid={self.account}", "--init-groups"]
        argv = [*(wrap if self.account else []), str(self.bin / words[0]), *words[1:]]
        environment = {"PATH": os.environ["PATH"], "PGHOST": str(self.home), "PGUSER": SUPERUSER, "TZ": "UTC"}
        done = subprocess.run(
            argv,
            input=stdin,
            capture_output=True,
            text=True,
            cwd="/",
            env=environment,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, database: str, text: str) -> str:
        """What `psql` says to a script."""
        return self.run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, stdin=text)

    def dump(self, path: Path, *words: str, database: str = "app") -> Path:
        """A dump, as a file or a folder of ours."""
        made = self.home / path.name
        self.run("pg_dump", *words, "-f", str(made), database)
        return self.fetched(made, path)

    def dump_all(self, path: Path) -> Path:
        """A dump of all databases."""
        path.write_text(self.run("pg_dumpall"))
        return path

    def base(self, path: Path, *words: str) -> Path:
        """A base backup."""
        made = self.home / path.name
        self.run("pg_basebackup", "-D", str(made), "-c", "fast", "-N", *words)
        return self.fetched(made, path)

    def fetched(self, made: Path, path: Path) -> Path:
        """What was made, as ours."""
        shutil.move(made, path)
        for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
            os.chown(each, os.geteuid(), os.getegid())
        return path


class Shelf:
    """A folder with backups, and looks at it."""

    def __init__(self, root: Path, machine: Machine | None = None) -> None:
        self.root = root
        self.folder = root / "backup"
        self.folder.mkdir(exist_ok=True)
        self.scratch = root / "s"
        self.machine = machine or HereMachine(root)
        self.owner = f"lab:{root}"

    def order(self, declared: dict[str, Any] | None = None, **more: Any) -> Order:
        """A deep look at all backups."""
        tables = {"orders": ORDERS, "letters": LETTERS, "parts": 7, "secret": 2}
        newest = {"table": "orders", "column": "made_at"}
        plain = {
            "name": "app",
            "engine": "postgresql",
            "source": {"database": {"name": "app", "tables": tables, "newest": newest}},
            "repository": {"url": f"{self.folder}/app-*"},
            "rpo": "26h",
            "verify": {"scratch": str(self.scratch)},
        }
        job = msgspec.convert(plain | (declared or {}), BackupJob, dec_hook=decode)
        deep: dict[str, Any] = {"read": Slice(1, 1), "sample": 20, "owner": self.owner}
        return Order(job, NOW, more.pop("deadline", Deadline(100)), **(deep | more))

    def look(self, declared: dict[str, Any] | None = None, **more: Any) -> BackupFacts:
        """What the engine sees; nothing stays of the look."""
        facts = observe(self.machine, self.order(declared, **more))
        assert not self.scratch.exists() or list(self.scratch.iterdir()) == []
        assert postmasters(self.scratch) == []
        return facts


def postmasters(below: Path) -> list[int]:
    """The servers whose data lies below a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().split(b"\0")
            if words[0].endswith(b"/postgres") and any(
                re.match(rf"{re.escape(str(below))}/".encode(), word) for word in words
            ):
                found.append(int(entry.parent.name))
    return found


def dated(path: Path, at: datetime = NIGHT) -> Path:
    """A backup that was written at this time."""
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def right(facts: BackupFacts, names: Sequence[str] = ("structure", "database")) -> bool:
    """Whether all these proofs succeeded, and the reading."""
    probes = [getattr(facts, name) for name in names] + [each.probe for each in facts.reads]
    return all(isinstance(probe, Probe) and probe.proven for probe in probes)
