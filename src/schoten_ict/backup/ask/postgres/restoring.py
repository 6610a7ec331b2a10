"""Restoring a dump into an instance of our own, and counting what came back."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from schoten_ict.backup.ask.postgres.instance import Instance, quoted
from schoten_ict.backup.ask.postgres.scanned import Scan, scan_of
from schoten_ict.backup.ask.tables import Held, Value, found_table
from schoten_ict.backup.ask.there import run_there
from schoten_ict.backup.order import Order
from schoten_ict.core.remote import RemoteError

RESTORER = "ict_restorer"
TARGET = "ict_restored"
"""The role that restores, and the database into which a dump goes that names none."""
_OURS = frozenset({"postgres", "template1"})
_NO_ROLES = frozenset({"", "public", "current_user", "session_user", RESTORER})
_KNOWN = frozenset(
    {
        "postgis", "postgis_raster", "postgis_sfcgal", "postgis_topology", "postgis_tiger_geocoder",
        "address_standardizer", "address_standardizer_data_us", "pgrouting", "vector", "earthdistance",
        "xml2", "pg_stat_statements", "pageinspect", "pg_buffercache", "pg_freespacemap", "pg_visibility",
        "pgstattuple", "pgrowlocks", "amcheck", "bloom", "intagg", "sslinfo", "pg_prewarm",
    }
)  # fmt: skip
"""Extensions that only a superuser makes and that reach no files, programs or network by themselves.

Those that a database's owner may make (`trusted`) are made by the dump; any other is not restored here.
"""
_AT_ONCE = 200
_MOST_TABLES = 2000
_TABLES = """
SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.deptype = 'e')
ORDER BY 1, 2
"""
"""What looks like a table: those of extensions and the partitions of others left out."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the text of a dump comes from: the file `path`, or `words` that write it (`tar`: of this tar)."""

    path: str
    words: tuple[str, ...] = ()
    tar: str = ""

    def request(self, do: str) -> dict[str, Any]:
        """What `sent/dump.py` is asked."""
        return {"do": do, "path": self.path, "words": list(self.words), "tar": self.tar}


def databases_of(scan: Scan) -> dict[str, str]:
    """The databases that a dump restores into, with their encodings."""
    first = scan.encodings.get("", scan.encoding)
    found = {TARGET: first} | {name: scan.encodings.get(name, first) for name in scan.rows if name}
    return {name: encoding or "UTF8" for name, encoding in found.items()}


def database_of(scan: Scan, declared: str) -> str | None:
    """The database of a dump that was declared; None when it is not in it."""
    named = [name for name in scan.rows if name and name not in _OURS]
    if declared in scan.rows:
        return declared
    if scan.cluster or len(named) > 1:
        return None
    return named[0] if named else TARGET


def restore(instance: Instance, source: Source, scan: Scan, order: Order, floor: int) -> Scan:
    """Restore a dump that was read before; `whole` in the answer says that all of it came back.

    At least `floor` bytes stay free on the disk. Raises `RemoteError`.
    """
    databases = databases_of(scan)
    cluster = [*_roles(scan.roles), *(_database(name, databases[name]) for name in databases)]
    instance.ask(instance.superuser, "postgres", ";\n".join(cluster))
    given: set[str] = set()
    for name in databases:
        wanted = dict(_extensions(scan, name))
        schemas = {schema for schema in wanted.values() if schema not in {"", "public", "pg_catalog"}}
        instance.ask(instance.superuser, name, ";\n".join(_inside(wanted, schemas)))
        given |= schemas
    psql = [*instance.words(RESTORER, TARGET), "-1", "-o", "/dev/null"]
    folder = instance.place.folder
    request = source.request("restore") | {
        "psql": psql,
        "given": sorted(given),
        "folder": folder,
        "floor": floor,
    }
    return scan_of(run_there(instance.place.machine, "dump", request, order.deadline.left()))


def _roles(names: Sequence[str]) -> Iterator[str]:
    """The restoring role and those that a dump names; none of these may log in or do anything."""
    yield f"CREATE ROLE {RESTORER} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS"
    for name in names:
        if name.lower() not in _NO_ROLES and not name.startswith("pg_"):
            yield f"CREATE ROLE {quoted(name)} NOLOGIN"
            yield f"GRANT {quoted(name)} TO {RESTORER}"


def _database(name: str, encoding: str) -> str:
    """An empty database that the restoring role owns; in UTF8 with its letters, else in plain bytes."""
    if name in _OURS:
        return f"ALTER DATABASE {quoted(name)} OWNER TO {RESTORER}"
    locale = "C.UTF-8" if encoding.upper().replace("-", "") == "UTF8" else "C"
    return (
        f"CREATE DATABASE {quoted(name)} OWNER {RESTORER} TEMPLATE template0"
        f" ENCODING '{encoding}' LC_COLLATE '{locale}' LC_CTYPE '{locale}'"
    )


def _extensions(scan: Scan, database: str) -> Iterator[tuple[str, str]]:
    """The extensions that a dump needs in a database and its role may not make, with their schemas."""
    for of, name, schema in scan.extensions:
        if (of or TARGET) == database and name in _KNOWN:
            yield name, schema


def _inside(extensions: dict[str, str], schemas: set[str]) -> Iterator[str]:
    """What is made in a database before its dump comes."""
    yield f"ALTER SCHEMA public OWNER TO {RESTORER}"
    for schema in sorted(schemas):
        yield f"CREATE SCHEMA {quoted(schema)} AUTHORIZATION {RESTORER}"
    for name, schema in extensions.items():
        place = f" SCHEMA {quoted(schema)}" if schema else ""
        yield f"CREATE EXTENSION IF NOT EXISTS {quoted(name)}{place} CASCADE"
    for schema in sorted({*extensions.values()} - {"", "pg_catalog"}):
        yield f"GRANT ALL ON ALL TABLES IN SCHEMA {quoted(schema)} TO {RESTORER}"


def counted(instance: Instance, role: str, database: str, order: Order) -> Held:
    """The tables of a database with their rows, and the newest value that is declared.

    `role` is no superuser: what is asked may run functions of the database. Raises `RemoteError`.
    """
    found = instance.ask(role, database, _TABLES)
    places = {f"{schema}.{name}": (schema, name) for schema, name, kind in found if kind in {"r", "p", "m"}}
    names = list(places)[:_MOST_TABLES]
    rows: dict[str, int] = {}
    for begin in range(0, len(names), _AT_ONCE):
        some = names[begin : begin + _AT_ONCE]
        asked = (_counting(number, places[name]) for number, name in enumerate(some))
        for number, count in instance.ask(role, database, " UNION ALL ".join(asked)):
            rows[some[int(number)]] = int(count)
    views = tuple(f"{schema}.{name}" for schema, name, kind in found if kind in {"v", "f"})
    declared = order.job.source.database
    newest = declared.newest if declared else None
    table = found_table(newest.table, rows) if newest else None
    if newest is None or table is None:
        return Held(rows, views)
    return Held(rows, views, _highest(instance, role, database, places[table], newest.column))


def _counting(number: int, table: tuple[str, str]) -> str:
    return f"SELECT {number}, count(*) FROM {'.'.join(map(quoted, table))}"  # noqa: S608 - quoted


def _highest(instance: Instance, role: str, database: str, table: tuple[str, str], column: str) -> Value:
    """The highest value of a column; None without one, and without the column."""
    sql = f"SELECT max({quoted(column)})::text FROM {'.'.join(map(quoted, table))}"  # noqa: S608 - quoted
    try:
        ((value,),) = instance.ask(role, database, sql)
    except RemoteError as error:
        if f'column "{column}" does not exist' not in error.problems[0].message:
            raise
        return None
    return value or None


def reader(instance: Instance, database: str) -> str:
    """A new role that may read everything and do nothing, in a cluster that came with its own roles."""
    name = f"ict_reader_{secrets.token_hex(6)}"
    sql = f"CREATE ROLE {name} LOGIN NOSUPERUSER BYPASSRLS; GRANT pg_read_all_data TO {name}"
    instance.ask(instance.superuser, database, sql)
    return name


def lost(scan: Scan, held: Held, database: str) -> list[str]:
    """The tables that have fewer rows than the dump brought, by its own count."""
    brought = scan.rows.get("" if database == TARGET else database, {})
    return sorted(name for name, rows in brought.items() if held.tables.get(name, rows) < rows)
