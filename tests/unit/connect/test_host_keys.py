"""Known hosts: what the files say, what is refused, and how trust is written down."""

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.connect.hostkeys import (
    HostKey,
    PublicKey,
    Standing,
    judge_key,
    known_kinds,
    lookup_name,
    parse_known_hosts,
    read_known_hosts,
    refusal,
    trust,
)
from schoten_ict.core.errors import ConfigurationError, ConflictError


def key(content: bytes, kind: str = "ssh-ed25519") -> PublicKey:
    return PublicKey(kind, b"\0\0\0\x0b" + kind.encode() + content)


OLD, NEW = key(b"old"), key(b"new")
RSA = key(b"rsa", "ssh-rsa")


def text(names: str, public: PublicKey, marker: str = "") -> str:
    return f"{marker} {names} {public.kind} {base64.b64encode(public.blob).decode()} comment\n".lstrip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


def standing(file: Path, *names: str, shown: PublicKey = OLD) -> Standing:
    return judge_key([file], "srv-web01", names, shown).standing


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("srv-web01", "srv-web01", True),
        ("SRV-WEB01", "srv-web01", True),
        ("srv-web01,127.10.10.31", "127.10.10.31", True),
        ("127.10.10.31", "127.10.10.3", False),
        ("*.schoten.test", "web.schoten.test", True),
        ("srv-web0?", "srv-web01", True),
        ("*,!srv-web01", "srv-web01", False),
        ("*,!srv-web01", "srv-web02", True),
        ("[127.10.10.31]:2222", "[127.10.10.31]:2222", True),
        ("[127.10.10.31]:2222", "127.10.10.31", False),
        ("127.10.10.31", "[127.10.10.31]:2222", False),
        ("[*]:2222", "[127.10.10.31]:2222", True),
        ("|1|bad", "srv-web01", False),
        ("|1|AAAA|BBBB|CC", "srv-web01", False),
    ],
)
def test_a_line_speaks_of_the_hosts_that_its_patterns_name(
    file: Path, pattern: str, name: str, expected: bool
) -> None:
    file.write_text(text(pattern, OLD))
    assert standing(file, name) is (Standing.KNOWN if expected else Standing.UNKNOWN)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
@pytest.mark.parametrize("name", ["srv-web01", "[127.10.10.31]:2222"])
def test_names_that_openssh_hashed_are_found(file: Path, name: str, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "k"], check=True)
    kind, blob = (tmp_path / "k.pub").read_text().split()[:2]
    file.write_text(f"{name} {kind} {blob}\nother {kind} {blob}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert name not in file.read_text()
    shown = PublicKey(kind, base64.b64decode(blob))
    assert standing(file, name, shown=shown) is Standing.KNOWN
    assert standing(file, "srv-web02", shown=shown) is Standing.UNKNOWN
    listed = subprocess.run(
        ["ssh-keygen", "-l", "-f", tmp_path / "k.pub"], check=True, capture_output=True, text=True
    ).stdout
    assert shown.fingerprint in listed


def test_the_first_file_that_knows_the_host_decides(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.write_text(text("srv-web01", OLD))
    theirs.write_text(text("srv-web01", NEW) + text("srv-db01", NEW))
    assert judge_key([ours, theirs], "srv-web01", ("srv-web01",), NEW).standing is Standing.CHANGED
    assert judge_key([ours, theirs], "srv-db01", ("srv-db01",), NEW).standing is Standing.KNOWN


def test_a_key_of_another_kind_than_the_known_one_is_a_change(file: Path) -> None:
    file.write_text(text("srv-web01", OLD))
    assert standing(file, "srv-web01", shown=RSA) is Standing.CHANGED


def test_a_server_is_asked_for_the_kinds_that_are_known(file: Path) -> None:
    file.write_text(
        text("srv-web01", RSA) + text("srv-web01", OLD) + text("other", key(b"e", "ecdsa-sha2-nistp256"))
    )
    assert known_kinds([file], ("srv-web01",)) == ("ssh-rsa", "ssh-ed25519")


def test_a_revoked_key_is_refused_although_another_line_knows_it(file: Path, tmp_path: Path) -> None:
    file.write_text(text("srv-web01", OLD))
    revoked = tmp_path / "revoked"
    revoked.write_text(text("*", OLD, "@revoked"))
    shown = judge_key([file, revoked], "srv-web01", ("srv-web01",), OLD)
    assert shown.standing is Standing.REVOKED
    assert "revoked" in str(refusal(shown))


def test_the_key_of_an_authority_is_no_hosts_key(file: Path) -> None:
    file.write_text(text("*", OLD, "@cert-authority"))
    assert standing(file, "srv-web01") is Standing.UNKNOWN


@given(st.text())
def test_no_content_breaks_the_reading(content: str) -> None:
    for line in parse_known_hosts(content):
        line.is_for("srv-web01")


def test_lines_that_make_no_sense_do_not_hide_others(file: Path) -> None:
    file.write_text(f"# srv-web01 comment\n\nsrv-web01\nsrv-web01 ssh-ed25519 ???\n{text('srv-web01', OLD)}")
    assert standing(file, "srv-web01") is Standing.KNOWN


def test_a_file_is_read_again_after_a_change(file: Path) -> None:
    file.write_text(text("srv-web01", OLD))
    assert standing(file, "srv-web01", shown=NEW) is Standing.CHANGED
    file.write_text(text("srv-web01", OLD) + text("srv-web01", NEW))
    assert standing(file, "srv-web01", shown=NEW) is Standing.KNOWN


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "known_hosts"
    folder.mkdir()
    with pytest.raises(ConfigurationError, match="known_hosts"):
        read_known_hosts(folder)


def test_the_refusal_names_the_fingerprints_and_the_command() -> None:
    unknown = refusal(HostKey("srv-web01", ("srv-web01",), NEW, Standing.UNKNOWN)).problems[0]
    assert unknown.code == "host-key"
    assert unknown.subject == "host:srv-web01"
    assert NEW.fingerprint in unknown.message
    assert "ict inventory trust srv-web01" in unknown.remedy
    known = (("known_hosts:3", OLD),)
    changed = refusal(HostKey("srv-web01", ("srv-web01",), NEW, Standing.CHANGED, known)).problems[0]
    assert NEW.fingerprint in changed.message
    assert OLD.fingerprint in changed.message
    assert "known_hosts:3" in changed.message


def test_names_carry_the_port_unless_it_is_the_usual_one() -> None:
    assert lookup_name("SRV-web01", 22) == "srv-web01"
    assert lookup_name("127.10.10.31", 2222) == "[127.10.10.31]:2222"


def shown(public: PublicKey, *names: str) -> HostKey:
    return HostKey("srv-web01", names or ("127.10.10.31", "srv-web01"), public, Standing.UNKNOWN)


def test_trust_is_written_whole_for_the_team(tmp_path: Path) -> None:
    file = tmp_path / "new" / "known_hosts"
    assert trust(file, shown(OLD))
    assert file.read_text() == text("127.10.10.31,srv-web01", OLD).replace(" comment", "")
    assert standing(file, "srv-web01") is Standing.KNOWN
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o660


def test_trusting_twice_changes_nothing(file: Path) -> None:
    trust(file, shown(OLD))
    before = file.read_bytes()
    assert not trust(file, shown(OLD))
    assert file.read_bytes() == before


def test_another_key_is_not_replaced_silently(file: Path) -> None:
    file.write_text(text("srv-web01", OLD))
    with pytest.raises(ConflictError, match=OLD.fingerprint.replace("+", r"\+")):
        trust(file, shown(NEW))
    assert file.read_text() == text("srv-web01", OLD)


def test_replacing_a_key_leaves_all_other_hosts_and_remarks(file: Path) -> None:
    file.write_text(f"# of the team\n{text('srv-web01,srv-old', OLD)}{text('srv-db01', OLD)}")
    assert trust(file, shown(NEW), replace=True)
    assert standing(file, "srv-web01", shown=NEW) is Standing.KNOWN
    assert standing(file, "srv-web01", shown=OLD) is Standing.CHANGED
    assert standing(file, "srv-old") is Standing.KNOWN
    assert standing(file, "srv-db01") is Standing.KNOWN
    assert file.read_text().startswith("# of the team\n")
