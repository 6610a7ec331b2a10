"""WS-Management as Windows speaks it: requests read into words, answers and faults written as text."""

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

S = "http://www.w3.org/2003/05/soap-envelope"
A = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
X = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
W = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
P = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
RSP = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
F = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
CMD = f"{RSP}/cmd"
ANONYMOUS = f"{A}/role/anonymous"
_PREFIXES = {"s": S, "a": A, "x": X, "w": W, "rsp": RSP, "p": P}
_FAULT_PREFIXES = {
    "s": S, "a": A, "x": X, "e": "http://schemas.xmlsoap.org/ws/2004/08/eventing",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration", "w": W, "p": P,
}  # fmt: skip
_PROVIDER = r'provider="Shell cmd plugin" path="%systemroot%\system32\winrscmd.dll"'
_SECONDS = re.compile(r"^PT(\d+(?:\.\d+)?)S$")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `action` is the last word of its URI (`Create`, `Receive` ...)."""

    action: str
    message_id: str
    resource: str
    shell_id: str | None
    options: Mapping[str, str]
    operation_seconds: float
    body: ET.Element

    def text(self, name: str) -> str | None:
        """The text of an element of the shell's vocabulary in the body."""
        return self.body.findtext(f".//{{{RSP}}}{name}")

    def command_id(self) -> str | None:
        """The command that the body speaks of."""
        return next((each.get("CommandId") for each in self.body.iter() if each.get("CommandId")), None)


@dataclass(eq=False)
class FaultError(Exception):
    """A refusal. `code` is that of Windows, `kind` the subcode (`w:InvalidSelectors`)."""

    code: int
    kind: str
    reason: str
    message: str = ""
    receiver: bool = False
    detail: str = ""
    provider: bool = False

    def body(self, machine: str) -> str:
        """The body of the answer, in the words and order of the recordings."""
        said = escape(self.message or self.reason)
        message = f"<f:ProviderFault {_PROVIDER}>{said}</f:ProviderFault>" if self.provider else said
        detail = f"<w:FaultDetail>{W[:-4]}/faultDetail/{self.detail}</w:FaultDetail>" if self.detail else ""
        return (
            f"<s:Fault><s:Code><s:Value>s:{'Receiver' if self.receiver else 'Sender'}</s:Value><s:Subcode>"
            f"<s:Value>{self.kind}</s:Value></s:Subcode></s:Code><s:Reason>"
            f'<s:Text xml:lang="en-US">{escape(self.reason)}</s:Text></s:Reason><s:Detail>{detail}'
            f'<f:WSManFault xmlns:f="{F}" Code="{self.code}" Machine={quoteattr(machine)}>'
            f"<f:Message>{message}</f:Message></f:WSManFault></s:Detail></s:Fault>"
        )


def read(content: bytes) -> Request:
    """Read a request; raises `ValueError` for anything that is none."""
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        raise ValueError(str(error)) from None
    body = root.find(f"{{{S}}}Body")
    if body is None:
        raise ValueError("no body")
    if body.find(f"{{{IDENTITY}}}Identify") is not None:
        return Request("Identify", "", "", None, {}, 0.0, body)
    action = root.findtext(f".//{{{A}}}Action") or ""
    timeout = _SECONDS.match(root.findtext(f".//{{{W}}}OperationTimeout") or "PT60S")
    selectors = {each.get("Name"): each.text for each in root.iter(f"{{{W}}}Selector")}
    return Request(
        action=action.rsplit("/", 1)[-1],
        message_id=root.findtext(f".//{{{A}}}MessageID") or "",
        resource=root.findtext(f".//{{{W}}}ResourceURI") or "",
        shell_id=selectors.get("ShellId"),
        options={each.get("Name") or "": each.text or "" for each in root.iter(f"{{{W}}}Option")},
        operation_seconds=float(timeout[1]) if timeout else -1.0,
        body=body,
    )


def answer(action: str, body: str, request: Request) -> bytes:
    """An answer to `request`, with `action` as its full URI."""
    # Windows names the transfer vocabulary only where a body may use it; the recordings show where.
    absent = {"Receive": ("x",), "Delete": ("x", "rsp")}.get(request.action, ())
    prefixes = {name: uri for name, uri in _PREFIXES.items() if name not in absent}
    return _envelope(prefixes, action, body, request.message_id)


def fault(refusal: FaultError, machine: str, request: Request) -> bytes:
    """A fault as the answer to `request`."""
    base = A if refusal.kind.startswith("a:") else W[:-4]
    return _envelope(_FAULT_PREFIXES, f"{base}/fault", refusal.body(machine), request.message_id)


def identity(version: str) -> bytes:
    """The answer to Identify; Windows keeps its version to itself before a log-in."""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{S}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{IDENTITY}">'
        f"<wsmid:ProtocolVersion>{W}</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>{escape(version)}</wsmid:ProductVersion>"
        "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
    ).encode()


def _envelope(prefixes: Mapping[str, str], action: str, body: str, relates_to: str) -> bytes:
    names = " ".join(f'xmlns:{name}="{uri}"' for name, uri in prefixes.items())
    return (
        f'<s:Envelope xml:lang="en-US" {names}><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{ANONYMOUS}</a:To>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
