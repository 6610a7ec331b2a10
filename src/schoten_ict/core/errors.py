"""Errors that a user can act on: one line that says what, where and what to do."""

import re
from dataclasses import dataclass

from schoten_ict.core.exits import ExitCode


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as data, as it stands in the JSON envelope.

    `code` is stable (`refused`, `unreachable` ...), `subject` names what it is about
    (`host:srv-x`, `row:12`; may be empty), `remedy` says what to do next (may be empty).
    """

    code: str
    message: str
    subject: str = ""
    remedy: str = ""

    def line(self) -> str:
        """The problem as one line for a person; the subject leads where the message does not name it."""
        head = f"{self.subject}: {self.message}" if self.subject and not self._is_named() else self.message
        return f"{head} - {self.remedy}" if self.remedy else head

    def _is_named(self) -> bool:
        """Whether the message says what it is about. A place (`row:12`, `FILE:12`) is never a name."""
        kind, _, name = self.subject.partition(":")
        if not name or (name.isdecimal() and kind != "person"):
            return False
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.message) is not None


class IctError(Exception):
    """An error that ends the command with one line and an exit code."""

    exit_code = ExitCode.INTERNAL
    code = "failed"

    def __init__(self, message: str, *, remedy: str = "", subject: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.problems: tuple[Problem, ...] = (Problem(code or self.code, message, subject, remedy),)

    @property
    def remedy(self) -> str:
        """What the user can do about the first problem."""
        return self.problems[0].remedy


class UsageError(IctError):
    """The words of the command line do not fit together."""

    exit_code = ExitCode.USAGE
    code = "usage"


class IncompleteError(IctError):
    """Something could not be read, was refused, or only a part was done."""

    exit_code = ExitCode.INCOMPLETE
    code = "incomplete"


class NotFoundError(IctError):
    """The thing that was named does not exist."""

    exit_code = ExitCode.NOT_FOUND
    code = "not-found"


class ConflictError(IctError):
    """The request contradicts the present state, or another run holds the lock."""

    exit_code = ExitCode.CONFLICT
    code = "conflict"


class ConfigurationError(IctError):
    """Inventory, settings or store cannot be used as they are. May hold many problems."""

    exit_code = ExitCode.CONFIGURATION
    code = "configuration"

    @classmethod
    def of(cls, problems: list[Problem]) -> "ConfigurationError":
        """One error for all `problems` (at least one) of a document."""
        error = cls(problems[0].message)
        error.problems = tuple(problems)
        return error


class ConfirmationNeededError(IctError):
    """A change waits for `--yes`; nothing was touched."""

    exit_code = ExitCode.CONFIRMATION
    code = "confirmation-needed"
