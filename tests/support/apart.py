"""Coroutines in a thread of their own: once a test drove a browser, an event loop runs in the one of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

R = TypeVar("R")


def apart(work: Coroutine[object, object, R]) -> R:
    """What the coroutine gives, or raises."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()
