"""Lets a stream wait for news of other threads without holding one: a thousand may be open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ingest.news import News


class Bell:
    """Rung by any thread, heard in the event loop that made it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, or whoever waits next."""
        with suppress(RuntimeError):  # the loop is closed: nobody is left
            self._loop.call_soon_threadsafe(self._rung.set)

    async def heard(self, seconds: float) -> None:
        """Returns when it has been rung since the last time, at the latest after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()


@contextmanager
def listening(news: News) -> Iterator[Bell]:
    """A bell that these news ring. For coroutines."""
    bell = Bell()
    with news.heard_by(bell.ring):
        yield bell
