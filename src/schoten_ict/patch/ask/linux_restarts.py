"""Whether a Linux machine waits for a restart: everything there that can tell is heard.

Sources: needrestart(1) in batch mode (KSTA 1 current, 2 and 3 upgraded), needs-restarting of dnf-plugins-core
and dnf5, zypper(8) needs-rebooting (status 102), Debian's and Ubuntu's /run/reboot-required. One that says
*yes* is believed; *no* is only said where something looked. Without any of them the running kernel is
compared with the installed ones of its own flavour.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schoten_ict.patch.ask.linux_told import Found, text, well
from schoten_ict.patch.facts import Reboot

ZYPPER_NEEDED = 102
_LONGEST = 200
_KERNEL = re.compile(r"^(?P<version>\d[\w.~]*(?:-\d[\w.~]*)*)(?P<flavour>[-+][A-Za-z][\w.+-]*)?$")
_DEBIAN_BUILD = re.compile(r"\bDebian (\S+)")
_TOKEN = re.compile(r"[0-9]+|[A-Za-z]+")
_STATES = {"1": False, "2": True, "3": True}


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one of them says; `needed` is None where it does not know."""

    needed: bool | None
    reasons: tuple[str, ...] = ()


def read_reboot(found: Found, release: str) -> Reboot:
    """Whether a restart is due; `release` is that of the running kernel (`uname -r`). Pure."""
    batch = _batch(text(found, "needrestart"))
    opinions = [
        _required(text(found, "required")),
        _needrestart(batch),
        _needs_restarting(text(found, "restarting")),
        _needs_rebooting(found),
    ]
    kernel = _kernel(found, release)
    asked = [each for each in opinions if each.needed is not None]
    reasons = [reason for each in (*asked, kernel) if each.needed for reason in each.reasons]
    if reasons or any(each.needed for each in asked):
        needed: bool | None = True
    else:
        needed = False if asked else kernel.needed
    return Reboot(
        needed=needed,
        reasons=tuple(dict.fromkeys(reasons)),
        services=tuple(sorted({name.removesuffix(".service") for name in batch.get("SVC", ())})),
        shown=tuple(_shown(batch, is_alone=needed is False and not asked)),
    )


def _shown(batch: Mapping[str, list[str]], *, is_alone: bool) -> Iterator[str]:
    if is_alone:
        yield "only the kernel was compared"
    if "2" in batch.get("UCSTA", ()):
        yield "a newer microcode is installed"


def _required(told: str) -> Opinion:
    lines = told.splitlines()
    if "flag" in lines:
        packages = [line.partition(" ")[2][:_LONGEST] for line in lines if line.startswith("package ")]
        return Opinion(True, tuple(sorted(filter(None, packages))) or ("reboot-required",))
    return Opinion(False if any(line.startswith("hook ") for line in lines) else None)


def _batch(told: str) -> dict[str, list[str]]:
    """`NEEDRESTART-KEY: value` lines, by key."""
    found: dict[str, list[str]] = {}
    for line in told.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.startswith("NEEDRESTART-"):
            found.setdefault(name.removeprefix("NEEDRESTART-"), []).append(value.strip()[:_LONGEST])
    return found


def _needrestart(batch: Mapping[str, list[str]]) -> Opinion:
    state = _STATES.get("".join(batch.get("KSTA", ())[:1]))
    if not state:
        return Opinion(state)
    running, expected = ("".join(batch.get(key, ())[:1]) for key in ("KCUR", "KEXP"))
    return Opinion(True, (f"kernel {expected or 'newer'} is installed, {running or 'another'} runs",))


def _needs_restarting(told: str) -> Opinion:
    """By its words, because an unknown command ends with 1 as well."""
    if "Reboot is required" in told:
        return Opinion(True, tuple(_starred(told)) or ("needs-restarting",))
    return Opinion(False if "Reboot should not be necessary" in told else None)


def _needs_rebooting(found: Found) -> Opinion:
    if "rebooting" not in found:
        return Opinion(None)
    if found["rebooting"].status == ZYPPER_NEEDED:
        return Opinion(True, tuple(_starred(found["rebooting"].text)) or ("zypper needs-rebooting",))
    return Opinion(False if well(found, "rebooting") else None)


def _starred(told: str) -> Iterator[str]:
    for line in told.splitlines():
        if line.startswith("  * "):
            yield line[4:].strip()[:_LONGEST]


def _kernel(found: Found, release: str) -> Opinion:
    """The running kernel against those installed; known only where it is one of them itself."""
    names = {_kernel_name(line) for line in text(found, "kernels").splitlines()}
    if release not in names:
        return Opinion(None)
    own = _parts(release)
    others = {name: parts for name in names if (parts := _parts(name)) is not None}
    if own is None:
        return Opinion(None)
    newest = max(others, key=lambda name: others[name][0] if others[name][1] == own[1] else ())
    if newest != release:
        return Opinion(True, (f"kernel {newest} is installed, {release} runs",))
    built = _DEBIAN_BUILD.search(text(found, "build"))
    package = text(found, "kernel-package").strip()
    if built and package and well(found, "kernel-package") and built[1] != package:
        return Opinion(True, (f"kernel {package[:_LONGEST]} is installed, {built[1]} runs",))
    return Opinion(False)


def _kernel_name(path: str) -> str:
    parts = path.strip().split("/")
    return parts[-2] if parts[-1] == "vmlinuz" and len(parts) > 1 else parts[-1].removeprefix("vmlinuz-")


def _parts(release: str) -> tuple[tuple[tuple[int, int, str], ...], str] | None:
    """What can be compared of a release, and its flavour (`-amd64`, `+rt`); None for another shape."""
    told = _KERNEL.match(release)
    if told is None:
        return None
    tokens = _TOKEN.findall(told["version"])
    return tuple(map(_place, tokens)), told["flavour"] or ""


def _place(token: str) -> tuple[int, int, str]:
    """Numbers by how long they are first: as their values, and of any length."""
    number = token.lstrip("0")
    return (1, len(number), number) if token.isdigit() else (0, 0, token)
