"""What the program `sent/dump.py` said of a dump, and what that proves: pure rules."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from schoten_ict.backup.ask.postgres.heads import major_of
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

_WORDS = 300


@dataclass(frozen=True, slots=True)
class Scan:
    """A dump that was read to its end, or restored.

    `bytes` is the length of its text, `done` whether it ends as a whole one, `unfinished` the table in whose
    rows it broke off. `rows` are by database (empty: the one that it is of) and table, `encodings` by
    database, `extensions` are database, name and schema. `left_out` counts what only a superuser restores.
    `code` and `said` are those of `pg_restore`, `psql_code` and `psql_said` of `psql`; `whole` says that it
    came to the end of the whole text, `full` that the disk was, `late` that the time was up.
    """

    bytes: int
    done: bool
    cluster: bool = False
    is_dump: bool = False
    encoding: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    encodings: Mapping[str, str] = field(default_factory=dict)
    extensions: tuple[tuple[str, str, str], ...] = ()
    roles: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    unfinished: str = ""
    size: int = 0
    sha256: str = ""
    damaged: tuple[str, str] | None = None
    code: int = 0
    said: str = ""
    psql_code: int | None = None
    psql_said: str = ""
    whole: bool = False
    full: bool = False
    late: bool = False

    @property
    def tables(self) -> int:
        """How many tables it brings rows for."""
        return sum(map(len, self.rows.values()))

    @property
    def tool(self) -> int | None:
        """The major version of the `pg_dump` that made it."""
        return major_of(self.told.get("Dumped by pg_dump version", ""))


def scan_of(answer: Mapping[str, Any]) -> Scan:
    """The program's answer; raises `RemoteError` (`protocol`) for one that is none."""
    try:
        return msgspec.convert(answer, Scan)
    except msgspec.ValidationError as error:
        raise RemoteError(f"a check gave an answer that is none: {error}", code="protocol") from None


def faults_of(scan: Scan) -> Iterator[Fault]:
    """What is wrong with the text of a dump."""
    if scan.damaged is not None:
        kind, words = scan.damaged
        yield Fault(Kind.TRUNCATED if kind == "truncated" else Kind.DATA, words)
    elif scan.code:
        yield of_pg_restore(scan.code, scan.said)
    elif not scan.bytes:
        yield Fault(Kind.EMPTY, "there is nothing in it")
    elif not scan.is_dump:
        yield Fault(Kind.DATABASE, "does not begin as a dump of PostgreSQL")
    elif scan.unfinished:
        yield Fault(Kind.TRUNCATED, f"breaks off in the rows of table {printable(scan.unfinished)}")
    elif not scan.done:
        yield Fault(Kind.TRUNCATED, "does not end with the line that a whole dump ends with")


_PG_RESTORE = (
    (r"end of file|could not close data file", Kind.TRUNCATED),
    (
        r"unsupported version|does not support|not built with|unrecognized archive|no compression",
        Kind.NO_PROGRAM,
    ),
    (r"could not open .*No such file", Kind.MISSING_DATA),
    (r"Permission denied", Kind.DENIED),
    (r"No space left", Kind.NO_SPACE),
)
"""Words of `pg_restore`, first match first, as the kinds that they mean; all others mean damaged data."""


def of_pg_restore(code: int, said: str) -> Fault:
    """What `pg_restore` means when it fails to write out an archive."""
    words = _last(said) or f"exit code {code}"
    kind = next((kind for pattern, kind in _PG_RESTORE if re.search(pattern, said, re.IGNORECASE)), Kind.DATA)
    return Fault(kind, f"pg_restore: {words}")


_PSQL = (
    (r"invalid command \\restrict", Kind.NO_PROGRAM, "psql is too old: it knows no restricted mode"),
    (r"backslash commands are restricted", Kind.OTHER, "holds commands of psql, which pg_dump never writes"),
    (r"external program|COPY to or from a file|COPY from a file|COPY to a file", Kind.OTHER,
     "tries to run a program or to reach files of the server, which pg_dump never writes"),
    (r"No space left|could not extend file", Kind.NO_SPACE, ""),
    (r"extension .* is not available|could not open extension control file", Kind.NO_PROGRAM, ""),
    (r"unrecognized configuration parameter", Kind.NO_PROGRAM, ""),
    (r"collation .* does not exist|invalid locale name", Kind.NOT_PROVABLE, ""),
    (r"tablespace .* does not exist|role .* does not exist", Kind.NOT_PROVABLE, ""),
    (r"permission denied|must be superuser|must be owner|only superuser|Must be superuser",
     Kind.NOT_PROVABLE, "needs a superuser, as which nothing is restored here"),
    (r"server closed the connection|terminating connection|could not connect", Kind.PROTOCOL, ""),
)  # fmt: skip
"""Words of `psql` and of the server, first match first: the kinds and what they mean here."""


def of_psql(code: int | None, said: str) -> Fault:
    """What it means that `psql` did not do what it was told."""
    error = next(
        (line for line in said.splitlines() if re.search(r"ERROR|FATAL|restricted|invalid command", line)), ""
    )
    words = printable(error or _last(said) or f"psql ended with exit code {code}")[:_WORDS]
    for pattern, kind, meaning in _PSQL:
        if re.search(pattern, error or said):
            return Fault(kind, f"{meaning}: {words}" if meaning else words)
    return Fault(Kind.DATABASE, words)


def _last(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return printable(lines[-1])[:_WORDS] if lines else ""
