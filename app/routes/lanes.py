"""Threads of its own for what may take long: however many wait there, pages are answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

P = ParamSpec("P")
R = TypeVar("R")


class Lane:
    """A decorator: a route below it runs in one of so many threads, or waits for one without holding any other.

    Routes without a lane share the threads of the event loop, 40 of them, with pages and everything short.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._threads = threads
        # A limiter belongs to an event loop, and a process may run several, one after the other.
        self._limiter: RunVar[CapacityLimiter] = RunVar(name)

    def __call__(self, route: Callable[P, R]) -> Callable[P, Awaitable[R]]:
        @wraps(route)
        async def in_lane(*args: P.args, **values: P.kwargs) -> R:
            return await to_thread.run_sync(partial(route, *args, **values), limiter=self._own_limiter())

        return in_lane

    def _own_limiter(self) -> CapacityLimiter:
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = CapacityLimiter(self._threads)
            self._limiter.set(limiter)
        return limiter


# They wait for the embedder, which takes one question at a time and minutes to load.
searching = Lane("searching", 8)
# They wait for the disk, file by file, a thousand in a request if need be.
uploading = Lane("uploading", 8)
# They go through the text of a dozen documents; nobody waits for them to read or to ask.
suggesting = Lane("suggesting", 2)
