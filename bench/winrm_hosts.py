"""50 Windows hosts, one script each: ict beside plain pywinrm, both in 32 threads, against the lab's server.

    python bench/winrm_hosts.py [HOSTS] [ROUNDS]

The server (real NTLM and encryption, no PowerShell) runs in a process of its own; a real host adds the start
of powershell.exe, which outweighs all of this. Each round is a fresh process; wall and CPU seconds are those
of asking, without imports.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

USER, PASSWORD, NAME = "LAB\\svc-ict", "bench", "127.0.0.1"
SCRIPT = (Path(__file__).parents[1] / "tests/lab/servers/winrm/known/hello.ps1").read_text(encoding="utf-8")
THREADS = 32
WAYS = ("http", "https")


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            measured: dict[str, list[dict[str, float]]] = {client: [] for client in CLIENTS}
            for _ in range(rounds):
                for client, results in measured.items():
                    results.append(one_round(client, way, hosts, folder))
            for client, results in measured.items():
                show(f"{client} over {way}", hosts, results)


def one_round(client: str, way: str, hosts: int, folder: str) -> dict[str, float]:
    """Start the servers, ask them all from a new process, and give what it measured."""
    this = [sys.executable, __file__]
    server = subprocess.Popen(
        [*this, "serve", way, str(hosts), folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdout is not None
        ports = server.stdout.readline().strip()
        done = subprocess.run([*this, "ask", client, way, ports, folder], capture_output=True, check=True)
        server.communicate("")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def show(label: str, hosts: int, results: list[dict[str, float]]) -> None:
    """One line with the medians of all rounds."""
    middle = {key: median(each[key] for each in results) for key in results[0]}
    print(
        f"{label:18} {middle['answers']:3.0f} of {hosts} answered   {middle['wall']:5.2f} s wall"
        f"   {middle['cpu']:5.2f} s CPU ({middle['cpu'] / hosts * 1000:4.1f} ms a host)"
        f"   {middle['memory']:4.0f} MB peak"
    )


def serve(way: str, hosts: int, folder: str) -> None:
    """Listen on as many ports, print them, and stop when standard input ends."""
    from lab.servers.winrm.certificates import Authority
    from lab.servers.winrm.server import NtlmAccounts, WinRmServer

    certificate = Authority(Path(folder)).issue(NAME) if way == "https" else None
    with NtlmAccounts({USER: PASSWORD}), ExitStack() as stack:
        servers = [stack.enter_context(WinRmServer(certificate=certificate)) for _ in range(hosts)]
        print(json.dumps([server.port for server in servers]), flush=True)
        sys.stdin.read()
        assert sum(server.shells.open_now() for server in servers) == 0


def ask(client: str, way: str, ports: list[int], folder: str) -> None:
    """Ask all ports once and print what it took."""
    one = CLIENTS[client](way, folder)
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(one, ports))
    measured = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "answers": answers.count("hello"),
    }
    print(json.dumps(measured))


def ict(way: str, folder: str) -> Callable[[int], str]:
    """A function that asks one port with ict."""
    import schoten_ict.connect.winrm.session
    from schoten_ict.core.guard import AccountGuard
    from schoten_ict.core.remote import Account, Command, Target, Via
    from schoten_ict.core.secrets import Secret

    class Nothing:
        def refused(self, _account: Account) -> bool:
            return False

        def remember(self, _account: Account, _host: str) -> None:
            pass

    guard = AccountGuard(Nothing())
    account = Account("bench", USER, "LAB", "print", {"password": Secret(PASSWORD)})
    tls = way == "https"

    def one(port: int) -> str:
        target = Target(
            str(port), NAME, Via.WINRM, port, account, tls=tls, ca=Path(folder) / "ca.pem" if tls else None
        )
        with schoten_ict.connect.winrm.open_winrm(target, guard, 30) as runner:
            return runner.run(Command(SCRIPT)).stdout.decode().strip()

    return one


def pywinrm(way: str, folder: str) -> Callable[[int], str]:
    """A function that asks one port with pywinrm, as its README does, but never leaves a shell."""
    import base64

    from winrm.protocol import Protocol

    encoded = base64.b64encode(SCRIPT.encode("utf-16-le")).decode("ascii")

    def one(port: int) -> str:
        protocol: Any = Protocol(
            f"{way}://{NAME}:{port}/wsman",
            "ntlm",
            USER,
            PASSWORD,
            ca_trust_path=f"{folder}/ca.pem",
            proxy=None,
        )
        shell = protocol.open_shell(codepage=65001)
        try:
            command = protocol.run_command(shell, "powershell", ("-EncodedCommand", encoded))
            output, _, _ = protocol.get_command_output(shell, command)
            protocol.cleanup_command(shell, command)
        finally:
            protocol.close_shell(shell)
        return str(output.decode().strip())

    return one


CLIENTS: dict[str, Callable[[str, str], Callable[[int], str]]] = {"ict": ict, "pywinrm": pywinrm}

if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    elif sys.argv[1:2] == ["ask"]:
        ask(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]), sys.argv[5])
    else:
        main()
