"""Reading the update agent's search: what counts as missing, and that a search that failed proves nothing."""

import json
from datetime import UTC, date, datetime
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.remote import Command, Completed, RemoteError
from schoten_ict.patch.ask import windows, windows_search, windows_told
from schoten_ict.patch.ask.windows_search import Search
from schoten_ict.patch.facts import Hold, Severity, Update
from windows_updating import DENIED, SECURITY, SERVER_2022, UPDATES, missing, refused, search, told, written

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
CUMULATIVE = missing(
    "2026-11 Cumulatieve update voor Windows 11 (KB5070001)", "5070001", cves=["CVE-2026-1234", "cve-2026-0001", "x"],
    severity="Critical",
)  # fmt: skip
DEFINITIONS = "e0789628-ce08-4437-be74-2495b842f43b"
DRIVERS, UPGRADES = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0", "3689BDC8-B205-4AF4-8D4A-A63924C5E9D5"
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
ODD = (
    LEAVES | st.lists(LEAVES | st.sampled_from([SECURITY, UPDATES, "2267602", "CVE-2026-1"]), max_size=3)
    | st.dictionaries(st.sampled_from(["value", "Count", "x"]), LEAVES, max_size=3)
)  # fmt: skip


def found(*updates: dict[str, Any], **said: Any) -> Search:
    return windows_search.read(told(search(*updates, **said)))


def one(**more: Any) -> Update:
    read = found(missing("x", "5070001", **more))
    assert read.is_whole
    [update] = read.updates or ()
    return update


def test_a_missing_update_has_its_article_severity_cves_and_the_day_it_was_published() -> None:
    assert found(CUMULATIVE).updates == (
        Update(
            "KB5070001", "2026-11 Cumulatieve update voor Windows 11 (KB5070001)", Severity.CRITICAL, True,
            cves=("CVE-2026-0001", "CVE-2026-1234"), published=date(2026, 11, 10), restart=True, source="update agent",
        ),
    )  # fmt: skip


def test_a_search_that_succeeded_and_found_nothing_is_a_machine_that_misses_nothing() -> None:
    assert found() == Search(())


@pytest.mark.parametrize(
    ("more", "security"),
    [
        ({"categories": [SECURITY.upper()]}, True),
        ({"categories": f"{{{SECURITY}}}"}, True),
        ({"categories": [UPDATES]}, False),
        ({"categories": [UPDATES], "severity": "Important"}, True),
        ({"categories": ["569e8e8f-c6cd-42c8-92a3-efbb20a0f6f5"]}, None),
        ({"categories": ["Security Updates", "Beveiligingsupdates"]}, None),
        ({"categories": []}, None),
        ({"categories": None}, None),
    ],
)
def test_security_is_by_the_guid_of_the_classification_never_by_a_name(
    more: dict[str, Any], security: bool | None
) -> None:
    assert one(**more).security is security


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("Critical", Severity.CRITICAL), ("Important", Severity.IMPORTANT), ("Moderate", Severity.MODERATE),
        ("Low", Severity.LOW), ("Unspecified", Severity.UNRATED), ("", Severity.UNRATED), (None, Severity.UNRATED),
        ("Kritiek", Severity.UNRATED),
    ],
)  # fmt: skip
def test_severity_is_the_one_of_microsoft(word: str | None, severity: Severity) -> None:
    assert one(severity=word).severity is severity


@pytest.mark.parametrize(
    ("more", "hold"),
    [
        ({}, None),
        ({"hidden": True}, Hold.HELD),
        ({"type": 2, "categories": []}, Hold.OPTIONAL),
        ({"categories": [DRIVERS]}, Hold.OPTIONAL),
        ({"categories": [UPGRADES]}, Hold.OPTIONAL),
        ({"categories": [UPDATES], "optional": True}, Hold.OPTIONAL),
        ({"categories": [UPDATES], "selected": False}, Hold.OPTIONAL),
        ({"categories": [SECURITY], "selected": False}, None),
        ({"categories": [], "selected": False}, None),
    ],
)
def test_drivers_previews_and_upgrades_are_optional_and_security_updates_are_not(
    more: dict[str, Any], hold: Hold | None
) -> None:
    assert one(**more).hold is hold


@pytest.mark.parametrize(
    "update",
    [
        missing(
            "Beveiligingsinformatie-update voor Microsoft Defender - KB2267602",
            "2267602",
            categories=[UPDATES],
        ),
        missing("Definities", "KB2267602"),
        missing("Definities - KB2267602 (Versie 1.395.78.0)", "OTHER"),
        missing("Update voor Microsoft Defender Antivirus", "4052623"),
        missing("Nieuwe definities", "9999999", categories=[DEFINITIONS]),
    ],
)
def test_definitions_of_the_virus_scanner_are_no_missing_updates(update: dict[str, Any]) -> None:
    assert found(update, CUMULATIVE) == found(CUMULATIVE)
    assert found(update) == Search(())


@pytest.mark.parametrize(
    ("title", "articles", "key"),
    [
        ("x", ["5070001"], "KB5070001"), ("x", "5070001", "KB5070001"), ("x", [5070001], "KB5070001"),
        ("x", {"value": ["5070001"], "Count": 1}, "KB5070001"), ("x", [True, 1.5], "x"), ("x", ["KB5070001", "5070002"], "KB5070001"),
        ("Update (KB5070003)", [], "KB5070003"), ("Update", None, "Update"), ("x", ["NET4800"], "KBNET4800"),
        ("Intel - net - 12.18.9.23", [], "Intel - net - 12.18.9.23"), ("", ["5070001"], "KB5070001"),
    ],
)  # fmt: skip
def test_the_key_is_the_article_or_the_title(title: str, articles: Any, key: str) -> None:
    [update] = found(missing(title, "", articles=articles)).updates or ()
    assert update.key == key
    assert update.title


def test_packages_of_one_article_are_one_update_as_bad_as_the_worst() -> None:
    read = found(
        missing("NET 8", "5070005", categories=[UPDATES], optional=True, published="2026-10-01T00:00:00Z"),
        missing("NET 9", "5070005", severity="Important", cves=["CVE-2026-1111"], reboot=0),
        missing("NET 10", "5070005", cves=["CVE-2026-2222"], published=""),
    )
    [update] = read.updates or ()
    assert (update.title, update.severity, update.security, update.hold) == (
        "NET 9",
        Severity.IMPORTANT,
        True,
        None,
    )
    assert (update.cves, update.published) == (("CVE-2026-1111", "CVE-2026-2222"), date(2026, 10, 1))


def test_windows_that_refuses_the_search_is_unknown_and_says_what_to_do() -> None:
    read = windows_search.read(told({}, {"search": DENIED}))
    assert read.updates is None
    [problem] = read.problems
    assert (problem.code, problem.subject) == ("denied", "updates")
    assert "remote sessions" in problem.message
    assert "WSUS" in problem.remedy


@pytest.mark.parametrize(
    ("hresult", "code", "words"),
    [
        ("0x8024402C", "unreachable", "name of the update server"),
        ("0x80072ee2", "unreachable", "in time"),
        ("0x80072efd", "unreachable", "no connection"),
        ("0x80244022", "unreachable", "HTTP 503"),
        ("0x80070422", "absent", "disabled"),
        ("0x8024002e", "absent", "policy"),
        ("0x80072f8f", "tls", "certificate"),
        ("0x8024001e", "unreachable", "stopping"),
        ("0x80240438", "unreachable", "not reached"),
        ("0x8024ffff", "protocol", "Uitzondering van HRESULT"),
    ],
)
def test_codes_of_the_update_agent_are_one_clear_line_with_the_code(
    hresult: str, code: str, words: str
) -> None:
    read = windows_search.read(told({}, refused(hresult, "Uitzondering van HRESULT")))
    assert read.updates is None
    [problem] = read.problems
    assert (problem.code, problem.subject) == (code, "updates")
    assert words in problem.message
    assert hresult.lower() in problem.message
    assert "\n" not in problem.line()


@pytest.mark.parametrize("code", [None, 0, 1, 4, 5, 99, "x"])
def test_a_search_that_did_not_succeed_tells_nothing_even_where_it_lists_updates(code: Any) -> None:
    read = windows_search.read(told(search(CUMULATIVE) | {"search": [{"code": code, "count": 1}]}))
    assert read.updates is None
    assert [each.code for each in read.problems] == ["failed"]


def test_a_search_with_errors_keeps_what_it_found_and_is_not_whole() -> None:
    read = found(CUMULATIVE, code=3)
    assert [each.key for each in read.updates or ()] == ["KB5070001"]
    assert [each.code for each in read.problems] == ["incomplete"]
    facts = windows.read(told(SERVER_2022 | {"searches": []}), NOW, read)
    assert (facts.lists_at, facts.updates) == (None, read.updates)


@pytest.mark.parametrize(
    "answer",
    [
        search(code=3),
        search(count=2),
        search(count=None) | {"search": [{"code": 2}]},
        search({"title": "", "articles": []}),
        {"search": [{"code": 2, "count": 0}]},
    ],
)
def test_an_empty_list_that_may_not_be_whole_is_no_clean_machine(answer: dict[str, Any]) -> None:
    read = windows_search.read(told(answer))
    assert read.updates is None
    assert read.problems


def test_an_empty_list_that_powershell_wrote_as_nothing_is_empty_where_the_count_says_so() -> None:
    assert windows_search.read(told(search() | {"updates": None})) == Search(())


def test_updates_that_could_not_be_read_are_named_by_their_number() -> None:
    read = found(CUMULATIVE, {"title": None, "type": 1})
    assert [each.key for each in read.updates or ()] == ["KB5070001"]
    assert [each.message for each in read.problems] == ["1 update without a title or an article"]


class Machine:
    """Answers scripts by their text; `raises` instead where an answer is an error."""

    def __init__(self, answers: dict[str, str | RemoteError]) -> None:
        self.answers = {windows_told.script(name): answer for name, answer in answers.items()}
        self.asked: list[Command] = []

    def run(self, command: Command) -> Completed:
        self.asked.append(command)
        answer = self.answers[command.text]
        if isinstance(answer, RemoteError):
            raise answer
        return Completed(0, answer.encode(), b"", 1)

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_without_a_search_one_script_is_asked() -> None:
    runner = Machine({"windows": written(SERVER_2022)})
    assert windows.collect(runner, 60, search=False).updates is None
    [command] = runner.asked
    assert dict(command.parameters) == {"most": windows_told.MOST, "days": 40}
    assert command.seconds == 60


def test_the_search_comes_second_and_makes_the_lists_as_fresh_as_itself() -> None:
    runner = Machine({"windows": written(SERVER_2022), "windows_search": written(search(CUMULATIVE))})
    before = datetime.now(UTC)
    facts = windows.collect(runner, 60, search=True)
    assert [each.key for each in facts.updates or ()] == ["KB5070001"]
    assert facts.lists_at is not None
    assert before <= facts.lists_at <= datetime.now(UTC)
    assert 0 < runner.asked[1].seconds < 60


@pytest.mark.parametrize("code", ["timeout", "unreachable", "protocol", "quota"])
def test_a_search_that_gives_no_answer_costs_nothing_of_the_rest(code: str) -> None:
    broken = RemoteError("it took too long", code=code)
    runner = Machine({"windows": written(SERVER_2022), "windows_search": broken})
    facts = windows.collect(runner, 60, search=True)
    plain = windows.collect(Machine({"windows": written(SERVER_2022)}), 60, search=False)
    assert facts.updates is None
    assert (facts.system, facts.reboot, facts.lists_at) == (plain.system, plain.reboot, plain.lists_at)
    [problem] = facts.missing
    assert (problem.code, problem.subject) == (code, "updates")


def test_a_machine_that_gives_no_first_answer_is_an_error_and_not_searched() -> None:
    runner = Machine({"windows": RemoteError("no", code="timeout"), "windows_search": written(search())})
    with pytest.raises(RemoteError):
        windows.collect(runner, 60, search=True)
    assert len(runner.asked) == 1


def test_a_search_for_which_no_time_is_left_is_not_begun() -> None:
    runner = Machine({"windows_search": written(search())})
    assert [each.code for each in windows_search.collect(runner, 0).problems] == ["timeout"]
    assert runner.asked == []


KEYS = sorted(missing("", ""))


@given(
    st.lists(st.dictionaries(st.sampled_from(KEYS), ODD), max_size=3) | ODD,
    st.fixed_dictionaries({}, optional={"code": st.sampled_from([2, 3, "2", None]), "count": ODD}) | ODD,
    st.dictionaries(st.sampled_from(["search", "updates"]), ODD),
)
def test_any_values_give_updates_or_say_why_not(updates: Any, said: Any, errors: dict[str, Any]) -> None:
    document = {
        "schema": windows_told.SCHEMA,
        "parts": {"search": said, "updates": updates},
        "errors": errors,
    }
    read = windows_search.read(windows_told.answer(json.loads(json.dumps(document))))
    assert read.updates is not None or read.problems
    assert all(each.subject == "updates" for each in read.problems)
    keys = [each.key for each in read.updates or ()]
    assert keys == sorted(set(keys))
    assert all(keys)
    if read == Search(()):  # nothing is missing: it said so
        assert not errors
