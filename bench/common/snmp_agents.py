"""Agents that cost little, so that the clients are measured: they answer from memory what came before.

    python bench/common/snmp_agents.py SWITCHES SILENT

prints the ports, answers until standard input ends, and prints the CPU seconds that it took. All replay a
recorded switch (ICT_CORPUS), else one made up of 52 ports; the last SILENT of them never answer.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from bench.common.measure import serve

from lab.servers.snmp_manners import silent
from lab.servers.snmp_replay import Agent, ReplayServer, Reply
from lab.servers.snmprec import Recording, read_recording
from lab.snmp_rig import switch

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("ICT_CORPUS") or ROOT.parent / "shared" / "corpus")
RECORDING = CORPUS / "snmp" / "iosxe_c9300.snmprec"
_LONG = 0x80
_Known = dict[tuple[bytes, bytes], tuple[bytes, bytes]]


class QuickAgent(Agent):
    """Shares with others what was answered; only the number of the request differs."""

    known: _Known

    def replies(self, data: bytes) -> list[Reply]:
        """The answer from memory, else the honest one."""
        start, stop = number_of(data)
        asked = data[:start], data[stop:]
        found = self.known.get(asked)
        if found is None:
            first, *_ = super().replies(data) or [Reply(b"")]
            if not first.data:
                return []
            at, end = number_of(first.data)
            found = self.known[asked] = first.data[:at], first.data[end:]
        return [Reply(found[0] + data[start:stop] + found[1])]


def number_of(data: bytes) -> tuple[int, int]:
    """Where the number of a request stands, in a message of SNMP v1 or v2c."""
    at = 0
    for goes_in in (True, False, False, True):  # message, version, community, PDU
        size, body = data[at + 1], at + 2
        if size & _LONG:
            body += size & ~_LONG
            size = int.from_bytes(data[at + 2 : body], "big")
        at = body if goes_in else body + size
    return at + 2, at + 2 + data[at + 1]


def recording() -> Recording:
    """What all of them replay."""
    return read_recording(RECORDING) if RECORDING.exists() else switch(52 * 22)


def main(switches: int, mute: int) -> None:
    known: _Known = {}
    replayed = recording()
    quick = [QuickAgent(replayed) for _ in range(switches)]
    for agent in quick:
        agent.known = known
    with ReplayServer([*quick, *(Agent(replayed, silent) for _ in range(mute))]) as server:
        serve(server.ports)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
