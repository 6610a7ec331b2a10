"""A sweep over addresses of loopback: it ends at its deadline and when nobody listens any more."""

import asyncio
import threading

import pytest

from schoten_ict.fleet.scanning import Scan, Sweep, addresses

NETWORK = addresses(["127.77.2.0/26"])


def sweeping() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(("ict-sweep", "ict-ask"))]


def test_every_address_is_seen_once() -> None:
    sweep = Sweep(Scan(NETWORK, ports=(9,), names=False))
    assert sorted(each.address for each in sweep) == sorted(NETWORK)
    assert list(sweep.waiting) == []
    assert sweeping() == []


def test_what_the_deadline_leaves_has_a_reason() -> None:
    seen = list(Sweep(Scan(NETWORK, run_seconds=0, names=False)))
    assert [each.address for each in seen] == NETWORK
    assert all(each.reason and not each.is_there for each in seen)


def test_leaving_early_ends_the_work_though_others_never_answer() -> None:
    async def only_the_first(address: str) -> str | None:
        if address != NETWORK[0]:
            await asyncio.Event().wait()
        return None

    sweep = Sweep(Scan(NETWORK, ports=(9,), names=False, snmp=only_the_first))
    for sighting in sweep:
        assert sighting.address == NETWORK[0]
        break
    for thread in sweeping():
        thread.join(5)
    assert sweeping() == []
    assert len(sweep.waiting) == len(NETWORK) - 1


def test_a_fault_of_ours_is_raised_and_does_not_hang() -> None:
    async def broken(_address: str) -> str | None:
        raise LookupError("boom")

    with pytest.raises(LookupError, match="boom"):
        list(Sweep(Scan(NETWORK, ports=(9,), names=False, snmp=broken)))


def test_declared_names_are_looked_up_within_the_sweep() -> None:
    sweep = Sweep(Scan(["127.0.0.1", "127.0.0.2"], ports=(9,), declared=["localhost", "127.0.0.2"]))
    seen = {each.address: each.names for each in sweep}
    assert seen == {"127.0.0.1": ("localhost",), "127.0.0.2": ("127.0.0.2",)}
    assert sweep.unfound == []


def test_without_names_no_declared_name_is_looked_up() -> None:
    sweep = Sweep(Scan(["127.0.0.1"], ports=(9,), names=False, declared=["localhost"]))
    assert [each.names for each in sweep] == [()]
    assert sweep.unfound == ["localhost"]
