"""The account guard for coroutines: waiting for a turn must not stop the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account

_POLL_SECONDS = 0.01


@asynccontextmanager
async def admitted(guard: AccountGuard | None, account: Account, host: str) -> AsyncIterator[None]:
    """Log in inside this block, alone until a login of the account ended well.

    Raises `RemoteError` (`not-asked`) when the account was refused before.
    """
    if guard is None:
        yield
        return
    while (turn := guard.admitted_at_once(account, host)) is None:  # noqa: ASYNC110 - the turn may be held by a thread
        await asyncio.sleep(_POLL_SECONDS)
    with turn:
        yield
