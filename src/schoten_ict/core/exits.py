"""The exit codes of every command."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the exit status says. Documented in `docs/exit-codes.md`, pinned by test, never reused."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    INCOMPLETE = 3
    FINDINGS = 4
    NOT_FOUND = 5
    CONFLICT = 6
    CONFIGURATION = 7
    CONFIRMATION = 8
    INTERRUPTED = 130


class NagiosCode(IntEnum):
    """The exit status under `-o nagios` (Monitoring Plugins guidelines, section 2)."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3
