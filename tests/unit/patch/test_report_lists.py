"""Lists of hotfixes and of missing updates, and how the kind of a file is told. All samples are written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IncompleteError
from schoten_ict.patch.ask.report_text import MOST_BYTES
from schoten_ict.patch.ask.reports import KINDS, Report, read

WMIC = """\
Caption                                     CSName     Description      HotFixID   InstalledBy           InstalledOn
http://support.microsoft.com/?kbid=5039449  SRV-APP02  Security Update  KB5039449  NT AUTHORITY\\SYSTEM   6/12/2024
http://support.microsoft.com/?kbid=2999226  SRV-APP02  Update           KB2999226  SCHOTEN\\beheerder     4/17/2020
"""
BRIEF = """\
Description      FixComments  HotFixID   InstallDate  InstalledBy           InstalledOn  Name
Security Update               KB5039449               NT AUTHORITY\\SYSTEM   6/12/2024
Update                        KB2999226               SCHOTEN\\beheerder     4/17/2020
"""
WMIC_CSV = """\
Node,Caption,CSName,Description,HotFixID,InstalledBy,InstalledOn
SRV-APP02,http://support.microsoft.com/?kbid=5039449,SRV-APP02,Security Update,KB5039449,NT AUTHORITY\\SYSTEM,6/12/2024
SRV-APP02,http://support.microsoft.com/?kbid=2999226,SRV-APP02,Update,KB2999226,SCHOTEN\\beheerder,4/17/2020
"""
VALUES = """\
Caption=http://support.microsoft.com/?kbid=5039449
CSName=SRV-APP02
Description=Security Update
HotFixID=KB5039449


Caption=http://support.microsoft.com/?kbid=2999226
CSName=SRV-APP02
Description=Update
HotFixID=KB2999226
"""
GET_HOTFIX = """\

Source        Description      HotFixID      InstalledBy          InstalledOn
------        -----------      --------      -----------          -----------
SRV-APP02     Security Update  KB5039449     NT AUTHORITY\\SYSTEM  12/06/2024 0:00:00
SRV-APP02     Update           KB2999226     SCHOTEN\\beheerder    17/04/2020 0:00:00

"""
FORMAT_LIST = """\
Description         : Security Update
HotFixID            : KB5039449
InstalledBy         : NT AUTHORITY\\SYSTEM
PSComputerName      : SRV-APP02

Description         : Update
HotFixID            : KB2999226
PSComputerName      : SRV-APP02
"""
EXPORT_CSV = """\
#TYPE System.Management.ManagementObject#root\\cimv2\\Win32_QuickFixEngineering
"PSComputerName","InstalledOn","Caption","CSName","HotFixID"
"SRV-APP02","12/06/2024 0:00:00","http://support.microsoft.com/?kbid=5039449","SRV-APP02","KB5039449"
"SRV-APP02","17/04/2020 0:00:00","http://support.microsoft.com/?kbid=2999226","SRV-APP02","KB2999226"
"""
ONLY_NUMBERS = """\
HotFixID
KB5039449
KB2999226
"""
FORMS = [WMIC, BRIEF, WMIC_CSV, VALUES, GET_HOTFIX, FORMAT_LIST, EXPORT_CSV, ONLY_NUMBERS]
WITH_HOST = [WMIC, WMIC_CSV, VALUES, GET_HOTFIX, FORMAT_LIST, EXPORT_CSV]
UPDATES = """\
KB5034123: 2024-01 Cumulative Update for Windows 11 Version 23H2 for x64-based Systems (KB5034123)
KB890830: Windows Malicious Software Removal Tool x64 - v5.120 (KB890830)
"""
PIECES = st.sampled_from(
    [*FORMS, UPDATES, "KB5034123: ", "HotFixID", "[01]: KB5034123", "10.0.17763 N/A Build 17763", "\r\n", "\n", ",", '"',
     "Host Name: A", "OS Name: Windows", ": ", "\0", "\ufeff", "Inst a [1] (2 b [c])", "<stream>", " | ", "CSName"]
)  # fmt: skip


def reported(text: str, encoding: str = "utf-8") -> Report:
    return read(text.encode(encoding), "report.txt")


def refused(content: bytes | str) -> str:
    with pytest.raises(IncompleteError) as caught:
        read(content.encode() if isinstance(content, str) else content, "report.txt")
    (problem,) = caught.value.problems
    assert problem.remedy
    assert len(problem.line().splitlines()) == 1
    return problem.message


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp850"])
def test_every_form_of_a_list_of_hotfixes_gives_the_same_articles(form: str, encoding: str) -> None:
    facts = reported(form.replace("\n", "\r\r\n"), encoding).facts
    assert facts.manager == "hotfixes"
    assert facts.installed == ("KB2999226", "KB5039449")
    assert (facts.system, facts.updates, facts.reboot, facts.patched_at) == (None,) * 4
    assert {each.subject for each in facts.missing} == {"system", "updates", "reboot"}


@pytest.mark.parametrize("form", FORMS)
def test_the_host_is_the_one_that_the_rows_name(form: str) -> None:
    assert reported(form).host == ("SRV-APP02" if form in WITH_HOST else None)


@pytest.mark.parametrize("form", WITH_HOST)
def test_hotfixes_of_two_machines_in_one_file_are_refused(form: str) -> None:
    first = form.index("SRV-APP02")
    other = form[:first] + form[first:].replace("SRV-APP02", "SRV-WEB01", 2 if form == WMIC_CSV else 1)
    assert refused(other) == "lists the hotfixes of 2 machines"


@pytest.mark.parametrize(
    "said", ["Please wait while WMIC is being installed.", *(". " * n for n in range(1, 40))]
)
def test_what_wmic_says_before_its_heading_does_not_shift_the_columns(said: str) -> None:
    report = reported(f"{said}{WMIC}")
    assert report.host == "SRV-APP02"
    assert report.facts.installed == ("KB2999226", "KB5039449")


@pytest.mark.parametrize("moved", [1, 2, 3, 9, 30])
def test_rows_that_do_not_stand_under_their_heading_give_no_host(moved: int) -> None:
    heading, *rows = WMIC.splitlines()
    shifted = [f"{row[:42]}{'0' * moved}{row[42:]}" for row in rows]
    assert reported("\n".join([heading, *shifted, ""])).host is None


def test_articles_in_descriptions_and_names_that_were_shortened_are_none() -> None:
    rows = "Description                        HotFixID\nWindows Installer 3.1 (KB893803)   KB2999226\nUpdate   KB503944...\n"
    assert reported(rows).facts.installed == ("KB2999226",)


@pytest.mark.parametrize("cut", ["226\n", "6\n", "\n"])
def test_a_list_that_ends_within_a_number_leaves_it_out_and_says_so(cut: str) -> None:
    report = reported(ONLY_NUMBERS.removesuffix(cut))
    assert report.facts.installed == ("KB5039449",)
    assert "installed" in {each.subject for each in report.facts.missing}


@pytest.mark.parametrize("text", ["HotFixID\n", BRIEF.splitlines()[0], "HotFixID\nKB50"])
def test_a_heading_without_hotfixes_is_refused(text: str) -> None:
    assert refused(text) == "has the heading of a list of hotfixes and none under it"


def test_a_list_of_updates_gives_what_is_missing() -> None:
    report = reported(UPDATES)
    updates = report.facts.updates
    assert updates is not None
    assert [each.key for each in updates] == ["KB5034123", "KB890830"]
    assert updates[0].title.startswith("2024-01 Cumulative Update")
    assert {(each.severity, each.security, each.installed) for each in updates} == {("unrated", None, None)}
    assert (report.host, report.facts.manager) == (None, "updates")
    assert {each.subject for each in report.facts.missing} == {
        "updates", "system", "installed", "reboot", "lists_at",
    }  # fmt: skip


def test_an_update_with_several_articles_is_one_and_one_without_goes_by_its_title() -> None:
    updates = reported(
        "KB5034123, KB5034124: Update A\n: Driver B\nKB5034123: Update A again\n"
    ).facts.updates
    assert updates is not None
    assert [(each.key, each.title) for each in updates] == [
        ("KB5034123", "Update A"),
        ("Driver B", "Driver B"),
    ]


def test_nothing_is_missing_only_where_the_list_says_so() -> None:
    banner = "Microsoft (R) Windows Script Host Version 5.812\nCopyright (C) Microsoft Corporation. All rights reserved.\n\n"
    facts = reported(f"{banner}There are no applicable updates.\n").facts
    assert facts.updates == ()
    assert "updates" not in {each.subject for each in facts.missing}
    assert refused(banner) == "is no report that ict knows"


@pytest.mark.parametrize(
    "error",
    ["C:\\list.vbs(9, 1) (null): 0x80240438", "There are no applicable updates.", "Access is denied."],
)
def test_a_line_that_is_no_update_makes_the_list_untrustworthy(error: str) -> None:
    assert refused(f"{UPDATES}{error}\n") == f"has a line that is no update: {error}"


def test_a_list_of_updates_whose_last_line_has_no_end_is_refused() -> None:
    assert refused(UPDATES.rstrip()) == "ends within a line, so that it may have been cut"
    assert refused("There are no applicable updates.") == "ends within a line, so that it may have been cut"


@pytest.mark.parametrize("name", ["x_qfe.txt", "updates.txt", "apt", "systeminfo.csv"])
def test_the_name_of_a_file_says_nothing_of_its_kind(name: str) -> None:
    assert read(UPDATES.encode(), name) == reported(UPDATES)
    assert read(WMIC.encode(), name) == reported(WMIC)


def test_content_of_two_kinds_is_refused_with_both() -> None:
    assert refused(UPDATES + WMIC) == (
        "reads as a list of hotfixes (wmic qfe, Get-HotFix) and a list of missing updates (KB5034123: title)"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, which tells nothing"),
        (b"\xff\xfe\r\0\n\0", "is empty, which tells nothing"),
        (b" \r\n\t\r\n", "is empty, which tells nothing"),
        (b"%PDF-1.7 \0\1\2", "is no text"),
        (b"dear all,\nKB5034123 is installed\n", "is no report that ict knows"),
        (b" " * (MOST_BYTES + 1), "has more than 8 MB, which no report has"),
    ],
)
def test_what_is_no_report_is_refused(content: bytes, message: str) -> None:
    assert refused(content) == message


def test_a_refusal_names_every_kind_that_is_known() -> None:
    with pytest.raises(IncompleteError) as caught:
        read(b"hello", "report.txt")
    assert all(kind.name in caught.value.remedy for kind in KINDS)


def is_read_or_refused(content: bytes) -> bool:
    try:
        read(content, "report\x1b[0m.txt")
    except IncompleteError as error:
        return [len(each.line().splitlines()) for each in error.problems] == [1]
    return True


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_one_line(content: bytes) -> None:
    assert is_read_or_refused(content)


@given(
    st.lists(PIECES | st.text(max_size=10), max_size=12),
    st.sampled_from(["utf-8", "utf-16", "utf-16-le", "cp437"]),
)
def test_any_mixture_of_reports_is_read_or_refused_with_one_line(pieces: list[str], encoding: str) -> None:
    assert is_read_or_refused("".join(pieces).encode(encoding, errors="replace"))
