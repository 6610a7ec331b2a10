r"""What the text of a PostgreSQL dump says, and how it is made fit for an instance without its roles.

The text is that of `pg_dump`, `pg_dumpall` and `pg_restore -f -`: lines of SQL, and after a line
`COPY ... FROM stdin;` lines that are rows, until `\.`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

_LONGEST = 1 << 20
"""A line outside of COPY that is longer holds data and is passed on as it is."""
_BEGINS = 1024
_MOST = 5000
_ENDING = 4
"""The length of the line that ends the rows of a table, with CR and LF."""
_END_OF_ROWS = re.compile(rb"\\\.(?:\r?\n|\r?\Z)")
_NAME = rb'(?:"(?:[^"]|"")+"|[^\s".();,]+)'
_COPY = re.compile(rb"COPY (" + _NAME + rb"(?:\." + _NAME + rb")?) ?(?:\(.*\) )?FROM stdin;")
_EXTENSION = re.compile(
    rb"CREATE EXTENSION (?:IF NOT EXISTS )?(" + _NAME + rb")(?: WITH SCHEMA (" + _NAME + rb"))?;"
)
_CONNECT = re.compile(rb'\\connect ("?[A-Za-z0-9_.$-]+"?)')
_RESTRICT = re.compile(rb"\\(?:un)?restrict [A-Za-z0-9]+")
_SCHEMA = re.compile(rb"CREATE SCHEMA (" + _NAME + rb");")
_ENCODING = re.compile(rb"SET client_encoding = '([A-Za-z0-9_-]+)';")
_DATABASE = re.compile(rb"CREATE DATABASE (" + _NAME + rb").* ENCODING = '([A-Za-z0-9_-]+)'.*;")
_TOLD = re.compile(rb"-- (Dumped from database version|Dumped by pg_dump version|Started on) (.{1,60})")
_DONE = {b"-- PostgreSQL database dump complete", b"-- PostgreSQL database cluster dump complete"}
_CLUSTER = b"-- PostgreSQL database cluster dump"
_ROLES = re.compile(
    rb"(?: OWNER TO | TO ROLE |CREATE ROLE |FOR ROLE |^CREATE POLICY .* TO |^GRANT .* TO |^REVOKE .* FROM |"
    rb"^CREATE USER MAPPING FOR )(" + _NAME + rb"(?:, ?" + _NAME + rb")*)"
)
_LEFT_OUT = re.compile(
    rb"ALTER .* OWNER TO .*;|GRANT .*;|REVOKE .*;|ALTER DEFAULT PRIVILEGES .*;|SECURITY LABEL .*;|"
    rb"SET default_tablespace = .*;|"
    rb"(?:CREATE|ALTER|DROP) (?:ROLE|DATABASE|TABLESPACE) .*;|SET SESSION AUTHORIZATION .*;|"
    rb"(?:CREATE|ALTER) (?:PUBLICATION|SUBSCRIPTION) .*;|ALTER EVENT TRIGGER .*;"
)
_BEGUN = re.compile(
    rb"CREATE EVENT TRIGGER |COMMENT ON (?:EXTENSION|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION) "
)
_NAMED = re.compile(rb"(?:CREATE )(EVENT TRIGGER|PUBLICATION|SUBSCRIPTION) ")
_FIRST = frozenset(b"\\-ACDGRS")
"""How a line begins that may mean something here."""


class Script:
    """Walks once through the text of a dump, keeps what it says, and gives the text to restore from.

    What is left out needs rights that the restoring role has not, or things that are outside of a database:
    owners, grants, roles, tablespaces, publications, event triggers; schemas that `given` names; and `psql`'s
    own commands, but for the change of database, which becomes what `connect` makes of it.
    """

    def __init__(self, given: Iterable[str] = (), key: str = "") -> None:
        """`key` opens and closes `psql`'s restricted mode around a change of database."""
        self.size = 0
        self.done = False
        self.cluster = False
        self.begins = b""
        self.encoding = ""
        self.told: dict[str, str] = {}
        self.database = ""
        self.rows: dict[str, dict[str, int]] = {"": {}}
        self.encodings: dict[str, str] = {}
        self.extensions: list[tuple[str, str, str]] = []
        self.roles: set[str] = set()
        self.left_out: dict[str, int] = {}
        self.table: str | None = None
        self._given = frozenset(given)
        self._key = key.encode()
        self._inside = False
        self._skipping = False
        self._ended = False

    def facts(self) -> dict[str, Any]:
        """Everything that the text said, as JSON can tell it."""
        return {
            "bytes": self.size, "done": self.done and self.table is None, "cluster": self.cluster,
            "is_dump": b"-- PostgreSQL database" in self.begins, "encoding": self.encoding, "told": self.told,
            "rows": self.rows, "encodings": self.encodings, "extensions": self.extensions,
            "roles": sorted(self.roles), "left_out": self.left_out, "unfinished": self.table or "",
        }  # fmt: skip

    def walk(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The text to restore from, piece by piece; whatever bytes the blocks hold."""
        rest = b""
        for block in blocks:
            self.size += len(block)
            if len(self.begins) < _BEGINS:
                self.begins += block[:_BEGINS]
            rest = yield from self._pieces(rest + block)
        self._ended = True
        yield from self._pieces(rest)

    def _pieces(self, data: bytes) -> Generator[bytes, None, bytes]:
        """What can be told of some text now; returns the rest of it."""
        place = 0
        while place < len(data):
            step = self._rows(data, place) if self.table is not None else self._line(data, place)
            if step is None:
                break
            place, piece = step
            if piece:
                yield piece
        return data[place:]

    def _rows(self, data: bytes, place: int) -> tuple[int, bytes] | None:
        """The next piece of rows of a table, of any length; None when more is needed to tell."""
        if self._inside:
            end = data.find(b"\n", place)
            self._inside = end < 0
            if self._inside:
                return len(data), data[place:]
            self._count(1)
            return end + 1, data[place : end + 1]
        if len(data) - place < _ENDING and not self._ended:
            return None
        ending = _END_OF_ROWS.match(data, place)
        if ending:
            self.table = None
            return ending.end(), ending[0]
        end = data.find(b"\n\\.", place)
        end = data.rfind(b"\n", place) if end < 0 else end
        if end < 0:
            self._inside = True
            return len(data), data[place:]
        self._count(data.count(b"\n", place, end + 1))
        return end + 1, data[place : end + 1]

    def _count(self, number: int) -> None:
        assert self.table is not None
        tables = self.rows[self.database]
        tables[self.table] = tables.get(self.table, 0) + number

    def _line(self, data: bytes, place: int) -> tuple[int, bytes] | None:
        """The next line, filtered; None when it is not whole yet."""
        end = data.find(b"\n", place)
        if end < 0 and self._ended and not self._inside:
            return len(data), self._statement(data[place:])
        if end < 0:
            if len(data) - place <= _LONGEST and not self._inside:
                return None
            self._inside, self.done = True, False
            return len(data), data[place:]
        line = data[place : end + 1]
        if self._inside:
            self._inside = False
            return end + 1, line
        return end + 1, self._statement(line)

    def _statement(self, line: bytes) -> bytes:
        """A line outside of rows, as it is restored: itself, something else, or nothing."""
        text = line.rstrip(b"\r\n")
        if self._skipping:
            self._skipping = not text.endswith(b";")
            return b""
        self.done = self.done and (not text or text.startswith(b"--") or bool(_RESTRICT.fullmatch(text)))
        if not text or text[0] not in _FIRST:
            return line
        if text.startswith(b"--"):
            self._comment(text)
            return line
        if text.startswith(b"\\"):
            return self._command(text, line)
        self._roles(text)
        return line if self._is_kept(text) else b""

    def _comment(self, text: bytes) -> None:
        if text in _DONE:
            self.done = not self.cluster or b"cluster" in text
        self.cluster = self.cluster or text == _CLUSTER
        told = _TOLD.match(text)
        if told:
            self.told.setdefault(told[1].decode(), told[2].decode("utf-8", "replace"))

    def _command(self, text: bytes, line: bytes) -> bytes:
        """A command of `psql`: only the change of database is restored; what is unknown ends the restore."""
        if _RESTRICT.fullmatch(text):
            return b""
        connect = _CONNECT.fullmatch(text)
        if connect is None:
            return line
        self.database = unquoted(connect[1])
        self.rows.setdefault(self.database, {})
        if not self._key:
            return b""
        return b"\\unrestrict %b\n\\connect %b\n\\restrict %b\n" % (self._key, connect[1], self._key)

    def _roles(self, text: bytes) -> None:
        found = _ROLES.search(text)
        if found and len(self.roles) < _MOST:
            self.roles.update(unquoted(name) for name in re.findall(_NAME, found[1]))

    def _is_kept(self, text: bytes) -> bool:
        copy = _COPY.fullmatch(text)
        if copy:
            self.table = ".".join(unquoted(part) for part in re.findall(_NAME, copy[1]))
            self._count(0)
            return True
        encoding = _ENCODING.fullmatch(text)
        if encoding:
            self.encoding = self.encoding or encoding[1].decode()
            self.encodings.setdefault(self.database, encoding[1].decode())
        database = _DATABASE.fullmatch(text)
        if database:
            self.encodings[unquoted(database[1])] = database[2].decode()
        extension = _EXTENSION.fullmatch(text)
        if extension and len(self.extensions) < _MOST:
            self.extensions.append((self.database, unquoted(extension[1]), unquoted(extension[2] or b"")))
        return not self._is_left_out(text)

    def _is_left_out(self, text: bytes) -> bool:
        named = _NAMED.match(text)
        if named:
            word = named[1].decode().lower()
            self.left_out[word] = self.left_out.get(word, 0) + 1
        if _BEGUN.match(text):
            self._skipping = not text.endswith(b";")
            return True
        schema = _SCHEMA.fullmatch(text)
        return bool(_LEFT_OUT.fullmatch(text)) or (schema is not None and unquoted(schema[1]) in self._given)


def unquoted(name: bytes) -> str:
    """An identifier without the quotes that SQL needs."""
    if name.startswith(b'"') and name.endswith(b'"') and len(name) > 1:
        name = name[1:-1].replace(b'""', b'"')
    return name.decode("utf-8", "replace")
