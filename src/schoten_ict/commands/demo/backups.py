"""The second part of the story: a backup is taken, proven, damaged before your eyes, and caught."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from schoten_ict.commands.demo.teller import Teller
from schoten_ict.core.errors import IctError
from schoten_ict.core.exits import ExitCode

JOB = "proef-back-up"
_FOLDER = Path("proef")
_FILES = 60
_SECONDS = 60


def tell(ict: Teller) -> None:
    """Run this part of the story with restic where it is installed, else with ict's own engine."""
    engine = "restic" if shutil.which("restic") else "files"
    _prepare(ict.folder, engine)
    if engine == "restic":
        _make_repository(ict.folder)
    ict.say(f"9. Back up a folder of {_FILES} files with {_NAMES[engine]}.")
    ict("backup", "run", JOB, "--yes", shows="complete")
    ict.say("10. Prove that it would come back: restore a sample, compare it, read the data.")
    ict("backup", "verify", JOB, shows=JOB)
    damaged = _damage(ict.folder, engine)
    ict.say(
        f"11. One bit of {damaged} is flipped. The tool still lists the backup; ict reads it: exit code 4."
    )
    ict("backup", "verify", JOB, "--full", gives=ExitCode.FINDINGS, shows="fail")


_NAMES = {"restic": "restic", "files": "ict's own engine"}


def _prepare(folder: Path, engine: str) -> None:
    """The source, the secret and the declaration of the job."""
    source = folder / _FOLDER / "bron"
    source.mkdir(parents=True)
    for number in range(1, _FILES + 1):
        text = f"Dossier {number}\n" + secrets.token_hex(2000)
        (source / f"dossier-{number:03}.txt").write_text(text, encoding="utf-8")
    held = folder / "secrets"
    held.mkdir(mode=0o700)
    secret = held / "proef"
    secret.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")
    if os.name == "posix":
        secret.chmod(0o600)
    (folder / "inventory.d" / "proef.yaml").write_text(_DECLARED[engine], encoding="utf-8")


_DECLARED = {
    "restic": f"""\
# Made by the demo: a folder of this workspace, backed up with restic.
backups:
  - name: {JOB}
    engine: restic
    source: {{paths: [proef/bron]}}
    repository: {{url: proef/kopie, password: "file:secrets/proef"}}
    rpo: 26h
""",
    "files": f"""\
# Made by the demo: a folder of this workspace, backed up into archives.
backups:
  - name: {JOB}
    engine: files
    source: {{paths: [proef/bron]}}
    repository: {{url: "proef/kopie/proef-*.tar.gz"}}
    rpo: 26h
""",
}


def _make_repository(folder: Path) -> None:
    done = subprocess.run(
        ["restic", "-q", "-r", str(folder / _FOLDER / "kopie"), "init"],
        env={**os.environ, "RESTIC_PASSWORD_FILE": str(folder / "secrets" / "proef")},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        raise IctError(f"restic init failed: {done.stderr.strip()}", code="demo-failed")


def _damage(folder: Path, engine: str) -> Path:
    """Flip one bit in the middle of the largest file of the backup; its path."""
    places = folder / _FOLDER / "kopie" / ("data" if engine == "restic" else "")
    path = max((each for each in places.rglob("*") if each.is_file()), key=lambda each: each.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    return path
