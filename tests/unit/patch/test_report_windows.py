"""Reports of Windows machines: systeminfo, hotfixes and missing updates. The samples are written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IncompleteError
from schoten_ict.patch.ask.report_product import edition, installation
from schoten_ict.patch.ask.reports import Report, read

DUTCH = (
    "Hostnaam", "Besturingssysteem", "Versie", "Fabrikant", "Type systeem", "Systeemlandinstelling",
    "Aanmeldingsserver", "Hotfix(es)", "Netwerkkaart(en)",
)  # fmt: skip
LABELS = st.lists(
    st.text(st.characters(categories=["Lu", "Ll", "Lo"], codec="utf-8"), min_size=1, max_size=20),
    min_size=len(DUTCH),
    max_size=len(DUTCH),
)


def systeminfo(
    *,
    labels: tuple[str, ...] = DUTCH,
    host: str = "PC-0157",
    product: str = "Microsoft Windows 11 Pro",
    version: str = "10.0.26100 n.v.t. build 26100",
    system: str = "x64-based PC",
    locale: str = "nl;Nederlands (België)",
    hotfixes: tuple[str, ...] = ("KB5039449", "KB5037783"),
    said: str = "2 hotfixes geïnstalleerd.",
) -> str:
    values = (
        host,
        product,
        version,
        "Microsoft Corporation",
        system,
        locale,
        "\\\\DC01",
        said,
        "1 kaart(en)",
    )
    lines = [""]
    for label, value in zip(labels, values, strict=True):
        lines.append(f"{label + ':':27}{value}")
        if value == said:
            lines += [f"{'':27}[{number:02}]: {each}" for number, each in enumerate(hotfixes, start=1)]
    return "\r\n".join([*lines, f"{'':27}[01]: Intel(R) Ethernet", f"{'':33}[01]: 127.0.0.1", ""])


def reported(text: str, encoding: str = "utf-8") -> Report:
    return read(text.encode(encoding), "report.txt")


def refused(text: str, encoding: str = "utf-8") -> str:
    with pytest.raises(IncompleteError) as caught:
        reported(text, encoding)
    (problem,) = caught.value.problems
    assert problem.subject == "report.txt"
    assert problem.remedy
    return problem.message


def gaps(report: Report) -> dict[str, str]:
    return {each.subject: each.message for each in report.facts.missing}


@given(LABELS)
def test_labels_of_any_language_are_not_looked_at(labels: list[str]) -> None:
    report = reported(systeminfo(labels=tuple(labels)))
    system = report.facts.system
    assert system is not None
    assert (report.host, system.name, system.build) == ("PC-0157", "Microsoft Windows 11 Pro", 26100)
    assert (system.edition, system.architecture, system.ubr) == ("Professional", "x64", None)
    assert report.facts.installed == ("KB5037783", "KB5039449")
    assert "installed" not in gaps(report)


@pytest.mark.parametrize(
    ("version", "build", "pack"),
    [
        ("10.0.17763 N/A Build 17763", 17763, None),
        ("10.0.19045 해당 없음 빌드 19045", 19045, None),
        ("6.1.7601 Service Pack 1 version 7601", 7601, "Service Pack 1"),
        ("5.1.2600 Build 2600", 2600, None),
        ("10.0.26100 n.v.t. (build 26100)", 26100, None),
    ],
)
def test_the_build_is_the_number_that_the_version_repeats(version: str, build: int, pack: str | None) -> None:
    system = reported(systeminfo(version=version)).facts.system
    assert system is not None
    assert (system.build, system.version) == (build, pack)


@pytest.mark.parametrize(
    "version", ["10.0.17763 N/A Bui", "10.0.17763", "10.0.17763 Build 177631", "1.45 Build 45"]
)
def test_a_version_that_does_not_repeat_its_build_is_none(version: str) -> None:
    assert refused(systeminfo(version=version)) == "is no report that ict knows"


@pytest.mark.parametrize(
    ("said", "architecture"),
    [
        ("X86-based PC", "x86"), ("ARM64-based PC", "arm64"), ("PC basato su x64", "x64"),
        ("x64-basierter PC", "x64"), ("Precision 5530", None), ("HP x64 Workstation", None),
    ],
)  # fmt: skip
def test_the_architecture_is_the_word_beside_pc(said: str, architecture: str | None) -> None:
    system = reported(systeminfo(system=said)).facts.system
    assert system is not None
    assert system.architecture == architecture


@pytest.mark.parametrize("host", ["...", "", "N/A", "naam van de pc"])
def test_a_name_that_no_machine_can_have_is_no_name(host: str) -> None:
    assert reported(systeminfo(host=host)).host is None


def test_a_listing_whose_first_line_was_not_copied_states_no_host() -> None:
    text = systeminfo()
    report = reported(text[text.index("Besturingssysteem") :])
    assert report.host is None
    assert report.facts.system is not None


def test_a_version_without_its_product_is_no_listing() -> None:
    assert refused(systeminfo(product="")) == "is no report that ict knows"
    assert (
        refused("Versie: 10.0.26100 N/A build 26100\nFabrikant: Microsoft\n") == "is no report that ict knows"
    )


def test_no_hotfixes_are_not_told_and_not_none() -> None:
    report = reported(systeminfo(hotfixes=(), said="n.v.t."))
    assert report.facts.installed is None
    assert gaps(report)["installed"] == "no hotfixes are listed"


def test_names_of_hotfixes_that_are_no_articles_count_and_are_not_listed() -> None:
    old = (
        "File 1",
        "Q147222",
        "KB893803v2 - Update",
        "{7A068575-C5DB-43D9-BE20-3895D0C69B17}",
        "KB2834904-v2_WM11",
    )
    report = reported(systeminfo(hotfixes=old, said="5 hotfixes"))
    assert report.facts.installed == ("KB893803", "KB2834904")
    assert "installed" not in gaps(report)


def test_a_list_that_counts_more_than_it_shows_is_not_whole() -> None:
    report = reported(systeminfo(said="Number of hotfixes: 273"))
    assert report.facts.installed == ("KB5037783", "KB5039449")
    assert gaps(report)["installed"] == "lists 2 of 273 hotfixes"


def test_a_list_that_does_not_count_is_not_known_to_be_whole() -> None:
    assert gaps(reported(systeminfo(said="hotfixes")))["installed"] == (
        "lists 2 hotfixes and not how many there are"
    )


def test_the_last_number_of_a_cut_list_is_left_out() -> None:
    text = systeminfo()
    report = reported(text[: text.index("KB5037783") + len("KB50377")])
    assert report.facts.installed == ("KB5039449",)
    assert gaps(report)["installed"] == "lists 1 of 2 hotfixes"
    report = reported(text[: text.index("KB5039449") + len("KB50394")])
    assert report.facts.installed is None


@pytest.mark.parametrize(
    ("encoding", "locale", "product"),
    [
        ("cp850", "fr;Français (Belgique)", "Microsoft Windows 10 Éducation"),
        ("cp1252", "fr;Français (Belgique)", "Microsoft Windows 10 Éducation"),
        ("cp866", "ru;Русский", "Майкрософт Windows 10 Корпоративная"),
        ("cp1251", "ru;Русский", "Майкрософт Windows 10 Корпоративная"),
        ("gbk", "zh-cn;中文", "Microsoft Windows 10 专业版"),
        ("cp950", "zh-tw;中文", "Microsoft Windows 10 專業版"),
        ("utf-16", "el;Ελληνικά", "Microsoft Windows 10 Επαγγελματικά"),
        ("utf-8-sig", "nl;Nederlands", "Microsoft Windows 10 Pro"),
    ],
)
def test_the_system_locale_tells_the_code_page(encoding: str, locale: str, product: str) -> None:
    text = systeminfo(product=product, locale=locale, said="2").replace("ë", "e")
    system = reported(text, encoding).facts.system
    assert system is not None
    assert system.name == product


EDITIONS = [
    ("Microsoft Windows 10 Pro", "Professional"),
    ("Microsoft Windows 10 Professionnel", "Professional"),
    ("Microsoft Windows 11 Pro N", "ProfessionalN"),
    ("Microsoft Windows 11 Pro Education", "ProfessionalEducation"),
    ("Microsoft Windows 11 Pro for Workstations", "ProfessionalWorkstation"),
    ("Microsoft Windows 10 Éducation", "Education"),
    ("Microsoft Windows 10 Enterprise 2016 LTSB", "EnterpriseS"),
    ("Microsoft Windows 11 Enterprise LTSC", "EnterpriseS"),
    ("Microsoft Windows 10 Enterprise N LTSC", "EnterpriseSN"),
    ("Microsoft Windows 11 IoT Enterprise LTSC", "IoTEnterpriseS"),
    ("Microsoft Windows 11 IoT Enterprise", "IoTEnterprise"),
    ("Microsoft Windows 11 Enterprise Evaluation", "EnterpriseEval"),
    ("Microsoft Windows 10 企业版 LTSC", "EnterpriseS"),
    ("Microsoft Windows 11 Home", "Core"),
    ("Microsoft Windows 11 Famille Unilingue", "CoreSingleLanguage"),
    ("Microsoft Windows 7 Édition Intégrale", "Ultimate"),
    ("Microsoft Windows Server 2022 Datacenter: Azure Edition", "ServerTurbine"),
    ("Microsoft Windows Server 2019 Datacenter", "ServerDatacenter"),
    ("Microsoft Windows Server 2025 Standard Evaluation", "ServerStandardEval"),
    ("Microsoft Windows Server 2019 Essentials", "ServerSolution"),
    ("Microsoft Hyper-V Server 2019", "ServerHyperCore"),
    ("Microsoft Windows 10 专业版", None),
    ("Microsoft Windows 10", None),
    ("Microsoft Windows 10 Prospero", None),
]


@pytest.mark.parametrize(("product", "expected"), EDITIONS)
def test_the_edition_is_what_the_product_name_states(product: str, expected: str | None) -> None:
    assert edition(product) == expected


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("Microsoft Windows 11 Pro", "Client"),
        ("Microsoft Windows Server 2022 Standard", "Server"),
        ("Microsoft Windows Server 2008 Standard (core installation)", "Server Core"),
        ("Microsoft Windows Server Core 2012 Standard", "Server Core"),
    ],
)
def test_a_server_is_told_from_a_client_by_its_name(product: str, expected: str) -> None:
    assert installation(product) == expected


def as_csv(*hosts: str) -> str:
    rows = [
        f'"{host}","Microsoft Windows Server 2022 Standard","10.0.20348 N/A Build 20348","Microsoft Corporation",'
        '"x64-based PC","en-us;English (United States)","2 Hotfix(s) Installed.,[01]: KB5012170,[02]: KB5030216",'
        '"1 NIC(s) Installed.,[01]: vmxnet3,      [01]: 127.0.0.1"'
        for host in hosts
    ]
    header = '"Host Name","OS Name","OS Version","OS Manufacturer","System Type","System Locale","Hotfix(s)","NICs"'
    return "\r\n".join(["", header, *rows, ""])


def test_systeminfo_as_csv_gives_the_same() -> None:
    report = reported(as_csv("SRV-APP02"))
    system = report.facts.system
    assert system is not None
    assert (report.host, system.build, system.edition, system.architecture) == (
        "SRV-APP02", 20348, "ServerStandard", "x64",
    )  # fmt: skip
    assert report.facts.installed == ("KB5012170", "KB5030216")
    assert "installed" not in gaps(report)


def test_csv_that_was_cut_within_the_hotfixes_is_not_whole() -> None:
    text = as_csv("SRV-APP02")
    report = reported(text[: text.index("KB5030216") + len("KB50302")])
    assert report.facts.installed == ("KB5012170",)
    assert gaps(report)["installed"] == "lists 1 of 2 hotfixes"


@pytest.mark.parametrize("text", [as_csv("SRV-A", "SRV-B"), systeminfo() + systeminfo(host="PC-2")])
def test_two_machines_in_one_file_are_refused(text: str) -> None:
    assert refused(text) == "tells of 2 machines"
