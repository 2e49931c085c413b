"""How far a thread or a process stands behind others."""

from __future__ import annotations

import os
import sys

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="threads have levels on Linux alone")


def level(number: int) -> int:
    """Of a thread, by its number in the system, or a process: 0 is the usual one, 19 the last."""
    return os.getpriority(os.PRIO_PROCESS, number)
