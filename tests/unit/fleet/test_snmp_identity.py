"""Platforms and the identity that is read through them."""

import re
from dataclasses import fields

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schoten_ict.core.hostfacts import Identity
from schoten_ict.core.remote import Oid, SnmpValue
from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.identity import candidates, chassis_of, identify, plausible_serial
from schoten_ict.fleet.ask.snmp.platform import UNKNOWN, At, Own, Platform, Sign, known, makers, recognise
from schoten_ict.fleet.ask.snmp.reading import Values, words
from snmp_values import integer, known_objects, objects, octets, string, tables

FIELDS = tuple(each.name for each in fields(Identity))


def of(values: dict[Oid, SnmpValue]) -> Identity:
    return identify(recognise(values), values)


def chassis(row: int, kind: int, **columns: str) -> dict[Oid, SnmpValue]:
    places = {"serial": oids.ENT_SERIAL, "model": oids.ENT_MODEL, "vendor": oids.ENT_VENDOR}
    cells = {(*places[name], row): string(word) for name, word in columns.items()}
    return {(*oids.ENT_CLASS, row): integer(kind), **cells}


def device(number: str, descr: str = "") -> dict[Oid, SnmpValue]:
    return {
        oids.SYS_OBJECT_ID: SnmpValue("oid", oids.enterprise(number)),
        oids.SYS_DESCR: string(descr),
    }


def test_platforms_are_declared_once_and_can_be_told_apart() -> None:
    names = [each.name for each in known()]
    assert len(names) == len(set(names)) > 50
    signs = [sign for each in known() for sign in each.signs]
    assert len(signs) == len(set(signs))
    for platform in known():
        assert platform.signs
        assert all(sign.object_id or sign.says or sign.holds for sign in platform.signs)


def test_places_are_fields_of_an_identity_and_their_patterns_have_one_group() -> None:
    for platform in known():
        for field, places in platform.places.items():
            assert field in FIELDS, platform.name
            for place in places:
                pattern = place.pattern if isinstance(place, At) else ""
                assert re.compile(pattern).groups == (1 if pattern else 0), platform.name


def test_columns_that_a_place_needs_are_walked() -> None:
    for platform in known():
        owned = [place for places in platform.places.values() for place in places if isinstance(place, Own)]
        for place in owned:
            assert {place.oid, oids.IF_MAC} <= set(platform.columns), platform.name


def test_no_platform_asks_for_more_than_fits_in_two_requests() -> None:
    assert max(len(each.objects()) for each in known()) <= 40


@pytest.mark.parametrize(
    ("number", "descr", "name"),
    [
        ("9.1.1208", "Cisco IOS Software, C2960X", "cisco-ios"),
        ("9.1.2494", "Cisco IOS Software [Everest] (CAT9K_IOSXE)", "cisco-iosxe"),
        ("9.6.1.94.24.5", "SG350X-24P", "cisco-business"),
        ("318.1.3.27", "", "apc-ups"),
        ("318.1.3.4.6", "", "apc-pdu"),
        ("11.2.3.9.1", "", "hp-printer"),
        ("11.2.3.7.11.84", "", "hp-switch"),
        ("8072.3.2.10", "Linux srv 6.1.0 #1 SMP x86_64", "linux"),
        ("8072.3.2.10", "Linux srv 6.8.12-4-pve #1 SMP PREEMPT_DYNAMIC PVE 6.8 x86_64", "proxmox"),
        ("99999", "", "unknown"),
    ],
)
def test_the_most_specific_sign_wins(number: str, descr: str, name: str) -> None:
    assert recognise(device(number, descr)).name == name


def test_an_object_tells_more_than_a_name() -> None:
    values = {**device("8072.3.2.10", "Linux nas 4.4"), oids.enterprise("6574.1.5.1.0"): string("DS920+")}
    assert recognise(values).name == "synology"
    assert of(values).model == "DS920+"


def test_a_longer_number_is_no_shorter_one() -> None:
    assert recognise(device("31")).name == recognise(device("3180")).name == "unknown"


def test_an_unknown_device_is_read_from_the_standard_tables() -> None:
    values = {**device("99999"), **chassis(4, 3, vendor="Acme Ltd", model="X-1", serial="AC-0001")}
    found = of(values)
    assert (found.vendor, found.model, found.serial) == ("Acme Ltd", "X-1", "AC-0001")
    ups = {oids.UPS_MANUFACTURER: string("CPS"), oids.UPS_MODEL: string("PR2200")}
    assert (of(ups).vendor, of(ups).model) == ("CyberPower", "PR2200")


def test_the_serial_of_a_card_or_a_power_supply_is_not_the_device() -> None:
    parts = {**chassis(1, 9, serial="CARD0001"), **chassis(2, 6, serial="POWER001")}
    assert of({**device("9.1.1"), **parts, **chassis(3, 3, model="C9300")}).serial is None
    assert of({**device("9.1.1"), **parts, **chassis(3, 3, serial="FCW2204L050")}).serial == "FCW2204L050"
    agent = {oids.enterprise("3808.1.1.1.1.2.9.0"): string("TALNS2003137")}
    assert of({**device("3808.1.1.1"), **agent}).serial is None
    card = "APC Web/SNMP Management Card (MN:AP9631 HR:08 SN: ZA1815031283 MD:04/10/2018)"
    assert of(device("318.1.3.27", card)).serial is None


def test_a_stack_is_its_first_member_with_a_serial() -> None:
    stack = {
        **chassis(1, 11, serial="STACK001", model="stack"),
        **chassis(1001, 3, model="WS-1"),
        **chassis(2001, 3, serial="FCW1931A06Z", model="WS-2"),
    }
    assert candidates(stack) == (1001, 2001)
    assert chassis_of(stack) == 2001
    found = of({**device("9.1.1208"), **stack})
    assert (found.serial, found.model) == ("FCW1931A06Z", "WS-2")


def test_without_a_chassis_the_stack_counts_then_the_first_row() -> None:
    assert candidates({**chassis(5, 9), **chassis(7, 11), **chassis(9, 11)}) == (7, 9)
    assert candidates({**chassis(5, 9), **chassis(2, 4)}) == (2,)
    assert candidates({}) == (1,)


def test_few_rows_are_asked_of_a_tall_stack() -> None:
    rows = {oid: value for row in range(1, 200) for oid, value in chassis(row, 3).items()}
    assert candidates(rows) == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("word", "serial"),
    [
        ("FCW1929B68S", "FCW1929B68S"),
        ("AS 1907-242.163", "AS 1907-242.163"),
        ("N/A", None),
        ("123456789", None),
        ("0000000000", None),
        ("<private>", None),
        ("System MAC: fc-ec-da-bf-69-55", None),
        ("04/10/2018", None),
        ("2018-04-10", None),
        ("X", None),
        ("A" * 65, None),
    ],
)
def test_a_serial_is_no_placeholder_no_sentence_and_no_date(word: str, serial: str | None) -> None:
    assert plausible_serial(word) == serial


def test_makers_have_one_name() -> None:
    names = [
        "cisco Systems Inc.",
        "Cisco Systems, Inc.",
        "Hewlett-Packard",
        "HP",
        "HPE",
        "EATON",
        "VMware, Inc.",
    ]
    found = [of(chassis(1, 3, vendor=name)).vendor for name in names]
    assert found == ["Cisco", "Cisco", "HP", "HP", "HPE", "Eaton", "VMware"]
    assert of(chassis(1, 3, vendor="HPX Corp")).vendor == "HPX Corp"
    assert of(chassis(1, 3, vendor="N/A")).vendor is None


def test_a_model_does_not_repeat_its_maker() -> None:
    models = ["HP LaserJet M404", "Hewlett-Packard 10508", "HPE 5130", "LaserJet HP 4", "HP Virtual Platform"]
    found = [of({**device("11.2.3.9.1"), oids.HR_DEVICE_DESCR: string(model)}).model for model in models]
    assert found == ["LaserJet M404", "10508", "HPE 5130", "LaserJet HP 4", "HP Virtual Platform"]


def test_a_printer_of_a_print_server_is_not_its_model() -> None:
    printer = {
        oids.HR_DEVICE_TYPE: SnmpValue("oid", oids.HR_DEVICE_PRINTER),
        oids.HR_DEVICE_DESCR: string("Microsoft Print To PDF"),
    }
    assert of({**device("311.1.1.3.1.2"), **printer}).model is None
    assert of({**device("99999"), **printer}).model == "Microsoft Print To PDF"


def test_a_cluster_answers_with_the_serial_of_the_device_that_was_asked() -> None:
    serials = oids.enterprise("14823.2.3.3.1.2.1.1.4")
    values = {
        **device("14823.1.2.71", "ArubaOS (MODEL: 105), Version 6.4.4.8"),
        (*serials, 36, 222, 198, 195, 80, 164): string("BT0489813"),
        (*serials, 36, 222, 198, 195, 82, 218): string("BT0490379"),
    }
    assert of(values).serial is None
    own = {(*oids.IF_MAC, 1): octets(bytes((36, 222, 198, 195, 82, 218)))}
    assert of({**values, **own}).serial == "BT0490379"


def test_what_the_standard_tables_give_wrongly_is_left_out() -> None:
    values = {**device("6876.4.6"), **chassis(1, 3, serial="VMware-43 1c 58 a2 1c d4 34 54-7")}
    assert of(values).serial is None


def test_firmware_is_told_where_no_system_is() -> None:
    software = {(*oids.ENT_CLASS, 1): integer(3), (*oids.ENT_SOFTWARE, 1): string("ML.10.07.0005")}
    switch, other = of({**device("47196.4.1"), **software}), of({**device("99999"), **software})
    assert (switch.os, switch.os_version, switch.firmware) == ("ArubaOS-CX", "ML.10.07.0005", None)
    assert (other.os, other.os_version, other.firmware) == (None, None, "ML.10.07.0005")


def decodings(values: Values) -> list[str]:
    raw = [each.value for each in values.values() if isinstance(each.value, bytes)]
    return [text for each in raw for text in (each.decode("utf-8", "ignore"), each.decode("latin-1"))]


@given(st.dictionaries(st.one_of(known_objects(), tables()), objects(), max_size=40), st.data())
@example({oids.SYS_NAME: octets(b"\xff\xfe")}, None)
def test_an_identity_invents_nothing(values: dict[Oid, SnmpValue], data: st.DataObject | None) -> None:
    sign = data.draw(st.sampled_from([sign for each in known() for sign in each.signs])) if data else Sign()
    if sign.object_id:
        values[oids.SYS_OBJECT_ID] = SnmpValue("oid", sign.object_id)
    if sign.holds:
        values.setdefault(sign.holds, string("HOLDS-1"))
    platform = recognise(values)
    found = identify(platform, values)
    read = decodings(values)
    declared: dict[str, set[str | None]] = {"vendor": set(makers().values()), "os": {platform.os}}
    for field in FIELDS:
        word = getattr(found, field)
        assert word is None or word in declared.get(field, ()) or any(word in each for each in read), field


@given(st.sampled_from(known()), st.binary(max_size=60))
def test_a_word_in_any_place_is_read_or_refused(platform: Platform, raw: bytes) -> None:
    values: dict[Oid, SnmpValue] = dict.fromkeys(platform.objects(), octets(raw))
    found = identify(platform, values)
    for field in ("model", "serial", "firmware", "os_version"):
        word = getattr(found, field)
        assert word is None or word in (words(raw) or "")


def test_no_sign_is_no_platform() -> None:
    assert recognise({}) is UNKNOWN
    assert identify(UNKNOWN, {}) == Identity()
