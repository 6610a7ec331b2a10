"""How long one command takes from the shell, beside other command-line tools.

    python bench/startup.py [ROUNDS]

Each round starts every program once, in turn, so that a busy moment hits all alike; the table has the medians
of wall and CPU milliseconds. pipx is installed into an environment of its own (network); where it cannot be,
that is said. `two commands in typer` is the least that a typer application can be.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.common.peers import peer

BIN = Path(sys.executable).parent
ICT = str(BIN / "ict")
LEAST = """
import typer
app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
@app.command()
def one(name: str) -> None: "One."
@app.command()
def two(name: str) -> None: "Two."
app()
"""
Program = tuple[list[str], Mapping[str, str]]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as name:
        programs = prepared(Path(name))
        taken: dict[str, list[tuple[float, float]]] = {title: [] for title in programs}
        for _ in range(rounds + 1):
            for title, program in programs.items():
                taken[title].append(run(program, Path(name) / "workspace"))
    show({title: runs[1:] for title, runs in taken.items()})  # the first fills the caches


def prepared(folder: Path) -> dict[str, Program]:
    """What is measured, by title."""
    workspace = folder / "workspace"
    subprocess.run([ICT, "init", workspace], check=True, capture_output=True)
    words = ["assets", "add", "--category", "laptop", "--count", "200"]
    subprocess.run([ICT, *words], check=True, capture_output=True, cwd=workspace)
    (folder / "least.py").write_text(LEAST, encoding="utf-8")
    tab = {"_ICT_COMPLETE": "complete_bash", "COMP_WORDS": "ict assets show LT-00", "COMP_CWORD": "3"}
    programs: dict[str, Program] = {
        "bare Python (`python -c pass`)": ([sys.executable, "-c", "pass"], {}),
        "two commands in typer, `--help`": ([sys.executable, str(folder / "least.py"), "--help"], {}),
        "`ict --help`": ([ICT, "--help"], {}),
        "`ict assets show LT-0001`": ([ICT, "assets", "show", "LT-0001"], {}),
        "`ict assets show LT-00` and TAB in bash": ([ICT], tab),
        "`sqlite-utils --help`": ([str(BIN / "sqlite-utils"), "--help"], {}),
    }
    if pipx := peer("pipx", "pipx"):
        programs["`pipx --help`"] = ([pipx, "--help"], {})
    return programs


def run(program: Program, folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    words, extra = program
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, check=True, capture_output=True, cwd=folder, env={**os.environ, **extra})
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def show(taken: Mapping[str, list[tuple[float, float]]]) -> None:
    """A table in markdown; the ratio is that of CPU to the least typer application."""
    medians = {
        title: (median(wall for wall, _ in runs), median(cpu for _, cpu in runs))
        for title, runs in taken.items()
    }
    least = medians["two commands in typer, `--help`"][1]
    print("| program | wall ms | CPU ms | to least typer |\n|---|--:|--:|--:|")
    for title, (wall, cpu) in medians.items():
        print(f"| {title} | {wall * 1000:.0f} | {cpu * 1000:.0f} | {cpu / least:.1f} |")


if __name__ == "__main__":
    main()
