"""`ict inventory forgive`: what is held back, and trying it once more."""

from pathlib import Path

import pytest

from running import NOW, Ict
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError
from schoten_ict.core.secrets import Secret
from schoten_ict.store import Store
from schoten_ict.store.refusals import StoredRefusals

USER = "svc-ict@SCHOTEN.TEST"
WHO = Account("windows", USER, "SCHOTEN.TEST", "f1", {"password": Secret("geheim-9")})


@pytest.fixture
def refused(workspace: Path) -> Path:
    """A workspace in which one machine and then the domain refused the account."""
    (workspace / "inventory.yaml").write_text(
        "organisation: {name: A}\n"
        f"credentials: {{windows: {{kind: winrm, user: {USER}, password: env:ABSENT}}}}\n",
        encoding="utf-8",
    )
    with Store(workspace / "data", "jan", NOW) as store:
        guard = AccountGuard(StoredRefusals(store))
        assert log_in(guard, "srv-1", refused=False) == "ok"
        assert log_in(guard, "pc-1") == "authentication"
        assert log_in(guard, "pc-2") == "authentication"
    return workspace


def log_in(guard: AccountGuard, host: str, *, refused: bool = True) -> str:
    try:
        with guard.admitted(WHO, host):
            if refused:
                raise RemoteError("refused", code="authentication")  # noqa: TRY301 - as a connector does
    except RemoteError as error:
        return error.problems[0].code
    return "ok"


def next_run(folder: Path, host: str) -> str:
    with Store(folder / "data", "jan", NOW) as store:
        return log_in(AccountGuard(StoredRefusals(store)), host, refused=False)


def test_what_is_held_back_is_listed_with_who_refused_it(ict: Ict, refused: Path) -> None:
    answer = ict("inventory", "forgive", "-o", "json")
    rows = [(row["user"], row["realm"], row["host"]) for row in answer.json()["data"]]
    assert answer.exit == 0
    assert rows == [(USER.lower(), "SCHOTEN.TEST", "pc-2"), (USER.lower(), "host:pc-1", "pc-1")]
    assert "geheim-9" not in answer.out


def test_nothing_is_held_back_in_a_new_workspace(ict: Ict, workspace: Path) -> None:
    answer = ict("inventory", "forgive")
    assert (answer.exit, answer.table()) == (0, [])


@pytest.mark.parametrize("name", ["windows", USER, USER.upper()])
def test_a_forgiven_account_is_tried_again_and_the_journal_says_who_forgave(
    ict: Ict, refused: Path, name: str
) -> None:
    assert next_run(refused, "srv-1") == "not-asked"
    assert len(ict("inventory", "forgive", name).table()) == 2
    assert [next_run(refused, host) for host in ("srv-1", "pc-1")] == ["ok", "ok"]
    entries = ict("journal", "show", "-o", "json").json()["data"]
    forgiven = [entry for entry in entries if entry["action"] == "account.forgiven"]
    assert {entry["subject"] for entry in forgiven} == {f"credential:{name}"}
    hosts = {entry["changes"][0]["values"]["host"]["before"] for entry in forgiven}
    assert hosts == {"pc-1", "pc-2"}


def test_what_one_machine_refused_can_be_forgiven_alone(ict: Ict, refused: Path) -> None:
    [row] = ict("inventory", "forgive", "windows", "--at", "pc-2", "-o", "json").json()["data"]
    assert (row["host"], row["action"]) == ("pc-2", "forgiven")
    assert [next_run(refused, host) for host in ("srv-1", "pc-1")] == ["ok", "not-asked"]


def test_forgiving_what_is_not_held_back_says_so(ict: Ict, refused: Path) -> None:
    ict("inventory", "forgive", "windows")
    for words in (("windows",), ("nobody",), ("windows", "--at", "srv-1")):
        answer = ict("inventory", "forgive", *words)
        assert answer.exit == 5
        assert f"no refusal of {words[0]} is remembered" in answer.err
