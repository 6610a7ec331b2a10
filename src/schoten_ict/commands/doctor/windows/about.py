"""The findings about one host: a step, what was seen there, and what to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.guard import NOT_ASKED
from schoten_ict.core.verdict import Verdict

PREFIX = "doctor.winrm."
KEEP = "keep this answer (-o json): ict has to be corrected for such a machine"
_REMEDIES = {
    "unreachable": "see whether WinRM still runs there, and what lies between (firewall, virus scanner)",
    "timeout": "look at its load and its virus scanner, then look again",
}
"""For errors that bring none."""


@dataclass(frozen=True, slots=True)
class About:
    """Makes findings about `host`. Evidence `duration_ms` becomes a column."""

    host: str
    now: datetime

    def ok(self, step: str, seen: str, **evidence: Any) -> Finding:
        """It is as it must be."""
        return self._finding(Verdict.OK, step, seen, "", evidence)

    def warn(self, step: str, seen: str, remedy: str, **evidence: Any) -> Finding:
        """It works, and something is lost."""
        return self._finding(Verdict.WARN, step, seen, remedy, evidence)

    def fail(self, step: str, seen: str, remedy: str, **evidence: Any) -> Finding:
        """It does not work."""
        return self._finding(Verdict.FAIL, step, seen, remedy, evidence)

    def unknown(self, step: str, seen: str, remedy: str, **evidence: Any) -> Finding:
        """It could not be looked at."""
        return self._finding(Verdict.UNKNOWN, step, seen, remedy, evidence)

    def broken(self, step: str, problem: Problem) -> Finding:
        """A step that gave an error; what the account guard held back was not tried."""
        verdict = Verdict.UNKNOWN if problem.code == NOT_ASKED else Verdict.FAIL
        remedy = problem.remedy or _REMEDIES.get(problem.code, KEEP)
        return self._finding(verdict, step, problem.message, remedy, {"code": problem.code})

    def _finding(
        self, verdict: Verdict, step: str, seen: str, remedy: str, evidence: dict[str, Any]
    ) -> Finding:
        about = subject("host", self.host)
        return Finding(f"{PREFIX}{step}", about, verdict, seen, self.now, evidence=evidence, remedy=remedy)
