"""Encrypted messages: what was sealed comes back, what was touched does not."""

import os
from pathlib import Path

import pytest
import spnego
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spnego.exceptions import SpnegoError

from schoten_ict.connect.winrm.sealing import seal, unseal

Pair = tuple[spnego.ContextProxy, spnego.ContextProxy]


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Two ends of an NTLM log-in."""
    users = tmp_path / "users"
    users.write_text("LAB:svc:secret\n", encoding="utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    return logged_in()


def logged_in() -> Pair:
    client = spnego.client("LAB\\svc", "secret", protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    server = spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    token = client.step()
    while not (client.complete and server.complete):
        token = client.step(server.step(token)) if not client.complete else server.step(token)
    return client, server


def test_messages_come_back_in_their_order(pair: Pair) -> None:
    client, server = pair
    messages = [b"", b"<x/>", os.urandom(100_000), b"--Encrypted Boundary--\r\n"]
    assert [unseal(server, seal(client, each)) for each in messages] == messages


def test_a_message_does_not_show_and_does_not_come_twice(pair: Pair) -> None:
    client, server = pair
    body = seal(client, b"a secret message")
    assert b"secret" not in body
    assert unseal(server, body) == b"a secret message"
    with pytest.raises(SpnegoError):
        unseal(server, body)


@pytest.mark.parametrize("back", range(0, 60, 7))
def test_one_changed_bit_is_noticed(pair: Pair, back: int) -> None:
    client, server = pair
    body = bytearray(seal(client, b"x" * 60))
    body[body.rindex(b"--Encrypted Boundary--") - 1 - back] ^= 4
    with pytest.raises((SpnegoError, ValueError)):
        unseal(server, bytes(body))


def test_every_cut_is_noticed(pair: Pair) -> None:
    client, server = pair
    body = seal(client, b"x" * 40)
    for end in range(len(body) - 2):
        with pytest.raises(ValueError, match="incomplete"):
            unseal(server, body[:end])


def test_the_announced_length_holds(pair: Pair) -> None:
    client, server = pair
    with pytest.raises(ValueError, match="wrong length"):
        unseal(server, seal(client, b"12345").replace(b"Length=5", b"Length=4"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(), st.binary(), st.integers(-(2**31), 2**31 - 1))
def test_any_bytes_are_refused(pair: Pair, noise: bytes, payload: bytes, size: int) -> None:
    client, server = pair
    genuine = seal(client, b"x")
    head = genuine[: genuine.index(b"octet-stream\r\n") + len(b"octet-stream\r\n")]
    forged = head + size.to_bytes(4, "little", signed=True) + payload + b"--Encrypted Boundary--\r\n"
    for body in (noise, forged):
        with pytest.raises((ValueError, SpnegoError)):
            unseal(server, body)
