"""The lab for hands-on work: the hosts of the sample workspace answer until Ctrl-C. `make lab` starts it."""

import os
import pwd
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lab.hands_on.parts import REPOSITORY
from lab.hands_on.playing import USER, LabError, play, used_credentials
from lab.hands_on.telling import told
from lab.hands_on.workspace import LabWorkspace
from lab.need import found, package_of
from schoten_ict.inventory import load

_PROGRAMS = ("sshd", "ssh-keygen", "useradd", "chpasswd", "snmpd")
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """0 when it was stopped, 2 when it could not start."""
    try:
        check()
        with until_stopped(), ExitStack() as stack:
            print("Starting the lab ...", flush=True)
            workspace = LabWorkspace.make(_folder(stack, "ict-lab-"), used_credentials(load(REPOSITORY)))
            played = play(stack, workspace, _folder(stack, "ict-lab-servers-"))
            workspace.hand_over()
            print(told(played, workspace.folder), flush=True)
            while True:
                signal.pause()
    except LabError as error:
        print(f"make lab: {error}", file=sys.stderr)
        return 2
    print("\nThe lab is stopped and removed.", flush=True)
    return 0


def check() -> None:
    """Raise `LabError` for what would stop it halfway."""
    if os.geteuid() != 0:
        raise LabError("needs root, for ports below 1024 and a user of its own: sudo make lab")
    lacking = sorted({package_of(program) for program in _PROGRAMS if found(program) is None})
    if lacking:
        raise LabError(f"needs other programs: apt-get install {' '.join(lacking)}")
    if any(each.pw_name == USER for each in pwd.getpwall()):
        raise LabError(
            f"the user {USER} exists. Does another lab run? Else one was killed: userdel --remove {USER}"
        )


@contextmanager
def until_stopped() -> Iterator[None]:
    """Ends the block at the first signal to stop, and lets nothing disturb the clearing up."""

    def stop(*_: object) -> None:
        for each in _ENDING:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in _ENDING:
        signal.signal(each, stop)
    try:
        yield
    except KeyboardInterrupt:
        return


def _folder(stack: ExitStack, prefix: str) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))


if __name__ == "__main__":
    sys.exit(main())
