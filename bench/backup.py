"""Proof of backups over 1 GiB in 4,000 files: ict, restic and borg by hand, borgmatic, sha256sum.

    python bench/backup.py [ROUNDS]

Whole commands from the shell, on repositories that are in the page cache. ICT_BENCH_MB is how much (1024).
`the tool` is what restic or borg itself took within a run of ict, by a script in its place that notes the
times: the rest is ict. What is proven is read from ict's store, and for the others it is what their commands
do when they end well. borgmatic is installed into an environment of its own (network). After the first round
none begins that would not end in time.
"""

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.common.measure import Client, Taken, load, side_by_side
from bench.common.peers import peer, version

ICT = str(Path(sys.executable).parent / "ict")
MEGABYTES = int(os.environ.get("ICT_BENCH_MB", "1024"))
FILES = 4000
SAMPLE = 20
SHARE = 0.1
SECONDS = 330.0
SEED = 4711
BORGMATIC = "2.1.10"
SECRET = "Kluis-4711"

WORKSPACE = """\
organisation: {{name: Bench}}
backups:
  - name: {engine}
    engine: {engine}
    source: {{paths: ["{folder}/source"]}}
    repository: {repository}
    rpo: 26h
    verify: {{read: {read}, sample: 20, scratch: "{folder}/scratch"}}
"""
NOTING = """\
#!/bin/sh
begun=$(date +%s.%N)
{program} "$@"
code=$?
echo "$begun $(date +%s.%N)" >> {noted}
exit $code
"""
BORGMATIC_CONFIG = """\
source_directories: ["{folder}/source"]
repositories: [{{path: "{folder}/borg"}}]
encryption_passphrase: {secret}
match_archives: "*"
checks:
{checks}
"""
CONSISTENCY = "  - {name: repository}\n  - {name: archives}\n"
SPOT = """\
  - name: spot
    count_tolerance_percentage: 1
    data_sample_percentage: 10
    data_tolerance_percentage: 1
    xxh64sum_command: {command}
"""
SUMMING = """\
import sys, xxhash
for path in sys.argv[1:]:
    with open(path, "rb") as stream:
        print(xxhash.xxh64(stream.read()).hexdigest(), path, sep="  ")
"""
CHECK = "restic check --read-data-subset=1/10"
RESTORE = "restic restore latest --target {folder}/restored"
BY_HAND = """\
by_hand() {{ nice -n 10 ionice -c 3 restic --no-lock --no-cache "$@"; }}
by_hand snapshots --json
by_hand check --read-data-subset=1/10
by_hand ls --json latest > /dev/null
by_hand restore latest --target {folder}/restored --verify CHOSEN
"""
SUMS = """\
for side in source replica; do
  cd {folder}/$side
  find . -type f -print0 | xargs -0 -n100 -P2 sha256sum | sort -k2 > ../$side.sums
done
cmp ../source.sums ../replica.sums
"""
PREPARING = (
    "restic init",
    "restic backup {source}",
    "borg init -e repokey",
    "borg config :: max_segment_size 8388608",
)
"""borg's segments of 500 MB would be two or three here, and a share of them no share."""
DONE = "done, and well"
RESTORED = ("restored", "scratch")
READ = {"restic": "10%", "borg": "10%", "replica": "100%"}
ID, CRC, SHA = "SHA-256, decrypted", "CRC-32", "SHA-256"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a run proved: the share of the stored data that was read, against what, and the files.

    `compared` are files whose content was compared with the source; `restored` those that were written back.
    """

    read: float
    against: str
    restored: int = 0
    compared: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `noted` is where the tool within ict notes its times, where there is one."""

    client: Client
    folder: Path
    proof: Callable[[], Proof]
    noted: Path | None = None

    def run(self, watched: bool) -> Taken:
        """Run it once; `servers` is what the tool itself took. What it restored is removed afterwards."""
        if self.noted is not None:
            self.noted.write_text("", encoding="ascii")
        taken = self.client.run(watched)
        for name in RESTORED:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        if self.noted is None:
            return taken
        spans = [line.split() for line in self.noted.read_text(encoding="ascii").splitlines()]
        return replace(taken, servers=sum(float(end) - float(begin) for begin, end in spans))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ict-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        prepare(folder)
        rows = dict(lines(folder))
        left = SECONDS - (time.monotonic() - begun)
        medians = side_by_side({title: row.run for title, row in rows.items()}, rounds, left)
        print(f"{MEGABYTES} MB in {FILES} files, medians of at most {rounds} rounds, {load()} at the end")
        print(", ".join(versions()))
        show(rows, medians)


# -- what there is to prove


def prepare(folder: Path) -> None:
    """A source, a replica of it, and a repository of it with each tool."""
    fill(folder / "source")
    shutil.copytree(folder / "source", folder / "replica")
    archiving = f"borg create ::nacht {folder}/source"
    if (program := borgmatic()) is not None:  # its spot check wants an archive of its own making
        for name, checks in (("consistency", CONSISTENCY), ("spot", spot(folder, program))):
            text = BORGMATIC_CONFIG.format(folder=folder, secret=SECRET, checks=checks)
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        archiving = f"{program} --config {folder}/consistency.yaml create"
    for line in (*PREPARING, archiving):
        call(shlex.split(line.format(source=folder / "source")), folder)


def borgmatic() -> str | None:
    """The pinned borgmatic, with what its spot check needs in place of xxh64sum."""
    return peer("borgmatic", "borgmatic", BORGMATIC, "xxhash")


def fill(source: Path) -> None:
    """Files of a seed; every other one packs to half."""
    dice, size = Random(SEED), MEGABYTES * 1024 * 1024 // FILES
    for number in range(FILES):
        path = source / f"dienst{number % 40}" / f"stuk{number}.{'dat' if number % 2 else 'log'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        length = dice.randrange(size // 2, size * 3 // 2)
        path.write_bytes(dice.randbytes(length) if number % 2 else dice.randbytes(length // 2).hex().encode())


def call(words: Sequence[str], folder: Path) -> str:
    """Run a program on the repositories, which must succeed."""
    done = subprocess.run(
        words, cwd=folder, env=os.environ | surroundings(folder), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


def surroundings(folder: Path) -> dict[str, str]:
    """What the tools need to know; their caches are in a home of their own."""
    return {
        "HOME": str(folder / "home"), "RESTIC_REPOSITORY": str(folder / "restic"), "RESTIC_PASSWORD": SECRET,
        "BORG_REPO": str(folder / "borg"), "BORG_PASSPHRASE": SECRET,
    }  # fmt: skip


# -- who proves it


def lines(folder: Path) -> Iterator[tuple[str, Row]]:
    """Every client by its title, those of one repository after each other."""

    def row(script: str, proof: Proof) -> Row:
        words = ["sh", "-ec", f"{script.format(folder=folder)}\necho {DONE}"]
        return Row(Client(words, ended_well, environment=surroundings(folder)), folder, lambda: proof)

    yield "`ict backup verify`, restic", verifier(folder, "restic")
    yield "the same commands by hand", row(by_hand(folder), Proof(SHARE, ID, SAMPLE))
    yield "`restic check --read-data-subset=1/10`", row(CHECK, Proof(SHARE, ID))
    yield "`restic restore`, all", row(RESTORE, Proof(1, ID, FILES))
    yield "`ict backup verify`, borg", verifier(folder, "borg")
    if (program := borgmatic()) is not None:
        check = f"{program} --config {{folder}}/KIND.yaml check --force"
        yield "borgmatic, repository and archives", row(check.replace("KIND", "consistency"), Proof(1, CRC))
        compared = Proof(SHARE, ID, 0, FILES // 10)
        yield "borgmatic, spot check of 10 %", row(check.replace("KIND", "spot"), compared)
    yield "`ict backup verify`, replica", verifier(folder, "replica")
    yield "`xargs -P2 sha256sum` of both sides, `cmp`", row(SUMS, Proof(1, SHA, 0, FILES))


def by_hand(folder: Path) -> str:
    """What ict asks of restic, with its priority and a sample of the same size."""
    listed = call(["restic", "ls", "--json", "latest"], folder).splitlines()
    paths = [entry["path"] for line in listed if (entry := json.loads(line)).get("type") == "file"]
    chosen = " ".join(f"--include {path}" for path in Random(SEED).sample(paths, SAMPLE))
    return BY_HAND.replace("CHOSEN", chosen)


def spot(folder: Path, program: str) -> str:
    """The spot check; xxh64sum, where it is not installed, is a few lines of Python."""
    command = shutil.which("xxh64sum")
    if command is None:
        (folder / "xxh64sum.py").write_text(SUMMING, encoding="ascii")
        command = f"{Path(program).parent / 'python'} {folder / 'xxh64sum.py'}"
    return SPOT.format(command=command)


def verifier(folder: Path, engine: str) -> Row:
    """A look by ict in a workspace of its own, whose tool notes its times."""
    home = folder / f"ict-{engine}"
    home.mkdir()
    (home / "secret").write_text(SECRET, encoding="ascii")
    (home / "secret").chmod(0o600)
    noted, repository = None, f'{{url: "{folder}/replica"}}'
    if engine != "replica":
        noted, tool = home / "times", home / engine
        tool.write_text(NOTING.format(program=shutil.which(engine), noted=noted), encoding="ascii")
        tool.chmod(0o755)
        repository = f'{{url: "{folder}/{engine}", password: "file:secret", program: "{tool}"}}'
    text = WORKSPACE.format(engine=engine, folder=folder, repository=repository, read=READ[engine])
    (home / "inventory.yaml").write_text(text, encoding="utf-8")
    words = [ICT, "-w", str(home), "backup", "verify", "-o", "json"]
    client = Client(words, answered, environment=surroundings(folder))
    return Row(client, folder, lambda: proven(folder, home, engine), noted)


def answered(output: str) -> int:
    """1 when ict proved everything."""
    return int('"status": "ok"' in output or '"status":"ok"' in output)


def ended_well(output: str) -> int:
    """1 when no command of a script failed."""
    return int(output.rstrip().endswith(DONE))


# -- what was proven, and the table


def proven(folder: Path, home: Path, engine: str) -> Proof:
    """What the runs of ict kept of their proofs: the share of the data on average, the files of the last."""
    with closing(sqlite3.connect(home / "data" / "ict.db")) as database:
        rows = database.execute("SELECT told FROM backup_run ORDER BY id").fetchall()
    runs = [json.loads(told)["proofs"] for (told,) in rows]
    reads = [proof for run in runs for name, proof in run.items() if name.startswith("read")]
    sample = runs[-1]["sample"]
    if engine == "replica":
        return Proof(fmean(read["files"] for read in reads) / FILES, SHA, 0, reads[-1]["files"])
    data = files_of(folder / engine / "data")
    if engine == "borg":
        share = fmean(read["bytes"] for read in reads) / sum(path.stat().st_size for path in data)
    else:
        share = fmean(read["packs"] for read in reads) / len(data)
    return Proof(share, ID, sample["files"], sample["compared"])


def files_of(folder: Path) -> list[Path]:
    """The files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def versions() -> Iterator[str]:
    """Which tools were measured."""
    yield " ".join(call(["restic", "version"], Path("/")).split()[:2])
    yield call(["borg", "--version"], Path("/")).strip()
    if borgmatic() is not None:
        yield version("borgmatic")


def show(rows: Mapping[str, Row], medians: Mapping[str, Taken]) -> None:
    """A table in markdown. Read per second are the MB of the source that the share stands for."""
    heads = ["client", "wall s", "the tool s", "CPU s", "peak MB", "read", "by", "restored", "compared"]
    print(f"| {' | '.join([*heads, 'MB read per s'])} |")
    print(f"|---|{'--:|' * 5}---|{'--:|' * 3}")
    for title, taken in medians.items():
        proof = rows[title].proof()
        cells = [
            title + ("" if taken.answers else " (NOT ok)"), f"{taken.wall:.2f}",
            f"{taken.servers:.2f}" if taken.servers else "", f"{taken.cpu:.2f}", f"{taken.memory:.0f}",
            f"{proof.read:.0%}", proof.against, str(proof.restored or ""), str(proof.compared or ""),
            f"{proof.read * MEGABYTES / taken.wall:.0f}",
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
