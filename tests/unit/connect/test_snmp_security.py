"""Accounts for SNMP: what can be used, which library asks, what a refusal means, and that no secret shows."""

import hashlib

import pytest

from schoten_ict.connect.snmp import open_snmp
from schoten_ict.connect.snmp.security import (
    AUTH_PROTOCOLS,
    PRIV_PROTOCOLS,
    Security,
    is_about_time,
    is_genuine,
    localized,
    refusal,
    report_of,
)
from schoten_ict.connect.snmp.wire import inspect
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import Account, Target, Via
from schoten_ict.core.secrets import Secret
from schoten_ict.inventory.sections.credentials import AuthProtocol, PrivProtocol

SECRETS = {"community": "sesam-c0mm", "auth": "sesam-auth", "priv": "sesam-priv"}


def target(*secrets: str, user: str = "ict", **options: str) -> Target:
    held = {name: Secret(SECRETS[name]) for name in secrets}
    account = Account("switches", user, "host:sw-1", "print", held, options)
    return Target("sw-1", "127.0.0.1", Via.SNMP, 16161, account)


@pytest.mark.parametrize(
    ("made", "version", "level"),
    [
        (target("community"), "2c", 0),
        (target("community", version="1"), "1", 0),
        (target(), "3", 0),
        (target("auth"), "3", 1),
        (target("auth", "priv"), "3", 2),
    ],
)
def test_version_and_level_follow_from_the_account(made: Target, version: str, level: int) -> None:
    security = Security.of(made)
    assert (security.version, security.level) == (version, level)


def test_protocols_that_are_not_named_are_those_of_the_inventory() -> None:
    security = Security.of(target("auth", "priv"))
    assert (security.auth_protocol, security.priv_protocol) == ("SHA256", "AES128")


def test_every_protocol_of_the_inventory_is_known() -> None:
    assert set(AUTH_PROTOCOLS) == set(AuthProtocol.__args__)  # type: ignore[attr-defined]
    assert set(PRIV_PROTOCOLS) == set(PrivProtocol.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Target("sw-1", "127.0.0.1", Via.SNMP), "no credential"),
        (target(version="2c"), "no community"),
        (target(user=""), "no user"),
        (target("community", version="4"), "no known version"),
        (target("priv"), "priv without auth"),
        (target("auth", auth_protocol="CRC32"), "no known auth protocol"),
        (target("auth", "priv", priv_protocol="ROT13"), "no known priv protocol"),
    ],
)
def test_an_account_that_cannot_be_used_says_why(made: Target, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        open_snmp(made)
    assert caught.value.remedy
    assert "sesam" not in str(caught.value)


def test_no_secret_shows_in_a_session() -> None:
    session = open_snmp(target("community", "auth", "priv"), backend="pysnmp")
    assert "sesam" not in repr(session)
    assert "sesam" not in str(Security.of(target("auth", "priv")))


def test_accounts_are_the_same_only_in_every_respect() -> None:
    made = [
        target("auth"), target("auth", "priv"), target("auth", user="ander"), target("auth", auth_protocol="SHA"),
        target("community"), target("community", version="1"), target(),
    ]  # fmt: skip
    assert len({Security.of(each).identity() for each in made}) == len(made)
    assert Security.of(target("auth", "priv")).identity() == Security.of(target("auth", "priv")).identity()


def test_the_environment_chooses_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gufo.snmp")
    monkeypatch.delenv("ICT_SNMP_BACKEND", raising=False)
    assert open_snmp(target("community")).backend == "gufo"
    assert open_snmp(target("auth", "priv", priv_protocol="3DES")).backend == "pysnmp"
    monkeypatch.setenv("ICT_SNMP_BACKEND", "pysnmp")
    assert open_snmp(target("community")).backend == "pysnmp"
    assert open_snmp(target("community"), backend="gufo").backend == "gufo"


def test_a_library_that_is_unknown_or_unable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICT_SNMP_BACKEND", "netsnmp")
    with pytest.raises(ConfigurationError, match="'netsnmp' is not known"):
        open_snmp(target("community"))
    with pytest.raises(ConfigurationError, match="lacks the privacy protocol"):
        open_snmp(target("auth", "priv", priv_protocol="3DES"), backend="gufo")


@pytest.mark.parametrize(
    ("counter", "code", "word"),
    [
        (1, "protocol", "security level"), (2, "protocol", "clock"), (3, "authentication", "user"),
        (4, "protocol", "engine"), (5, "authentication", "key"), (6, "authentication", "decrypt"),
        (9, "protocol", "reason of its own"),
    ],
)  # fmt: skip
def test_a_report_becomes_an_error_with_a_remedy(counter: int, code: str, word: str) -> None:
    made = target("auth")
    error = refusal(report_of(counter), made, Security.of(made))
    assert (error.problems[0].code, error.problems[0].subject) == (code, "host:sw-1")
    assert word in str(error)
    assert error.remedy
    assert "{" not in error.remedy
    assert is_about_time(report_of(counter)) == (counter == 2)


def test_a_report_without_a_counter_is_an_error_too() -> None:
    made = target("auth")
    assert refusal(None, made, Security.of(made)).problems[0].code == "protocol"
    assert not is_about_time(None)


# an answer of net-snmp to user lab-SHA256-none, whose password is auth-pass-of-the-lab
SIGNED = bytes.fromhex(
    "30819e0201033011020461085634020300ffe304010102010304483046041180001f8880796dbc39b295046b000000000201010201"
    "00040f6c61622d5348413235362d6e6f6e6504186195bc2a8703f7baeb92083adbc2bbf3c87611468bf3adde0400303c0411800"
    "01f8880796dbc39b295046b000000000400a225020468d32a7a0201000201003017301506082b0601020101050004096c61622d61"
    "67656e74"
)


def key(password: bytes, engine_id: bytes) -> bytes:
    """RFC 3414 section A.2, in the words of RFC 7860."""
    megabyte = (password * (1_048_576 // len(password) + 1))[:1_048_576]
    return localized("sha256", hashlib.sha256(megabyte).digest(), engine_id)


def test_the_code_of_a_real_answer_is_verified() -> None:
    message = inspect(SIGNED)
    assert is_genuine(SIGNED, message, "SHA256", key(b"auth-pass-of-the-lab", message.engine_id))


def test_another_key_text_or_length_is_not_genuine() -> None:
    message = inspect(SIGNED)
    right = key(b"auth-pass-of-the-lab", message.engine_id)
    changed = SIGNED.replace(b"lab-agent", b"lab-boter")
    assert not is_genuine(changed, inspect(changed), "SHA256", right)
    assert not is_genuine(SIGNED, message, "SHA256", key(b"another-password", message.engine_id))
    assert not is_genuine(SIGNED, message, "SHA", right)


def test_an_answer_that_claims_no_code_is_not_genuine() -> None:
    unsigned = SIGNED.replace(bytes.fromhex("040101020103"), bytes.fromhex("040100020103"), 1)
    message = inspect(unsigned)
    assert message.flags == 0
    assert not is_genuine(unsigned, message, "SHA256", key(b"auth-pass-of-the-lab", message.engine_id))
