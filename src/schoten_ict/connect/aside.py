"""Blocking calls beside an event loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def aside(function: Callable[[], T]) -> T:
    """What a blocking function gives or raises, from a thread of its own.

    The event loop's own threads are few, are shared by all, and are waited for when the program ends: a
    resolver whose servers are silent would take them all. Here whoever is cancelled leaves the thread to
    itself, and nobody waits for it.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def work() -> None:
        settle: Callable[[Any], None]
        try:
            value: Any = function()
            settle = done.set_result
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            value, settle = error, done.set_exception
        with suppress(RuntimeError):  # the loop ended meanwhile
            loop.call_soon_threadsafe(_settle, done, settle, value)

    threading.Thread(target=work, name="ict-aside", daemon=True).start()
    return await done


def _settle(done: "asyncio.Future[Any]", settle: Callable[[Any], None], value: Any) -> None:
    if not done.done():
        settle(value)
