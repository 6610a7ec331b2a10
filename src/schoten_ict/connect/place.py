"""Where something went wrong on the network, and what that means: one clear line with a stable code."""

import ssl
from dataclasses import dataclass
from socket import gaierror

from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error happened: what the messages say about it. `service` is who must listen there."""

    host: str
    address: str
    port: int
    service: str = "the service"

    def error(self, code: str, message: str, remedy: str = "") -> RemoteError:
        """A `RemoteError` about this host."""
        return RemoteError(message, code=code, subject=f"host:{self.host}", remedy=remedy)


def network_error(error: OSError, place: Place, doing: str) -> RemoteError:
    """A failure of a socket or of TLS; `doing` says what was going on (`connecting`, `asking` ...)."""
    where = f"{place.address} port {place.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = printable(getattr(error, "verify_message", "not valid"))
        return place.error(
            "tls",
            f"the certificate of {where} is refused: {reason}",
            "name the authority that issued it (tls: ca) or the name that stands in it (tls: server_name)",
        )
    if isinstance(error, ssl.SSLError):
        reason = printable(getattr(error, "reason", None) or "cut off").lower().replace("_", " ")
        return place.error("tls", f"no TLS with {where}: {reason}", "check that it is an HTTPS listener")
    if isinstance(error, gaierror):
        return place.error("unreachable", f"{place.address} cannot be resolved", "correct its address")
    if isinstance(error, TimeoutError) and doing != "connecting":
        return place.error("timeout", f"no answer in time while {doing}")
    reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or "connection lost"
    remedy = f"check that it is on and that {place.service} is enabled there" if doing == "connecting" else ""
    return place.error("unreachable", f"{where}: {reason} while {doing}", remedy)
