"""The story of the demo: a laptop changes hands, a backup is proven, updates lack, licences are counted."""

import re
import shutil
from pathlib import Path

from schoten_ict.commands.demo import backups, licenses, updates
from schoten_ict.commands.demo.teller import Teller, command_line, program
from schoten_ict.core.errors import IctError
from schoten_ict.core.exits import ExitCode

PERSON, NAME, OTHER = "1140", "An Janssens", "1130"
LAPTOP, DOCK = "LT-0157", "DK-0063"
OLD_LAPTOP, OLD_DOCK = "LT-0057", "DK-0028"
_NUMBER = re.compile(r"\bGO-\d{4}-\d{4}\b")


def tell(ict: Teller) -> None:
    """Run the story; raises `IctError` at the first step that goes another way than told."""
    sample = ict.folder / "sample"
    ict.say("1. Bring in what HR and the old asset list know.")
    ict("people", "import", str(sample / "people.csv"), "--yes", shows="200")
    ict("assets", "import", str(sample / "assets.csv"), "--yes", shows="600")
    ict.say("2. Who is it about, and what do they hold?")
    ict("who", NAME, shows=OLD_LAPTOP)
    number = _hand_over(ict)
    ict.say("5. The same laptop cannot be given twice: exit code 6.")
    ict("assets", "assign", LAPTOP, "--to", OTHER, gives=ExitCode.CONFLICT, shows=NAME)
    ict.say("6. The old laptop and dock come back, with an intake form.")
    ict(
        "assets", "return", OLD_LAPTOP, OLD_DOCK, "--state", f"{OLD_LAPTOP}=kras op het deksel",
        "--wiped", f"{OLD_LAPTOP}=sleutel vernietigd", "--wiped", f"{OLD_DOCK}=none", shows=OLD_DOCK,
    )  # fmt: skip
    ict("assets", "holder", PERSON, shows=LAPTOP)
    ict.say("7. What is wrong with the records? Exit code 4: people who left still hold equipment.")
    ict("assets", "check", gives=ExitCode.FINDINGS, shows="assets.leaver")
    ict.say("8. Who did what, and the proof that nothing of it was changed afterwards.")
    ict("assets", "history", LAPTOP, shows=number)
    ict("journal", "verify", shows="ok")
    backups.tell(ict)
    updates.tell(ict)
    licenses.tell(ict)
    _go_on(ict)


def _hand_over(ict: Teller) -> str:
    """Assign and accept; the number of the handover."""
    ict.say("3. Hand over a laptop with its dock, under the policy of its category.")
    answer = ict(
        "assets", "assign", LAPTOP, DOCK, "--to", PERSON, "--accessory", f"{LAPTOP}=lader 65W",
        shows="ict-materiaal",
    )  # fmt: skip
    found = _NUMBER.search(answer)
    agreement = found and next((ict.folder / "data" / "documents").rglob(f"{found[0]}.pdf"), None)
    if found is None or agreement is None:
        raise IctError("the agreement that was announced is not there", code="demo-failed")
    scan = ict.folder / "scan.pdf"
    shutil.copyfile(agreement, scan)
    ict.say(f"4. {NAME} signs it on paper; {scan} stands for the scan of that.")
    ict("assets", "accept", found[0], "--how", "paper", "--scan", str(scan), shows="accepted")
    ict("who", PERSON, shows=LAPTOP)
    return found[0]


def _go_on(ict: Teller) -> None:
    ict.say("All of this is real: the store, the PDFs and the journal are in " + str(ict.folder / "data"))
    for path in sorted((ict.folder / "data" / "documents").rglob("*.pdf")):
        ict.say(f"  {path}")
    ict.say()
    ict.say("Go on with:")
    here = (program(), "-w", command_line(str(ict.folder)))
    for words in (
        f"who {PERSON}",
        "assets leavers",
        f"assets show {LAPTOP}",
        "assets check -o json",
        f"backup status {backups.JOB}",
        f"patch host {updates.HOST}",
        "licenses titles --unknown",
        "doctor",
    ):
        ict.say(f"  {' '.join(here)} {words}")
    ict.say(f"  {program()} init {_beside(ict.folder)}")


def _beside(folder: Path) -> str:
    """Where a workspace of one's own could lie."""
    return command_line(str(folder.parent / "ict-workspace"))
