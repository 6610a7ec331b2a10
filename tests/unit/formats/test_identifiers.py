"""Serials, MAC addresses, IMEIs and national numbers are told from what only looks like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.identifiers import (
    clean_imei,
    clean_mac,
    clean_serial,
    column_holds_national_numbers,
    looks_like_national_number,
    names_national_number,
    serial_key,
)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "To be filled by O.E.M.", "TO BE FILLED BY O.E.M.", " Default string ", "System Serial Number",
        "None", "N/A", "Not Specified", "not  specified", "INVALID", "0", "00000000", "0000000000", "XXXXXXX",
        "xxxx xxxx", "11111111", "-", "--", "...", "?", "123456789", "1234567890", "Onbekend", "n.v.t.",
    ],
)  # fmt: skip
def test_placeholders_are_no_serials(text: str) -> None:
    assert clean_serial(text) is None


@pytest.mark.parametrize("text", ["5CG1234ABC", "7", "11", "SN 0001", "PF-2X3Y4Z", "NONE1", "00000001"])
def test_a_serial_is_kept_as_it_is_written(text: str) -> None:
    assert clean_serial(f" {text}\u00a0") == text


def test_serials_are_compared_without_case_and_spaces() -> None:
    assert serial_key(" 5cg 1234\u00a0abc") == serial_key("5CG1234ABC") == "5CG1234ABC"


@pytest.mark.parametrize(
    "text",
    ["AA-BB-CC-DD-EE-0F", "aa:bb:cc:dd:ee:0f", "aabb.ccdd.ee0f", "AABBCCDDEE0F", " aabbccddee0f "],
)
def test_a_mac_address_has_one_form(text: str) -> None:
    assert clean_mac(text) == "aa:bb:cc:dd:ee:0f"


@pytest.mark.parametrize(
    "text",
    [
        "", "11:22:33:44:55", "aa:bb:cc:dd:ee:0f:11", "aa:bb-cc:dd-ee:0f", "gg:bb:cc:dd:ee:0f", "a:b:c:d:e:f",
        "aabb.ccdd:ee0f", "00:00:00:00:00:00", "ffffffffffff", "FF-FF-FF-FF-FF-FF", "aa:bb:cc:dd:ee:0f\n1",
    ],
)  # fmt: skip
def test_another_text_is_no_mac_address(text: str) -> None:
    with pytest.raises(ValueError, match="no MAC address") as caught:
        clean_mac(text)
    assert not text or text not in str(caught.value)


@given(st.binary(min_size=6, max_size=6), st.sampled_from(["", "-", ":"]))
def test_every_device_address_survives(address: bytes, separator: str) -> None:
    if address in {bytes(6), b"\xff" * 6}:
        return
    text = address.hex(separator) if separator else address.hex()
    assert clean_mac(text.upper()) == address.hex(":")


@pytest.mark.parametrize("text", ["490154203237518", "49-015420-323751-8", "49 015420 323751/8"])
def test_an_imei_with_its_check_digit_is_15_digits(text: str) -> None:
    assert clean_imei(text) == "490154203237518"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "490154203237519",
        "490154203237581",
        "49015420323751",
        "4901542032375180",
        "0" * 15,
        "x" * 15,
        "٤" * 15,
    ],
)
def test_another_text_is_no_imei(text: str) -> None:
    with pytest.raises(ValueError, match="no IMEI") as caught:
        clean_imei(text)
    assert not text or text not in str(caught.value)


@given(st.integers(1, 10**14 - 1), st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_makes_no_imei(number: int, place: int, step: int) -> None:
    body = f"{number:014}"
    valid = [body + str(check) for check in range(10) if _accepts(body + str(check))]
    assert len(valid) == 1
    wrong = list(valid[0])
    wrong[place] = str((int(wrong[place]) + step) % 10)
    assert not _accepts("".join(wrong))


def _accepts(text: str) -> bool:
    try:
        clean_imei(text)
    except ValueError:
        return False
    return True


def national(nine: str, century: int = 19) -> str:
    return f"{nine}{97 - int(('2' if century == 20 else '') + nine) % 97:02}"


@pytest.mark.parametrize(
    "text",
    [
        "85.07.30-033.28", "85073003328", " 85073003328 ", "850730-033.28", "850730-03328", "85 07 30 033 28",
        "85.07.30.033.28", "85/07/30-033-28", national("850730033", 20), national("050730033", 20),
        national("850000033"), national("852730033"), national("854730033"),
    ],
)  # fmt: skip
def test_national_numbers_are_known_in_each_form(text: str) -> None:
    assert looks_like_national_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "85.07.30-033.29", "85073003329", "8507300332", "850730033281", national("851330033"),
        national("856030033"), national("850732033"), national("850730000"), national("850730999"),
        "85.0730-033.28", "85-07.30-033.28", "SN85073003328", "00000000000",
    ],
)  # fmt: skip
def test_other_numbers_are_not_taken_for_national_numbers(text: str) -> None:
    assert not looks_like_national_number(text)


@given(st.dates(), st.integers(1, 998), st.sampled_from([0, 20, 40]), st.integers(1, 96))
def test_every_valid_number_is_known_and_a_wrong_check_is_not(
    born: object, counter: int, offset: int, step: int
) -> None:
    year, month, day = (int(part) for part in str(born).split("-"))
    nine = f"{year % 100:02}{month + offset:02}{day:02}{counter:03}"
    checks = {int(national(nine, century)[9:]) for century in (19, 20)}
    assert all(looks_like_national_number(f"{nine}{check:02}") for check in checks)
    wrong = (min(checks) - 1 + step) % 97 + 1
    assert looks_like_national_number(f"{nine}{wrong:02}") == (wrong in checks)


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ([], False),
        (["", "Peeters"], False),
        (["Peeters", "85.07.30-033.28", "x"], True),
        (["85073003328", national("900101001")], True),
        (["85073003328"], True),
        ([national("050730033", 20)[1:]], True),
        (["85073003328", "85073003329", "85073003327"], False),
        ([f"{number:011}" for number in range(32477000000, 32477002000)], False),
        (["0477123456", "032345678"], False),
    ],
)
def test_a_column_of_national_numbers_is_known_by_its_cells(values: list[str], holds: bool) -> None:
    assert column_holds_national_numbers(values) is holds


@pytest.mark.parametrize(
    "header",
    ["Rijksregisternummer", "rijksregisternr.", "RIJKSREGISTER NR", "INSZ", "INSZ-nummer", "NISS", "RRN",
     "national number", "National_Register_Number", "Numéro national", "N° registre national"],
)  # fmt: skip
def test_a_column_of_national_numbers_is_known_by_its_header(header: str) -> None:
    assert names_national_number(header)


@pytest.mark.parametrize(
    "header", ["Serienummer", "national", "personeelsnummer", "naam", "", "order number"]
)
def test_other_headers_are_not(header: str) -> None:
    assert not names_national_number(header)
