"""What receivers hear of real runs: of what they wait for, once, and of nothing that another run tells."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from lab.servers.web import Asked, Said, Site
from lab.servers.winrm.certificates import Authority
from running import NOW, Ict
from schoten_ict.store.runlock import run_lock

pytestmark = pytest.mark.lab
NAME = "localhost"
SLOW = "#!/bin/sh\necho $$ > {0}.new\nmv {0}.new {0}\nexec sleep 60\n"


class Switch:
    """Takes every message, but for as long as it is `shut`."""

    def __init__(self) -> None:
        self.shut = False

    def __call__(self, _asked: Asked) -> Said:
        return Said(status=403) if self.shut else Said(body=b"OK", kind="text/plain")


@pytest.fixture
def ict(tmp_path: Path, authority: Authority) -> Ict:
    """A workspace with the lab's authority and a backup of each of two jobs."""
    here = tmp_path / "here"
    (here / "kopie").mkdir(parents=True)
    (here / "ca.pem").write_bytes(authority.path.read_bytes())
    for name in "ab":
        backup(here, name)
    return Ict(here)


def backup(here: Path, name: str) -> None:
    with closing(sqlite3.connect(here / "kopie" / f"{name}-2026-11-26T1605.db")) as copy, copy:
        copy.execute("CREATE TABLE klant (naam TEXT)")
        copy.executemany("INSERT INTO klant VALUES (?)", [(f"klant {n}",) for n in range(4)])


@contextmanager
def told(ict: Ict, authority: Authority, way: str, jobs: str = "") -> Iterator[tuple[Site, Switch]]:
    """A receiver of the workspace, told over `way`."""
    switch = Switch()
    with Site(authority.issue(NAME), switch) as site:
        (ict.folder / "adres").write_text(f"https://{NAME}:{site.port}/in\n", encoding="ascii")
        (ict.folder / "adres").chmod(0o600)
        declared = jobs or "\n".join(
            f'  - {{name: {name}, engine: sqlite, repository: {{url: "kopie/{name}-*.db"}}, rpo: 26h, '
            f"source: {{database: {{name: {name}, tables: {{klant: 3}}}}}}}}"
            for name in "ab"
        )
        (ict.folder / "inventory.yaml").write_text(
            f"organisation: {{name: Proef}}\nbackups:\n{declared}\n"
            f'notify: [{{name: haak, {way}: {{url: "file:adres", ca: ca.pem}}}}]\n',
            encoding="utf-8",
        )
        yield site, switch


def paths(site: Site) -> list[str]:
    return [each.path for each in site.asked]


def titles(site: Site) -> list[str]:
    return [json.loads(each.body)["title"] for each in site.asked]


def break_a(ict: Ict) -> None:
    (ict.folder / "kopie" / "a-2026-11-26T1605.db").rename(ict.folder / "weg")


def mend_a(ict: Ict) -> None:
    (ict.folder / "weg").rename(ict.folder / "kopie" / "a-2026-11-26T1605.db")


def test_a_run_that_another_one_keeps_out_tells_nobody(ict: Ict, authority: Authority) -> None:
    with told(ict, authority, "ping") as (site, _):
        with run_lock(ict.folder / "data", "backup-b", "jan", NOW):
            assert ict("backup", "verify", "--notify").exit == 6
        assert paths(site) == []
        assert ict("backup", "verify", "--notify").exit == 0
        assert paths(site) == ["/in/start", "/in"]


def test_a_job_that_is_not_declared_is_told_as_a_failure(ict: Ict, authority: Authority) -> None:
    with told(ict, authority, "ping") as (site, _):
        assert ict("backup", "verify", "c", "--notify").exit == 5
        assert paths(site) == ["/in/fail"]


def test_all_is_well_again_is_told_once_to_who_heard_that_it_was_not(ict: Ict, authority: Authority) -> None:
    with told(ict, authority, "webhook") as (site, _):
        break_a(ict)
        ict("backup", "verify", "--notify")
        mend_a(ict)
        for _again in range(2):
            ict("backup", "verify", "--notify")
        assert titles(site) == ["Proef: backup.verify FAILED", "Proef: backup.verify recovered"]


def test_who_never_heard_that_something_was_wrong_hears_of_no_recovery(
    ict: Ict, authority: Authority
) -> None:
    with told(ict, authority, "webhook") as (site, switch):
        break_a(ict)
        switch.shut = True
        ict("backup", "verify", "--notify")
        switch.shut = False
        site.asked.clear()
        mend_a(ict)
        ict("backup", "verify", "--notify")
        assert titles(site) == []


def test_a_recovery_that_could_not_be_told_is_told_by_the_next_run(ict: Ict, authority: Authority) -> None:
    with told(ict, authority, "webhook") as (site, switch):
        break_a(ict)
        ict("backup", "verify", "--notify")
        mend_a(ict)
        switch.shut = True
        ict("backup", "verify", "--notify")
        switch.shut = False
        site.asked.clear()
        ict("backup", "verify", "--notify")
        assert titles(site) == ["Proef: backup.verify recovered"]


def test_a_good_run_over_some_jobs_is_no_recovery(ict: Ict, authority: Authority) -> None:
    with told(ict, authority, "webhook") as (site, _):
        break_a(ict)
        ict("backup", "verify", "--notify")
        assert ict("backup", "verify", "b", "--notify").exit == 0
        assert titles(site) == ["Proef: backup.verify FAILED"]
        mend_a(ict)
        ict("backup", "verify", "--notify")
        assert titles(site)[1:] == ["Proef: backup.verify recovered"]


def slow_job(ict: Ict) -> str:
    """A job whose tool does not come back, and notes that it was started."""
    program = ict.folder / "traag"
    program.write_text(SLOW.format(ict.folder / "began"), encoding="ascii")
    program.chmod(0o700)
    (ict.folder / "sleutel").write_text("geheim", encoding="ascii")
    (ict.folder / "sleutel").chmod(0o600)
    return (
        f"  - {{name: a, engine: restic, rpo: 26h, source: {{paths: [{ict.folder}]}}, "
        f'repository: {{url: rep, password: "file:sleutel", program: {program}}}}}'
    )


def terminated(ict: Ict, *words: str) -> tuple[int, str, str]:
    """Exit code and both streams of a command that gets SIGTERM while the tool runs, and ends it."""
    began = ict.folder / "began"
    with subprocess.Popen(
        [sys.executable, "-m", "schoten_ict", *words], cwd=ict.folder,
        env={**os.environ, "HOME": str(ict.folder)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        try:
            _wait_for(began)
            run.send_signal(signal.SIGTERM)
            out, err = run.communicate(timeout=30)
            with pytest.raises(ProcessLookupError):
                os.kill(int(began.read_text(encoding="ascii")), 0)
        finally:
            run.kill()
            _end(int(began.read_text(encoding="ascii")))
    return run.returncode, out, err


def _wait_for(began: Path) -> None:
    for _ in range(600):
        if began.exists():
            return
        time.sleep(0.05)
    raise AssertionError("the run never began")


def _end(process: int) -> None:
    """End the tool where the run left it; its number is still its own: it sleeps longer than the test."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def test_sigterm_ends_what_runs_and_is_told(ict: Ict, authority: Authority) -> None:
    with told(ict, authority, "ping", slow_job(ict)) as (site, _):
        status, out, err = terminated(ict, "backup", "verify", "--notify", "-o", "json")
        answer = json.loads(out)
        assert (status, answer["exit_code"], answer["data"]) == (130, 130, []), err
        assert [(each["code"], each["subject"]) for each in answer["errors"]] == [("interrupted", "job:a")]
        assert "stopping" in err
        [job] = json.loads(ict("backup", "status", "-o", "json").out)["data"]
        assert job["verified_at"] is None
        assert paths(site) == ["/in/start", "/in/fail"]


@pytest.mark.parametrize("words", [("drill", "a"), ("run", "a", "--yes")])
def test_sigterm_interrupts_a_drill_and_a_backup(
    ict: Ict, authority: Authority, words: tuple[str, ...]
) -> None:
    with told(ict, authority, "ping", slow_job(ict)):
        status, _out, err = terminated(ict, "backup", *words)
    assert status == 130, err
    assert "ict: interrupted" in err
    assert not list((ict.folder / "data").glob("documents/**/*.pdf"))
