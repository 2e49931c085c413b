"""Waits for what happens by itself."""

from __future__ import annotations

import time
from collections.abc import Callable


def awaited(condition: Callable[[], object], seconds: float = 30) -> None:
    """Come back when the condition is true; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.02)
