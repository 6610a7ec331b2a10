"""50 Windows hosts, one script each: ict beside plain pywinrm, both in 32 threads, against the lab's server.

    python bench/winrm_hosts.py [HOSTS] [ROUNDS]

Whole programs, imports included. The server (real NTLM and encryption, no PowerShell) runs in a process of
its own on the same cores; a real host adds the start of powershell.exe, which outweighs all of this. Both
clients verify certificates, encrypt messages over HTTP, keep one connection per host and delete their shells.
pywinrm gets the script in the command line, ict sends it over standard input, which is one message more.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench.common.measure import Client, Taken, load, serve, serving, show, side_by_side

USER, PASSWORD, NAME = "LAB\\svc-ict", "bench", "127.0.0.1"
SCRIPT = (Path(__file__).parents[1] / "tests/lab/servers/winrm/known/hello.ps1").read_text(encoding="utf-8")
THREADS = 32
WAYS = ("http", "https")


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            runs = {client: partial(one_round, client, way, hosts, folder) for client in CLIENTS}
            medians = side_by_side(runs, rounds)
            print(f"\n{hosts} hosts over {way.upper()}, medians of {rounds} rounds, {load()} at the end\n")
            show(medians, hosts)


def one_round(client: str, way: str, hosts: int, folder: str, watched: bool) -> Taken:
    """Start the servers and ask them all."""
    with serving(__file__, "serve", way, str(hosts), folder) as (ports, used):
        words = [sys.executable, __file__, "ask", client, way, folder, *map(str, ports)]
        taken = Client(words, lambda output: output.count("hello")).run(watched)
    return replace(taken, servers=used[0])


def listen(way: str, hosts: int, folder: str) -> None:
    """Listen on as many ports until standard input ends."""
    from lab.servers.winrm.certificates import Authority
    from lab.servers.winrm.server import NtlmAccounts, WinRmServer

    certificate = Authority(Path(folder)).issue(NAME) if way == "https" else None
    with NtlmAccounts({USER: PASSWORD}), ExitStack() as stack:
        servers = [stack.enter_context(WinRmServer(certificate=certificate)) for _ in range(hosts)]
        serve([server.port for server in servers])
        assert sum(server.shells.open_now() for server in servers) == 0


def ask(client: str, way: str, folder: str, ports: list[int]) -> list[str]:
    """The answer of every port."""
    one = CLIENTS[client](way, folder)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, ports))


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
    match sys.argv[1:]:
        case ["serve", way, hosts, folder]:
            listen(way, int(hosts), folder)
        case ["ask", client, way, folder, *ports]:
            print(json.dumps(ask(client, way, folder, list(map(int, ports)))))
        case _:
            main()
