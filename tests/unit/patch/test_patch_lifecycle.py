"""Ends of support, by the vendors' pages and the files of endoflife.date as they were read by a person."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.hostfacts import Title
from schoten_ict.patch.data.tables import Cycle, Table, cycles
from schoten_ict.patch.facts import System
from schoten_ict.patch.judge.lifecycle import Extension, Lifecycle, Support, indexed, of_system, of_title

TODAY = date(2026, 11, 26)
CYCLES = indexed(cycles(None).table)
SUPPORTED, EXTENDED, ENDED, UNKNOWN = Support


def client(build: int, edition: str | None, *more: str) -> System:
    return System("windows", edition=edition, installation="Client", build=build, subscriptions=more)


def server(build: int, edition: str | None, *more: str, core: bool = False, name: str = "") -> System:
    kind = "Server Core" if core else "Server"
    return System("windows", name, edition=edition, installation=kind, build=build, subscriptions=more)


def linux(family: str, version: str | None, *more: str, name: str = "", on: str | None = None) -> System:
    return System(family, name, version=version, subscriptions=more, architecture=on)


def licensed(system: System, until: str) -> System:
    """The same with extended updates, the last year of which ends on a day."""
    return replace(system, subscriptions=("esu",), esu_until=date.fromisoformat(until))


# System, end of active support, end of security support, the day that counts, what that means on 2026-11-26.
SYSTEMS: tuple[tuple[System, str | None, str, str, Support], ...] = (
    # build 26100 is five things, 17763 is five too
    (client(26100, "EnterpriseS"), "2029-10-09", "2029-10-09", "2029-10-09", SUPPORTED),
    (client(26100, "IoTEnterpriseS"), "2029-10-09", "2034-10-10", "2034-10-10", SUPPORTED),
    (client(26100, "Enterprise"), "2027-10-12", "2027-10-12", "2027-10-12", SUPPORTED),
    (client(26100, "Education"), "2027-10-12", "2027-10-12", "2027-10-12", SUPPORTED),
    (client(26100, "Professional"), "2026-10-13", "2026-10-13", "2026-10-13", ENDED),
    (client(26100, "Core"), "2026-10-13", "2026-10-13", "2026-10-13", ENDED),
    (server(26100, "ServerStandard"), "2029-11-13", "2034-11-14", "2034-11-14", SUPPORTED),
    (server(26100, "ServerDatacenter", core=True), "2029-11-13", "2034-11-14", "2034-11-14", SUPPORTED),
    (client(17763, "EnterpriseS"), "2024-01-09", "2029-01-09", "2029-01-09", SUPPORTED),
    (client(17763, "IoTEnterpriseS"), "2024-01-09", "2029-01-09", "2029-01-09", SUPPORTED),
    (client(17763, "Enterprise"), "2021-05-11", "2021-05-11", "2021-05-11", ENDED),
    (client(17763, "Professional"), "2020-11-10", "2020-11-10", "2020-11-10", ENDED),
    (server(17763, "ServerStandard"), "2024-01-09", "2029-01-09", "2029-01-09", SUPPORTED),
    (server(17763, "ServerStandard", core=True), "2024-01-09", "2029-01-09", "2029-01-09", SUPPORTED),
    (server(17763, "ServerDatacenterACor", core=True), "2020-11-10", "2020-11-10", "2020-11-10", ENDED),
    (server(17763, None, name="Microsoft Windows Server 2019 Standard"),
     "2024-01-09", "2029-01-09", "2029-01-09", SUPPORTED),
    # other clients
    (client(26200, "Professional"), "2027-10-12", "2027-10-12", "2027-10-12", SUPPORTED),
    (client(26200, "EnterpriseN"), "2028-10-10", "2028-10-10", "2028-10-10", SUPPORTED),
    (client(22631, "Enterprise"), "2026-11-10", "2026-11-10", "2026-11-10", ENDED),
    (client(22631, "CoreSingleLanguage"), "2025-11-11", "2025-11-11", "2025-11-11", ENDED),
    (client(22000, "Education"), "2024-10-08", "2024-10-08", "2024-10-08", ENDED),
    (client(19045, "Professional"), "2025-10-14", "2025-10-14", "2025-10-14", ENDED),
    (licensed(client(19045, "Professional"), "2028-10-10"), "2025-10-14", "2025-10-14", "2028-10-10", EXTENDED),
    (licensed(client(19045, "Professional"), "2027-10-12"), "2025-10-14", "2025-10-14", "2027-10-12", EXTENDED),
    (licensed(client(19045, "Professional"), "2026-10-13"), "2025-10-14", "2025-10-14", "2026-10-13", ENDED),
    (licensed(client(19045, "Professional"), "2040-10-13"), "2025-10-14", "2025-10-14", "2028-10-10", EXTENDED),
    (client(19045, "Professional", "esu"), "2025-10-14", "2025-10-14", "2025-10-14", UNKNOWN),
    (client(19045, None), "2025-10-14", "2025-10-14", "2025-10-14", ENDED),
    (client(19044, "EnterpriseS"), "2027-01-12", "2027-01-12", "2027-01-12", SUPPORTED),
    (client(19044, "IoTEnterpriseS"), "2027-01-12", "2032-01-13", "2032-01-13", SUPPORTED),
    (client(19044, "Enterprise"), "2024-06-11", "2024-06-11", "2024-06-11", ENDED),
    (client(14393, "EnterpriseS"), "2021-10-12", "2026-10-13", "2026-10-13", ENDED),
    (client(10240, "EnterpriseS"), "2020-10-13", "2025-10-14", "2025-10-14", ENDED),
    (client(10240, "Professional"), "2017-05-09", "2017-05-09", "2017-05-09", ENDED),
    (client(9600, "Professional"), "2018-01-09", "2023-01-10", "2023-01-10", ENDED),
    (client(7601, "Ultimate"), "2015-01-13", "2020-01-14", "2020-01-14", ENDED),
    # other servers
    (server(25398, "ServerDatacenterACor", core=True), "2026-05-12", "2026-05-12", "2026-05-12", ENDED),
    (server(20348, "ServerTurbine"), "2026-10-13", "2031-10-14", "2031-10-14", SUPPORTED),
    (server(14393, "ServerDatacenter"), "2022-01-11", "2027-01-12", "2027-01-12", SUPPORTED),
    (licensed(server(14393, "ServerDatacenter"), "2030-01-12"), "2022-01-11", "2027-01-12", "2030-01-12", SUPPORTED),
    (server(9600, "ServerStandard"), "2018-10-09", "2023-10-10", "2023-10-10", ENDED),
    (licensed(server(9600, "ServerStandard"), "2026-10-13"), "2018-10-09", "2023-10-10", "2026-10-13", ENDED),
    (server(9200, "ServerStandard"), "2018-10-09", "2023-10-10", "2023-10-10", ENDED),
    (server(7601, "ServerEnterprise"), "2015-01-13", "2020-01-14", "2020-01-14", ENDED),
    (server(6002, "ServerStandard"), "2015-01-13", "2020-01-14", "2020-01-14", ENDED),
    # Linux
    (linux("debian", "13"), None, "2028-08-09", "2030-06-30", SUPPORTED),
    (linux("debian", "12", on="x86_64"), None, "2026-07-11", "2028-06-30", EXTENDED),
    (linux("debian", "12", on="mips64el"), None, "2026-07-11", "2026-07-11", ENDED),
    (linux("debian", "11"), None, "2024-08-14", "2026-08-31", ENDED),
    (linux("debian", "11", "lts"), None, "2024-08-14", "2026-08-31", UNKNOWN),
    (linux("ubuntu", "24.04"), "2029-05-31", "2029-05-31", "2029-05-31", SUPPORTED),
    (linux("ubuntu", "22.04"), "2024-09-30", "2027-04-01", "2027-04-01", SUPPORTED),
    (linux("ubuntu", "20.04"), "2022-10-01", "2025-05-31", "2025-05-31", ENDED),
    (linux("ubuntu", "20.04", "esm-infra"), "2022-10-01", "2025-05-31", "2030-04-02", EXTENDED),
    (linux("ubuntu", "20.04", "esm-apps"), "2022-10-01", "2025-05-31", "2025-05-31", ENDED),
    (linux("ubuntu", "16.04", "esm-infra"), "2021-04-02", "2021-04-02", "2026-04-02", ENDED),
    (linux("ubuntu", "25.10"), "2026-07-01", "2026-07-01", "2026-07-01", ENDED),
    (linux("rhel", "8.10"), "2024-05-31", "2029-05-31", "2029-05-31", SUPPORTED),
    (linux("rhel", "7.9"), "2019-08-06", "2024-06-30", "2024-06-30", ENDED),
    (linux("rhel", "7.9", "els"), "2019-08-06", "2024-06-30", "2029-05-31", EXTENDED),
    (linux("rocky", "9.4"), "2027-05-31", "2032-05-31", "2032-05-31", SUPPORTED),
    (linux("almalinux", "8.10"), "2024-05-31", "2029-05-31", "2029-05-31", SUPPORTED),
    (linux("opensuse-leap", "15.6"), None, "2026-04-30", "2026-04-30", ENDED),
    (linux("opensuse-leap", "16.0"), None, "2027-10-31", "2027-10-31", SUPPORTED),
    (linux("sles", "15.7"), None, "2031-07-31", "2031-07-31", SUPPORTED),
    (linux("sles", "15.6"), None, "2025-12-31", "2025-12-31", ENDED),
    (linux("sles", "15.6", "lts"), None, "2025-12-31", "2028-12-31", EXTENDED),
    (linux("sles", "15"), None, "2019-12-31", "2019-12-31", ENDED),
)  # fmt: skip

NOBODY = (
    client(26100, None), client(26100, "EnterpriseEval"), client(26100, "CloudEdition"), client(26120, "Core"),
    client(22631, "EnterpriseS"), client(7601, "Embedded"), client(7600, "Professional"),
    server(17763, None), server(20348, "ServerAzureStackHCICor"), server(17763, "ServerStandardEval"),
    server(14393, None, name="Windows Server 2019"), server(3790, "ServerStandard"),
    System("windows", build=26100), System("windows", installation="Client"),
    linux("centos", "9", name="CentOS Stream"), linux("centos", "7", name="CentOS Linux"),
    linux("raspbian", "12"), linux("debian", None), linux("debian", "99"), linux("debian", "12x"),
    linux("ubuntu", "24"), linux("opensuse-tumbleweed", "20260101"), linux("fedora", "42"), linux("", ""),
)  # fmt: skip


@pytest.mark.parametrize(("system", "active", "security", "until", "support"), SYSTEMS, ids=str)
def test_a_system_has_the_dates_of_its_vendor(
    system: System, active: str | None, security: str, until: str, support: Support
) -> None:
    found = of_system(system, CYCLES, "endoflife.date")
    assert found is not None
    assert found.active_until == (date.fromisoformat(active) if active else None)
    assert found.security_until == date.fromisoformat(security)
    assert (found.until, found.support(TODAY)) == (date.fromisoformat(until), support)
    assert (found.source, found.as_of) == ("endoflife.date", date(2026, 8, 18))


@pytest.mark.parametrize("system", NOBODY, ids=str)
def test_a_system_that_no_rule_knows_for_certain_has_no_lifecycle(system: System) -> None:
    assert of_system(system, CYCLES, "") is None


def test_the_names_are_those_that_people_know() -> None:
    found = of_system(client(26100, "IoTEnterpriseS"), CYCLES, "")
    assert found is not None
    assert (found.product, found.cycle) == ("Microsoft Windows", "11 24H2 IoT")
    debian = of_system(linux("debian", "12"), CYCLES, "")
    assert debian is not None
    assert (debian.product, debian.cycle) == ("Debian", "12 (Bookworm)")


def test_an_extension_is_told_though_it_does_not_apply() -> None:
    found = of_system(linux("ubuntu", "22.04"), CYCLES, "")
    assert found is not None
    assert [(each.name, each.until, each.applies) for each in found.extensions] == [
        ("ESM", date(2032, 4, 9), False)
    ]


MS, PG = "Microsoft Corporation", "PostgreSQL Global Development Group"
SURY, PGDG = "Debian PHP Maintainers <team@sury.test>", "Debian PostgreSQL Maintainers <pg@debian.test>"
# Name, version, publisher; end of active and of security support.
TITLES: tuple[tuple[str, str | None, str | None, object, object], ...] = (
    ("Microsoft SQL Server 2022 (64-bit)", None, MS, "2028-01-11", "2033-01-11"),
    ("SQL Server 2019 Database Engine Services", "15.0.2000.5", MS, "2025-02-28", "2030-01-08"),
    ("Microsoft SQL Server 2017 (64-bit)", "14.0.1000.169", MS, "2022-10-11", "2027-10-12"),
    ("SQL Server 2016 Database Engine Services", "13.3.6404.1", MS, "2026-07-14", "2026-07-14"),
    ("SQL Server 2016 Database Engine Services", "13.2.5026.0", MS, "2022-10-11", "2022-10-11"),
    ("SQL Server 2014 Database Engine Services", "12.3.6024.0", MS, "2019-07-09", "2024-07-09"),
    ("SQL Server 2012 Database Engine Services", "11.4.7001.0", MS, "2022-07-12", "2022-07-12"),
    ("Microsoft Exchange Server 2019 Cumulative Update 14", "15.2.1544.4", MS, "2024-01-09", "2025-10-14"),
    ("Microsoft Exchange Server", "15.1.2507.6", MS, "2020-10-13", "2025-10-14"),
    ("Microsoft Exchange Server", "15.2.2562.17", MS, False, False),
    ("Microsoft Office Professional Plus 2016", "16.0.4266.1001", MS, "2020-10-13", "2025-10-14"),
    ("Microsoft Office Standard 2019 - nl-nl", "16.0.10413.20020", MS, "2023-10-10", "2025-10-14"),
    ("Microsoft Office LTSC Professional Plus 2021 - en-us", "16.0.1", MS, "2026-10-13", "2026-10-13"),
    ("Microsoft Office LTSC Standard 2024 - nl-nl", "16.0.1", MS, "2029-10-09", "2029-10-09"),
    ("Microsoft .NET Runtime - 8.0.11 (x64)", "64.44.23191", MS, None, "2026-11-10"),
    ("Microsoft Windows Desktop Runtime - 6.0.36 (x64)", "6.0.36.34217", MS, None, "2024-11-12"),
    ("Microsoft .NET Core Runtime - 3.1.32 (x64)", "3.1.32.31915", MS, None, "2022-12-13"),
    ("dotnet-runtime-8.0", "8.0.11-1", MS, None, "2026-11-10"),
    ("Microsoft .NET Framework 4.8", "4.8.03761", MS, None, False),
    ("PowerShell 7-x64", "7.4.6.0", MS, None, "2026-11-10"),
    ("PHP 8.2.12", "8.2.12", "The PHP Group", "2024-12-31", "2026-12-31"),
    ("php7.4-fpm", "1:7.4.33-18+0~20240606.94+debian12~1.gbpd65f2b+deb.sury.org~1", SURY, "2021-11-28", "2022-11-28"),
    ("PostgreSQL 13", "13.14-1", PG, None, "2025-11-13"),
    ("postgresql-16", "16.4-1.pgdg120+1", PGDG, None, "2028-11-09"),
    ("postgresql14-server", "0:14.10-1PGDG.rhel9", "PGDG", None, "2026-11-12"),
    ("VMware ESXi", "7.0.3", "VMware, Inc.", None, "2025-10-02"),
    ("VMware ESXi", "8.0.2", "VMware, Inc.", None, "2027-10-11"),
    ("VMware vCenter Server", "8.0.2.00100", "VMware, Inc.", None, "2027-10-11"),
    ("Veeam Backup & Replication", "12.3.2.3617", "Veeam Software Group GmbH", "2025-09-03", "2027-02-01"),
    ("Veeam Backup & Replication", "9.5.4.2866", "Veeam Software AG", "2020-02-01", "2022-01-01"),
    ("pve-manager", "8.2.4", "Proxmox Support Team <support@proxmox.test>", None, "2026-08-31"),
    ("Mozilla Firefox ESR (x64 nl)", "140.4.0", "Mozilla", None, "2026-09-29"),
    ("Mozilla Firefox (x64 nl)", "151.0.4", "Mozilla", None, "2026-06-16"),
    ("Google Chrome", "140.0.7339.81", "Google LLC", None, "2025-09-30"),
    ("FortiOS", "v7.2.8", "Fortinet", "2025-03-31", "2026-09-30"),
    ("Cisco IOS XE", "17.09.04a", "Cisco", "2025-01-29", "2026-07-29"),
)  # fmt: skip

STRANGERS: tuple[tuple[str, str | None, str | None], ...] = (
    ("Microsoft SQL Server 2016 (64-bit)", None, MS),
    ("Microsoft SQL Server 2019 Setup (English)", "15.0.4013.40", MS),
    ("Microsoft SQL Server Management Studio - 19.1", "19.1.56", MS),
    ("Microsoft SQL Server 2022 (64-bit)", "16.0.1000.6", "Somebody"),
    ("Microsoft 365 Apps for enterprise - nl-nl", "16.0.17928.20156", MS),
    ("Microsoft Office Professional Plus 2016 Language Pack", "16.0", MS),
    ("Mozilla Firefox (x64 nl)", "140.0.4", "Mozilla"),
    ("Mozilla Firefox ESR (x64 nl)", "151.0", "Mozilla"),
    ("php8.2-fpm", "8.2.20-1~deb12u1", "Debian PHP Maintainers <team@debian.test>"),
    ("postgresql-13", "13.16-0+deb11u1", PGDG),
    ("postgresql-server", "13.14-1.el9", "Red Hat, Inc."),
    ("dotnet-runtime-8.0", "8.0.8-0ubuntu1~24.04.1", "Ubuntu Developers <dev@ubuntu.test>"),
    ("Google Chrome Helper", "140.0", "Google LLC"),
    ("Google Chrome", None, "Google LLC"),
    ("PostgreSQL 13", "13.14-1", None),
    ("", "", ""),
)


def title(name: str, version: str | None, publisher: str | None) -> Lifecycle | None:
    return of_title(Title(name, version, publisher), CYCLES, "endoflife.date")


@pytest.mark.parametrize(("name", "version", "publisher", "active", "security"), TITLES)
def test_a_title_has_the_dates_of_its_vendor(
    name: str, version: str | None, publisher: str | None, active: object, security: object
) -> None:
    found = title(name, version, publisher)
    assert found is not None
    ends = [
        each.isoformat() if isinstance(each, date) else each
        for each in (found.active_until, found.security_until)
    ]
    assert ends == [active, security]


@pytest.mark.parametrize(("name", "version", "publisher"), STRANGERS)
def test_a_title_that_no_rule_knows_or_that_a_distribution_keeps_has_no_lifecycle(
    name: str, version: str | None, publisher: str | None
) -> None:
    assert title(name, version, publisher) is None


def test_extended_updates_of_a_title_are_offered_and_apply_to_nobody_without_proof() -> None:
    found = title("Microsoft Exchange Server 2019", "15.2.1544.4", MS)
    assert found is not None
    assert found.extensions == (Extension("ESU", date(2026, 11, 1), applies=False),)
    assert (found.until, found.support(TODAY)) == (date(2025, 10, 14), ENDED)


LONG = "9" * 5000


@pytest.mark.parametrize(
    ("name", "version", "publisher"),
    [
        ("Microsoft Exchange Server", f"15.2.{LONG}", MS),
        ("Microsoft SQL Server 2014", f"12.0.{LONG}", MS),
        ("PowerShell 7-x64", f"7.{LONG}", MS),
        (f"Microsoft .NET Runtime - {LONG}.0.0 (x64)", "8.0", MS),
        (f"Microsoft .NET Runtime - 3.{LONG}.0 (x64)", "8.0", MS),
        ("FortiOS", f"v7.{LONG}", "Fortinet"),
        ("Veeam Backup & Replication", LONG, "Veeam Software Group GmbH"),
        ("Google Chrome", LONG, "Google LLC"),
    ],
)
def test_a_number_of_any_length_is_no_cycle(name: str, version: str, publisher: str) -> None:
    assert title(name, version, publisher) is None


def made(**more: object) -> Lifecycle:
    row = Cycle("x", "X", "1", "1", False, None, None, date(2026, 1, 1), None, "", date(2026, 1, 1))
    table = Table(date(2026, 1, 1), "", "", (row,))
    plain = Lifecycle("X", "1", None, row.security, (), "", table.as_of)
    return replace(plain, **more)  # type: ignore[arg-type]  # the tests name the fields


def test_the_last_day_is_still_supported_and_the_next_is_not() -> None:
    assert made().support(date(2026, 1, 1)) is SUPPORTED
    assert made().support(date(2026, 1, 2)) is ENDED


def test_no_announced_end_holds_only_while_the_data_is_fresh() -> None:
    endless = made(security_until=False)
    assert endless.support(date(2026, 1, 1) + timedelta(days=180)) is SUPPORTED
    assert endless.support(date(2026, 1, 1) + timedelta(days=181)) is UNKNOWN
    assert endless.until is None


def test_an_end_at_some_day_is_ended_and_one_that_is_not_stated_unknown() -> None:
    assert made(security_until=True).support(TODAY) is ENDED
    assert made(security_until=None).support(TODAY) is UNKNOWN


@given(st.text(), st.one_of(st.none(), st.text()), st.one_of(st.none(), st.text()))
def test_any_text_is_a_title_and_breaks_nothing(
    name: str, version: str | None, publisher: str | None
) -> None:
    title(name, version, publisher)


@given(st.sampled_from([each[0] for each in TITLES]), st.text(), st.sampled_from([MS, PG, "Mozilla", "PGDG"]))
def test_any_version_breaks_nothing(name: str, version: str, publisher: str) -> None:
    title(name, version, publisher)


@given(st.sampled_from(["debian", "ubuntu", "sles", "rhel", "centos", "windows"]), st.text(), st.integers())
def test_any_version_of_a_system_breaks_nothing(family: str, version: str, build: int) -> None:
    of_system(System(family, version=version, build=build, installation="Server", name=version), CYCLES, "")
