"""What a listener shows: certificates of foreign hands."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from lab.servers.winrm.certificates import Authority
from schoten_ict.connect.winrm.looking import Shown, read_certificate


def der(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_names_issuer_and_end_are_those_of_the_certificate(authority: Authority) -> None:
    found = read_certificate(der(authority.issue("srv-a.test", days=40).chain))
    assert (found.names, found.issuer, found.self_signed) == (("srv-a.test",), "CN=lab authority", False)
    assert found.until.tzinfo is not None
    assert read_certificate(der(authority.issue("127.0.0.9").chain)).names == ("127.0.0.9",)
    own = read_certificate(der(authority.path))
    assert (own.names, own.self_signed) == (("lab authority",), True)


@given(st.binary(max_size=300))
def test_what_is_no_certificate_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any text will do
        read_certificate(content)


@given(data=st.data())
def test_a_certificate_with_changed_bytes_is_read_or_refused(
    authority: Authority, data: st.DataObject
) -> None:
    content = bytearray(der(authority.path))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        found = read_certificate(bytes(content))
    except ValueError:
        return
    assert isinstance(found, Shown)
    assert all(each.isprintable() for each in (*found.names, found.issuer))
