"""What the lab's Windows machines answer: facts written by hand, as of now, and a few commands."""

import copy
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

from lab.hands_on.parts import REPOSITORY
from lab.servers.winrm.answers import Answers, Known
from schoten_ict.fleet.ask import windows

COMMANDS = ("hostname", "whoami")
_FACTS = REPOSITORY / "tests" / "unit" / "fleet" / "windows_answers"
_OTHERS = "server-2022"
_SCRIPT = Path(windows.__file__).with_name("windows.ps1")
_HAND = "written by hand"


def answers_of(host: str, address: str, user: str) -> Answers:
    """The answers of one machine."""
    made = Answers()
    document = _document(host, address)
    made.add(_SCRIPT.read_text(encoding="utf-8"), Known(_HAND, told=partial(_now, document)))
    for command, answer in zip(COMMANDS, (host.upper(), user.lower()), strict=True):
        made.add(command, Known(_HAND, f"{answer}\n"))
    return made


def _document(host: str, address: str) -> dict[str, Any]:
    """The answer that was written for a host of this name, else another server's under this name."""
    written = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in _FACTS.glob("*.json")}
    for document in written.values():
        entry = document["parts"].get("os")
        if entry and (entry[0] if isinstance(entry, list) else entry)["hostname"] == host.upper():
            return dict(document)
    document = copy.deepcopy(written[_OTHERS])
    parts = document["parts"]
    parts["os"][0]["hostname"] = host.upper()
    parts["adapters"][0] |= {
        "addresses": [address],
        "mac": f"00:50:56:00:00:{int(address.split('.')[3]):02x}",
    }
    parts["bios"][0]["serial"] = f"VMware-42 1d {host.encode().hex(' ')}"
    parts["administrators"] = [{"path": f"WinNT://SCHOTEN/{host.upper()}/Administrator"}]
    return dict(document)


def _now(document: dict[str, Any]) -> str:
    now = int(time.time() * 1000)
    return json.dumps(document | {"clock": now, "clock_again": now})
