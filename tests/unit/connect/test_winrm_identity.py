"""Reading an answer to Identify."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.connect.winrm.identify import Identity, identity_of
from schoten_ict.core.remote import HttpAnswer

SPACE = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"


def answer(inner: str, status: int = 200) -> HttpAnswer:
    text = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>'
        f'<i:IdentifyResponse xmlns:i="{SPACE}">{inner}</i:IdentifyResponse></s:Body></s:Envelope>'
    )
    return HttpAnswer(status, {}, text.encode())


def test_vendor_and_version_are_read() -> None:
    inner = "<i:ProductVendor>Openwsman Project</i:ProductVendor><i:ProductVersion> 2.6.5 </i:ProductVersion>"
    assert identity_of(answer(inner)) == Identity("Openwsman Project", "2.6.5")
    assert identity_of(answer("")) == Identity("", "")


def test_what_a_device_says_of_itself_is_data() -> None:
    named = identity_of(answer(f"<i:ProductVendor>\u202e[red]{'x' * 999}</i:ProductVendor>"))
    assert named is not None
    assert named.vendor.startswith("\ufffd[red]")
    assert len(named.vendor) == 200


@pytest.mark.parametrize(
    "body", [b"", b"<html/>", b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b'<?xml version="1.0" encoding="x"?><a/>']
)  # fmt: skip
def test_anything_else_is_no_identity(body: bytes) -> None:
    assert identity_of(HttpAnswer(200, {}, body)) is None
    assert identity_of(answer("", status=401)) is None


@given(st.binary())
def test_any_bytes_are_an_identity_or_none(body: bytes) -> None:
    assert identity_of(HttpAnswer(200, {}, body)) is None
