"""Who is at the keyboard: the real person, also under sudo."""

import os
from pathlib import Path

_LOGIN_UID = Path("/proc/self/loginuid")
_NO_LOGIN = 4294967295


def actor() -> str:
    """The name for the journal: `jan`, or `jan (as root)` under sudo."""
    if os.name != "posix":
        import getpass

        return getpass.getuser()
    effective = _account(os.geteuid())
    real = os.environ.get("SUDO_USER") if os.geteuid() == 0 else None
    real = real or _login_account() or effective
    return real if real == effective else f"{real} (as {effective})"


def _account(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _login_account() -> str | None:
    """The account that logged in, as the kernel's audit keeps it through sudo and su (Linux)."""
    try:
        uid = int(_LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if uid == _NO_LOGIN else _account(uid)
