"""100 OpenSSH servers on loopback, two commands each: ict, Ansible, pyinfra and parallel ssh. Needs root.

    python bench/ssh_hosts.py [HOSTS] [ROUNDS]

Whole commands from the shell, start-up included; every host's answer is counted. The daemons run on the same
cores: sshd spends about 20 ms of CPU on a session, which bounds the wall time of every client here, so CPU is
the client's and that of the programs it starts. Ansible and pyinfra are installed into environments of their
own (network); one that cannot be is named as absent. Ansible's masters are ended after each round, so that
each one connects.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench.common.measure import Client, load, show, side_by_side
from bench.common.peers import peer, version

from lab.servers.openssh import Farm, lab_user

ICT = str(Path(sys.executable).parent / "ict")
PEERS = ("ansible-core", "pyinfra")
PROCESSES = 50
COMMANDS = "uname -a; cat /etc/os-release"
CURVE = "-oKexAlgorithms=curve25519-sha256"

WORKSPACE = """
organisation: {{name: Bench, timezone: Europe/Brussels}}
credentials:
  bench: {{kind: ssh, user: {farm.user}, key: "file:{farm.key}"}}
groups:
  - {{name: farm, connect: {{ssh: {{credential: bench, port: {farm.port}}}}}}}
hosts:
"""
ANSIBLE = """
[defaults]
inventory = {folder}/hosts
forks = {processes}
remote_user = {farm.user}
remote_port = {farm.port}
private_key_file = {farm.key}
local_tmp = {folder}/tmp
[ssh_connection]
pipelining = True
control_path_dir = {folder}/cp
ssh_common_args = -F/dev/null -oUserKnownHostsFile={farm.known_hosts} {options}
"""


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with (
        lab_user(f"ictbench{os.getpid()}", "bench") as user,
        Farm(user, count=hosts, block=77) as farm,
        tempfile.TemporaryDirectory() as name,
    ):
        asked = dict(clients(farm, Path(name)))
        one = Client(ict(Path(name), farm.addresses[0]), answers)
        runs = {title: client.run for title, client in asked.items()}
        medians = side_by_side({**runs, "one": one.run}, rounds)
    alone = medians.pop("one")
    print(f"{hosts} hosts, medians of {rounds} rounds, {load()} at the end")
    print(", ".join(version(name) for name in PEERS if name in " ".join(asked)))
    print()
    show(medians, hosts)
    further = (medians["`ict run`"].cpu - alone.cpu) / (hosts - 1) * 1000
    print(f"\n`ict run` on one host takes {alone.cpu:.2f} s CPU, each further host {further:.1f} ms.")


def clients(farm: Farm, folder: Path) -> Iterator[tuple[str, Client]]:
    """Whom to measure: ict first, the others as far as they are there."""
    write_workspace(folder, farm)
    yield "`ict run`", Client(ict(folder), answers)
    for title, chosen in (("", []), (", curve25519", [CURVE])):
        addresses = "\n".join(farm.addresses)
        yield f"`xargs -P50 ssh`{title}", Client(openssh(farm, *chosen), answers, addresses)
    if pyinfra := peer("pyinfra", "pyinfra"):
        write_pyinfra(folder, farm)
        words = [pyinfra, "-y", "--parallel", str(PROCESSES), str(folder / "inv.py"), "exec", "--", COMMANDS]
        yield "pyinfra `exec`, 50 at once", Client(words, answers, environment={"HOME": str(folder)})
    if program := peer("ansible-core", "ansible"):
        for module, options in (("raw", ""), ("raw", CURVE), ("shell", ""), ("shell", CURVE)):
            title = f"ansible-core `{module}`, 50 forks{', curve25519' if options else ''}"
            yield title, ansible(program, module, options, farm, folder)


def answers(output: str) -> int:
    return output.count("PRETTY_NAME=")


def ict(folder: Path, on: str = "farm") -> list[str]:
    return [ICT, "-w", str(folder), "run", COMMANDS, "--on", on, "--yes", "-o", "jsonl"]


def openssh(farm: Farm, *options: str) -> list[str]:
    return [
        "xargs", "-P", str(PROCESSES), "-I{}", "ssh", "-F/dev/null", "-oBatchMode=yes", *options,
        f"-oUserKnownHostsFile={farm.known_hosts}", "-i", str(farm.key), "-p", str(farm.port),
        f"{farm.user}@{{}}", COMMANDS,
    ]  # fmt: skip


def ansible(program: str, module: str, options: str, farm: Farm, folder: Path) -> Client:
    """Ad hoc, with pipelining; which Python the hosts have is said, so that nothing looks for it."""
    (folder / "hosts").write_text(
        "".join(f"{address} ansible_python_interpreter=/usr/bin/python3\n" for address in farm.addresses),
        encoding="ascii",
    )
    configuration = folder / ("curve.cfg" if options else "ansible.cfg")
    text = ANSIBLE.format(folder=folder, processes=PROCESSES, farm=farm, options=options)
    configuration.write_text(text, encoding="ascii")
    environment = {"HOME": str(folder), "ANSIBLE_CONFIG": str(configuration)}
    return Client([program, "all", "-m", module, "-a", COMMANDS], answers, environment=environment)


def write_workspace(folder: Path, farm: Farm) -> None:
    lines = [f"  - {{name: {a}, address: {a}, groups: [farm]}}\n" for a in farm.addresses]
    text = WORKSPACE.format(farm=farm) + "".join(lines)
    (folder / "inventory.yaml").write_text(text, encoding="ascii")
    (folder / "known_hosts").write_text(farm.known_hosts.read_text(encoding="ascii"), encoding="ascii")


def write_pyinfra(folder: Path, farm: Farm) -> None:
    data = {
        "ssh_user": farm.user,
        "ssh_port": farm.port,
        "ssh_key": str(farm.key),
        "ssh_known_hosts_file": str(farm.known_hosts),
        "ssh_strict_host_key_checking": "yes",
    }
    (folder / "inv.py").write_text(f"hosts = ({farm.addresses!r}, {data!r})\n", encoding="ascii")


if __name__ == "__main__":
    main()
