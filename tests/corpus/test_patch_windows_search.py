"""Searches of the update agent on Windows Server 2016 and 2019, as Ansible's module win_updates recorded them.

They hold what the agent told, in that module's shape: names of categories in place of their GUIDs, and neither
severity, CVEs nor dates. What they prove: titles with their article, articles with and without `KB`, none at all
or one of the publisher's own, products among the categories, and a search that found nothing.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schoten_ict.patch.ask import windows_search, windows_told
from schoten_ict.patch.ask.windows_events import code
from schoten_ict.patch.facts import Hold

pytestmark = pytest.mark.corpus

GUIDS = {
    "Security Updates": "0fa1201d-4330-4fa8-8ae9-b877473b6441", "Updates": "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83",
    "Update Rollups": "28bc880e-0592-4cbf-8f95-c79b17911d5f",
    "Definition Updates": "e0789628-ce08-4437-be74-2495b842f43b",
}  # fmt: skip
"""Of the page *WSUS Classification GUIDs*; other names are those of products."""
REBOOTS = {"NeverReboots": 0, "AlwaysRequiresReboot": 1, "CanRequestReboot": 2}
FLASH, REMOVAL = ("KB4580325", True, None), ("KB4577586", False, Hold.OPTIONAL)
TOOL, PREVIEW = ("KB890830", False, None), ("KB5003396", False, Hold.OPTIONAL)
CUMULATIVE, SECURE_BOOT = ("KB5003171", True, None), ("KB4535680", True, None)
MICROCODE, MICROCODE_2016 = ("KB4589208", False, Hold.OPTIONAL), ("KB4589210", False, Hold.OPTIONAL)
FIRST = [REMOVAL, FLASH, CUMULATIVE, PREVIEW, TOOL]
EXPECTED: dict[str, list[list[tuple[str, bool, Hold | None]]]] = {
    "full_run": [FIRST, [SECURE_BOOT, MICROCODE], []],
    "failed_install": [FIRST],
    "custom_kb": [[REMOVAL, CUMULATIVE, PREVIEW, TOOL, ("KBNET4800", True, None)]],
    "install_reboot_req": [
        [SECURE_BOOT, REMOVAL, MICROCODE, CUMULATIVE, PREVIEW], [SECURE_BOOT, REMOVAL, MICROCODE, PREVIEW], [],
    ],
    "repeated_update": [[MICROCODE_2016, TOOL], [], [], [], []],
    "fail_poll_script": [],
}  # fmt: skip
"""Every search of each recording: article, whether it is one of security, and why nothing is due.

Read by hand. The definitions of Defender (KB2267602) that most of them found are no missing updates.
"""

Recording = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def recording(corpus: Callable[[str], Path]) -> Recording:
    def load(name: str) -> list[dict[str, Any]]:
        lines = corpus(f"patch/windows-update-search/{name}.txt").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    return load


def searches(recorded: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for each in recorded:
        if each.get("task") == "search_result":
            yield each["result"]["updates"]


def row(update: dict[str, Any]) -> dict[str, Any]:
    """A recorded update as our script tells it."""
    return {
        "title": update["title"],
        "articles": update["kb"],
        "categories": [GUIDS.get(name, name) for name in update["categories"]],
        "type": {"Software": 1, "Driver": 2}[update["type"]],
        "optional": update["browse_only"],
        "selected": update["auto_select_on_websites"],
        "hidden": update["is_hidden"],
        "reboot": REBOOTS[update["reboot_behaviour"]],
    }


def found(updates: list[dict[str, Any]]) -> windows_search.Search:
    said = {"code": 2, "count": len(updates)}
    parts = {"search": [said], "updates": [row(each) for each in updates]}
    return windows_search.read(windows_told.answer({"schema": windows_told.SCHEMA, "parts": parts}))


def test_every_recording_is_read(corpus: Callable[[str], Path]) -> None:
    assert {path.stem for path in corpus("patch/windows-update-search").glob("*.txt")} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_a_recorded_search_found_is_missing_as_a_reader_counts_it(
    recording: Recording, name: str
) -> None:
    told = [found(updates) for updates in searches(recording(name))]
    assert all(each.is_whole for each in told)
    assert [[(one.key, one.security, one.hold) for one in each.updates or ()] for each in told] == EXPECTED[
        name
    ]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_recorded_titles_and_articles_agree_but_for_those_of_a_publisher(
    recording: Recording, name: str
) -> None:
    for updates in searches(recording(name)):
        for each in found(updates).updates or ():
            assert each.key in each.title or each.key == "KBNET4800"
            assert each.restart


def test_recorded_names_of_categories_alone_prove_no_security(recording: Recording) -> None:
    """Names are in the machine's language: only a GUID is read."""
    for updates in searches(recording("full_run")):
        named = [{**row(each), "categories": each["categories"]} for each in updates]
        parts = {"search": [{"code": 2, "count": len(named)}], "updates": named}
        read = windows_search.read(windows_told.answer({"schema": windows_told.SCHEMA, "parts": parts}))
        assert {each.security for each in read.updates or ()} <= {None}


def test_the_code_of_a_recorded_failure_is_told_in_hex(recording: Recording) -> None:
    codes = {
        result["HResult"]
        for each in recording("failed_install")
        if each.get("task") == "install" and (result := each["result"]["result"])["ResultCode"] == 4
    }
    assert {code(each) for each in codes} == {"0x80070643"}
