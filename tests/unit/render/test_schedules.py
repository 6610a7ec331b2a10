"""Commands that run by themselves: each scheduler gets words that it takes as they stand."""

import shlex
import shutil
import subprocess
from datetime import date, time
from pathlib import Path

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.render.schedules import DAYS, Task, cron, systemd, task_scheduler

NAMESPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
WORDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1), max_size=5
)


def task(words: list[str], days: tuple[str, ...] = DAYS) -> Task:
    return Task("backup.verify", "Prove", "/opt/my ict/bin/ict", words, time(6, 5), days, date(2026, 11, 28))


def test_a_cron_line_holds_time_days_and_the_words() -> None:
    assert cron(task(["-w", "/srv/ict", "x"])) == "5 6 * * *   '/opt/my ict/bin/ict' -w /srv/ict x\n"
    assert cron(task([], ("mon", "sun"))).startswith("5 6 * * 1,7 ")


@given(WORDS)
def test_a_shell_reads_the_words_of_a_cron_line_as_they_were(words: list[str]) -> None:
    line = cron(task(words)).rstrip("\n").split("   ", 1)[1]
    assert shlex.split(line.replace(r"\%", "%")) == ["/opt/my ict/bin/ict", *words]
    assert "%" not in line.replace(r"\%", "")


@given(WORDS)
def test_the_task_of_windows_is_xml_whatever_the_words(words: list[str]) -> None:
    root = ElementTree.fromstring(task_scheduler(task(words)))
    assert root.findtext("t:Actions/t:Exec/t:Command", namespaces=NAMESPACE) == "/opt/my ict/bin/ict"
    assert root.findtext(".//t:StartBoundary", namespaces=NAMESPACE) == "2026-11-28T06:05:00"


def test_windows_counts_days_of_the_week_where_not_all_are_meant() -> None:
    root = ElementTree.fromstring(task_scheduler(task([], ("thu",))))
    assert root.find(".//t:DaysOfWeek/t:Thursday", NAMESPACE) is not None
    assert ElementTree.fromstring(task_scheduler(task([]))).find(".//t:ScheduleByDay", NAMESPACE) is not None


def test_a_systemd_unit_escapes_what_means_something_there() -> None:
    text = systemd(task(["-w", "/srv/50% $HOME", 'a"b']))
    assert 'ExecStart="/opt/my ict/bin/ict" -w "/srv/50%% $$HOME" "a\\"b"' in text
    assert "OnCalendar=*-*-* 06:05:00" in text
    assert "OnCalendar=Thu *-*-* 06:05:00" in systemd(task([], ("thu",)))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    service, timer = systemd(task(["-w", "/srv/ict"])).split(
        "# /etc/systemd/system/ict-backup-verify.timer\n"
    )
    (tmp_path / "ict-backup-verify.timer").write_text(timer, encoding="utf-8")
    (tmp_path / "ict-backup-verify.service").write_text(service, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "ict-backup-verify.timer")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Unknown" not in done.stderr
