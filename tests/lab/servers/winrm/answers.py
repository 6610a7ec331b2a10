"""What the machine says to which script. No PowerShell runs: a script is known by its SHA-256, or refused."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schoten_ict.connect.winrm.script import program

ORIGINS = ("recorded from Windows", "written by hand")
_FOLDER = Path(__file__).parent / "known"
_ENCODED = re.compile(r"(?i)powershell(?:\.exe)?\"?\s.*-encodedcommand\s+([A-Za-z0-9+/=]+)\s*$")
_UNKNOWN = "no answer is known for the script with SHA-256"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program writes, how it ends and after how many seconds.

    `early` is written at once, the rest at the end; `endless` repeats its output for ever.
    """

    exit_code: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0
    endless: bool = False
    early: bytes = b""


@dataclass(frozen=True, slots=True)
class Known:
    """One answer. `echo` answers with the parameters as JSON; `mute` says that the runner gave no answer.

    `told` makes the output at the moment it is asked for.
    """

    origin: str
    output: str = ""
    errors: tuple[str, ...] = ()
    exit_code: int = 0
    stderr: str = ""
    seconds: float = 0.0
    repeat: int = 1
    echo: bool = False
    mute: bool = False
    endless: bool = False
    early: str = ""
    told: Callable[[], str] | None = None


def digest(script: str) -> str:
    """What a script is known by."""
    return hashlib.sha256(script.encode("utf-8")).hexdigest()


class Answers:
    """Answers by the digest of their script, from `*.json` files and from `add`."""

    def __init__(self, *folders: Path) -> None:
        self._known: dict[str, Known] = {}
        for folder in (_FOLDER, *folders):
            for path in sorted(folder.glob("*.json")):
                self._known.update([_loaded(path)])

    def add(self, script: str, known: Known) -> str:
        """Answer `script` too; gives it back."""
        self._known[digest(script)] = known
        return script

    def outcome(self, line: str, stdin: bytes) -> Outcome:
        """What the command line gives. A script in our bootstrap is unwrapped from standard input."""
        encoded = _ENCODED.search(line)
        script = base64.b64decode(encoded[1]).decode("utf-16-le") if encoded else line
        if script == program("bootstrap.ps1"):
            return self._bootstrapped(json.loads(base64.b64decode(stdin)))
        known = self._known.get(digest(script))
        if known is None:
            return _refused(script)
        return Outcome(
            known.exit_code, known.output.encode(), known.stderr.encode(), known.seconds,
            early=known.early.encode(),
        )  # fmt: skip

    def _bootstrapped(self, request: dict[str, Any]) -> Outcome:
        if request["runner"] != program("runner.ps1"):
            return Outcome(1, stderr=b"an unknown runner")
        known = self._known.get(digest(request["script"]))
        if known is None:
            return _refused(request["script"])
        text = json.dumps(request["parameters"], sort_keys=True) if known.echo else known.output
        text = known.told() if known.told else text
        output = (text * known.repeat).encode()
        answer = b"" if known.mute else _spoken(output, known.errors, request["limit"])
        if known.endless:
            answer = output
        return Outcome(known.exit_code, answer, known.stderr.encode(), known.seconds, known.endless)


def _refused(script: str) -> Outcome:
    return Outcome(1, stderr=f"{_UNKNOWN} {digest(script)}".encode())


def _spoken(output: bytes, errors: tuple[str, ...], limit: int) -> bytes:
    """The answer as `runner.ps1` writes it."""

    def field(content: bytes) -> str:
        return base64.b64encode(content).decode("ascii")

    cut = len(output) > limit
    words = {
        "schema": "ict-winrm/1", "output": field(output[:limit]),
        "errors": [field(each.encode()) for each in errors], "cut": cut,
    }  # fmt: skip
    return b"\x1e" + json.dumps(words).encode("ascii") + b"\n"


def _loaded(path: Path) -> tuple[str, Known]:
    words = json.loads(path.read_text(encoding="utf-8"))
    key = words.pop("sha256")
    words["errors"] = tuple(words.get("errors", ()))
    known = Known(**words)
    if known.origin not in ORIGINS:
        raise ValueError(f"{path.name}: origin is one of {', '.join(ORIGINS)}")
    return key, known
