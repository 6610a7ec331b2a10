"""What keeps a walk from going wrong, as pure rules: repetition, size, and how much to ask for at once."""

from dataclasses import dataclass, field

from schoten_ict.connect.snmp.backend import Batch
from schoten_ict.core.remote import Oid, SnmpValue, Walk


@dataclass(slots=True)
class Repetitions:
    """How many values a GETBULK asks for: less when the agent cannot answer; a session remembers it.

    A request that was lost says little, so the full number is tried once more before less becomes the rule.
    """

    now: int = 20
    limit: int = 20
    _works: int = 0

    @classmethod
    def of(cls, number: int) -> "Repetitions":
        """To begin with."""
        return cls(number, number)

    def answered(self) -> None:
        """So many were possible."""
        self._works = 0 if self.now == self.limit else self.now
        self.now = self.limit

    def missed(self) -> bool:
        """No answer came. False when it cannot be less."""
        if self.now == self.limit and self._works:
            self.now = self.limit = self._works
            self._works = 0
            return True
        return self.declined()

    def too_big(self) -> bool:
        """The agent says so itself. False when it cannot be less."""
        less = self.declined()
        self.limit, self._works = self.now, 0
        return less

    def declined(self) -> bool:
        """The agent cannot give one of the values; those before it may be possible. False when it is one."""
        if self.now == 1:
            return False
        self.now //= 2
        return True


@dataclass(slots=True)
class Progress:
    """A walk under way. `position` is the OID to go on from.

    Ends at the first value outside `root` and at the end of the MIB. An OID that came before stops the walk:
    the agent goes in circles. OIDs that merely do not increase are kept, because printers answer so.
    """

    root: Oid
    rows: int
    position: Oid = ()
    values: dict[Oid, SnmpValue] = field(default_factory=dict)
    over: bool = False
    reason: str = ""
    _passed: set[Oid] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.position = self.root

    def take(self, batch: Batch) -> None:
        """Add an answer and find out where it leads."""
        root, length, values = self.root, len(self.root), self.values
        for oid, value in batch.rows:
            if oid[:length] != root:
                self.over = True
                return
            if oid in values:
                self.stop(f"the agent repeats itself at {dotted(oid)}")
                return
            if len(values) >= self.rows:
                self.stop(f"more than {self.rows} values")
                return
            values[oid] = value
        self._go_on(batch)

    def _go_on(self, batch: Batch) -> None:
        if batch.end or (batch.last is not None and batch.last[: len(self.root)] != self.root):
            self.over = True
        elif batch.last is None:
            self.stop("the agent gave an empty answer")
        elif batch.last in self._passed or batch.last == self.position:
            self.stop(f"the agent repeats itself at {dotted(batch.last)}")
        else:
            self._passed.add(batch.last)
            self.position = batch.last

    def finish(self) -> None:
        """The agent has nothing further."""
        self.over = True

    def stop(self, reason: str) -> None:
        """End the walk here: what came is not all."""
        self.over, self.reason = True, reason

    def walk(self) -> Walk:
        """What came."""
        return Walk(self.values, complete=not self.reason, reason=self.reason)


def dotted(oid: Oid) -> str:
    """An OID as text."""
    return ".".join(map(str, oid))
