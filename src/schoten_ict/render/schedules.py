"""Commands that run by themselves, as systemd, cron and the Windows Task Scheduler take them.

Sources: systemd.timer(5), systemd.service(5) and systemd.time(7); crontab(5); Microsoft's Task Scheduler
schema (http://schemas.microsoft.com/windows/2004/02/mit/task).
"""

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from xml.etree import ElementTree as ET

_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CRON_SUNDAY = 7
_HOURS = 12


@dataclass(frozen=True, slots=True)
class Task:
    """One command line at one time of certain days.

    `name` is dotted (`backup.verify`), `words` follow the program, `days` are some of `DAYS`, `first` is the
    day from which Windows counts. `user` and `group` are who runs it (systemd). `limit_hours` ends a run that
    hangs.
    """

    name: str
    title: str
    program: str
    words: Sequence[str]
    at: time
    days: Sequence[str] = DAYS
    first: date = date(2026, 1, 1)
    user: str = "svc-ict"
    group: str = "ict"
    limit_hours: int = _HOURS

    @property
    def unit(self) -> str:
        """The name of its units and of the Windows task: `ict-backup-verify`."""
        return f"ict-{self.name.replace('.', '-')}"


def systemd(task: Task) -> str:
    """A service and its timer, each below the path where it belongs."""
    line = " ".join(_systemd_word(word) for word in (task.program, *task.words))
    return f"""# /etc/systemd/system/{task.unit}.service
[Unit]
Description={task.title}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={task.user}
Group={task.group}
UMask=0007
Nice=10
IOSchedulingClass=idle
TimeoutStartSec={task.limit_hours}h
# ict ends what it began by itself, and puts away what it restored
KillMode=mixed
TimeoutStopSec=2min
ExecStart={line}

# /etc/systemd/system/{task.unit}.timer
[Unit]
Description={task.title}

[Timer]
OnCalendar={_calendar(task)}
RandomizedDelaySec=5min
Persistent=true

[Install]
WantedBy=timers.target

# systemctl daemon-reload && systemctl enable --now {task.unit}.timer
"""


def cron(task: Task) -> str:
    """One line of a crontab; cron mails what the command prints."""
    days = "*" if len(task.days) == len(DAYS) else ",".join(str(_cron_day(day)) for day in task.days)
    line = shlex.join([task.program, *task.words]).replace("%", r"\%")
    return f"{task.at.minute} {task.at.hour} * * {days}   {line}\n"


def task_scheduler(task: Task) -> str:
    """A task of the Windows Task Scheduler, for `schtasks /Create /TN NAME /XML FILE`."""
    root = ET.Element("Task", {"version": "1.2", "xmlns": _NAMESPACE})
    about = ET.SubElement(root, "RegistrationInfo")
    ET.SubElement(about, "Description").text = task.title
    trigger = ET.SubElement(ET.SubElement(root, "Triggers"), "CalendarTrigger")
    ET.SubElement(trigger, "StartBoundary").text = f"{task.first}T{task.at:%H:%M}:00"
    ET.SubElement(trigger, "Enabled").text = "true"
    _add_days(trigger, task.days)
    settings = ET.SubElement(root, "Settings")
    for name, value in (
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("DisallowStartIfOnBatteries", "false"),
        ("StartWhenAvailable", "true"),
        ("ExecutionTimeLimit", f"PT{task.limit_hours}H"),
        ("Priority", "7"),
    ):
        ET.SubElement(settings, name).text = value
    run = ET.SubElement(ET.SubElement(root, "Actions", {"Context": "Author"}), "Exec")
    ET.SubElement(run, "Command").text = task.program
    ET.SubElement(run, "Arguments").text = subprocess.list2cmdline(list(task.words))
    ET.indent(root)
    return f'<?xml version="1.0"?>\n{ET.tostring(root, encoding="unicode")}\n'


FORMS = {
    "systemd": (systemd, "text/x-systemd-unit"),
    "cron": (cron, "text/x-crontab"),
    "task-scheduler": (task_scheduler, "application/xml"),
}


def _add_days(trigger: ET.Element, days: Sequence[str]) -> None:
    if len(days) == len(DAYS):
        daily = ET.SubElement(trigger, "ScheduleByDay")
        ET.SubElement(daily, "DaysInterval").text = "1"
        return
    weekly = ET.SubElement(trigger, "ScheduleByWeek")
    ET.SubElement(weekly, "WeeksInterval").text = "1"
    names = ET.SubElement(weekly, "DaysOfWeek")
    for day in days:
        ET.SubElement(names, _LONG[DAYS.index(day)])


def _calendar(task: Task) -> str:
    days = "" if len(task.days) == len(DAYS) else ",".join(day.capitalize() for day in task.days) + " "
    return f"{days}*-*-* {task.at:%H:%M}:00"


def _cron_day(day: str) -> int:
    return DAYS.index(day) + 1 if day != "sun" else _CRON_SUNDAY


def _systemd_word(word: str) -> str:
    """One word of ExecStart: `%` and `$` mean something there, and quotes hold blanks together."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"' if safe == "" or any(char.isspace() or char in "'\"\\;" for char in word) else safe
