"""100 OpenSSH daemons on loopback, two commands each: ict in 32 threads beside `xargs -P50 ssh`. Needs root.

    python bench/ssh_hosts.py [HOSTS] [ROUNDS]

Wall and CPU seconds are the client's, with its child processes, without imports; each round of ict is a fresh
process. The daemons run on the same cores: sshd spends about 20 ms of CPU on a session, so their work bounds
the wall time of every client.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from lab.servers.openssh import PORT, Farm, lab_user

THREADS = 32
PROCESSES = 50
COMMANDS = "uname -a; cat /etc/os-release"


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with lab_user(f"ictbench{os.getpid()}", "bench") as user, Farm(user, count=hosts) as farm:
        clients: dict[str, Callable[[], dict[str, float]]] = {
            "ict": lambda: ict(farm),
            "ssh": lambda: openssh(farm),
            "ssh with curve25519": lambda: openssh(farm, "-oKexAlgorithms=curve25519-sha256"),
        }
        measured: dict[str, list[dict[str, float]]] = {client: [] for client in clients}
        for _ in range(rounds):
            for client, one_round in clients.items():
                measured[client].append(one_round())
        for client, results in measured.items():
            show(client, hosts, results)


def show(label: str, hosts: int, results: list[dict[str, float]]) -> None:
    """One line with the medians of all rounds."""
    middle = {key: median(each[key] for each in results) for key in results[0]}
    line = (
        f"{label:20} {middle['answers']:3.0f} of {hosts} answered   {middle['wall']:5.2f} s wall"
        f"   {middle['cpu']:5.2f} s CPU ({middle['cpu'] / hosts * 1000:4.1f} ms a host)"
    )
    if "connect_ms" in middle:
        line += f"   {middle['memory']:3.0f} MB peak; alone: connect {middle['connect_ms']:.0f} ms, "
        line += f"first command {middle['first_ms']:.0f} ms, next {middle['next_ms']:.0f} ms"
    print(line)


def ict(farm: Farm) -> dict[str, float]:
    """One round of ict, in a process of its own."""
    words = [
        sys.executable,
        __file__,
        "ask",
        farm.user,
        str(farm.key),
        str(farm.known_hosts),
        *farm.addresses,
    ]
    measured: dict[str, float] = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return measured


def openssh(farm: Farm, *options: str) -> dict[str, float]:
    """One round of parallel ssh processes."""
    words = [
        "xargs", "-P", str(PROCESSES), "-I{}", "ssh", "-F/dev/null", "-oBatchMode=yes", *options,
        f"-oUserKnownHostsFile={farm.known_hosts}", "-i", str(farm.key), "-p", str(farm.port),
        f"{farm.user}@{{}}", COMMANDS,
    ]  # fmt: skip
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, input="\n".join(farm.addresses), text=True, capture_output=True, check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "answers": done.stdout.count("PRETTY_NAME=")}


def ask(user: str, key: Path, known_hosts: Path, addresses: list[str]) -> None:
    """Ask all addresses once and print what it took."""
    from schoten_ict.connect.ssh import open_ssh
    from schoten_ict.core.guard import AccountGuard
    from schoten_ict.core.remote import Account, Command, Target, Via
    from schoten_ict.core.secrets import Secret

    class Nothing:
        def refused(self, _account: Account) -> bool:
            return False

        def remember(self, _account: Account, _host: str) -> None:
            pass

    guard = AccountGuard(Nothing())
    account = Account("bench", user, "host:bench", "print", {"key": Secret(key.read_text(encoding="ascii"))})

    def target(address: str) -> Target:
        return Target(address, address, Via.SSH, PORT, account, known_hosts=(known_hosts,))

    def one(address: str) -> str:
        with open_ssh(target(address), guard, 60) as runner:
            return runner.run(Command(COMMANDS)).stdout.decode()

    steps = [time.perf_counter()]
    with open_ssh(target(addresses[0]), guard, 60) as runner:
        for _ in range(2):
            steps.append(time.perf_counter())
            runner.run(Command(COMMANDS))
        steps.append(time.perf_counter())
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(one, addresses))
    measured = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "answers": sum("PRETTY_NAME=" in answer for answer in answers),
        "connect_ms": (steps[1] - steps[0]) * 1000,
        "first_ms": (steps[2] - steps[1]) * 1000,
        "next_ms": (steps[3] - steps[2]) * 1000,
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    if sys.argv[1:2] == ["ask"]:
        ask(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5:])
    else:
        main()
