"""200 replayed switches: a walk of ifTable, one GET, and one GET beside 100 silent ones; ict beside net-snmp.

    python bench/snmp.py [SWITCHES] [SILENT] [ROUNDS]

Whole programs, start and imports included. The agents run in a process of their own and answer from memory
(bench/common/snmp_agents.py), so that they do not bound the clients; their CPU is a column of its own. A
client of ict is one process with one thread; net-snmp is a process per switch and uses all cores. Both ask
for 20 values at once, and wait 1 s twice for a GET.
"""

import asyncio
import json
import random
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.common import snmp_agents
from bench.common.measure import Client, Taken, load, serving, show, side_by_side

COMMUNITY, IF_TABLE, SYS_NAME = "public", "1.3.6.1.2.1.2.2", "1.3.6.1.2.1.1.5.0"
NET_SNMP = ["-v2c", "-c", COMMUNITY, "-On", "-Oq", "-m", "", "-t", "1", "-r", "1"]
Asking = Callable[[list[int]], Client]


def main() -> None:
    switches, silent, rounds = ([int(word) for word in sys.argv[1:]] + [200, 100, 3][len(sys.argv) - 1 :])[:3]
    table = tuple(map(int, IF_TABLE.split(".")))
    values = sum(oid[: len(table)] == table for oid in snmp_agents.recording().order)
    compare(f"walk of {values} values", "walk", switches, 0, rounds, switches * values)
    compare("one GET", "get", switches, 0, rounds, switches)
    compare(f"one GET, and {silent} more that are silent", "get", switches, silent, rounds, switches)


def compare(title: str, task: str, switches: int, silent: int, rounds: int, answers: int) -> None:
    """One task, all clients."""
    runs = {name: partial(one_round, client, switches, silent) for name, client in clients(task)}
    medians = side_by_side(runs, rounds)
    print(f"\n{switches} switches, {title}; medians of {rounds} rounds, {load()} at the end\n")
    show(medians, switches, answers)


def one_round(client: Asking, switches: int, silent: int, watched: bool) -> Taken:
    """Start the agents and ask them all, the silent ones among the others."""
    with serving(snmp_agents.__file__, str(switches), str(silent)) as (ports, used):
        random.Random(161).shuffle(ports)
        taken = client(ports).run(watched)
    return replace(taken, servers=used[0])


def clients(task: str) -> Iterator[tuple[str, Asking]]:
    """Whom to measure here: what is installed."""
    for library in ("gufo", "pysnmp"):
        if find_spec(library):
            yield f"ict with {library}", partial(by_library, library, task)
    program = "snmpbulkwalk" if task == "walk" else "snmpget"
    if not shutil.which(program):
        print("net-snmp is absent: its programs are not installed", file=sys.stderr)
        return
    for at_once in (20, 50) if task == "walk" else (100,):
        yield f"`xargs -P{at_once} {program}`", partial(by_processes, task, at_once)


def by_library(library: str, task: str, ports: list[int]) -> Client:
    words = [sys.executable, __file__, "ask", library, task, *map(str, ports)]
    return Client(words, lambda output: sum(json.loads(output)))


def by_processes(task: str, at_once: int, ports: list[int]) -> Client:
    program, oid, mark = ["snmpbulkwalk", "-Cr20"], IF_TABLE, "\n"
    if task == "get":
        program, oid, mark = ["snmpget"], SYS_NAME, SYS_NAME
    words = ["xargs", "-P", str(at_once), "-I{}", *program, *NET_SNMP, "127.0.0.1:{}", oid]
    return Client(words, lambda output: output.count(mark), "\n".join(map(str, ports)))


def ask(library: str, task: str, ports: list[int]) -> list[int]:
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
            async with turn, open_snmp(target, backend=library) as session:
                try:
                    return await what(session)
                except RemoteError:
                    return 0

        return await asyncio.gather(*map(one, ports))

    return asyncio.run(everyone(walk, 50) if task == "walk" else everyone(get, 100))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ask", library, task, *ports]:
            print(json.dumps(ask(library, task, list(map(int, ports)))))
        case _:
            main()
