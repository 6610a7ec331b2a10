"""Backups that ict takes with restic: whole ones, partial ones, and those that were not taken."""

import os
import shutil
from pathlib import Path

import pytest

from lab.restic_rig import Vault, for_nobody, stood_in
from schoten_ict.backup.ask.proving import excluded
from schoten_ict.backup.facts import Kind
from schoten_ict.core.secrets import Secret

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]  # the first test may have to fetch the newer restic


def test_a_backup_is_taken_whole(restic_vault: Vault) -> None:
    vault = restic_vault
    taken = vault.take("srv-x", declared={"source": {"exclude": ["*/archief/*", "*.bin"]}})
    assert (taken.complete, taken.faults) == (True, ())
    assert taken.point_id in vault.ids()
    assert taken.told["files"] == 32
    (point,) = [point for point in vault.look(deep=False).points or () if point.id == taken.point_id]
    assert (point.host, point.paths) == ("srv-x", (str(vault.source),))


EXCLUDES = (
    "*/archief/*", "*.txt", "*/[!0-9]*", "*/dossiers", "/nergens/*", "*\\slash", "!*", "*/*.b*",
)  # fmt: skip


def test_nothing_is_left_out_that_the_declaration_does_not_name(restic_vault: Vault) -> None:
    vault = restic_vault
    files = [str(path) for path in vault.source.rglob("*") if path.is_file() and not path.is_symlink()]
    for pattern in EXCLUDES:
        taken = vault.take(declared={"source": {"exclude": [pattern]}})
        listed = vault.must("ls", taken.point_id, "--no-cache") if taken.point_id else ""
        kept = set(listed.splitlines())
        lost = [path for path in files if path.isascii() and path not in kept and "\n" not in path]
        order = vault.order(declared={"source": {"exclude": [pattern]}})
        assert all(excluded(order, path) for path in lost), pattern


def test_a_backup_that_lacks_something_is_not_complete(restic_vault: Vault, open_folder: Path) -> None:
    vault = for_nobody(restic_vault, open_folder)
    for path in (vault.repository, *vault.repository.rglob("*")):
        os.chown(path, 65534, 65534)
    source = open_folder / "source"
    source.mkdir()
    declared = {"source": {"paths": [str(source)]}}
    assert [fault.kind for fault in vault.take(declared=declared).faults] == [Kind.EMPTY]
    (source / "mag.txt").write_text("mag")
    (source / "mag niet.txt").write_text("mag niet")
    (source / "mag niet.txt").chmod(0)
    taken = vault.take(declared=declared)
    assert taken.point_id in vault.ids()
    assert (taken.complete, [fault.kind for fault in taken.faults]) == (False, [Kind.INCOMPLETE])
    assert "mag niet.txt" in taken.faults[0].message
    (source / "mag niet.txt").unlink()
    absent = {"source": {"paths": [str(source), str(open_folder / "nergens")]}}
    taken = vault.take(declared=absent)
    assert (taken.complete, [fault.kind for fault in taken.faults]) == (False, [Kind.MISSING_FILES])
    taken = vault.take(declared={"source": {"paths": [str(open_folder / "nergens")]}})
    assert (taken.point_id, [fault.kind for fault in taken.faults]) == ("", [Kind.MISSING_FILES])


def test_a_backup_that_was_not_taken_says_why(restic_vault: Vault) -> None:
    wrong = restic_vault.take(secrets={"password": Secret("Kluis-4713")})
    assert (wrong.point_id, wrong.complete, [fault.kind for fault in wrong.faults]) == (
        "",
        False,
        [Kind.PASSWORD],
    )
    shutil.rmtree(restic_vault.repository)
    assert [fault.kind for fault in restic_vault.take().faults] == [Kind.NO_REPOSITORY]


def test_secrets_and_urls_reach_restic_and_no_argument_list(restic_vault: Vault) -> None:
    vault = stood_in(restic_vault, 'echo "$@" >>arguments; env >>environment; exit 3')
    secrets = {"password": Secret(PASSWORD_SENT), "AWS_SECRET_ACCESS_KEY": Secret("sleutel-12")}
    facts = vault.look(secrets=secrets, declared={"repository": {"url": "s3:https://127.0.0.1:1/emmer"}})
    assert not facts.access.proven
    environment = (vault.folder / "environment").read_text()
    assert "RESTIC_REPOSITORY=s3:https://127.0.0.1:1/emmer\n" in environment
    assert f"RESTIC_PASSWORD={PASSWORD_SENT}\n" in environment
    assert "AWS_SECRET_ACCESS_KEY=sleutel-12\n" in environment
    arguments = (vault.folder / "arguments").read_text()
    assert PASSWORD_SENT not in arguments
    assert "sleutel-12" not in arguments


PASSWORD_SENT = "Kluis-4714"
