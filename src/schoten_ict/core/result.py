"""What a command returns: rows with declared columns, findings and problems; or one document."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from schoten_ict.core.errors import Problem
from schoten_ict.core.exits import ExitCode
from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Row_co = TypeVar("Row_co", bound="DataclassInstance", covariant=True)
else:
    Row_co = TypeVar("Row_co", covariant=True)

_MISSING: Any = object()


class Show(Enum):
    """Where a column appears on a terminal. Machine formats always have every column."""

    ALWAYS = "always"
    IF_ANY = "if any row has a value"
    IF_ROOM = "if any row has a value and the terminal is wide enough"
    NEVER = "machine formats only"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `key` for machines, `title` for people. `bar` asks for a bar beside the number."""

    key: str
    title: str
    show: Show
    right: bool
    bar: bool = False


def column(
    title: str,
    *,
    show: Show = Show.ALWAYS,
    right: bool = False,
    bar: bool = False,
    default: Any = _MISSING,
) -> Any:
    """Declare a field of a row as a column. The field's name is its key in JSON, CSV and TSV.

    `bar` draws a bar beside each number on a terminal, and nowhere else.
    """
    metadata = {"title": title, "show": show, "right": right, "bar": bar}
    if default is _MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


_KNOWN: dict[type[Any], tuple[Column, ...]] = {}


def columns_of(row_type: type[Any]) -> tuple[Column, ...]:
    """The columns that a row type declares, in order; worked out once, for lists have many rows."""
    if row_type not in _KNOWN:
        _KNOWN[row_type] = tuple(_column(each) for each in fields(row_type))
    return _KNOWN[row_type]


def _column(declared: "Field[Any]") -> Column:
    meta = declared.metadata
    title = meta.get("title", declared.name.replace("_", " ").capitalize())
    show, right = meta.get("show", Show.ALWAYS), meta.get("right", False)
    return Column(declared.name, title, show, right, meta.get("bar", False))


@dataclass(frozen=True, slots=True)
class Table(Generic[Row_co]):
    """Rows of one frozen dataclass, whose fields are the columns."""

    row_type: type[Row_co]
    rows: Sequence[Row_co]


@dataclass(frozen=True, slots=True)
class Result(Generic[Row_co]):
    """What a command found.

    `kind` names the shape (`assets.list`). `judged` says that the findings decide the exit code;
    lists, searches and diffs leave it off and exit 0. `tables` holds what does not fit in one table.
    `detail` asks for one block per row instead of a table on a terminal. `notes` are lines for a person
    (next steps), shown on stderr and in no machine format. `interrupted` says that a person broke it off:
    what came in is kept and shown. `counted_elsewhere` are checks of many findings of which another check
    counts how many there are: a person sees them with -v, machine formats have them all.
    """

    kind: str
    row_type: type[Row_co]
    rows: Sequence[Row_co] = ()
    findings: Sequence[Finding] = ()
    problems: Sequence[Problem] = ()
    tables: Mapping[str, Table[Any]] = field(default_factory=dict)
    judged: bool = False
    fail_on: Verdict = Verdict.WARN
    detail: bool = False
    notes: Sequence[str] = ()
    interrupted: bool = False
    counted_elsewhere: frozenset[str] = frozenset()

    def for_people(self) -> "Sequence[Finding]":
        """The findings without those that another one counts already, unless they are accepted."""
        return [each for each in self.findings if each.accepted or each.check not in self.counted_elsewhere]

    @property
    def status(self) -> Verdict:
        """The worst unaccepted verdict; unknown when something is missing from the answer."""
        verdicts = [finding.counted for finding in self.findings] if self.judged else [Verdict.OK]
        if self.problems or self.interrupted:
            verdicts.append(Verdict.UNKNOWN)
        return worst(verdicts)

    @property
    def exit_code(self) -> ExitCode:
        """4 for findings at or above `fail_on`, else 3 for anything unknown or refused, else 0.

        130 when it was interrupted.
        """
        if self.interrupted:
            return ExitCode.INTERRUPTED
        counted = [finding.counted for finding in self.findings] if self.judged else []
        if any(v is not Verdict.UNKNOWN and v.rank >= self.fail_on.rank for v in counted):
            return ExitCode.FINDINGS
        if self.problems or Verdict.UNKNOWN in counted or (self.judged and not counted):
            return ExitCode.INCOMPLETE
        return ExitCode.OK


@dataclass(frozen=True, slots=True)
class Document:
    """A command's answer that is no table: a graph, a timer, a schema, a script."""

    media_type: str
    content: str
