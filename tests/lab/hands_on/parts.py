"""Who plays which host of the sample workspace: everything that the inventory says, and what answers there."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schoten_ict.inventory import Inventory
from schoten_ict.inventory.reach import connections
from schoten_ict.inventory.sections.hosts import Host

REPOSITORY = Path(__file__).resolve().parents[3]
RECORDINGS = {
    "ups-gh-01": "apc_smtl1000-nmc3", "fw-01": "fortigate_100e", "sw-core-01": "arubaos-cx_10.07",
    "sw-gh-01": "procurve_e2910", "sw-gh-02": "procurve_2520", "ap-gh-01": "unifi_nanohd",
    "ap-gh-02": "aruba-instant_105", "nas-01": "qnap", "ups-bib-01": "eatonupsm2_9px",
    "sw-bib-01": "ios_2960x", "sw-werf-01": "iosxe_c9300", "sw-sch-01": "edgeswitch_us-8",
    "prn-gh-01": "konica_c250i", "prn-gh-02": "jetdirect_m880", "prn-bib-01": "brother",
    "prn-werf-01": "ricoh_mpc2503",
}  # fmt: skip
"""Hosts that a recording plays. What has SNMP and is not here is played by net-snmp."""

OPENSSH = "Linux hosts, OpenSSH"
WINRM = "Windows hosts, WinRM"
NET_SNMP = "devices, net-snmp"
REPLAYED = "devices, recordings over SNMP"
_DEFAULT_PORTS = {"ssh": 22, "winrm": 5986, "snmp": 161}


@dataclass(frozen=True, slots=True)
class Part:
    """One host over one way. `recording` is the file that answers, where one does."""

    host: str
    address: str
    protocol: str
    port: int
    credential: str
    played_by: str
    ca: str | None = None
    recording: Path | None = None

    @property
    def absent(self) -> bool:
        """Whether its recording is not there."""
        return self.recording is not None and not self.recording.is_file()


def corpus() -> Path:
    """Where the public recordings are looked for."""
    return Path(os.environ.get("ICT_CORPUS") or REPOSITORY.parent / "shared" / "corpus") / "snmp"


def parts_of(inventory: Inventory) -> list[Part]:
    """Every host that the lab can play, in the order of the inventory."""
    return [part for host in inventory.hosts for part in _of_host(inventory, host)]


def _of_host(inventory: Inventory, host: Host) -> Iterator[Part]:
    for protocol, way in connections(inventory, host).items():
        if protocol in _DEFAULT_PORTS and way.credential:
            by, recording = _player(host.name, protocol)
            yield Part(
                host.name, host.address, protocol, way.port or _DEFAULT_PORTS[protocol], way.credential, by,
                way.tls.ca if way.tls else None, recording,
            )  # fmt: skip


def _player(host: str, protocol: str) -> tuple[str, Path | None]:
    if protocol != "snmp":
        return (OPENSSH if protocol == "ssh" else WINRM), None
    name = RECORDINGS.get(host)
    return (REPLAYED, corpus() / f"{name}.snmprec") if name else (NET_SNMP, None)
