"""Who is at the keyboard, which setting wins, and files that are whole or absent."""

import os
import stat
from pathlib import Path

import pytest

from schoten_ict.core import actor as acting
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.files import put_in_place, shared_folder, write_aside, write_whole
from schoten_ict.core.settings import config_folder, settings

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX accounts and permissions")


@posix
class TestActor:
    """The name that goes into the journal."""

    @pytest.fixture(autouse=True)
    def no_login(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.delenv("SUDO_USER", raising=False)
        monkeypatch.setattr(acting, "_LOGIN_UID", tmp_path / "loginuid")
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        return tmp_path / "loginuid"

    def test_is_the_account(self) -> None:
        assert acting.actor() == "root"

    def test_is_the_real_user_under_sudo(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUDO_USER", "jan")
        assert acting.actor() == "jan (as root)"

    def test_does_not_believe_the_variable_without_root(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUDO_USER", "burgemeester")
        monkeypatch.setattr(os, "geteuid", lambda: 1)
        assert "burgemeester" not in acting.actor()

    def test_is_who_logged_in_also_after_su(self, no_login: Path) -> None:
        no_login.write_text("1")
        import pwd

        assert acting.actor() == f"{pwd.getpwuid(1).pw_name} (as root)"

    @pytest.mark.parametrize("content", ["4294967295", "", "x"])
    def test_is_the_account_where_nobody_logged_in(self, no_login: Path, content: str) -> None:
        no_login.write_text(content)
        assert acting.actor() == "root"

    def test_is_a_number_for_an_account_without_a_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 3_999_999)
        assert acting.actor() == "uid 3999999"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def decided(config: Path, flag: str | None = None, **environ: str) -> tuple[str | None, str]:
    found = settings({"output": flag}, {"ICT_CONFIG_DIR": str(config.parent), **environ})["output"]
    return found.value, found.source


def test_flag_before_environment_before_user(config: Path) -> None:
    assert decided(config) == (None, "not set")
    config.write_text('output = "csv"')
    assert decided(config) == ("csv", str(config))
    assert decided(config, ICT_OUTPUT="tsv") == ("tsv", "ICT_OUTPUT")
    assert decided(config, "json", ICT_OUTPUT="tsv") == ("json", "--output")
    assert decided(config, ICT_OUTPUT="") == ("csv", str(config))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('output = "xml"', "'xml' is no output"),
        ('outptu = "csv"', r"unknown setting 'outptu' \(did you mean output\?\)"),
        ("output = ", "config.toml: "),
        ('"\\u001b[31m" = 1', "unknown setting"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_the_file(config: Path, content: str, message: str) -> None:
    config.write_text(content)
    with pytest.raises(ConfigurationError, match=message) as caught:
        decided(config)
    assert str(config) in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_wrong_variable_names_itself(config: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ICT_OUTPUT: 'jsn' is no output \(did you mean json\?\)"):
        decided(config, ICT_OUTPUT="jsn")


def test_the_config_folder_follows_the_platform(tmp_path: Path) -> None:
    assert config_folder({"ICT_CONFIG_DIR": "a", "XDG_CONFIG_HOME": "b"}) == Path("a")
    if os.name == "posix":
        assert config_folder({"XDG_CONFIG_HOME": "b"}) == Path("b/ict")
        assert config_folder({}) == Path.home() / ".config" / "ict"


@posix
def test_shared_folders_are_for_the_group_and_existing_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir(mode=0o755)
    shared_folder(tmp_path / "old" / "a" / "b")
    modes = [stat.S_IMODE((tmp_path / "old" / part).stat().st_mode) for part in ("", "a", "a/b")]
    assert modes == [0o755, 0o2770, 0o2770]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for content in (b"first", b"second"):
        write_whole(path, content)
        assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_what_is_written_aside_gets_its_name_later(tmp_path: Path) -> None:
    aside = write_aside(tmp_path, b"x", ".part")
    assert aside.suffix == ".part"
    put_in_place(aside, tmp_path / "final")
    assert [each.name for each in tmp_path.iterdir()] == ["final"]
