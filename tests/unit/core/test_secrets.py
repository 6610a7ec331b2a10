"""Secrets are references, and their values show nowhere."""

import copy
import os
import pickle
import sys
import traceback
import types
from pathlib import Path

import pytest

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.secrets import Secret, SecretReference, resolve

VALUE = "hunter2-geheim"
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")


def secret(text: str, root: Path) -> str:
    return resolve(SecretReference.parse(text), root).reveal()


def test_a_secret_shows_itself_nowhere() -> None:
    hidden = Secret(VALUE)
    assert hidden.reveal() == VALUE
    for text in (repr(hidden), str(hidden), f"{hidden}", f"{hidden!r}", f"{[hidden]} { ({'a': hidden}) }"):
        assert VALUE not in text


def test_a_secret_shows_not_in_a_traceback_with_locals() -> None:
    hidden = Secret(VALUE)
    try:
        int(f"cannot use {hidden}")
    except ValueError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(shown.format())
    assert "hidden = ***" in text
    assert VALUE not in text


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_written(write: object) -> None:
    with pytest.raises(TypeError, match="not written"):
        write(Secret(VALUE))  # type: ignore[operator]


@pytest.mark.parametrize("text", [VALUE, "", ":", "env", "env:", "vault:x", f"{VALUE}:x", "FILE:x"])
def test_a_value_is_no_reference_and_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="written as a reference") as caught:
        SecretReference.parse(text)
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["env:A", "file:a:b", "keyring:ict/windows", "command:pass show a:b", "systemd:x"]
)
def test_a_reference_reads_back(text: str) -> None:
    assert str(SecretReference.parse(text)) == text


def test_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNMP_AUTH", VALUE)
    assert secret("env:SNMP_AUTH", tmp_path) == VALUE
    monkeypatch.setenv("SNMP_AUTH", "")
    with pytest.raises(ConfigurationError, match="SNMP_AUTH is not set"):
        secret("env:SNMP_AUTH", tmp_path)


def test_file_is_relative_to_the_workspace_and_loses_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f" {VALUE} \r\n")
    (tmp_path / "key").chmod(0o640)
    assert secret("file:key", tmp_path) == f" {VALUE} "


def test_file_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "key").write_text(VALUE)
    (tmp_path / "key").chmod(0o600)
    assert secret("file:~/key", tmp_path / "elsewhere") == VALUE


@posix
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o666])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text(VALUE)
    path.chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        secret("file:key", tmp_path)
    assert caught.value.remedy == f"chmod o-rwx {path}"
    assert VALUE not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        secret("file:nosuch", tmp_path)


@posix
def test_a_link_counts_by_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(VALUE)
    (tmp_path / "key").chmod(0o644)
    (tmp_path / "link").symlink_to("key")
    with pytest.raises(ConfigurationError, match="read by everyone"):
        secret("file:link", tmp_path)


def test_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("keyring")
    kept = {("ict/prod", "windows"): VALUE}
    monkeypatch.setattr(module, "get_password", lambda *key: kept.get(key), raising=False)
    monkeypatch.setitem(sys.modules, "keyring", module)
    assert secret("keyring:ict/prod/windows", tmp_path) == VALUE
    with pytest.raises(ConfigurationError, match="holds nothing") as caught:
        secret("keyring:ict/nosuch", tmp_path)
    assert caught.value.remedy == "keyring set ict nosuch"


def test_keyring_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match="need the package keyring"):
        secret("keyring:ict/windows", tmp_path)


def python(code: str) -> str:
    return f'command:"{sys.executable}" -c "{code}"'.replace("\\", "/")


def test_command(tmp_path: Path) -> None:
    assert secret(python("print('hunter2-geheim')"), tmp_path) == VALUE


def test_a_command_goes_through_no_shell(tmp_path: Path) -> None:
    text = secret(f"{python('import sys; print(sys.argv[1:])')} ; $HOME > x", tmp_path)
    assert text == "[';', '$HOME', '>', 'x']"
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "code", ["print('hunter2-geheim'); raise SystemExit(3)", "raise ValueError('hunter2-geheim')"]
)
def test_a_command_that_fails_repeats_nothing_it_said(tmp_path: Path, code: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        secret(python(code), tmp_path)
    assert VALUE not in str(caught.value) + caught.value.remedy
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        secret("command:/nosuch/program", tmp_path)


@posix
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to give a folder away"
)
def test_a_command_from_someone_elses_workspace_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, -1)
    with pytest.raises(ConfigurationError, match="workspace of yours or root's"):
        secret("command:true", tmp_path)


def test_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigurationError, match="not started by systemd"):
        secret("systemd:snmp", tmp_path)
    (tmp_path / "snmp").write_text(VALUE)
    (tmp_path / "snmp").chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret("systemd:snmp", Path("/")) == VALUE
