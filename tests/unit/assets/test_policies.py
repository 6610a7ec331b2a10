"""Which policy goes with a handover, and that its text is kept as it was."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from desk import INVENTORY, POLICIES, Desk
from schoten_ict.assets.records import handovers, policies
from schoten_ict.core.errors import ConfigurationError, ConflictError, IctError, NotFoundError, UsageError
from schoten_ict.store import journal


def bound(desk: Desk, *tags: str, **words: Any) -> list[str]:
    return [str(policy) for policy in desk.give(*tags, **words).handover.policies]


def test_the_category_brings_the_version_of_today(desk: Desk) -> None:
    assert bound(desk, "LT-0001") == ["ict-materiaal@2"]


def test_the_day_before_it_was_the_version_before(desk: Desk) -> None:
    assert bound(desk.at(datetime(2026, 11, 25, 22, 0, tzinfo=UTC)), "LT-0001") == ["ict-materiaal@1"]


def test_several_categories_bring_each_their_own_once(desk: Desk) -> None:
    assert bound(desk, "LT-0001", "DK-0001", "GS-0001") == ["ict-materiaal@2", "mobiel@1"]
    assert [each["id"] for each in desk.writer.last["policies"]] == ["ict-materiaal", "mobiel"]


def test_a_category_without_a_policy_brings_none(desk: Desk) -> None:
    assert bound(desk, desk.add("monitor")) == []


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["mobiel"], ["mobiel@1"]),
        (["ict-materiaal@1"], ["ict-materiaal@1"]),
        (["ict-materiaal", "ict-materiaal@2"], ["ict-materiaal@2"]),
        (["mobiel", "ict-materiaal"], ["mobiel@1", "ict-materiaal@2"]),
    ],
)
def test_what_is_named_takes_the_place_of_the_category(
    desk: Desk, words: list[str], names: list[str]
) -> None:
    assert bound(desk, "LT-0001", policies=words) == names


@pytest.mark.parametrize(
    ("words", "kind", "line"),
    [
        (["ict-material"], NotFoundError, "no policy 'ict-material' (did you mean ict-materiaal?) - declared are "),
        (["mobiel@9"], NotFoundError, "policy mobiel has no version '9' - its versions are 1"),
        (["ict-materiaal@1", "ict-materiaal@2"], UsageError, "--policy names two versions of ict-materiaal: 1 and 2"),
        (["ict-materiaal@3"], ConfigurationError, "the text of policy ict-materiaal@3 cannot be read"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_had_hands_over_nothing(
    desk: Desk, words: list[str], kind: type[IctError], line: str
) -> None:
    head = journal.head(desk.store.reader)
    with pytest.raises(kind) as caught:
        desk.give("LT-0001", policies=words)
    assert caught.value.problems[0].line().startswith(line)
    assert journal.head(desk.store.reader) == head


def test_before_the_first_version_there_is_none(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="policy mobiel has no version that is valid today"):
        desk.at(datetime(2025, 12, 31, 12, 0, tzinfo=UTC)).give("GS-0001")


def test_the_text_is_kept_as_it_was_signed_for(desk: Desk) -> None:
    desk.give("LT-0001")
    (desk.root / "policies" / "ict-2.md").write_text("Doe maar.", encoding="utf-8")
    kept = policies.text(desk.store.reader, desk.inventory, "ict-materiaal@2", desk.today)
    assert kept == POLICIES["ict-2.md"].encode()
    (policy,) = handovers.get(desk.store.reader, "GO-2026-0001").policies
    assert policy.sha256 == hashlib.sha256(kept).hexdigest() == desk.writer.last["policies"][0]["sha256"]


def test_a_changed_text_under_the_same_version_is_refused(desk: Desk) -> None:
    desk.give("LT-0001")
    (desk.root / "policies" / "ict-2.md").write_text("Doe maar.", encoding="utf-8")
    with pytest.raises(ConflictError) as caught:
        desk.give("DK-0001")
    assert caught.value.problems[0].line() == (
        "the text of ict-materiaal@2 has changed since 2026-11-26, when it was first signed for - "
        "give the new text a new version in inventory.yaml, and put the old file back"
    )
    assert bound(desk, "DK-0001", policies=["ict-materiaal@1"]) == ["ict-materiaal@1"]


def test_a_text_that_is_not_the_declared_one_is_refused(desk: Desk) -> None:
    digest = hashlib.sha256(b"anders").hexdigest()
    text = INVENTORY.replace("file: policies/mobiel-1.md,", f"file: policies/mobiel-1.md, sha256: {digest},")
    (desk.root / "inventory.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"mobiel-1\.md is not the text declared for mobiel@1"):
        desk.at(desk.now).give("GS-0001")
