"""Recorded walks of real devices replay, and are walked to their end with the same values by both libraries."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.servers.snmp_replay import Agent, ReplayServer
from lab.servers.snmprec import Recording, read_recording
from lab.snmp_rig import BACKENDS, COMMUNITY, present, target
from lab.system_group import System, system
from schoten_ict.connect.snmp import open_snmp, values
from schoten_ict.core.remote import Oid, SnmpValue
from schoten_ict.fleet.ask.snmp import oids

pytestmark = pytest.mark.corpus

Locate = Callable[[str], Path]

ROOTS: tuple[Oid, ...] = ((1, 3), (1, 0), (0, 3))  # LLDP stands below 1.0; one agent has a row below 0.3
ROWS = 100_000

# how many values each recording holds
COUNTS = {
    "apc_ap8959eu3": 283, "apc_smt750x-nmc2": 303, "apc_smtl1000-nmc3": 321, "aruba-instant_105": 319,
    "arubaos-cx_10.07": 4621, "arubaos-cx_10.10": 1592, "asa": 3447, "audiocodes_mp118": 1693,
    "axiscam_p1375": 17, "brother": 227, "ciscosb_sg350x-24p": 13905, "comware": 17589,
    "cyberpower_pr2200rt2uc": 507, "drac_r640": 1555, "dsm": 2070, "eaton-mgeups_9pxle": 1155,
    "eatonupsm2_9px": 365, "edgeswitch_us-8": 4895, "epson": 175, "fortigate": 1853, "fortigate_100e": 802,
    "fortiswitch_148f-fpoe": 3117, "grandstream-ht_ht802": 152, "hpe-ilo_4": 2047, "hpe-msa": 4,
    "innovaphone": 258, "ios_2960x": 10842, "iosxe_c9300": 5347, "jetdirect": 370, "jetdirect_m130nw": 481,
    "jetdirect_m880": 330, "konica": 274, "konica_c250i": 203, "kyocera": 5, "lexmarkprinter": 2,
    "linux": 169, "linux_1": 2, "linux_xcp-ng": 315, "netmanplus_208": 96, "nxos_n3k-3064pq": 5858,
    "opnsense_vm": 30, "patton-sn": 198, "procurve": 6790, "procurve_2520": 2633, "procurve_e2910": 3506,
    "proxmox": 2, "qnap": 968, "ricoh_mpc2503": 122, "routeros_rb760igs": 693,
    "samsungprinter_m4080fx": 113, "sonicwall_sonicos7": 675, "ucos_cucm": 58, "unifi_nanohd": 1001,
    "vmware-esxi": 1075, "vmware-vcsa": 540, "windows_svr_2019_1809": 1153, "xerox": 45,
}  # fmt: skip

# lines that are no rows: the addresses in them were blotted out before they were published
UNREADABLE = {"nxos_n3k-3064pq": 4, "windows_svr_2019_1809": 18}

# rows without a value (NULL), which no reader can use
EMPTY = {"cyberpower_pr2200rt2uc": 16}


def replay(path: Path) -> tuple[Recording, Agent]:
    recording = read_recording(path)
    return recording, Agent(recording, community=COMMUNITY.encode())


async def everything(port: int, backend: str) -> tuple[dict[Oid, SnmpValue], list[str], System]:
    """All values, the reasons for which a walk is not complete, and what the agent says about itself."""
    async with asyncio.timeout(100), open_snmp(target(port), backend=backend) as session:
        found: dict[Oid, SnmpValue] = {}
        reasons = []
        for root in ROOTS:
            walk = await session.walk(root, rows=ROWS)
            found |= walk.values
            reasons += [walk.reason] if not walk.complete else []
        return found, reasons, await system(session)


@pytest.mark.parametrize("name", COUNTS)
def test_a_recording_is_walked_whole_by_both_libraries(corpus: Locate, name: str) -> None:
    recording, agent = replay(corpus("snmp") / f"{name}.snmprec")
    assert len(recording.rows) == COUNTS[name] + EMPTY.get(name, 0)
    assert len(recording.unreadable) == UNREADABLE.get(name, 0)
    with ReplayServer([agent]) as server:
        answers = [asyncio.run(everything(server.ports[0], present(each))) for each in BACKENDS]
    found, reasons, about = answers[0]
    assert reasons == []
    assert len(found) == COUNTS[name]
    assert set(found) <= set(recording.rows)
    assert answers[0] == answers[1]
    assert about.description == values.text(found, oids.SYS_DESCR)
    assert about.object_id == values.name(found, oids.SYS_OBJECT_ID)


def test_no_recording_is_forgotten(corpus: Locate) -> None:
    assert {path.stem for path in corpus("snmp").glob("*.snmprec")} == set(COUNTS)


# objects that the compiled MIBs lack; their numbers are in the RFCs that `oids` names
NOT_COMPILED = {"ADDRESS_PREFIX", "HR_DEVICE_PRINTER", "HR_DEVICE_TYPE", "IF_SPEED", "UPS_ALARM_BATTERY_BAD"}


def test_the_oids_are_those_of_the_mibs(corpus: Locate) -> None:
    """Each number is that of an object, an instance of one, or a table of some, as a MIB compiler gave them."""
    lines = (corpus("snmp") / "OIDS.tsv").read_text(encoding="utf-8").splitlines()[1:]
    known = {values.parse_oid(line.split("\t")[1]) for line in lines}
    above = {oid[:length] for oid in known for length in range(8, len(oid) + 1)}
    ours = {name: oid for name, oid in vars(oids).items() if name.isupper() and isinstance(oid[0], int)}
    lacking = {
        name
        for name, oid in ours.items()
        if oid not in above and not any(oid[:-depth] in known for depth in (1, 2))
    }
    assert lacking == NOT_COMPILED
