"""What a machine tells of its updates, whatever manages them: the answer of every collector and every report.

None always means that it was not told: an empty tuple is a machine that misses nothing. Times are in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from schoten_ict.core.errors import Problem

INCOMPLETE = "incomplete"
"""The code of a problem about something that was told in part: there may be more."""


class Severity(StrEnum):
    """How bad the vendor says it is, in Microsoft's words; `unrated` where the source rates nothing."""

    CRITICAL = "critical"
    IMPORTANT = "important"
    MODERATE = "moderate"
    LOW = "low"
    UNRATED = "unrated"


class Hold(StrEnum):
    """Why an update that exists is not missing here: it is told, and no deadline runs."""

    HELD = "held"
    """Somebody pinned or locked the package on the machine: a decision that should be an exception."""
    PHASED = "phased"
    """The vendor rolls it out bit by bit, and it was not this machine's turn yet."""
    SUBSCRIPTION = "subscription"
    """It is for subscribers (Ubuntu ESM, RHEL): a gap that no update will close."""
    OPTIONAL = "optional"
    """The vendor offers it to be chosen (drivers, previews, the next version of Windows): nothing is due."""


@dataclass(frozen=True, slots=True)
class Update:
    """One update that a machine lacks.

    `key` is its identity on the machine: the package (apt), the advisory (dnf, zypper), `KB5034123`
    (Windows), the name of the firmware. `security` is None where the source cannot tell security updates
    apart. `packages` are those of an advisory, as `name-version`. `published` is the vendor's date.
    `source` is the repository or origin. `hold` says why it is not counted as missing.
    """

    key: str
    title: str
    severity: Severity = Severity.UNRATED
    security: bool | None = None
    installed: str | None = None
    available: str | None = None
    packages: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()
    published: date | None = None
    restart: bool = False
    source: str = ""
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Reboot:
    """Whether the machine waits for a restart; None where nothing there could tell.

    `reasons` are what counts (a newer kernel, libraries in use, `component servicing`), `services` those that
    run on old files and need a restart of their own; `shown` is what is told and never counted, such as
    pending renames of files on Windows.
    """

    needed: bool | None
    reasons: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """What decides which updates and which lifecycle a machine has.

    `family` is the ID of os-release(5) (`debian`, `ubuntu`, `rhel`, `centos`, `opensuse-leap` ...) or
    `windows`. `version` is VERSION_ID, or Windows' DisplayVersion (`24H2`). On Windows `edition` is
    EditionID (`ServerStandard`, `EnterpriseS`, `IoTEnterpriseS` ...), `installation` InstallationType
    (`Client`, `Server`, `Server Core`), and `hotpatch` whether the machine is on the hotpatch track.
    `subscriptions` are the paid extensions that are on: `esm-infra`, `esm-apps`, `lts`, `esu`, and Red Hat's
    `els`, `eus` and the like. `esu_until` is the last day of the years of `esu` that are licensed.
    """

    family: str
    name: str = ""
    version: str | None = None
    edition: str | None = None
    installation: str | None = None
    build: int | None = None
    ubr: int | None = None
    hotpatch: bool | None = None
    kernel: str | None = None
    architecture: str | None = None
    subscriptions: tuple[str, ...] = ()
    esu_until: date | None = None


PAUSED = "paused since"
"""Under which `Feed.told` has the day on which updates were paused by policy."""
SERVICE, DISABLED = "update service", "disabled"
"""What `Feed.told` says of a service that never starts."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a machine gets its updates: `kind` is `repositories`, `wsus`, `windows-update` or `policy`.

    `told` are its repositories by name, or what is declared about updates, in words.
    """

    kind: str
    server: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """An update that did not install: when, which, and the code that the machine gives for it."""

    at: datetime
    update: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class PatchFacts:
    """Everything that one source tells of one machine.

    `manager` is `apt`, `dnf`, `zypper`, `windows`, `wsus`, or that of a report by hand. `lists_at` is the age
    of what the machine compares itself with: its package lists, or the last search for updates that
    succeeded. `patched_at` is when something was last installed. `installed` are identities of what is
    installed (KBs), to show and never to conclude from. `missing` names what was asked and not told: its
    `subject` is the field of this class. `lacking` is how many updates lack by the count of a source that may
    count without listing. `dates` say when each field was told, where several reports told them. `called` is
    what the machine calls itself, where a report says so.
    """

    manager: str
    system: System | None = None
    updates: tuple[Update, ...] | None = None
    reboot: Reboot | None = None
    lists_at: datetime | None = None
    patched_at: datetime | None = None
    feed: Feed | None = None
    failures: tuple[Failure, ...] | None = None
    installed: tuple[str, ...] | None = None
    missing: tuple[Problem, ...] = ()
    lacking: int | None = None
    dates: Mapping[str, datetime] = field(default_factory=dict)
    called: str = ""


@dataclass(frozen=True, slots=True)
class WsusComputer:
    """What a WSUS server says of one machine: counts, and when the machine reported last.

    `host` is its full name (`pc-0001.schoten.test`), or the short one of a machine outside a domain; times
    are in UTC. `missing` counts what is approved and neither installed nor downloaded. `not_known` counts
    updates of which the machine did not report a state; unapproved ones are among them. `updates` are the
    approved ones that are to be installed; None where the server told counts only, and `problem` says why.
    """

    host: str
    address: str
    os: str
    group: str
    reported_at: datetime | None
    synchronised_at: datetime | None
    missing: int
    downloaded: int
    pending_reboot: int
    failed: int
    installed: int
    not_applicable: int
    not_known: int
    updates: tuple[Update, ...] | None = None
    problem: Problem | None = None
