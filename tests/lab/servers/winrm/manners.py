"""How a server misbehaves when a test asks for it."""

import threading
from collections.abc import Callable
from enum import Enum, auto

from lab.servers.winrm.messages import FaultError


class Manner(Enum):
    """What happens instead of the answer. The request was carried out before, where there was one."""

    DROP = auto()  # the connection closes without an answer
    HALF = auto()  # half of the answer, then the connection closes
    STALL = auto()  # nothing at all
    TRICKLE = auto()  # one byte now and then
    ENDLESS = auto()  # an HTTP body without end
    BOAST = auto()  # a Content-Length of a terabyte
    GARBAGE = auto()  # random bytes as the message
    NONSENSE = auto()  # well-formed XML that says nothing
    BOMB = auto()  # entities within entities
    ENTITY = auto()  # a message with an entity of its own
    HTML = auto()  # a web page
    REDIRECT = auto()  # HTTP 302
    UNAVAILABLE = auto()  # HTTP 503
    NOT_HTTP = auto()  # a banner of another protocol
    TORN = auto()  # a sealed message without its end
    FORGED = auto()  # a sealed message with one bit changed
    PLAIN = auto()  # a right answer that is not sealed
    HANG_UP = auto()  # a right answer, after which the connection closes


class Manners:
    """What to do at which action (`Login`, `Create`, `Receive`, `Identify` ...), and how often."""

    def __init__(self) -> None:
        self._next: dict[str, list[Manner | FaultError]] = {}
        self._lock = threading.Lock()
        self._calls: dict[str, Callable[[], object]] = {}

    def when(self, action: str, call: Callable[[], object]) -> None:
        """Call this at the next request for `action`, before it is answered."""
        self._calls[action] = call

    def called(self, action: str) -> None:
        """Make the call that waits for `action`."""
        self._calls.pop(action, lambda: None)()

    def at(self, action: str, manner: Manner | FaultError, times: int = 1) -> None:
        """Misbehave at the next `times` requests for `action`."""
        with self._lock:
            self._next.setdefault(action, []).extend([manner] * times)

    def take(self, action: str) -> Manner | FaultError | None:
        """How to behave now."""
        with self._lock:
            waiting = self._next.get(action)
            return waiting.pop(0) if waiting else None
