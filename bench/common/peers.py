"""Other people's programs, each in an environment of its own under .bench/, which git ignores."""

import os
import subprocess
import sys
import venv
from functools import cache
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".bench"
_SECONDS = 600


@cache
def peer(package: str, program: str, release: str = "", *further: str) -> str | None:
    """The path of a package's program, installed when it is not there; None, and a line, where that fails.

    `release` is which one, the newest by default; `further` packages are installed beside it.
    """
    scripts = CACHE / package / ("Scripts" if os.name == "nt" else "bin")
    if not (scripts / program).exists():
        try:
            wanted = f"{package}=={release}" if release else package
            venv.create(CACHE / package, with_pip=True)
            words = [str(scripts / "python"), "-m", "pip", "install", "--quiet", wanted, *further]
            subprocess.run(words, check=True, capture_output=True, text=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            reason = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
            print(f"{package} is absent: {reason}", file=sys.stderr)
            return None
    return str(scripts / program)


def version(package: str) -> str:
    """Which one is installed, `ansible-core 2.19.14`."""
    python = CACHE / package / ("Scripts" if os.name == "nt" else "bin") / "python"
    words = [str(python), "-c", f"import importlib.metadata as m; print(m.version({package!r}))"]
    return f"{package} {subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()}"
