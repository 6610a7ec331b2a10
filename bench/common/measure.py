"""What the benches share: wall time, CPU and memory of a program with all that it starts; medians; the table.

    python bench/common/measure.py SECONDS watched|alone PROGRAM [ARGUMENT]...

runs one program and prints what it took as JSON. It adopts what the program leaves behind, as ssh's masters,
so that their CPU counts too, and ends them. CPU is that of the whole tree and of nothing else, so it says on
a busy machine what wall time cannot. Memory is the highest sum of anonymous pages, shared ones counted once
(Pss_Anon); looking takes time, so it is done in a round of its own, which also warms up.
"""

import ctypes
import json
import math
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import Any, Self

SECONDS = 600.0
_LOOK_SECONDS = 0.1
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run took: `wall` and `cpu` in seconds, `memory` in MB (0 when nobody looked).

    `answers` is how many hosts answered as they should.
    """

    wall: float
    cpu: float
    memory: float
    answers: int
    servers: float = 0.0


@dataclass(frozen=True, slots=True)
class Client:
    """A program to measure. `answers` counts the right answers in what it printed."""

    words: Sequence[str]
    answers: Callable[[str], int]
    stdin: str = ""
    environment: Mapping[str, str] | None = None
    seconds: float = SECONDS

    def run(self, watched: bool = False) -> Taken:
        """Run it once, in a process tree of its own."""
        how = [str(self.seconds), "watched" if watched else "alone"]
        done = subprocess.run(
            [sys.executable, __file__, *how, *self.words], input=self.stdin, stdout=subprocess.PIPE,
            text=True, env={**os.environ, **(self.environment or {})}, check=True,
        )  # fmt: skip
        told = json.loads(done.stdout)
        return Taken(told["wall"], told["cpu"], told["memory"], self.answers(told["stdout"]))


@contextmanager
def serving(*words: str) -> Iterator[tuple[Any, list[float]]]:
    """Servers in a process of their own: what they print about themselves, and after the block their CPU.

    The program prints a line of JSON, serves until its standard input ends, and prints its CPU seconds.
    """
    used: list[float] = []
    with subprocess.Popen(
        [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        told = program.stdout.readline()
        if not told:
            raise SystemExit(f"{words[0]} did not start")
        try:
            yield json.loads(told), used
        finally:
            told, _ = program.communicate("")
            used.append(float(told))


def serve(what: object) -> None:
    """The other side of `serving`: `what` is printed first."""
    start = time.process_time()
    print(json.dumps(what), flush=True)
    sys.stdin.read()
    print(time.process_time() - start)


def side_by_side(
    runs: Mapping[str, Callable[[bool], Taken]], rounds: int, seconds: float = math.inf
) -> dict[str, Taken]:
    """Every client in turn, round by round; medians by client. `runs` are told whether to look at memory.

    After the first round none begins that, at the pace so far, would not end within so many `seconds`.
    """
    begun = time.monotonic()
    memory = {name: run(True).memory for name, run in runs.items()}
    taken: dict[str, list[Taken]] = {name: [] for name in runs}
    for number in range(1, rounds + 1):
        if number > 1 and (time.monotonic() - begun) * (number + 1) / number > seconds:
            break
        for name, run in runs.items():
            taken[name].append(run(False))
    return {name: _middle(results, memory[name]) for name, results in taken.items()}


def _middle(results: Sequence[Taken], memory: float) -> Taken:
    return Taken(
        median(each.wall for each in results),
        median(each.cpu for each in results),
        memory,
        min(each.answers for each in results),
        median(each.servers for each in results),
    )


def show(medians: Mapping[str, Taken], hosts: int, answers: int | None = None) -> None:
    """A table in markdown; the ratios are those to the first client. Missing answers are named."""
    first = next(iter(medians.values()))
    serving = any(taken.servers for taken in medians.values())
    heads = ["client", "wall s", "CPU s", "CPU ms per host", "peak MB", "wall, times", "CPU, times"]
    print(f"| {' | '.join(heads + ['servers: CPU s'] * serving)} |")
    print(f"|---{'|--:' * (len(heads) - 1 + serving)}|")
    for name, taken in medians.items():
        lacking = "" if taken.answers == (answers or hosts) else f" ({taken.answers} answers only)"
        cells = [
            name + lacking, f"{taken.wall:.2f}", f"{taken.cpu:.2f}", f"{taken.cpu / hosts * 1000:.1f}",
            f"{taken.memory:.0f}", f"{taken.wall / first.wall:.1f}", f"{taken.cpu / first.cpu:.1f}",
        ]  # fmt: skip
        print(f"| {' | '.join(cells + [f'{taken.servers:.2f}'] * serving)} |")


def load() -> str:
    """How busy the machine is, which belongs to every wall time."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def main(arguments: Sequence[str]) -> None:
    seconds, how, *words = arguments
    adopt_orphans()
    with TemporaryFile("w+") as output, Watch(how == "watched") as watch:
        start = time.perf_counter()
        program = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            program.wait(float(seconds))
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            raise SystemExit(f"{words[0]} took more than {seconds} s") from None
        wall = time.perf_counter() - start
        end_orphans()
        output.seek(0)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        told: dict[str, Any] = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": watch.peak}
        print(json.dumps({**told, "stdout": output.read()}))


def adopt_orphans() -> None:
    """What the programs of this process leave behind becomes its child (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans() -> None:
    """End what the program left behind, and collect it, so that its CPU is known."""
    while orphans := children(os.getpid()):
        for each in orphans:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGTERM)
            os.waitpid(each, 0)


class Watch:
    """Looks at the memory of all children while its block runs; `peak` is in MB."""

    def __init__(self, watching: bool) -> None:
        self.peak = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(os.getpid(),)) if watching else None

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, root: int) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.peak = max(self.peak, sum(map(anonymous, descendants(root))) / 1024)


def descendants(root: int) -> list[int]:
    """All processes below this one."""
    above, found = parents(), [root]
    for each in found:
        found += [process for process, parent in above.items() if parent == each]
    return found[1:]


def parents() -> dict[int, int]:
    """The parent of every process of the machine."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):  # gone in the meantime
                status = (entry / "stat").read_text(encoding="utf-8", errors="replace")
                found[int(entry.name)] = int(status.rpartition(")")[2].split()[1])
    return found


def children(process: int) -> list[int]:
    """What it started itself."""
    return [each for each, parent in parents().items() if parent == process]


def spent(processes: Sequence[int]) -> float:
    """CPU seconds of processes and of all that they started and collected."""
    ticks = 0
    for process in processes:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        ticks += sum(map(int, status.rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def anonymous(process: int) -> int:
    """Kilobytes of its own, what it shares counted by its share; 0 for one that is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1])
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])
