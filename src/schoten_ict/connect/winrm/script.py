"""A PowerShell script on its way: a constant command line, a request on standard input, a JSON answer."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from xml.etree.ElementTree import ParseError

from schoten_ict.core.remote import Command

# A command without cmd.exe in between needs the full path; a relative one gives fault 2147942402.
POWERSHELL = r"C:\Windows\system32\WindowsPowerShell\v1.0\powershell.exe"
REQUEST_LIMIT = 1_500_000  # ConvertFrom-Json of Windows PowerShell stops at 2,097,152 characters
SCHEMA = "ict-winrm/1"
_SEPARATOR = b"\x1e"
_CLIXML = "#< CLIXML"
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a script gave: its output, its errors and warnings in order, and whether the output was cut."""

    output: bytes
    errors: tuple[str, ...]
    cut: bool


@cache
def program(name: str) -> str:
    """A `.ps1` file of this package without its comment lines and blank lines."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    kept = (line.rstrip() for line in text.splitlines() if not line.lstrip().startswith("#"))
    return "\n".join(line for line in kept if line)


@cache
def arguments() -> tuple[str, ...]:
    """The arguments of powershell.exe: always the same, whatever is asked."""
    return encoded(program("bootstrap.ps1"))


def encoded(text: str) -> tuple[str, ...]:
    """The arguments of powershell.exe for a constant text."""
    policy = ("-ExecutionPolicy", "RemoteSigned")
    coded = base64.b64encode(text.encode("utf-16-le")).decode("ascii")
    return ("-NoProfile", "-NonInteractive", *policy, "-EncodedCommand", coded)


def request(command: Command) -> bytes:
    """What the bootstrap reads: script and parameters as JSON, in base64.

    Raises `TypeError` or `ValueError` when the parameters are no JSON.
    """
    asked = {
        "runner": program("runner.ps1"),
        "script": command.text,
        "parameters": dict(command.parameters),
        "limit": command.limit,
    }
    return base64.b64encode(json.dumps(asked, allow_nan=False).encode("ascii")) + b"\r\n"


def spoken(stdout: bytes, limit: int) -> Spoken:
    """Read the answer that ends `stdout`; `limit` bounds the output in bytes.

    What a program wrote past PowerShell comes first in the output. Raises `ValueError` without an answer.
    """
    before, separator, text = stdout.rpartition(_SEPARATOR)
    if not separator:
        raise ValueError("no answer")
    answer = json.loads(text)
    if not isinstance(answer, dict) or answer.get("schema") != SCHEMA:
        raise ValueError("not an answer of the runner")
    errors, cut = answer.get("errors"), answer.get("cut")
    if not isinstance(errors, list) or not isinstance(cut, bool):
        raise ValueError("not an answer of the runner")  # noqa: TRY004 - wrong content, not a wrong call
    output = before + _field(answer.get("output"))
    messages = tuple(_field(each).decode("utf-8", "replace") for each in errors)
    return Spoken(output[:limit], messages, cut or len(output) > limit)


def _field(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("a text is missing")  # noqa: TRY004 - wrong content, not a wrong call
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("a text that is no base64") from None


def plain(stderr: bytes) -> str:
    """Standard error as text: messages in CLIXML (MS-PSRP 2.2.5) are unpacked, anything else is kept."""
    text = stderr.decode("utf-8", "replace")
    head, mark, document = text.partition(_CLIXML)
    if not mark:
        return text
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(document.strip())
    except (ParseError, DefusedXmlException, ValueError):
        return text
    kept = [
        each.text or "" for each in root.iter() if each.tag.endswith("}S") and each.get("S") != "progress"
    ]
    return head + _ESCAPED.sub(lambda match: chr(int(match[1], 16)), "".join(kept))
