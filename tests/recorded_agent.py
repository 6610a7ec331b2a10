"""A recorded agent that is asked directly, without a network: what collecting sees of a device."""

from collections.abc import Mapping
from pathlib import Path

from lab.servers import ber
from lab.servers.snmprec import read_recording
from schoten_ict.core.remote import Oid, RemoteError, SnmpValue, Walk

_NUMBERS = {0x02, 0x41, 0x42, 0x43, 0x46, 0x47}
_ADDRESS, _OPAQUE = 0x40, 0x44


def recorded(path: Path) -> dict[Oid, SnmpValue]:
    """The values of a recording, as a connector gives them; null values are left out."""
    found = {}
    for oid, binding in read_recording(path).rows.items():
        _, pair, _ = ber.decode(binding)
        _, _, at = ber.decode(pair)
        value = _value(*ber.decode(pair, at)[:2])
        if value is not None:
            found[oid] = value
    return found


def _value(tag: int, body: bytes) -> SnmpValue | None:
    if tag in _NUMBERS:
        return SnmpValue("integer", int.from_bytes(body, "big", signed=True))
    if tag in {ber.STRING, _OPAQUE}:
        return SnmpValue("string", body)
    if tag == ber.OBJECT:
        return SnmpValue("oid", ber.decode_oid(body))
    if tag == _ADDRESS:
        return SnmpValue("address", ".".join(map(str, body)))
    return None


class RecordedAgent:
    """Answers out of a mapping and keeps count. `asked` are the requests: GETs as their OIDs, walks as their root.

    `cut` ends the walk of a root after so many values; `fails` raises instead; after `silent_after` requests it
    says nothing any more.
    """

    def __init__(
        self,
        values: Mapping[Oid, SnmpValue],
        *,
        cut: Mapping[Oid, int] | None = None,
        fails: Mapping[Oid, RemoteError] | None = None,
        silent_after: int | None = None,
    ) -> None:
        self._values = dict(sorted(values.items()))
        self._cut, self._fails, self._silent_after = cut or {}, fails or {}, silent_after
        self.asked: list[Oid | tuple[Oid, ...]] = []

    async def get(self, oids: tuple[Oid, ...]) -> Mapping[Oid, SnmpValue]:
        self._note(oids)
        return {oid: self._values[oid] for oid in oids if oid in self._values}

    async def walk(self, root: Oid, *, rows: int = 20_000) -> Walk:
        self._note(root)
        if root in self._fails:
            raise self._fails[root]
        found = {oid: value for oid, value in self._values.items() if oid[: len(root)] == root}
        most = min(self._cut.get(root, rows), rows)
        if len(found) > most:
            return Walk(dict(list(found.items())[:most]), complete=False, reason="the agent repeats itself")
        return Walk(found)

    async def close(self) -> None:
        """Nothing to end."""

    def _note(self, request: Oid | tuple[Oid, ...]) -> None:
        self.asked.append(request)
        if self._silent_after is not None and len(self.asked) > self._silent_after:
            raise RemoteError("gave no answer", code="no-answer")
