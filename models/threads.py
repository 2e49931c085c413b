"""What this machine's processor has for networks: cores, how threads share them, and what it multiplies."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
from pathlib import Path

log = logging.getLogger(__name__)
CPUINFO = Path("/proc/cpuinfo")
# As many as llama.cpp can use (GGML_MAX_N_THREADS); told more, it ends the process.
MOST_THREADS = 512
# How far an answer, and documents that are taken in, stand behind pages and searches, which are done at once. Three
# levels leave a search 2 of 3 turns on a core, ten leave it 9 of 10: docs/load.md has what that is worth.
ANSWERING, INGESTING = 10, 13
# Those by which libraries choose how they compute a network: of x86-64, and of ARM.
_DECIDING = (
    *("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "avx_vnni"),
    *("asimddp", "bf16", "i8mm", "sve"),
)


def share_cores() -> None:
    """Let threads that wait for others go to sleep soon. To be called before torch or llama.cpp is imported.

    Both use one OpenMP (GNU's), which reads this when it is loaded. A thread that spins for long
    keeps the very thread it waits for off the core. On two cores beside another model at work:
    73 prompt and 13 answer tokens/s instead of 30 and 0.3 to 9; alone no slower (29). Sleeping at
    once is a little better in company (75 and 17), but costs a third of the speed alone (20).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def give_way(levels: int) -> None:
    """Let others go first: this thread, and whatever it begins from now on, stands so many levels behind.

    Where a core is free nothing changes; where two threads want one, each level gives the other 1.25 times as much of
    it (sched(7)). Threads have levels on Linux alone: elsewhere, and where a sandbox forbids it, all stay as they are.
    """
    if sys.platform != "linux":
        return
    thread = threading.get_native_id()
    try:
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + levels)
    except OSError as error:
        log.info("%s gives no way to others: %s", threading.current_thread().name, error)


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
    return _has("avx512_vnni", "avx_vnni", "asimddp")


def has_bfloat16_products() -> bool:
    """Whether this processor multiplies bfloat16 itself."""
    return _has("avx512_bf16", "bf16")


def has_bfloat16_matrices() -> bool:
    """Whether it multiplies whole matrices of them at once (AMX, or BFMMLA of ARM)."""
    return _has("amx_bf16", "bf16")


def _has(*flags: str) -> bool:
    """Whether Linux tells one of these of the processor; without Linux, whether it is Apple's, which have them all."""
    told = _told(CPUINFO)
    return platform.machine() == "arm64" if told is None else not told.isdisjoint(flags)


def network_flags(cpuinfo: Path = CPUINFO) -> list[str]:
    """What decides how this processor computes networks, by the names that Linux has for it; nothing elsewhere."""
    told = _told(cpuinfo) or ()
    return [flag for flag in _DECIDING if flag in told]


def _told(cpuinfo: Path) -> set[str] | None:
    """All flags that Linux tells of the processor; None without Linux."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").lower().splitlines()
    except OSError:
        return None
    return {flag for line in lines if line.startswith(("flags", "features")) for flag in line.split()}
