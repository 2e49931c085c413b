"""What this machine's processor has for networks: cores, how threads share them, and what it multiplies."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def share_cores() -> None:
    """Let threads that wait for others go to sleep soon. To be called before torch or llama.cpp is imported.

    Both use one OpenMP (GNU's), which reads this when it is loaded. A thread that spins for long
    keeps the very thread it waits for off the core. On two cores beside another model at work:
    73 prompt and 13 answer tokens/s instead of 30 and 0.3 to 9; alone no slower (29). Sleeping at
    once is a little better in company (75 and 17), but costs a third of the speed alone (20).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def physical_cores() -> int:
    """Cores that this process may use, without counting hyper-threads."""
    import psutil

    allowed = logical_cores()
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed))


def logical_cores() -> int:
    """Cores that this process may use, each hyper-thread counted as one."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_integer_dot_products() -> bool:
    """Whether this processor adds products of 8-bit integers in 32 bits at once (x86 VNNI, the dot products of ARM)."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").lower().splitlines()
    except OSError:
        return platform.machine() == "arm64"
    flags = {flag for line in lines if line.startswith(("flags", "features")) for flag in line.split()}
    return bool(flags & {"avx512_vnni", "avx_vnni", "asimddp"})
