"""200 replayed switches: a walk of ifTable, and one GET beside 100 silent ones; both libraries, and net-snmp.

    python bench/snmp.py [SWITCHES] [SILENT] [ROUNDS]

The agents run in a process of their own and replay a recorded switch (ICT_CORPUS), else one made up of 52
ports. Each round is a fresh process; wall and CPU seconds are those of asking, without imports (net-snmp's
with the start of its processes, which is the way to use it).
"""

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

CORPUS = Path(os.environ.get("ICT_CORPUS") or ROOT.parent / "shared" / "corpus")
RECORDING = CORPUS / "snmp" / "iosxe_c9300.snmprec"
COMMUNITY, IF_TABLE, SYS_NAME = "public", "1.3.6.1.2.1.2.2", "1.3.6.1.2.1.1.5.0"
PROCESSES = 20
TASKS = {"walk": "walk of ifTable", "get": "one GET, some silent"}
Measured = dict[str, float]
_WHOSE = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def main() -> None:
    switches, silent, rounds = ([int(word) for word in sys.argv[1:]] + [200, 100, 3][len(sys.argv) - 1 :])[:3]
    print(f"{switches} agents; with the GET {silent} more that are silent; median of {rounds} rounds")
    for task, title in TASKS.items():
        measured: dict[str, list[Measured]] = {client: [] for client in clients()}
        for _ in range(rounds):
            for client, results in measured.items():
                results.append(one_round(client, task, switches, silent if task == "get" else 0))
        for client, results in measured.items():
            show(f"{title}, {client}", switches, results)


def clients() -> list[str]:
    """Whom to measure here: what is installed."""
    try:
        import gufo.snmp  # noqa: F401 - only whether it is there
    except ImportError:
        fast = []
    else:
        fast = ["gufo"]
    return [*fast, "pysnmp", *(["net-snmp"] if shutil.which("snmpbulkwalk") else [])]


def one_round(client: str, task: str, switches: int, silent: int) -> Measured:
    """Start the agents, ask them all from a new process, and give what it measured."""
    this = [sys.executable, __file__]
    agents = subprocess.Popen(
        [*this, "serve", str(switches), str(silent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with agents:
        assert agents.stdout is not None
        ports = agents.stdout.readline().strip()
        done = subprocess.run([*this, "ask", client, task, ports], stdout=subprocess.PIPE, check=True)
        agents.communicate("")
    measured: Measured = json.loads(done.stdout)
    return measured


def show(label: str, switches: int, results: list[Measured]) -> None:
    """One line with the medians of all rounds."""
    middle = {key: median(result[key] for result in results) for key in results[0]}
    each = middle["cpu"] / switches * 1000
    print(
        f"{label:32} {middle['answers']:4.0f} answered {middle['values']:8.0f} values"
        f" {middle['wall']:6.2f} s wall {middle['cpu']:6.2f} s CPU ({each:6.1f} ms a host)"
        f" {middle['memory']:4.0f} MB peak"
    )


def serve(switches: int, silent: int) -> None:
    """Answer on as many ports, print them, and stop when standard input ends."""
    from lab.servers.snmp_manners import silent as mute
    from lab.servers.snmp_replay import Agent, ReplayServer
    from lab.servers.snmprec import read_recording
    from lab.snmp_rig import switch

    recording = read_recording(RECORDING) if RECORDING.exists() else switch(52 * 22)
    agents = [Agent(recording) for _ in range(switches)]
    agents += [Agent(recording, mute) for _ in range(silent)]
    with ReplayServer(agents) as server:
        print(json.dumps(server.ports), flush=True)
        sys.stdin.read()


def ask(client: str, task: str, ports: list[int]) -> None:
    """Ask all ports once and print what it took."""
    how = by_processes if client == "net-snmp" else by_library
    wall, cpu = time.perf_counter(), used()
    counts = how(client, task, ports)
    measured = {
        "wall": time.perf_counter() - wall,
        "cpu": used() - cpu,
        "memory": max(resource.getrusage(whose).ru_maxrss for whose in _WHOSE) / 1024,
        "answers": sum(count > 0 for count in counts),
        "values": sum(counts),
    }
    print(json.dumps(measured))


def used() -> float:
    """CPU seconds of this process and of those it started, in user and kernel."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, _WHOSE))


def by_library(client: str, task: str, ports: list[int]) -> list[int]:
    """How many values each port gave; 100 sessions at once for the GET, 50 for walks."""
    from schoten_ict.connect.snmp import open_snmp
    from schoten_ict.connect.snmp.session import Session
    from schoten_ict.connect.snmp.values import parse_oid
    from schoten_ict.core.remote import Account, RemoteError, Target, Via
    from schoten_ict.core.secrets import Secret

    account = Account("bench", "", "", "", {"community": Secret(COMMUNITY)})
    table, name = parse_oid(IF_TABLE), parse_oid(SYS_NAME)

    async def walk(session: Session) -> int:
        return len((await session.walk(table)).values)

    async def get(session: Session) -> int:
        return len(await session.get((name,)))

    async def everyone(what: Callable[[Session], Awaitable[int]], at_once: int) -> list[int]:
        turn = asyncio.Semaphore(at_once)

        async def one(port: int) -> int:
            target = Target(str(port), "127.0.0.1", Via.SNMP, port, account)
            async with turn, open_snmp(target, backend=client) as session:
                try:
                    return await what(session)
                except RemoteError:
                    return 0

        return await asyncio.gather(*map(one, ports))

    open_snmp(Target("first", "127.0.0.1", Via.SNMP, 1, account), backend=client)  # imports the library
    return asyncio.run(everyone(walk, 50) if task == "walk" else everyone(get, 100))


def by_processes(_client: str, task: str, ports: list[int]) -> list[int]:
    """How many values each port gave to net-snmp's programs, 20 at a time for walks and 100 for the GET."""
    words = ["snmpbulkwalk", "-Cr20"] if task == "walk" else ["snmpget"]

    def one(port: int) -> int:
        command = [*words, "-v2c", "-c", COMMUNITY, "-On", "-Oq", "-m", "", "-t", "1", "-r", "1"]
        done = subprocess.run(
            [*command, f"127.0.0.1:{port}", IF_TABLE if task == "walk" else SYS_NAME],
            capture_output=True, check=False,
        )  # fmt: skip
        return done.stdout.count(b"\n")

    with ThreadPoolExecutor(PROCESSES if task == "walk" else 100) as pool:
        return list(pool.map(one, ports))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", switches, silent]:
            serve(int(switches), int(silent))
        case ["ask", client, task, ports]:
            ask(client, task, json.loads(ports))
        case _:
            main()
