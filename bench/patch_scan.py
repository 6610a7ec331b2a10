"""100 Debians over SSH, asked what they lack: `ict patch scan`, the commands of vuls, Ansible. Needs root.

    python bench/patch_scan.py [HOSTS] [ROUNDS]

ICT_BENCH_HOSTS is how many where that is not said. All hosts are this machine, so apt answers each time, on
the same cores: that is the first table, one round. The same script a hundred times without SSH is what the
hosts alone cost. In the second table the tools of apt repeat what they said to the first who asked the same,
which leaves the cost of asking; medians of ROUNDS. Every client asks as many at once as ict does, with
curve25519; how many updates lack is compared for each host. vuls is not run: its commands of a fast-root
scan are (scanner/debian.go), over one connection per host, without `apt-get update` and what needs sudo.
Ansible's package facts are what is installed; they tell of no update, and ask apt's library, not its tools.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench.common.measure import Client, Taken, adopt_orphans, children, load, show, side_by_side, spent
from bench.common.peers import peer, version
from bench.ssh_hosts import ANSIBLE, CURVE, WORKSPACE

from lab.servers.openssh import Farm, lab_user
from schoten_ict.collect import Limits
from schoten_ict.core.remote import Via

ICT = str(Path(sys.executable).parent / "ict")
SCRIPT = Path(__file__).parents[1] / "src/schoten_ict/patch/ask/linux.sh"
AT_ONCE = Limits().at_once[Via.SSH]
ALONE = "the same script here, without SSH"
TOOLS = ("apt-get", "apt-cache", "apt-mark")
CLASSES = ("critical", "important", "moderate", "unrated", "other")
IDLE_SECONDS = 30.0

VULS = r"""
on() {{
    ssh -tt -F/dev/null -oLogLevel=quiet -oConnectionAttempts=3 -oConnectTimeout=10 -oControlMaster=auto \
        -oControlPath={folder}/vuls-%h -oControlPersist=10m -oUserKnownHostsFile={farm.known_hosts} \
        {options} {farm.user}@$host -p {farm.port} -i {farm.key} -oPasswordAuthentication=no \
        "stty cols 1000; $1" </dev/null
}}
host=$1
on 'ls /etc/debian_version'
on 'cat /etc/issue'
on 'lsb_release -ir' || on 'cat /etc/debian_version'
on 'uname -r'
on 'uname -a'
on 'test -f /var/run/reboot-required'
fields='\${{binary:Package}},\${{db:Status-Abbrev}},\${{Version}},\${{Source}},\${{source:Version}}\n'
on "dpkg-query -W -f=\"$fields\""
names=$(on 'LANGUAGE=en_US.UTF-8 apt-get dist-upgrade --dry-run' | tr -d '\r' |
    sed -n '/^The following packages will be upgraded:/,/^[0-9]* upgraded/p' | grep '^ ' | tr '\n' ' ')
on "LANGUAGE=en_US.UTF-8 apt-cache policy $names" | grep -c Candidate: | sed 's/^/lacking /'
"""
REPEAT = r"""#!/bin/sh
said={memory}/$(printf '%s\n' {tool} "$@" | cksum | tr ' ' -)
[ -e "$said" ] || {{ /usr/bin/{tool} "$@" >"$said.$$" && mv "$said.$$" "$said"; }} || exit
exec cat "$said"
"""


def main() -> None:
    hosts = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ICT_BENCH_HOSTS") or 100)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    adopt_orphans()
    with (
        lab_user(f"ictbench{os.getpid()}", "bench") as user,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        lacking = lacks(user)
        print(f"{hosts} hosts that lack {lacking} updates each, {AT_ONCE} at once, {load()} at the start")
        with Farm(user, count=hosts, block=78) as farm:
            runs = runs_of(farm, folder, lacking)
            show({title: run(title != ALONE) for title, run in runs.items()}, hosts)
        print(f"\nWith what apt said before, medians of {rounds} rounds, {load()}\n")
        settings = [f"SetEnv PATH={repeating(folder, user)}:/usr/bin:/bin"]
        with Farm(user, count=hosts, block=79, settings=settings) as farm:
            one = {f"{title}, one host": run for title, run in runs_of(farm, folder, lacking, 1).items()}
            first = {title: run(False) for title, run in one.items()}  # the first who asks
            runs = runs_of(farm, folder, lacking)
            medians = side_by_side({**runs, **one}, rounds)
        show({title: medians[title] for title in runs}, hosts)
        print()
        show({title: medians[title] for title in first}, 1)
    others = f"{version('ansible-core')}, " if peer("ansible-core", "ansible") else ""
    print(f"\n{others}{load()} at the end")
    further = (medians["`ict patch scan`"].cpu - medians["`ict patch scan`, one host"].cpu) / (hosts - 1)
    print(f"Each further host takes ict {further * 1000:.1f} ms of CPU.")


def lacks(user: str) -> int:
    """How many installed packages apt would upgrade, as it tells any account."""
    words = ["setpriv", f"--reuid={user}", "--clear-groups", "apt-get", "-s", "dist-upgrade"]
    told = subprocess.run(
        words, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
    )
    return sum(line.startswith("Inst ") and "] (" in line for line in told.stdout.splitlines())


def runs_of(farm: Farm, folder: Path, lacking: int, count: int = 0) -> dict[str, Callable[[bool], Taken]]:
    """Whom to measure, with `count` hosts of the farm or all; ict first, others as far as they are there."""
    addresses = farm.addresses[: count or None]
    return {title: partial(with_hosts, client) for title, client in clients(farm, folder, addresses, lacking)}


def clients(farm: Farm, folder: Path, addresses: Sequence[str], lacking: int) -> Iterator[tuple[str, Client]]:
    own = folder / f"{len(addresses)}-of-{farm.block}"
    own.mkdir(exist_ok=True)
    known = {"folder": own, "farm": farm, "options": CURVE, "processes": AT_ONCE}
    lines = [f"  - {{name: {each}, address: {each}, groups: [farm]}}\n" for each in addresses]
    write(own / "inventory.yaml", WORKSPACE.format(**known) + "".join(lines))
    write(own / "known_hosts", farm.known_hosts.read_text(encoding="ascii"))
    scan = [ICT, "-w", str(own), "patch", "scan", "-o", "jsonl"]
    yield "`ict patch scan`", Client(scan, partial(rows_with, lacking=lacking))
    write(own / "vuls.sh", VULS.format(**known))
    asking = ["xargs", "-P", str(AT_ONCE), "-I{}", "sh", str(own / "vuls.sh"), "{}"]
    yield "the commands of vuls", Client(asking, partial(lines_with, lacking=lacking), "\n".join(addresses))
    if farm.settings:  # the tools of apt repeat themselves; those below would ask apt
        return
    if program := peer("ansible-core", "ansible"):
        python = "ansible_python_interpreter=/usr/bin/python3"
        write(own / "hosts", "".join(f"{each} {python}\n" for each in addresses))
        write(own / "ansible.cfg", ANSIBLE.format(**known))
        environment = {"HOME": str(own), "ANSIBLE_CONFIG": str(own / "ansible.cfg")}
        words = [program, "all", "-m", "package_facts"]
        yield "ansible-core `package_facts`", Client(words, with_facts, environment=environment)
    yield ALONE, alone(farm, own, len(addresses))


def alone(farm: Farm, folder: Path, times: int) -> Client:
    """What ict asks, so many times on the machine itself as the same account."""
    write(folder / "asked.sh", "B=bench S=150\n" + SCRIPT.read_text(encoding="utf-8"))
    words = [
        "xargs", "-P", str(AT_ONCE), "-n", "1", "setsid", "-w",  # as sshd does: a share of the cores each
        "setpriv", f"--reuid={farm.user}", "--clear-groups", "sh", str(folder / "asked.sh"),
    ]  # fmt: skip
    return Client(words, lambda output: output.count("bench begin whole"), "\n".join(map(str, range(times))))


def rows_with(output: str, lacking: int) -> int:
    """How many hosts lack so many updates, by the rows of ict."""
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return sum(sum(row.get(each) or 0 for each in CLASSES) == lacking for row in rows)


def lines_with(output: str, lacking: int) -> int:
    return output.splitlines().count(f"lacking {lacking}")


def with_facts(output: str) -> int:
    return output.count('"apt": [')


def with_hosts(client: Client, watched: bool) -> Taken:
    """Run a client; with what the daemons and their sessions took."""
    daemons = children(os.getpid())
    before = spent(daemons)
    taken = client.run(watched)
    orphans = until_idle(daemons)
    return replace(taken, servers=spent(daemons) + orphans - before)


def until_idle(daemons: Sequence[int]) -> float:
    """Wait until the last session is collected; the CPU seconds of those that are not by a daemon.

    Where a client says goodbye, sshd does not wait for the process that ran the user's commands.
    """
    end, used = time.monotonic() + IDLE_SECONDS, 0.0
    while (orphans := set(children(os.getpid())) - {*daemons}) or any(map(children, daemons)):
        if time.monotonic() > end:
            raise SystemExit("sessions go on after the client ended")
        for orphan in orphans:
            _, _, usage = os.wait4(orphan, os.WNOHANG)
            used += usage.ru_utime + usage.ru_stime
        time.sleep(0.1)
    return used


def repeating(folder: Path, user: str) -> Path:
    """A folder of tools that repeat what apt said to the first who asked the same."""
    tools, memory = folder / "tools", folder / "memory"
    tools.mkdir()
    memory.mkdir()
    subprocess.run(["chown", user, str(memory)], check=True)
    for tool in TOOLS:
        write(tools / tool, REPEAT.format(memory=memory, tool=tool))
        (tools / tool).chmod(0o755)
    return tools


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
